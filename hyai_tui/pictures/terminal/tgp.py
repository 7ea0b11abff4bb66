"""Pictures in the kitty graphics protocol: sent once, before they are wanted; then shown with a few bytes.

Where the terminal itself answers, a picture is placed over blank cells by a command of forty bytes, which also works
where Unicode placeholders do not (WezTerm, Konsole). Inside tmux the terminal's cells are not ours: there a picture has
a virtual placement, and a row of it is a run of U+10EEEE in a foreground colour that is the picture's number.
See https://sw.kovidgoyal.net/kitty/graphics-protocol/.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from hyai_tui.pictures.terminal.cells import Rgb, Row, Run

if TYPE_CHECKING:
    from PIL.Image import Image

BUDGET_BYTES = 150_000
_CHUNK = 4096
_LADDER = ((256, 1.0), (128, 1.0), (128, 0.75), (64, 0.75), (64, 0.5), (32, 0.5), (32, 0.35), (16, 0.25))
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


def transmission(picture: Image, number: int, budget: int = BUDGET_BYTES) -> tuple[str, ...]:
    """Return the commands that give a terminal the picture without showing it; no other graphics between them.

    Args:
        picture: RGB, at the size in pixels at which it will be shown, or smaller.
        number: 24-bit id, unique in this terminal while it is in use.
        budget: bytes to stay under, by fewer colours and then fewer pixels, which the terminal enlarges again.
    """
    payload = b""
    for colours, scale in _LADDER:
        payload = base64.b64encode(_png(picture, colours, scale))
        if len(payload) + 32 * (len(payload) // _CHUNK + 1) <= budget:
            break
    text = payload.decode("ascii")
    pieces = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    head = f"a=t,i={number},f=100,q=2,"
    return tuple(
        f"\x1b_G{head if at == 0 else ''}m={int(at + 1 < len(pieces))};{piece}\x1b\\" for at, piece in enumerate(pieces)
    )


def _png(picture: Image, colours: int, scale: float) -> bytes:
    # Imported late: the constants and short sequences of this module are wanted before any picture is.
    from PIL import Image as Pillow

    if scale < 1:
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        picture = picture.resize(size, Pillow.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.quantize(colours, Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE).save(file, "PNG")
    return file.getvalue()


def abandonment() -> str:
    """Return the command that ends a transmission before its last piece; the terminal drops what it has of it."""
    return "\x1b_Gm=0,q=2;\x1b\\"


def placement(number: int, columns: int, rows: int) -> str:
    """Return the command that shows the picture with its corner at the cursor, which stays; repeating it moves it."""
    return f"\x1b_Ga=p,i={number},p=1,c={columns},r={rows},C=1,q=2\x1b\\"


def withdrawal(number: int) -> str:
    """Return the command that takes the picture off the screen; the terminal keeps its data."""
    return f"\x1b_Ga=d,d=i,i={number},q=2\x1b\\"


def virtual_placement(number: int, columns: int, rows: int) -> str:
    """Return the command that prepares placeholders of the picture; it belongs to the transmission."""
    return f"\x1b_Ga=p,U=1,i={number},c={columns},r={rows},q=2\x1b\\"


def placeholders(number: int, columns: int, rows: int) -> tuple[Row, ...]:
    """Return the rows that show the picture; only a row's first cell needs marks, the others go on from it."""
    ink: Rgb = (number >> 16 & 255, number >> 8 & 255, number & 255)
    first = chr(_ROW_MARKS[0])
    rest = _PLACEHOLDER * (columns - 1)
    return tuple((Run(_PLACEHOLDER + chr(_ROW_MARKS[row]) + first + rest, ink),) for row in range(min(rows, MOST_ROWS)))


def removal(number: int) -> str:
    """Return the command that frees the picture in the terminal."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"
