"""Bytes to pixels, in one place: training, inference and the screen all decode with this module.

Pictures come from strangers. Only formats of an allow-list are tried, the pixel count is checked before anything is
unpacked, and whatever Pillow finds wrong becomes a `PictureError` with a short stable reason, so that one bad file is
named and skipped and never ends a job.

Different resizers differ by 1 to 4 grey levels, which is enough to move a score. Therefore `encoder_pixels` is the only
way to an encoder, and `PREPROCESSING` names what it does and is part of every encoder version.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import re
import stat
import struct
import warnings
import zlib
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Semaphore
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError, features

from hyai_tui.errors import PictureError
from hyai_tui.installing import how_to_add
from hyai_tui.pictures import fits

PREPROCESSING: Final = "rgb-white-upright-draft-bilinear-gap2-v1"

FORMATS: Final = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF") + (("AVIF",) if features.check("avif") else ())

# 134 million pixels: more than any camera sold to people gives, 400 MB as RGB.
PIXEL_LIMIT: Final = 2**27
BYTE_LIMIT: Final = 512 * 2**20

REASONS: Final = {
    "missing": "the file is not there any more",
    "unreadable": "the file cannot be read",
    "empty": "the file has no content",
    "changed": "the content is not what the library said it is; scan again",
    "not-a-picture": "this is not a picture in a format that can be read",
    "truncated": "the picture ends before its time",
    "corrupt": "the picture is damaged",
    "unsupported": "the picture uses colours that cannot be turned into RGB",
    "too-large": "the picture has too many pixels or bytes to be unpacked safely",
    "animated": "animations are never encoded",
    "needs-astropy": "this is a FITS picture, and astropy, which reads them, is not installed",
    "no-memory": "there is not enough memory to unpack the picture",
}

# What Pillow raises on damaged files, each seen when every format was mutated (tests/unit/test_pictures_decode.py): OSError
# and SyntaxError by design; the others from parsers that trust a field of the file (IndexError: LZW in GIF; RuntimeError:
# AVIF). Anything else is a defect of ours and is not caught.
_DAMAGE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    struct.error,
    EOFError,
    zlib.error,
    IndexError,
    RuntimeError,
)

_ANIMATING: Final = frozenset({"GIF", "PNG", "WEBP", "AVIF"})
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIGNATURES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# Pictures above this many pixels are unpacked one at a time, so that many decode threads cannot add up to gigabytes.
_BIG: Final = 2**25
_one_big_picture = Semaphore(1)

_REMARKS = ("ignore", None, Warning, re.compile(r"(PIL|astropy)\."), 0)


def open_picture(source: bytes | Path, *, fit: tuple[int, int] | None = None, first_frame: bool = False) -> Image.Image:
    """Return the picture as people see it: RGB, upright, transparency on white.

    Args:
        source: the content, or a path of it.
        fit: a box in pixels that the caller will reduce to. A JPEG may then be unpacked at 1/2, 1/4 or 1/8, never smaller
            than what the box needs; the result is *not* reduced to the box.
        first_frame: give the first frame of an animation instead of refusing it (for the screen, never for an encoder).

    Raises:
        PictureError: with one of `REASONS`.
    """
    _quieten_decoders()
    if isinstance(source, bytes):
        return _open(BytesIO(source), len(source), source[:16], fit, first_frame)
    try:
        with _regular_file(source) as file:
            head = file.read(16)
            file.seek(0)
            return _open(file, os.fstat(file.fileno()).st_size, head, fit, first_frame)
    except FileNotFoundError as error:
        raise picture_error("missing") from error
    except OSError as error:
        raise picture_error("unreadable") from error


def encoder_pixels(source: bytes | Path, size: int = 224) -> NDArray[np.uint8]:
    """Return uint8[size, size, 3], RGB in 0..255, for an encoder: resized without regard to aspect, as encoders were trained.

    Bilinear with antialiasing (the filter's support grows with the reduction). Animations are refused.

    Raises:
        PictureError: with one of `REASONS`.
    """
    picture = open_picture(source, fit=(size, size))
    if picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(picture, dtype=np.uint8)


def read_content(path: Path) -> bytes:
    """Return the bytes of a picture file, so that exactly what is hashed is decoded.

    Raises:
        PictureError: `missing`, `unreadable`, or `too-large` above `BYTE_LIMIT`.
    """
    try:
        with _regular_file(path) as file:
            content = file.read(BYTE_LIMIT + 1)
    except FileNotFoundError as error:
        raise picture_error("missing") from error
    except OSError as error:
        raise picture_error("unreadable") from error
    if len(content) > BYTE_LIMIT:
        raise picture_error("too-large")
    return content


def picture_error(reason: str) -> PictureError:
    """Return the error of a reason with its sentence."""
    more = f": {how_to_add('hyai-tui[fits]')}" if reason == "needs-astropy" else ""
    return PictureError(reason, f"{REASONS[reason]}{more}")


def _regular_file(path: Path) -> BinaryIO:
    """Open a regular file. A pipe or device would block for ever, and O_NONBLOCK keeps the open itself from waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise picture_error("not-a-picture")
    return os.fdopen(descriptor, "rb")


def _open(
    file: BinaryIO | BytesIO, size: int, head: bytes, fit: tuple[int, int] | None, first_frame: bool
) -> Image.Image:
    if size == 0:
        raise picture_error("empty")
    if size > BYTE_LIMIT:
        raise picture_error("too-large")
    try:
        if head.startswith(fits.SIGNATURE):
            return fits.open_fits(file, PIXEL_LIMIT).convert("RGB")
        with Image.open(file, formats=FORMATS) as image:
            return _unpack(image, fit, first_frame)
    except fits.FitsUnread as error:
        raise picture_error(error.reason) from error
    except Image.DecompressionBombError as error:
        raise picture_error("too-large") from error
    except MemoryError as error:
        raise picture_error("no-memory") from error
    except UnidentifiedImageError as error:
        known = head.startswith(_SIGNATURES) or head[4:8] == b"ftyp"
        raise picture_error("corrupt" if known else "not-a-picture") from error
    except _DAMAGE as error:
        raise picture_error("truncated" if "truncated" in str(error).lower() else "corrupt") from error


def _unpack(image: Image.Image, fit: tuple[int, int] | None, first_frame: bool) -> Image.Image:
    """Unpack an opened picture; only its header has been read so far."""
    width, height = image.size
    if width * height > PIXEL_LIMIT:
        raise picture_error("too-large")
    if not first_frame and image.format in _ANIMATING and getattr(image, "is_animated", False):
        raise picture_error("animated")
    if fit is not None:
        _draft(image, fit)
    if width * height <= _BIG:
        return _as_rgb(_upright(image))
    with _one_big_picture:
        return _as_rgb(_upright(image))


def _draft(image: Image.Image, box: tuple[int, int]) -> None:
    """Ask a JPEG to unpack itself smaller. Both orientations of the box are allowed for, as EXIF may turn it later."""
    width, height = image.size
    scale = min(max(width / box[0], height / box[1]), max(width / box[1], height / box[0]))
    if box[0] == box[1]:
        # A square target may be filled without regard to aspect: keep the short side large enough for that.
        scale = min(width, height) / box[0]
    if scale >= 2:
        image.draft(None, (max(1, int(width / scale)), max(1, int(height / scale))))


def _upright(image: Image.Image) -> Image.Image:
    """Return the unpacked picture, turned as its EXIF says. Damaged EXIF turns nothing and refuses nothing."""
    image.load()
    orientation = 1
    with suppress(*_DAMAGE, KeyError, TypeError):
        orientation = image.getexif().get(_ORIENTATION, 1)
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _as_rgb(image: Image.Image) -> Image.Image:
    """Return the picture as RGB: transparency on white, deep grey scaled to 8 bits."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        image = _eight_bit(image)
    try:
        if image.has_transparency_data:
            layer = image.convert("RGBA")
            white = Image.new("RGBA", layer.size, "white")
            return Image.alpha_composite(white, layer).convert("RGB")
        return image.convert("RGB")
    except ValueError as error:
        raise picture_error("unsupported") from error


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return 8-bit grey of 16-bit, 32-bit or float grey.

    Pillow's own conversion clips at 255, which turns almost every 16-bit picture white. Integers are scaled by the range of
    their depth; floats, which have none, by the values that they hold.
    """
    values = np.asarray(image).astype(np.float32)
    values[~np.isfinite(values)] = 0
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if image.mode != "F":
        low, high = min(low, 0.0), 255.0 if image.mode == "I" and high <= 255 else max(high, 65535.0)
    scaled = (values - low) * (255.0 / (high - low) if high > low else 0.0)
    return Image.fromarray(scaled.round().astype(np.uint8), "L")


def _quieten_decoders() -> None:
    """Keep remarks on odd files off the terminal.

    `warnings.catch_warnings` is not safe in threads before Python 3.14, so one filter for the decoders' modules is put in
    place, again whenever somebody has reset the filters.
    """
    _silence_libtiff()
    if _REMARKS not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"(PIL|astropy)\.")


@cache
def _silence_libtiff() -> None:
    """Keep libtiff's remarks off the terminal: it writes to file descriptor 2 itself, in the middle of the screen.

    Pillow gives no way to ask for this, so the library that Pillow's own module is linked with is asked. Where that hides the
    symbols (a static build), the remarks stay.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(importlib.import_module("PIL._imaging").__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            handler = getattr(library, name)
            handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            handler(None)
