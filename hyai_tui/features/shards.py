"""The files behind the feature store: `.npy` shards of half-precision rows.

A shard has room for a fixed number of rows and its header says so from its first byte on, so that it needs no rewriting
when it is full: numpy can open every full shard. The open one is only shorter. A shard number is never used twice, so a
reader that holds a mapping of an old shard never sees other rows appear in it.
"""

from __future__ import annotations

import hashlib
import os
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEADER: Final = 128
_CAST_ROWS: Final = 64


class ShardFiles:
    """Reads and writes shards of one directory.

    Args:
        directory: where they are.
        dimension: numbers in a row.
        capacity: rows that a full shard holds.
    """

    def __init__(self, directory: Path, dimension: int, capacity: int) -> None:
        self.directory = directory
        self.dimension = dimension
        self.capacity = capacity
        self.row_bytes = 2 * dimension
        self._maps: dict[int, NDArray[np.uint16]] = {}

    def path(self, shard: int) -> Path:
        """Return the file of a shard."""
        return self.directory / f"{shard:08d}.npy"

    def numbers(self) -> set[int]:
        """Return the numbers of the shard files that exist."""
        return {int(path.stem) for path in self.directory.glob("*.npy") if path.stem.isdigit()}

    def rows_on_disk(self, shard: int) -> int:
        """Return how many whole rows the file holds; 0 where there is no file or another header."""
        try:
            with self.path(shard).open("rb") as file:
                if file.read(HEADER) != self._header():
                    return 0
                return max(0, (os.fstat(file.fileno()).st_size - HEADER) // self.row_bytes)
        except FileNotFoundError:
            return 0

    def write(self, shard: int, row: int, rows: NDArray[np.float16]) -> None:
        """Write rows from `row` on and wait until the disk has them. Raises OSError."""
        path = self.path(shard)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if row == 0:
                os.ftruncate(descriptor, 0)
                _write_all(descriptor, self._header(), 0)
            _write_all(descriptor, np.ascontiguousarray(rows).tobytes(), HEADER + row * self.row_bytes)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if row == 0:
            sync_directory(self.directory)

    def truncate(self, shard: int, rows: int) -> None:
        """Cut what a killed writer left after the last committed row."""
        path = self.path(shard)
        if path.exists() and path.stat().st_size > HEADER + rows * self.row_bytes:
            os.truncate(path, HEADER + rows * self.row_bytes)
            self._maps.pop(shard, None)

    def remove(self, shard: int) -> None:
        """Delete a shard; a reader's mapping of it stays valid."""
        self._maps.pop(shard, None)
        self.path(shard).unlink(missing_ok=True)

    def rows(self, shard: int, count: int) -> NDArray[np.uint16] | None:
        """Return the bits of the first `count` rows, mapped and read-only, or None where the file does not hold them."""
        known = self._maps.get(shard)
        if known is not None and len(known) >= count:
            return known[:count]
        available = min(self.rows_on_disk(shard), self.capacity)
        if available < count or available == 0:
            return None
        try:
            mapped = np.memmap(self.path(shard), np.uint16, "r", HEADER, (available, self.dimension))
        except (FileNotFoundError, ValueError):
            # Compacted away between the look and the mapping: the caller asks the index again.
            return None
        self._maps[shard] = np.asarray(mapped)
        return self._maps[shard][:count]

    def checksum(self, shard: int, rows: int) -> bytes:
        """Return the SHA-256 of the file up to the end of its last row."""
        digest = hashlib.sha256()
        left = HEADER + rows * self.row_bytes
        with self.path(shard).open("rb") as file:
            while left > 0 and (block := file.read(min(left, 2**20))):
                digest.update(block)
                left -= len(block)
        return digest.digest()

    def _header(self) -> bytes:
        stream = BytesIO()
        fields = {"descr": "<f2", "fortran_order": False, "shape": (self.capacity, self.dimension)}
        np.lib.format.write_array_header_1_0(stream, fields)
        return stream.getvalue()


def widen(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return float32[n, d] of the bits of finite half-precision numbers uint16[n, d].

    By shifting the bits in blocks that stay in the processor's cache; numpy's own cast is 2 to 7 times slower. Numbers too
    small for a normal half (denormals) come out right because the exponent is corrected by a multiplication.
    """
    wide = np.empty(bits.shape, np.uint32)
    for start in range(0, len(bits), _CAST_ROWS):
        block = bits[start : start + _CAST_ROWS].astype(np.uint32)
        sign = (block & 0x8000) << 16
        block &= 0x7FFF
        block <<= 13
        block.view(np.float32)[...] *= np.float32(2.0**112)
        wide[start : start + _CAST_ROWS] = block | sign
    return wide.view(np.float32)


def sync_directory(directory: Path) -> None:
    """Wait until the disk has the names in a directory."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes, offset: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
