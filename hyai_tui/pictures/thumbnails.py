"""Pictures for the screen, reduced once and kept in a bounded cache on disk.

A reduced picture is keyed by (SHA-256 of the file, box), so it is never stale. The cache forgets what was looked at
longest ago. It is safe to delete at any time, and two processes may use it at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from threading import Lock, get_ident
from typing import Protocol

from PIL import Image

from hyai_tui.errors import PictureError
from hyai_tui.pictures.decode import open_picture

# After an eviction this share of the limit stays, so that not every new picture evicts one.
_KEPT_SHARE = 0.9

KEPT_BOX = (512, 512)
"""Size in which pictures are kept that the library will soon lose."""


class PictureSource(Protocol):
    """The part of a library that gives pictures."""

    def path(self, sha256: str) -> Path | None:
        """Return a local path of the original bytes, or None."""
        ...

    def read(self, sha256: str) -> bytes:
        """Return the original bytes; raises `PictureError`."""
        ...

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the library's own thumbnail, or None."""
        ...


class ThumbnailCache:
    """A directory of reduced pictures that never grows beyond its limit.

    Args:
        directory: made on first use.
        limit_bytes: most bytes kept; one picture larger than that is given back and not kept.
    """

    def __init__(self, directory: Path, limit_bytes: int) -> None:
        self._directory = directory
        self._limit = limit_bytes
        self._used: int | None = None
        self._lock = Lock()

    def get(self, sha256: str, box: tuple[int, int], make: Callable[[], bytes]) -> bytes:
        """Return the kept bytes of a file for a box; `make` is called only where there are none, and its result is kept.

        Errors of `make` pass through and nothing is kept.
        """
        if (content := self.kept(sha256, box)) is not None:
            return content
        content = make()
        self._keep(self._path(sha256, box), content)
        return content

    def kept(self, sha256: str, box: tuple[int, int]) -> bytes | None:
        """Return the kept bytes of a file for a box; None where there are none, or the disk cannot be read."""
        path = self._path(sha256, box)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if content:
            self._touch(path)
        return content or None

    def forget(self, sha256: str, box: tuple[int, int]) -> None:
        """Drop one entry, for instance because it turned out to be damaged."""
        self._path(sha256, box).unlink(missing_ok=True)

    def size(self) -> int:
        """Return the bytes kept now."""
        return sum(size for _, size, _ in self._entries())

    def _path(self, sha256: str, box: tuple[int, int]) -> Path:
        return self._directory / sha256[:2] / f"{sha256}-{box[0]}x{box[1]}"

    def _keep(self, path: Path, content: bytes) -> None:
        """Write whole or not at all. A full or read-only disk costs speed, never a picture on screen."""
        if len(content) > self._limit:
            return
        temporary = path.with_name(f".new-{os.getpid()}-{get_ident()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.write_bytes(content)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            return
        with self._lock:
            if self._used is None:
                self._used = self.size()
            else:
                self._used += len(content)
            if self._used > self._limit:
                self._used = self._evict()

    def _evict(self) -> int:
        """Drop what was used longest ago, until the kept share of the limit is reached; return the bytes left."""
        entries = sorted(self._entries())
        used = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if used <= self._limit * _KEPT_SHARE:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
            used -= size
        return used

    def _entries(self) -> list[tuple[int, int, Path]]:
        """Return (last use in ns, bytes, path) of all entries; another process may remove some meanwhile."""
        entries = []
        for folder in self._folders():
            for entry in os.scandir(folder):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                entries.append((status.st_mtime_ns, status.st_size, Path(entry.path)))
        return entries

    def _folders(self) -> list[str]:
        try:
            return [entry.path for entry in os.scandir(self._directory) if entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []

    @staticmethod
    def _touch(path: Path) -> None:
        """Mark the entry as used now. Access times are no help: most file systems are mounted without them."""
        try:
            os.utime(path)
        except OSError:
            # Evicted meanwhile, or a read-only disk: the content is in our hands already.
            return


def display_picture(cache: ThumbnailCache, library: PictureSource, sha256: str, box: tuple[int, int]) -> Image.Image:
    """Return the file's picture, upright and RGB, reduced to fit the box (never enlarged).

    The original is decoded the first time only. A library without local files is asked for its thumbnail first, and for the
    original where the thumbnail is smaller than the box. Of an animation it is the first frame. Blocks: call it in a
    thread.

    Args:
        cache: keeps the reduced picture.
        library: gives the bytes.
        sha256: the file.
        box: width and height in pixels.

    Raises:
        PictureError: if there is no picture to show, with the reason.
        LibraryDown, LibraryError: from the library.
    """
    try:
        content = cache.get(sha256, box, lambda: _stored(_reduced(library, sha256, box)))
    except PictureError:
        # The library has lost it; a picture that was kept in time will do.
        if (kept := cache.kept(sha256, KEPT_BOX)) is None:
            raise
        return _fitted(open_picture(kept), box)
    try:
        return open_picture(content)
    except PictureError:
        # The kept bytes are damaged (a full disk, a bad sector): make them again, once.
        cache.forget(sha256, box)
        return open_picture(cache.get(sha256, box, lambda: _stored(_reduced(library, sha256, box))))


def _reduced(library: PictureSource, sha256: str, box: tuple[int, int]) -> Image.Image:
    path = library.path(sha256)
    thumbnail = None
    if path is None:
        thumbnail = _thumbnail(library, sha256)
        if thumbnail is not None and (thumbnail.width >= box[0] or thumbnail.height >= box[1]):
            return _fitted(thumbnail, box)
    try:
        source = path if path is not None else library.read(sha256)
        return _fitted(open_picture(source, fit=box, first_frame=True), box)
    except PictureError:
        # No picture of its own, such as a video: what the library shows for it will do.
        thumbnail = thumbnail or _thumbnail(library, sha256)
        if thumbnail is None:
            raise
        return _fitted(thumbnail, box)


def _thumbnail(library: PictureSource, sha256: str) -> Image.Image | None:
    content = library.thumbnail(sha256)
    if content is None:
        return None
    try:
        return open_picture(content, first_frame=True)
    except PictureError:
        return None


def _fitted(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Return the picture reduced to fit the box, keeping its aspect."""
    picture.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture


def _stored(picture: Image.Image) -> bytes:
    """Return the picture as kept: PNG where it has few colours (drawings stay crisp and small), else JPEG."""
    stream = BytesIO()
    if picture.getcolors(256) is not None:
        picture.save(stream, "PNG")
    else:
        picture.save(stream, "JPEG", quality=90, subsampling=0)
    return stream.getvalue()
