"""The awkward files that every real library has, planted on purpose."""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from hyai_tui.library.demo.botanical import botanical
from hyai_tui.library.demo.geometry import composition, tiles
from hyai_tui.library.demo.landscapes import sea, sunset
from hyai_tui.library.demo.nights import night
from hyai_tui.library.demo.paint import Rng, circle, palette

OVER_THE_LIMIT = (30_000, 30_000)
_ORIENTATION = 0x0112
_TURNED_LEFT = 6  # EXIF: to be turned a quarter clockwise for display


@dataclass(slots=True)
class Planted:
    """What was planted: paths relative to the root, as raw file-system strings.

    Attributes:
        reasons: path to why it takes no part in learning, as `pictures.decode.REASONS`; empty where it does.
        same_bytes: pairs of equal bytes in one state.
        conflicting: pairs of equal bytes in two states.
        refused_names: names that this file system does not allow.
    """

    reasons: dict[str, str] = field(default_factory=dict)
    same_bytes: tuple[tuple[str, str], ...] = ()
    conflicting: tuple[tuple[str, str], ...] = ()
    refused_names: tuple[str, ...] = ()


def draw(root: Path, seed: int) -> Planted:
    """Write the awkward files into `root/inbox`, `root/archive` and `root/trash`, which exist."""
    rng = np.random.default_rng([seed, 0xA3C])
    planted = Planted()
    for path, content, reason in [*_kinds(rng), *_damaged(rng), *_names(rng)]:
        if _written(root, path, content):
            planted.reasons[path] = reason
        else:
            planted.refused_names = (*planted.refused_names, path)
    planted.same_bytes, planted.conflicting = _twins(rng, root)
    planted.reasons |= {path: "" for pair in (*planted.same_bytes, *planted.conflicting) for path in pair}
    return planted


def _written(root: Path, path: str, content: bytes) -> bool:
    """Write one file; False where the file system does not allow such a name."""
    try:
        (root / path).write_bytes(content)
    except OSError as error:
        if error.errno in {errno.EILSEQ, errno.EINVAL, errno.ENAMETOOLONG}:
            return False
        raise
    return True


def _bytes(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _kinds(rng: Rng) -> list[tuple[str, bytes, str]]:
    """Sound files of unusual kinds; those that move are left out of learning."""
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED_LEFT
    turned = sunset(rng, (400, 300)).transpose(Image.Transpose.ROTATE_90)
    glass = composition(rng, (360, 360)).convert("RGBA")
    hole = Image.new("L", glass.size, 0)
    circle(ImageDraw.Draw(hole), (180, 180), 170, fill=255)
    glass.putalpha(hole)
    few = tiles(rng, (320, 320)).quantize(32)
    frames = [sea(np.random.default_rng([frame, 5]), (240, 160)).quantize(64) for frame in range(4)]
    waves = [sea(np.random.default_rng([frame, 6]), (240, 160)) for frame in range(3)]
    large = Image.new("P", (6000, 4000), 0)
    large.putpalette([value for colour in palette("f3e9d6 d8432e f2b233 1f4e79") for value in colour])
    shapes = ImageDraw.Draw(large)
    for number, at in enumerate(((1500, 2000), (3000, 1600), (4500, 2400))):
        circle(shapes, at, 1100, fill=number + 1)
    deep = (np.asarray(night(rng, (320, 240)).convert("L"), dtype=np.uint16) * 257).astype(np.uint16)
    return [
        ("archive/turned by the camera.jpg", _bytes(turned, exif=exif.tobytes()), ""),
        ("archive/see-through.png", _bytes(glass, "PNG"), ""),
        ("inbox/few colours.gif", _bytes(few, "GIF"), ""),
        (
            "inbox/blinking.gif",
            _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=400, loop=0),
            "animated",
        ),
        (
            "inbox/waving.webp",
            _bytes(waves[0], "WEBP", save_all=True, append_images=waves[1:], duration=400),
            "animated",
        ),
        ("archive/modern.webp", _bytes(sea(rng, (400, 300)), "WEBP", quality=85), ""),
        ("inbox/for print.jpg", _bytes(botanical(rng, (300, 400)).convert("CMYK")), ""),
        ("inbox/sixteen bits.png", _bytes(Image.fromarray(deep), "PNG"), ""),
        ("inbox/really a png.jpg", _bytes(tiles(rng, (300, 300)), "PNG"), ""),
        ("inbox/one pixel.png", _bytes(Image.new("RGB", (1, 1), (200, 60, 40)), "PNG"), ""),
        ("inbox/very large.png", _bytes(large, "PNG"), ""),
        ("inbox/over the limit.png", _flat_png(*OVER_THE_LIMIT), "too-large"),
    ]


def _damaged(rng: Rng) -> list[tuple[str, bytes, str]]:
    """Files that are no pictures, or not any more."""
    whole = _bytes(sunset(rng, (400, 300)), quality=90)
    letter = b"Dear all,\n\nthis is a letter that somebody saved as a picture.\n"
    return [
        ("inbox/cut short.jpg", whole[: len(whole) // 2], "truncated"),
        ("trash/cut short.png", _bytes(tiles(rng, (300, 300)), "PNG")[:4000], "truncated"),
        ("inbox/a letter.jpg", letter, "not-a-picture"),
        ("inbox/nothing.jpg", b"", "empty"),
    ]


def _names(rng: Rng) -> list[tuple[str, bytes, str]]:
    """Sound pictures whose names try to break lists, terminals and shells."""
    names = [
        "inbox/ two  spaces .jpg",
        "inbox/two\nlines.jpg",
        "trash/[red]markup[bold] [link=file:x].jpg",
        "inbox/escape \x1b[31mred\x1b]0;title\x07.jpg",
        "archive/" + os.fsdecode(b"caf\xe9 \xff.jpg"),
        "inbox/" + "a very long name " * 14 + ".jpg",
        "inbox/-rf.jpg",
        "inbox/=SUM(A1).jpg",
        "inbox/turned \u202egpj.around.jpg",
        "inbox/sunrise \U0001f305.jpg",
        "inbox/UPPER.JPG",
    ]
    return [(name, _bytes(sea(rng, (320, 240)), quality=85), "") for name in names]


def _twins(rng: Rng, root: Path) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Equal bytes under two names: in one state, and in two states that contradict each other."""
    same = ("archive/twin one.jpg", "archive/twin two.jpg")
    torn = ("archive/torn.jpg", "trash/torn.jpg")
    for pair, size in ((same, (360, 240)), (torn, (300, 300))):
        content = _bytes(night(rng, size), quality=88)
        for path in pair:
            (root / path).write_bytes(content)
    return (same,), (torn,)


def _flat_png(width: int, height: int) -> bytes:
    """Return a valid 1-bit PNG of one colour: a few hundred kilobytes that would fill memory if they were decoded."""
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    packer = zlib.compressobj(1)
    block = row * 100
    body = b"".join(
        [packer.compress(block) for _ in range(height // 100)] + [packer.compress(row * (height % 100)), packer.flush()]
    )
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", body), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
