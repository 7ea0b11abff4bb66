"""Small real pictures, a library in memory, and an encoder that can be counted, for the tests of pixels and vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import PictureError
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.library.base import FileState, MediaFile


def picture(seed: int = 0, size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Return a picture of coloured blocks; every seed gives another one."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def encoded(image: Image.Image, format_: str = "PNG", **options: Any) -> bytes:
    """Return the picture as bytes of a file."""
    stream = BytesIO()
    image.save(stream, format_, **options)
    return stream.getvalue()


def sha(content: bytes) -> str:
    """Return the SHA-256 of the bytes."""
    return hashlib.sha256(content).hexdigest()


class MeanEncoder:
    """Encodes a picture as the mean of each of its 3 colours and 5 pixels: cheap, and tells pictures apart."""

    version = EncoderVersion("mean", "0" * 64, "test", "fp32", 8)

    def __init__(self) -> None:
        self.batches: list[int] = []

    @property
    def count(self) -> int:
        """Pictures encoded so far."""
        return sum(self.batches)

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, 8] in 0..1."""
        self.batches.append(len(pixels))
        means = pixels.mean(axis=(1, 2)) / 255
        spots = pixels[:, [10, 60, 110, 160, 210], 100, 0] / 255
        return np.concatenate([means, spots], axis=1).astype(np.float32)


class MemoryLibrary:
    """Gives bytes from a dictionary; what is asked for is counted."""

    def __init__(self, contents: Sequence[bytes] = (), thumbnails: dict[str, bytes] | None = None) -> None:
        self.contents = {sha(one): one for one in contents}
        self.thumbnails = thumbnails or {}
        self.reads: list[str] = []
        self.before_read: Callable[[str], None] = lambda sha256: None
        self.closed = False

    def path(self, sha256: str) -> Path | None:
        """Return nothing: this library has no local files."""
        return None

    def read(self, sha256: str) -> bytes:
        """Return the bytes, or say that they are missing."""
        self.reads.append(sha256)
        self.before_read(sha256)
        if sha256 not in self.contents:
            raise PictureError("missing", "gone")
        return self.contents[sha256]

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the thumbnail, if there is one."""
        return self.thumbnails.get(sha256)

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


def put_files(catalog: Catalog, files: Sequence[str], **facts: Any) -> None:
    """Add files to the catalog, keeping those that are there."""
    scan = catalog.begin_scan()
    known = [MediaFile(one.sha256, one.state, motion=one.motion) for one in catalog.files()]
    new = [MediaFile(one, facts.get("state", FileState.INBOX), motion=facts.get("motion", False)) for one in files]
    catalog.put([*known, *new], scan)
    catalog.finish_scan(scan, accept_gone=True)
