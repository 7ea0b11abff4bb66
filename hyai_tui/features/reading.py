"""From a work item to pixels: fetch its bytes, make sure that they are what they should be, decode them.

Runs in the decode threads. What is hashed is what is decoded: a file that changes on disk meanwhile can never be stored under
another file's hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hyai_tui.errors import PictureError
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.recipe import Recipe
from hyai_tui.library.base import Library
from hyai_tui.pictures.decode import open_picture, picture_error, read_content
from hyai_tui.pictures.perceptual import perceptual_hash

# As Hydrus makes them unless told otherwise; used where a library makes no thumbnails itself.
THUMBNAIL_BOX: Final = (200, 200)

_USUAL: Final = Recipe()

# Reasons that lie in the bytes: another try would find the same. The others may be gone the next time.
LASTING: Final = frozenset({"empty", "not-a-picture", "truncated", "corrupt", "unsupported", "too-large", "animated"})


class ByteSource(Protocol):
    """The part of a library that gives bytes; must bear several threads."""

    def path(self, sha256: str) -> Path | None:
        """Return a local path of the original bytes, or None."""
        ...

    def read(self, sha256: str) -> bytes:
        """Return the original bytes; raises `PictureError`."""
        ...

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the library's own thumbnail, or None."""
        ...


class LibraryOnDemand:
    """The library, opened when the first picture has to be fetched from it.

    A build that needs nothing of it works while Hydrus is down.

    Args:
        opening: connects to the library; its errors reach whoever asks for the picture.
    """

    def __init__(self, opening: Callable[[], Library]) -> None:
        self._opening = opening
        self._library: Library | None = None
        self._lock = Lock()

    def path(self, sha256: str) -> Path | None:
        """Return a local path of the original bytes, or None."""
        return self._opened().path(sha256)

    def read(self, sha256: str) -> bytes:
        """Return the original bytes; raises `PictureError`."""
        return self._opened().read(sha256)

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the library's own thumbnail, or None."""
        return self._opened().thumbnail(sha256)

    def close(self) -> None:
        """Close the library if it was opened."""
        if self._library is not None:
            self._library.close()

    def _opened(self) -> Library:
        with self._lock:
            if self._library is None:
                self._library = self._opening()
            return self._library


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of a work item.

    Attributes:
        item: the work item.
        content: SHA-256 of the bytes that were decoded; None where none could be fetched.
        pixels: uint8[size, size, 3], or None where it failed.
        reason: why it failed, else empty.
        phash: perceptual hash of the pixels, None where there are none, they are nearly uniform, or of another recipe
            than the usual one: hashes are compared with each other, so all come from the same pixels.
    """

    item: WorkItem
    content: str | None
    pixels: NDArray[np.uint8] | None
    reason: str = ""
    phash: int | None = None


def fetch_and_decode(item: WorkItem, library: ByteSource, source: str, recipe: Recipe = _USUAL) -> Decoded:
    """Return the pixels of an item, or the reason why there are none; only errors of the library as a whole are raised.

    Args:
        item: what to fetch.
        library: where originals and thumbnails come from.
        source: `file` or `thumbnail`.
        recipe: how the encoder wants its pixels.

    Raises:
        LibraryDown, LibraryError: the library cannot be asked.
    """
    first: Decoded | None = None
    for fetch, digest in _ways(item, library, source):
        try:
            content = fetch()
        except PictureError as error:
            first = first or Decoded(item, None, None, error.reason)
            continue
        if digest is None:
            digest = hashlib.sha256(content).hexdigest()
        try:
            pixels = recipe.pixels(content)
            return Decoded(item, digest, pixels, "", perceptual_hash(pixels) if recipe == _USUAL else None)
        except PictureError as error:
            # The right bytes, and they are bad: no other way will give better ones.
            return Decoded(item, digest, None, error.reason)
    return first or Decoded(item, None, None, "missing")


class _Fetch(Protocol):
    def __call__(self) -> bytes: ...


def _ways(item: WorkItem, library: ByteSource, source: str) -> Iterator[tuple[_Fetch, str | None]]:
    """Yield ways to get the bytes, the cheapest first; a later one is used only if the earlier ones fail.

    With each comes the hash that its bytes are made sure to have, so that nothing is hashed twice; None where it has to be found.
    """
    if source == "thumbnail":
        yield lambda: _thumbnail(item, library), None
        return
    if item.sample is not None and item.sample_is_content:
        sample = item.sample
        yield lambda: _checked(read_content(sample[0]), sample[1]), sample[1]
    if item.in_library:
        yield lambda: _original(item, library), item.file


def _original(item: WorkItem, library: ByteSource) -> bytes:
    path = library.path(item.file)
    content = read_content(path) if path is not None else library.read(item.file)
    return _checked(content, item.file)


def _thumbnail(item: WorkItem, library: ByteSource) -> bytes:
    """Return the library's thumbnail, or one that we make where it has none or does not know the file."""
    if item.in_library:
        content = library.thumbnail(item.file)
        return content if content is not None else _reduced(_original(item, library))
    if item.sample is None:
        raise picture_error("missing")
    return _reduced(_checked(read_content(item.sample[0]), item.sample[1]))


def _reduced(content: bytes) -> bytes:
    """Return a thumbnail as libraries make them."""
    picture = open_picture(content, fit=THUMBNAIL_BOX)
    picture.thumbnail(THUMBNAIL_BOX, Image.Resampling.LANCZOS, reducing_gap=2.0)
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _checked(content: bytes, sha256: str) -> bytes:
    """Return the bytes if they are those of the hash."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise picture_error("changed")
    return content
