"""Ranks and seeded orders, so that equal inputs give equal lists on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mean_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[n]: the rank of each value from 0, the largest first; equal values share their mean rank."""
    _, place, counts = np.unique(-values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    found: NDArray[np.float64] = (ends - counts / 2 - 0.5)[place]
    return found


def seeded(hashes: NDArray[np.bytes_], seed: int) -> NDArray[np.uint64]:
    """Return uint64[n]: numbers whose order is random by seed, and the same for a file whatever other files there are.

    The finaliser of SplitMix64 (Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*, 2014) over the
    first digits of the hash, which are uniform already.
    """
    if not len(hashes):
        return np.empty(0, np.uint64)
    # Sixteen hexadecimal digits are 64 bits: two words of eight letters, mixed one after the other.
    words = np.ascontiguousarray(hashes, "S64").view("<u8").astype(np.uint64).reshape(-1, 8)
    with np.errstate(over="ignore"):
        mixed = _mix(words[:, 0] + np.uint64(seed) * _GOLDEN)
        return _mix(mixed ^ words[:, 1])


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    found: NDArray[np.uint64] = value ^ (value >> np.uint64(31))
    return found
