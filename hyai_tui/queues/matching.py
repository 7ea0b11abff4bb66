"""Where identities stand in the catalog's arrays, for a million files and a few thousand questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Positions:
    """Finds SHA-256s in an array of them.

    Sorting a million 64-byte texts takes over a second; sorting their first eight digits, which all but never repeat,
    a tenth of that. The whole hash is always compared before a position is given out.

    Args:
        hashes: S64[n], lowercase hex, each at most once, in any order.
    """

    def __init__(self, hashes: NDArray[np.bytes_]) -> None:
        self._hashes = np.ascontiguousarray(hashes, "S64")
        keys = _keys(self._hashes)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def of(self, wanted: Sequence[str] | NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return int64[m]: the position of each hash, -1 where it is not in the array."""
        asked = np.ascontiguousarray(wanted, "S64")
        found = np.full(len(asked), -1, np.int64)
        if not len(self._hashes) or not len(asked):
            return found
        keys = _keys(asked)
        first = np.searchsorted(self._keys, keys, "left")
        stop = np.searchsorted(self._keys, keys, "right")
        step = 0
        # One round but for hashes that share their first eight digits.
        while (open_ := np.flatnonzero((found < 0) & (first + step < stop))).size:
            here = self._order[first[open_] + step]
            same = self._hashes[here] == asked[open_]
            found[open_[same]] = here[same]
            step += 1
        return found


def _keys(hashes: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    return hashes.view(">u8").reshape(-1, 8)[:, 0].astype(np.uint64) if len(hashes) else np.empty(0, np.uint64)
