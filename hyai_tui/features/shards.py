"""The files behind the feature store: `.npy` shards of half-precision rows, and beside each full one its contents.

A shard has room for a fixed number of rows and its header says so from its first byte on, so that it needs no rewriting
when it is full: numpy can open every full shard. The open one is only shorter. A shard number is never used twice, so a
reader that holds a mapping of an old shard never sees other rows appear in it. Beside a full shard `00000001.npy` stands
`00000001.sha256.npy`, uint8[rows, 32]: the content of each row, zeros where it was removed before the shard was full. Both are
never written again, and any program that reads `.npy` can use them without the index.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import load_array
from hyai_tui.features.keys import KEY_BYTES, Keys

HEADER: Final = 128
# A block of so many rows stays in the processor's cache between the steps of a cast.
_CAST_ROWS: Final = 64
# Sign, five bits of exponent and ten of mantissa, where the shift has put them; the bits between are copies of the sign.
_KEPT_BITS: Final = np.int32(-0x70000001)
_BIAS: Final = np.float32(2.0**112)
# Bits of float32: the first that rounds to an infinite half, the least normal half, one half; the exponent's shift by
# -112 together with what rounds to the nearest.
_FIRST_TOO_LARGE: Final = np.uint32(0x477FF000)
_FIRST_NORMAL: Final = np.uint32(0x38800000)
_HALF: Final = np.uint32(0x3F000000)
_ROUNDED: Final = np.uint32(0xC8000FFF)


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
        self._keys: dict[int, Keys] = {}

    def path(self, shard: int) -> Path:
        """Return the file of a shard."""
        return self.directory / f"{shard:08d}.npy"

    def keys_path(self, shard: int) -> Path:
        """Return the file of a full shard's contents."""
        return self.directory / f"{shard:08d}.sha256.npy"

    def numbers(self) -> set[int]:
        """Return the numbers of the shards of which a file exists."""
        names = (path.name.partition(".")[0] for path in self.directory.glob("*.npy"))
        return {int(name) for name in names if name.isdigit()}

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

    def write_keys(self, shard: int, keys: Keys) -> bytes:
        """Write the contents uint8[rows, 32] of a full shard, wait for the disk, return their checksum. Raises OSError."""
        self._keys.pop(shard, None)
        stream = BytesIO()
        np.save(stream, keys, allow_pickle=False)
        content = stream.getvalue()
        descriptor = os.open(self.keys_path(shard), os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write_all(descriptor, content, 0)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        sync_directory(self.directory)
        return hashlib.sha256(content).digest()

    def keys(self, shard: int) -> Keys | None:
        """Return the contents of a full shard uint8[rows, 32], mapped and read-only, or None where the file is no such."""
        if shard not in self._keys:
            try:
                found = load_array(self.keys_path(shard), "r")
            except (FileNotFoundError, ValueError, EOFError):
                return None
            if found.dtype != np.uint8 or found.ndim != 2 or found.shape[1] != KEY_BYTES:
                return None
            self._keys[shard] = np.asarray(found)
        return self._keys[shard]

    def keys_checksum(self, shard: int) -> bytes | None:
        """Return the SHA-256 of the file of contents, or None where there is none."""
        try:
            return hashlib.sha256(self.keys_path(shard).read_bytes()).digest()
        except FileNotFoundError:
            return None

    def remove(self, shard: int) -> None:
        """Delete a shard and its contents; a reader's mapping of them stays valid."""
        self._maps.pop(shard, None)
        self._keys.pop(shard, None)
        self.path(shard).unlink(missing_ok=True)
        self.keys_path(shard).unlink(missing_ok=True)

    def forget(self) -> None:
        """Drop all mappings: a transaction that made files was taken back."""
        self._maps.clear()
        self._keys.clear()

    def rows(self, shard: int, count: int, *, passing: bool = False) -> NDArray[np.uint16] | None:
        """Return the bits of the first `count` rows, mapped and read-only, or None where the file does not hold them.

        Args:
            shard: its number.
            count: rows.
            passing: they are read once, from first to last: the file is read ahead, and the mapping is not kept.
        """
        known = self._maps.get(shard)
        if known is not None and len(known) >= count:
            return known[:count]
        available = min(self.rows_on_disk(shard), self.capacity)
        if available < count or available == 0:
            return None
        try:
            bits = self._mapped(shard, available, passing)
        except (FileNotFoundError, ValueError):
            # Compacted away between the look and the mapping: the caller asks the index again.
            return None
        if not passing:
            self._maps[shard] = bits
        return bits[:count]

    def _mapped(self, shard: int, rows: int, passing: bool) -> NDArray[np.uint16]:
        with self.path(shard).open("rb") as file:
            mapped = mmap.mmap(file.fileno(), HEADER + rows * self.row_bytes, prot=mmap.PROT_READ)
        if passing:
            mapped.madvise(mmap.MADV_WILLNEED)
        return np.frombuffer(mapped, np.uint16, rows * self.dimension, HEADER).reshape(rows, self.dimension)

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


def widen(bits: NDArray[np.uint16], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Return float32[n, d] of the bits of finite half-precision numbers uint16[n, d]; exact, denormals too.

    numpy's own cast takes 4 ns a number. Here the bits are shifted to their places in blocks that stay in the processor's
    cache, and the exponent is corrected by a multiplication: 1.4 ns into fresh memory, 0.4 ns into memory that is used again.

    Args:
        bits: uint16[n, d].
        out: float32[at least n, d] to put them into.
    """
    wide = np.empty(bits.shape, np.float32) if out is None else out[: len(bits)]
    for start in range(0, len(bits), _CAST_ROWS):
        block = wide[start : start + _CAST_ROWS]
        words = block.view(np.int32)
        words[...] = bits[start : start + _CAST_ROWS].view(np.int16)
        np.left_shift(words, 13, out=words)
        np.bitwise_and(words, _KEPT_BITS, out=words)
        np.multiply(block, _BIAS, out=block)
    return wide


def narrow(vectors: NDArray[np.float32]) -> NDArray[np.float16] | None:
    """Return float16[n, d], each the nearest half (ties to even), or None where a number is too large or no number.

    As numpy's own cast gives them, six times faster: rounding is an addition to the bits, and what becomes a denormal half is
    rounded by adding a half, whose last bit has the weight of a denormal's (F. Giesen, "float_to_half_fast3_rtne").
    """
    halves = np.empty(vectors.shape, np.uint16)
    for start in range(0, len(vectors), _CAST_ROWS):
        words = np.array(vectors[start : start + _CAST_ROWS], np.float32).view(np.uint32)
        sign = (words >> 16) & np.uint32(0x8000)
        words &= np.uint32(0x7FFFFFFF)
        if (words >= _FIRST_TOO_LARGE).any():
            return None
        small = words < _FIRST_NORMAL
        tiny = (words.view(np.float32) + np.float32(0.5)).view(np.uint32) - _HALF
        words += ((words >> 13) & 1) + _ROUNDED
        words >>= 13
        np.copyto(words, tiny, where=small)
        halves[start : start + _CAST_ROWS] = words | sign
    return halves.view(np.float16)


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
