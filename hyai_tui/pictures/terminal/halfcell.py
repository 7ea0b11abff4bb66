"""Pictures in half cells: two dots a character, one in its ink and one in its ground. Works wherever colours do.

What costs is naming colours: up to 39 bytes a cell. So a dot keeps the colour of the dot left of it while the
difference is too small to matter, a cell is written with whichever half block needs fewer new colours, and equal cells
are one run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.pictures.terminal.cells import Rgb, Row, Run, sequences

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

BUDGET_BYTES = 27_000
# Differences (sum over red, green and blue, 0 to 765) that are taken out: one attempt after the other.
_TOLERANCES = (6, 15, 24, 36, 51, 72, 102, 144)
_STEEPNESS = 3.0


# The colours of a terminal that has sixteen, as the console of Linux shows them (VGA).
_SIXTEEN = (
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255),
    (255, 255, 255),
)  # fmt: skip


def dithered(picture: Image) -> tuple[Row, ...]:
    """Return the rows in sixteen colours, mixed dot by dot (Floyd and Steinberg) so that tones stay apart.

    Args:
        picture: RGB, one pixel a column and two a row, of an even height.
    """
    import numpy as np
    from PIL import Image as Pillow

    palette = Pillow.new("P", (1, 1))
    palette.putpalette([part for colour in _SIXTEEN for part in colour])
    mixed = picture.quantize(palette=palette, dither=Pillow.Dither.FLOYDSTEINBERG).convert("RGB")
    return _rows(np.asarray(mixed, np.int16), full="")


def encode(picture: Image, budget: int = BUDGET_BYTES) -> tuple[Row, ...]:
    """Return the rows of a picture that has one pixel a column and two a row.

    Args:
        picture: RGB, of an even height.
        budget: bytes to stay under; where no attempt does, the calmest is returned.
    """
    import numpy as np

    pixels = np.asarray(picture, np.int16)
    at = 0
    while True:
        rows = _rows(_calmed(pixels, _TOLERANCES[at]))
        size = sum(len(sequences(row).encode()) for row in rows)
        if size <= budget or at + 1 == len(_TOLERANCES):
            return rows
        at = min(len(_TOLERANCES) - 1, at + max(1, round(_STEEPNESS * (size / max(1, budget) - 1))))


def _calmed(pixels: npt.NDArray[np.int16], tolerance: int) -> npt.NDArray[np.int16]:
    """Return the pixels with small steps along each row taken out, and those between the two dots of a cell."""
    import numpy as np

    out = pixels.copy()
    same = np.abs(out[0::2] - out[1::2]).sum(axis=2) <= tolerance // 2
    out[1::2][same] = out[0::2][same]
    last = out[:, 0].copy()
    for column in range(1, out.shape[1]):
        here = out[:, column]
        keeps = np.abs(here - last).sum(axis=1) <= tolerance
        here[keeps] = last[keeps]
        last = here.copy()
    return out


def _rows(pixels: npt.NDArray[np.int16], full: str = "█") -> tuple[Row, ...]:
    lines: list[list[Rgb]] = [[(r, g, b) for r, g, b in line] for line in pixels.tolist()]
    return tuple(_row(upper, lower, full) for upper, lower in zip(lines[0::2], lines[1::2], strict=True))


def _row(upper: list[Rgb], lower: list[Rgb], full: str) -> Row:
    """Return one row of cells; of the ways to write a cell, the one that names fewest new colours.

    Args:
        upper: colours of the upper dots.
        lower: those of the lower dots.
        full: character that is all ink; empty where it stands for something else, as on a screen of few signs.
    """
    runs: list[Run] = []
    ink: Rgb | None = None
    ground: Rgb | None = None
    text = ""
    for above, below in zip(upper, lower, strict=True):
        if above == below:
            blank = (" ", ink, above)
            ways = (blank, (full, above, ground) if full else blank)
        else:
            ways = (("▀", above, below), ("▄", below, above))
        first, second = ((way[1] != ink) + (way[2] != ground) for way in ways)
        character, new_ink, new_ground = ways[second < first]
        if (new_ink, new_ground) != (ink, ground) and text:
            runs.append(Run(text, ink, ground))
            text = ""
        ink, ground = new_ink, new_ground
        text += character
    runs.append(Run(text, ink, ground))
    return tuple(runs)
