"""Which files of the training folders are pictures, and what a sample's file is called.

An extension is only ever taken from this list: by the first bytes of the content, else by the library's media type;
never from a name that somebody else has chosen.
"""

from __future__ import annotations

SUFFIXES = frozenset({"jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff", "fits", "fit", "avif", "jxl"})
_BY_MIME = {
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/apng": "png",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/webp": "webp",
    "image/tiff": "tiff",
    "image/fits": "fits",
    "image/avif": "avif",
    "image/jxl": "jxl",
}
_BY_START = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"SIMPLE  =", "fits"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
)
_UNFINISHED = (".tmp", ".part", ".crdownload", "~")


def extension_of(content: bytes, mime: str | None = None) -> str | None:
    """Return the extension for a picture's bytes, or None if they are no picture that can be a sample."""
    for start, extension in _BY_START:
        if content.startswith(start):
            return extension
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content[4:8] == b"ftyp" and b"avif" in content[8:32]:
        return "avif"
    return _BY_MIME.get(mime or "")


def is_sample_name(name: str) -> bool:
    """True for a file that counts as a sample: not hidden, not half downloaded, with a picture's suffix."""
    if name.startswith(".") or name.endswith(_UNFINISHED):
        return False
    return name.rpartition(".")[2].lower() in SUFFIXES


def claimed_identity(name: str) -> str | None:
    """Return the SHA-256 that a name such as `<sha256>.png` claims; whether it is true is for others to confirm."""
    stem = name.partition(".")[0].lower()
    return stem if len(stem) == 64 and all(digit in "0123456789abcdef" for digit in stem) else None
