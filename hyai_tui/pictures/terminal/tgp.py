"""Pictures in the kitty graphics protocol, drawn through Unicode placeholders.

A picture is sent once, as an 8-bit PNG in chunks, with a virtual placement; from then on a row of it is a run of
U+10EEEE in a foreground colour that is the picture's number. See https://sw.kovidgoyal.net/kitty/graphics-protocol/.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_CHUNK = 4096
_PLACEHOLDER = "\U0010eeee"
# Row numbers as combining characters, in the order that the protocol gives them; more rows than this are not drawn.
_ROW_MARKS = [
    0x0305, 0x030D, 0x030E, 0x0310, 0x0312, 0x033D, 0x033E, 0x033F, 0x0346, 0x034A, 0x034B, 0x034C,
    0x0350, 0x0351, 0x0352, 0x0357, 0x035B, 0x0363, 0x0364, 0x0365, 0x0366, 0x0367, 0x0368, 0x0369,
    0x036A, 0x036B, 0x036C, 0x036D, 0x036E, 0x036F, 0x0483, 0x0484, 0x0485, 0x0486, 0x0487, 0x0592,
    0x0593, 0x0594, 0x0595, 0x0597, 0x0598, 0x0599, 0x059C, 0x059D, 0x059E, 0x059F, 0x05A0, 0x05A1,
    0x05A8, 0x05A9, 0x05AB, 0x05AC, 0x05AF, 0x05C4, 0x0610, 0x0611, 0x0612, 0x0613, 0x0614, 0x0615,
    0x0616, 0x0617, 0x0657, 0x0658, 0x0659, 0x065A, 0x065B, 0x065D, 0x065E, 0x06D6, 0x06D7, 0x06D8,
    0x06D9, 0x06DA, 0x06DB, 0x06DC, 0x06DF, 0x06E0, 0x06E1, 0x06E2, 0x06E4, 0x06E7, 0x06E8, 0x06EB,
]  # fmt: skip
MOST_ROWS = len(_ROW_MARKS)


def transmission(picture: Image, number: int, columns: int, rows: int) -> str:
    """Return the bytes that give a terminal the picture and a placement of it, as text to write once.

    Args:
        picture: RGB, already at the size of the placement in pixels.
        number: 24-bit id, unique in this terminal while it is in use.
        columns: cells of the placement, which has the picture's aspect.
        rows: the same downwards, at most `MOST_ROWS`.
    """
    # Imported late: the constants and short sequences of this module are wanted before any picture is.
    from PIL import Image as Pillow

    file = io.BytesIO()
    picture.quantize(256, Pillow.Quantize.FASTOCTREE).save(file, "PNG")
    payload = base64.b64encode(file.getvalue()).decode("ascii")
    pieces = [payload[at : at + _CHUNK] for at in range(0, len(payload), _CHUNK)]
    out = []
    for at, piece in enumerate(pieces):
        head = f"a=t,i={number},f=100,q=2," if at == 0 else ""
        out.append(f"\x1b_G{head}m={int(at + 1 < len(pieces))};{piece}\x1b\\")
    out.append(f"\x1b_Ga=p,U=1,i={number},c={columns},r={rows},q=2\x1b\\")
    return "".join(out)


def placeholder_row(row: int, columns: int) -> str:
    """Return one row of placeholders; only its first cell needs marks, the others go on from it."""
    return _PLACEHOLDER + chr(_ROW_MARKS[row]) + chr(_ROW_MARKS[0]) + _PLACEHOLDER * (columns - 1)


def colour_of(number: int) -> tuple[int, int, int]:
    """Return the foreground colour (red, green, blue) that names the picture."""
    return number >> 16 & 255, number >> 8 & 255, number & 255


def removal(number: int) -> str:
    """Return the bytes that free the picture in the terminal."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"
