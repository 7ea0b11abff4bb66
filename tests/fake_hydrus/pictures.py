"""Pictures for a fake client: drawn ones, and those of a folder."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, UnidentifiedImageError

from tests.fake_hydrus.client import Client, FakeFile

_KINDS = {
    "JPEG": ("image/jpeg", "jpeg", 1, ".jpg"),
    "PNG": ("image/png", "png", 2, ".png"),
    "GIF": ("image/gif", "gif", 68, ".gif"),
    "WEBP": ("image/webp", "webp", 33, ".webp"),
    "BMP": ("image/bmp", "bitmap", 41, ".bmp"),
}
_BOX = (150, 125)
# What a client also says of each file; nothing here reads it, and its absence would be a shape that no client has.
ALSO: dict[str, Any] = {
    "time_modified": 1_795_186_000,
    "time_modified_details": {"local": 1_795_186_000},
    "has_transparency": False,
    "has_exif": False,
    "has_xmp": False,
    "has_iptc": False,
    "has_human_readable_embedded_metadata": False,
    "has_software_source": False,
    "has_icc_profile": False,
    "known_urls": [],
    "ipfs_multihashes": {},
    "ratings": {},
    "file_viewing_statistics": [],
}
_STATES = ("inbox", "archive", "trash")


def drawn_picture(seed: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """A small PNG that no other seed draws."""
    random_numbers = random.Random(seed)
    colours = [tuple(random_numbers.randrange(256) for _ in range(3)) for _ in range(4)]
    picture = Image.new("RGB", size, colours[0])
    draw = ImageDraw.Draw(picture)
    for colour in colours[1:]:
        x, y = random_numbers.randrange(size[0]), random_numbers.randrange(size[1])
        draw.ellipse((x - 12, y - 12, x + 12, y + 12), fill=colour)
    picture.putpixel((0, 0), (seed & 255, seed >> 8 & 255, seed >> 16 & 255))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def file_from_bytes(client: Client, content: bytes, state: str = "inbox", name: str = "") -> FakeFile:
    """Import bytes as a client would: kind by content, thumbnail reduced; what is no picture is a plain file."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            mime, human, number, ext = _KINDS.get(picture.format or "", (f"image/{picture.format}".lower(), "?", 0, ""))
            frames = getattr(picture, "n_frames", 1)
            details: dict[str, Any] = {
                "mime": mime,
                "filetype_human": f"animated {human}" if frames > 1 else human,
                "filetype_enum": number,
                "ext": ext,
                "width": picture.width,
                "height": picture.height,
                "duration": 100 * frames if frames > 1 else None,
                "num_frames": frames if frames > 1 else None,
                "has_audio": False,
            }
            thumbnail: bytes | None = _reduced(picture)
    except (UnidentifiedImageError, OSError, SyntaxError):
        # A client keeps what it cannot draw, and judges a truncated picture by its first bytes.
        truncated = content.startswith((b"\xff\xd8", b"\x89PNG"))
        details = {"mime": "image/png" if truncated else "application/zip", "ext": Path(name).suffix}
        thumbnail = None
    return client.add_bytes(content, details | ALSO, thumbnail, state)


def fill_from_folder(client: Client, folder: Path) -> int:
    """Import every file of a tree; below `archive` or `trash` it gets that state, else it goes to the inbox."""
    count = len(client.files)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state = next((one for one in reversed(path.relative_to(folder).parts[:-1]) if one in _STATES), "inbox")
            file = file_from_bytes(client, path.read_bytes(), state, path.name)
            file.path = path
    return len(client.files) - count


def _reduced(picture: Image.Image) -> bytes:
    alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    small = picture.convert("RGBA" if alpha else "RGB")
    small.thumbnail(_BOX)
    out = io.BytesIO()
    small.save(out, "PNG" if alpha else "JPEG")
    return out.getvalue()
