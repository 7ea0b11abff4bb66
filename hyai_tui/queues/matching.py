"""Where identities stand in the catalog's arrays, for a million files and a few thousand questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.arrays import hash_keys
from hyai_tui.catalog.model import HashIndex


class Finds(Protocol):
    """Finds files by their SHA-256."""

    def of(self, wanted: Sequence[str] | NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return int64[m]: the position of each hash, -1 where it is not in the array."""
        ...


class Positions:
    """Finds SHA-256s in an array of them.

    Sorting a million 64-byte texts takes over a second; sorting their first eight digits, which all but never repeat,
    a tenth of that. The whole hash is always compared before a position is given out.

    Args:
        hashes: S64[n], lowercase hex, each at most once, in any order.
        index: the order of the first of them, where it is known: those are not sorted again.
    """

    def __init__(self, hashes: NDArray[np.bytes_], index: HashIndex | None = None) -> None:
        self._hashes = hashes if index is not None else np.ascontiguousarray(hashes, "S64")
        self._index = index
        self._indexed = 0 if index is None else len(index.keys)
        keys = _keys(self._hashes[self._indexed :])
        self._order = np.argsort(keys, kind="stable") + self._indexed
        self._keys = keys[self._order - self._indexed]

    def of(self, wanted: Sequence[str] | NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return int64[m]: the position of each hash, -1 where it is not in the array."""
        asked = np.ascontiguousarray(wanted, "S64")
        same = lambda here, rows: self._hashes[here] == asked[rows]  # noqa: E731 - a name for a condition
        found = _found(self._keys, self._order, _keys(asked), same)
        if self._index is not None:
            indexed = _found(self._index.keys, self._index.order, hash_keys(asked), same)
            found = np.where(indexed >= 0, indexed, found)
        return found


class PackedPositions:
    """Finds SHA-256s in an array of their bytes.

    Args:
        digests: uint8[n, 32], each at most once, in any order.
    """

    def __init__(self, digests: NDArray[np.uint8]) -> None:
        self._digests = digests
        keys = _packed_keys(digests)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def of(self, wanted: Sequence[str] | NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return int64[m]: the position of each hash, -1 where it is not in the array."""
        asked = packed_digests(np.ascontiguousarray(wanted, "S64"))
        same = lambda here, rows: (self._digests[here] == asked[rows]).all(axis=1)  # noqa: E731 - a name for a condition
        return _found(self._keys, self._order, _packed_keys(asked), same)


def packed_digests(hashes: NDArray[np.bytes_]) -> NDArray[np.uint8]:
    """Return uint8[n, 32] for S64[n], lowercase hex."""
    text = np.ascontiguousarray(hashes, "S64").tobytes().decode("ascii")
    return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(-1, 32)


def unpacked_digests(digests: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Return S64[n], lowercase hex, for uint8[n, 32]."""
    return np.frombuffer(digests.tobytes().hex().encode("ascii"), "S64")


def _found(
    keys: NDArray[np.uint64],
    order: NDArray[np.int64] | NDArray[np.int32],
    wanted: NDArray[np.uint64],
    same: Callable[[NDArray[Any], NDArray[np.int64]], NDArray[np.bool_]],
) -> NDArray[np.int64]:
    """Return the position of each wanted key for which the whole hash is the same too, -1 for none."""
    found = np.full(len(wanted), -1, np.int64)
    if not len(keys) or not len(wanted):
        return found
    first = np.searchsorted(keys, wanted, "left")
    stop = np.searchsorted(keys, wanted, "right")
    step = 0
    # One round but for hashes that share their key.
    while (open_ := np.flatnonzero((found < 0) & (first + step < stop))).size:
        here = order[first[open_] + step]
        right = same(here, open_)
        found[open_[right]] = here[right]
        step += 1
    return found


def _keys(hashes: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    return hashes.view(">u8").reshape(-1, 8)[:, 0].astype(np.uint64) if len(hashes) else np.empty(0, np.uint64)


def _packed_keys(digests: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(digests[:, :8]).view(">u8").ravel().astype(np.uint64)
