"""Pictures in characters alone, for a terminal without colours: the darker the dot, the fuller the character."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.pictures.terminal.cells import Row, Run

if TYPE_CHECKING:
    from PIL.Image import Image

ASCII = " .:-=+*#%@"


def encode(picture: Image, characters: str = ASCII) -> tuple[Row, ...]:
    """Return the rows of a picture that has one pixel a cell; light dots are full, as on a dark screen.

    Args:
        picture: of any mode.
        characters: from the emptiest to the fullest.
    """
    from PIL import ImageOps

    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    steps = len(characters)
    text = "".join(characters[value * steps // 256] for value in grey.tobytes())
    return tuple((Run(text[at : at + grey.width]),) for at in range(0, len(text), grey.width))
