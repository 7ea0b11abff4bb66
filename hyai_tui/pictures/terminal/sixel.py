"""Pictures as Sixel data, small enough for a slow line.

Sixel (DEC, VT340) sends a picture in bands of six rows. For every colour of a band there is one line of characters,
each of which says which of the six dots of its column have that colour; equal neighbours are counted. So the size is
that of the runs: fewer colours and calmer areas make it smaller. A drawing fits as it is; a photograph is made calmer until
it fits: fewer colours, and calm blocks (6 by 6 dots) in one colour each, while those with edges keep their dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

BAND = 6
COLOURS = 64
BUDGET_BYTES = 23_500
# Colours, the size of a dot, the share of blocks that are drawn in such dots, and what size that usually gives (the
# finest is 1): ever calmer. Found on photographs: at each size these are nearest to the picture, in edges and in tones.
_LADDER = (
    (256, 1, 1.0, 1.0),
    (64, 1, 0.5, 0.86),
    (48, 1, 0.35, 0.66),
    (32, 1, 0.25, 0.46),
    (32, 2, 0.3, 0.38),
    (24, 2, 0.25, 0.31),
    (24, 2, 0.15, 0.27),
    (16, 2, 0.2, 0.235),
    (16, 3, 0.25, 0.21),
    (16, 3, 0.12, 0.18),
    (12, 3, 0.2, 0.16),
    (12, 3, 0.1, 0.144),
    (12, 3, 0.04, 0.128),
    (12, 6, 1.0, 0.103),
    (8, 6, 1.0, 0.083),
    (8, 9, 1.0, 0.055),
    (8, 12, 1.0, 0.04),
)
# A rung is expected to fit where what it usually gives leaves this much of the budget.
_ROOM = 0.94
# Dots from which a palette is made, and the rounds in which it is settled.
_SAMPLED, _ROUNDS = 4000, 3
_LONG_RUN = 4
_MOST_RUNS = 20_000


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
        last = len(_LADDER) - 1
        rung = self._rung
        data = self._attempt(picture, rung)
        smallest = data
        while len(data) > budget and rung < last:
            rung = max(rung + 1, _fitting(rung, len(data), budget))
            data = self._attempt(picture, rung)
            smallest = min(smallest, data, key=len)
        self._rung = rung
        if len(data) > budget:
            return smallest
        # The picture before this one was harder: one attempt with what this one leaves room for.
        if (finer := _fitting(rung, len(data), budget)) < rung:
            found = self._attempt(picture, finer)
            if len(found) <= budget:
                self._rung, data = finer, found
        return data

    def _attempt(self, picture: Image, rung: int) -> str:
        colours, dot, share, _ = _LADDER[rung]
        return _attempt(picture, min(self._colours, colours), dot, share)


def _fitting(rung: int, size: int, budget: int) -> int:
    """Return the finest rung that is expected to fit, of a picture that takes so many bytes on another one."""
    most = _ROOM * budget * _LADDER[rung][3] / max(1, size)
    return next((at for at, (_, _, _, usual) in enumerate(_LADDER) if usual <= most), len(_LADDER) - 1)


def _attempt(picture: Image, colours: int, dot: int, share: float) -> str:
    """Return the picture in so many colours: this share of its blocks in dots of a size, the others in one colour each."""
    import numpy as np
    from PIL import Image as Pillow

    indexed = _reduced(_averaged(picture, dot), colours)
    indices = _enlarged(np.asarray(indexed, np.uint8), dot, picture.size)
    if share < 1:
        plain = _averaged(picture, BAND)
        calm = plain.quantize(palette=indexed, dither=Pillow.Dither.NONE)
        detailed = _detailed(picture, plain, dot, share)
        indices = np.where(detailed, indices, _enlarged(np.asarray(calm, np.uint8), BAND, picture.size))
    return _written(indices, indexed.getpalette() or [])


def _averaged(picture: Image, dot: int) -> Image:
    """Return the picture with one pixel for each dot."""
    from PIL import Image as Pillow

    width, height = picture.size
    return picture.resize((-(-width // dot), -(-height // dot)), Pillow.Resampling.BOX) if dot > 1 else picture


def _enlarged(dots: npt.NDArray[Any], dot: int, size: tuple[int, int]) -> npt.NDArray[Any]:
    """Return an array of dots as one of pixels, cut to width and height."""
    return dots.repeat(dot, axis=0).repeat(dot, axis=1)[: size[1], : size[0]] if dot > 1 else dots


def _detailed(picture: Image, plain: Image, dot: int, share: float) -> npt.NDArray[np.bool_]:
    """Return which pixels lie in blocks that are worth their dots: the share that one colour would draw worst."""
    import numpy as np

    pixels = np.asarray(picture, np.int16)
    finer = _enlarged(np.asarray(_averaged(picture, dot), np.int16), dot, picture.size)
    coarser = _enlarged(np.asarray(plain, np.int16), BAND, picture.size)
    gain = (np.abs(pixels - coarser) - np.abs(pixels - finer)).sum(axis=2, dtype=np.int32)
    width, height = picture.size
    padded = np.pad(gain, ((0, -height % BAND), (0, -width % BAND)))
    blocks = padded.reshape(padded.shape[0] // BAND, BAND, -1, BAND).sum(axis=(1, 3))
    most = max(1, round(share * blocks.size))
    worth = blocks >= np.partition(blocks, -most, axis=None)[-most]
    return _enlarged(worth, BAND, picture.size)


def _reduced(picture: Image, colours: int) -> Image:
    """Return the picture in so many colours of its own.

    The palette is made from some thousand of its dots and settled by k-means: nearer to the picture than median cut of
    all dots, and ten times faster, while which every key would wait (Pillow holds the GIL).
    """
    from PIL import Image as Pillow

    if picture.getcolors(colours) is not None:
        # A drawing of few colours keeps each of them.
        return picture.quantize(colours, Pillow.Quantize.MAXCOVERAGE, dither=Pillow.Dither.NONE)
    step = max(1, round((picture.width * picture.height / _SAMPLED) ** 0.5))
    size = max(1, picture.width // step), max(1, picture.height // step)
    sampled = picture.resize(size, Pillow.Resampling.NEAREST)
    palette = sampled.quantize(colours, Pillow.Quantize.MEDIANCUT, kmeans=_ROUNDS, dither=Pillow.Dither.NONE)
    return picture.quantize(palette=palette, dither=Pillow.Dither.NONE)


def _written(indices: npt.NDArray[np.uint8], palette: list[int]) -> str:
    """Return indexed pixels as Sixel. Registers are defined and selected in one go, at their first use.

    xterm and foot draw with the register that was selected last; a definition alone selects nothing there.
    """
    height, width = indices.shape
    out = [f'\x1bP0;1;0q"1;1;{width};{height}']
    defined: set[int] = set()
    for lines in _bands(indices):
        for at, (colour, line) in enumerate(lines):
            if colour not in defined:
                defined.add(colour)
                red, green, blue = (round(part * 100 / 255) for part in palette[3 * colour : 3 * colour + 3])
                out.append(f"#{colour};2;{red};{green};{blue}")
            out.append(f"{'$' if at else ''}#{colour}{line}")
        out.append("-")
    out[-1] = "\x1b\\"
    return "".join(out)


def _bands(indices: npt.NDArray[np.uint8]) -> list[list[tuple[int, str]]]:
    """Return for each band of up to six rows its colours, each with its line of characters."""
    import numpy as np

    height, width = indices.shape
    count = -(-height // BAND)
    # Rows that are missing from the last band have no colour at all.
    stacked = np.full((count * BAND, width), -1, np.int16)
    stacked[:height] = indices
    stacked = stacked.reshape(count, BAND, width)
    bits = (1 << np.arange(BAND, dtype=np.uint8))[None, :, None]
    lines: list[list[tuple[int, str]]] = [[] for _ in range(count)]
    for colour in np.flatnonzero(np.bincount(indices.ravel())).tolist():
        dots = ((stacked == colour) * bits).sum(axis=1, dtype=np.uint8)
        used = np.flatnonzero(dots.any(axis=1))
        for band, line in zip(used.tolist(), _lines(dots[used]), strict=True):
            lines[band].append((colour, line))
    return lines


def _lines(dots: npt.NDArray[np.uint8]) -> list[str]:
    """Return each row of columns as characters, with equal neighbours counted and blanks at its end left out."""
    import numpy as np

    count, width = dots.shape
    flat = dots.ravel()
    # A run begins where the dots change and at the start of each line.
    begins = np.empty(flat.size, np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::width] = True
    starts = np.flatnonzero(begins)
    values = flat[starts].astype(np.int64)
    runs = [_RUNS[key] for key in (np.diff(starts, append=flat.size) << 6 | values).tolist()]
    first = np.searchsorted(starts, np.arange(count + 1) * width)
    lasts = first[1:] - (values[first[1:] - 1] == 0)
    return ["".join(runs[begin:end]) for begin, end in zip(first.tolist(), lasts.tolist(), strict=False)]


class _Runs(dict[int, str]):
    """Runs of equal columns by length and dots (length times 64 plus dots): the same ones come again and again."""

    def __missing__(self, key: int) -> str:
        length, character = key >> 6, chr(63 + (key & 63))
        text = character * length if length < _LONG_RUN else f"!{length}{character}"
        if len(self) < _MOST_RUNS:
            self[key] = text
        return text


_RUNS = _Runs()
