"""What a picture's header says, without unpacking the picture."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from hyai_tui.pictures.decode import FORMATS

_EXIF_IFD: Final = 0x8769
_WIDTH: Final = 0xA002
_HEIGHT: Final = 0xA003


@dataclass(frozen=True, slots=True)
class Sizes:
    """Width and height in pixels: of the picture, and as its EXIF says (None where it says nothing)."""

    size: tuple[int, int]
    exif: tuple[int, int] | None


def claimed_size(source: Path | bytes) -> Sizes | None:
    """Return both sizes, or None where the header cannot be read."""
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
            exif = None
            # EXIF is written by cameras and editors of every quality: what cannot be read says nothing.
            with suppress(OSError, SyntaxError, ValueError, KeyError, TypeError, EOFError):
                table = image.getexif().get_ifd(_EXIF_IFD)
                width, height = table.get(_WIDTH), table.get(_HEIGHT)
                if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
                    exif = (width, height)
            return Sizes(image.size, exif)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
