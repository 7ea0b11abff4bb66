"""Pictures as Sixel data, small enough for a slow line.

Sixel (DEC, VT340) sends a picture in bands of six rows. For every colour of a band there is one line of characters,
each of which says which of the six dots of its column have that colour; equal neighbours are counted. So the size is
that of the runs: fewer colours and calmer areas make it smaller. A drawing fits as it is; a photograph is made calmer until
it fits: fewer colours, and every dot in the commonest colour around it, which keeps edges where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

BAND = 6
COLOURS = 64
BUDGET_BYTES = 26_000
# Colours, the window in dots inside which the commonest colour wins, and the size of a dot: ever calmer.
_LADDER = (
    (256, 0, 1),
    (64, 5, 1),
    (32, 5, 1),
    (24, 5, 1),
    (16, 7, 1),
    (16, 9, 1),
    (12, 9, 1),
    (12, 5, 2),
    (8, 7, 2),
    (8, 5, 3),
)
# How many rungs to go down for each time that an attempt is larger than the budget; found on photographs.
_STEEPNESS = 1.6
_FEW = 32
_LONG_RUN = 4


def usable_height(height: int) -> int:
    """Return the largest height in pixels of whole bands: a part of a band would reach over the row of cells below."""
    return max(BAND, height // BAND * BAND)


def encode(picture: Image, budget: int = BUDGET_BYTES, colours: int = COLOURS) -> str:
    """Return the Sixel data of a picture, from its introducer to its terminator.

    Args:
        picture: RGB, of a height in whole bands.
        budget: bytes to stay under; where no attempt does, the smallest is returned.
        colours: registers to begin with, 2 to 256.
    """
    return Calmer(colours).encode(picture, budget)


class Calmer:
    """Encodes the pictures of one library, which are alike: each attempt begins where the last picture fitted.

    Args:
        colours: registers to begin with, 2 to 256.
    """

    def __init__(self, colours: int = COLOURS) -> None:
        self._colours = colours
        self._rung = 0

    def encode(self, picture: Image, budget: int = BUDGET_BYTES) -> str:
        """Return the Sixel data of a picture within a budget of bytes, or the smallest that there is."""
        data = self._attempt(picture, self._rung)
        if len(data) <= budget:
            # Much room is left: the one before this was harder.
            while self._rung and len(data) < budget / 2:
                finer = self._attempt(picture, self._rung - 1)
                if len(finer) > budget:
                    break
                self._rung, data = self._rung - 1, finer
            return data
        smallest = data
        last = len(_LADDER) - 1
        while len(data) > budget and self._rung < last:
            # One that is far too large says itself how far down to go on; each attempt costs tens of milliseconds.
            excess = len(data) / max(1, budget) - 1
            self._rung = min(last, self._rung + max(1, round(_STEEPNESS * excess)))
            data = self._attempt(picture, self._rung)
            smallest = min(smallest, data, key=len)
        return smallest

    def _attempt(self, picture: Image, rung: int) -> str:
        most, window, dot = _LADDER[rung]
        return _attempt(picture, min(self._colours, most), window, dot)


def _attempt(picture: Image, colours: int, window: int, dot: int) -> str:
    """Return the picture in so many colours, each dot in the commonest colour of a window around it (0: its own)."""
    import numpy as np
    from PIL import Image as Pillow

    width, height = picture.size
    if dot > 1:
        picture = picture.resize((-(-width // dot), -(-height // dot)), Pillow.Resampling.BOX)
    method = Pillow.Quantize.MAXCOVERAGE if colours > _FEW else Pillow.Quantize.MEDIANCUT
    indexed = picture.quantize(colours, method, dither=Pillow.Dither.NONE)
    indices = np.asarray(indexed, np.uint8)
    if window:
        indices = _commonest(indices, window)
    if dot > 1:
        indices = indices.repeat(dot, axis=0).repeat(dot, axis=1)[:height, :width]
    return _written(indices, indexed.getpalette() or [])


def _commonest(indices: npt.NDArray[np.uint8], window: int) -> npt.NDArray[np.uint8]:
    """Return each dot in the commonest colour of the square window around it; Pillow's mode filter holds the GIL."""
    import numpy as np

    reach = window // 2
    padded = np.pad(indices, reach, mode="edge")
    height, width = indices.shape
    most = np.zeros(indices.shape, np.uint8)
    best = np.zeros(indices.shape, np.uint8)
    for colour in np.unique(indices).tolist():
        here = (padded == colour).view(np.uint8)
        across = here[:, :width].copy()
        for step in range(1, window):
            across += here[:, step : step + width]
        around = across[:height].copy()
        for step in range(1, window):
            around += across[step : step + height]
        more = around > most
        np.copyto(most, around, where=more)
        best[more] = colour
    return best


def _written(indices: npt.NDArray[np.uint8], palette: list[int]) -> str:
    """Return indexed pixels as Sixel. Registers are defined and selected in one go, at their first use.

    xterm and foot draw with the register that was selected last; a definition alone selects nothing there.
    """
    height, width = indices.shape
    out = [f'\x1bP0;1;0q"1;1;{width};{height}']
    defined: set[int] = set()
    for top in range(0, height, BAND):
        lines = _band(indices[top : top + BAND])
        for at, (colour, line) in enumerate(lines):
            if colour not in defined:
                defined.add(colour)
                red, green, blue = (round(part * 100 / 255) for part in palette[3 * colour : 3 * colour + 3])
                out.append(f"#{colour};2;{red};{green};{blue}")
            out.append(f"{'$' if at else ''}#{colour}{line}")
        out.append("-")
    out[-1] = "\x1b\\"
    return "".join(out)


def _band(band: npt.NDArray[np.uint8]) -> list[tuple[int, str]]:
    """Return the colours of a band of up to six rows, each with its line of characters."""
    import numpy as np

    colours = np.unique(band)
    bits = (1 << np.arange(band.shape[0], dtype=np.uint8))[None, :, None]
    dots = ((band[None] == colours[:, None, None]) * bits).sum(axis=1, dtype=np.uint8)
    width = dots.shape[1]
    flat = dots.ravel()
    # A run ends where the dots change and at the end of each colour's line.
    ends = np.flatnonzero(np.diff(flat) != 0) + 1
    starts = np.union1d(ends, np.arange(0, flat.size, width))
    lengths = np.diff(starts, append=flat.size)
    runs = [_run(value, length) for value, length in zip(flat[starts].tolist(), lengths.tolist(), strict=True)]
    line_of = starts // width
    first = np.searchsorted(line_of, np.arange(colours.size + 1)).tolist()
    values = flat[starts]
    lines = []
    for at, colour in enumerate(colours.tolist()):
        begin, end = first[at], first[at + 1]
        if not values[end - 1]:
            end -= 1
        lines.append((colour, "".join(runs[begin:end])))
    return lines


def _run(dots: int, length: int) -> str:
    """Return one run of equal columns."""
    character = chr(63 + dots)
    return character * length if length < _LONG_RUN else f"!{length}{character}"
