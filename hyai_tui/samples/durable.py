"""Files of the training folders on the disk: hashed, written whole, moved, and flushed."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(target: Path, temporary: Path, content: bytes, digest: str) -> None:
    """Write a file whole or not at all, flushed to the disk, its bytes read back."""
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if content_hash(temporary) != digest:
            raise OSError(errno.EIO, "the bytes read back differ from those written")
        temporary.rename(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    flush_directory(target.parent)


def rename(source: Path, target: Path, digest: str) -> None:
    """Move a file; between file systems (a linked label folder) by a whole copy first. A link becomes a copy."""
    try:
        if source.is_symlink():
            raise OSError(errno.EXDEV, "a link may lead elsewhere from its new place")
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_whole(target, target.with_name(f".{digest}.part"), source.read_bytes(), digest)
        source.unlink()
    flush_directory(target.parent)
    flush_directory(source.parent)


def flush_directory(directory: Path) -> None:
    """Wait until the disk has the names in a directory."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
