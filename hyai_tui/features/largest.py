"""The largest numbers of each row, with their columns: what "nearest of all" costs once the likenesses are there.

Partitioning whole rows of thousands costs several times the product of matrices that made them. Every k-th largest number of some
columns is at most the k-th largest of all, so the k-th largest of the maxima of groups of columns is a bound below which nothing
is wanted; few numbers are above it, and only those are sorted. Exact.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Groups of columns for each number wanted: with so many, hardly two of the largest share a group.
_GROUPS_EACH: Final = 24
# Groups of fewer columns spare nothing.
_LEAST_TOGETHER: Final = 4


def largest(values: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return (int64[m, count], float32[m, count]): columns and numbers of the largest of each row, the largest first.

    Of equal numbers the one in the lowest column comes first.

    Args:
        values: float32[m, n] without NaN, contiguous by rows for speed.
        count: how many, 1 to n.
    """
    rows, columns = values.shape
    groups = _GROUPS_EACH * count
    together = columns // groups
    highest = values
    if together >= _LEAST_TOGETHER:
        highest = values[:, : together * groups].reshape(rows, together, groups).max(axis=1)
    least = highest.shape[1] - count
    bound = np.partition(highest, least, axis=1)[:, least]
    flat = np.flatnonzero(values >= bound[:, None])
    row, column = np.divmod(flat, columns)
    order = np.lexsort((column, -values.ravel()[flat], row))
    first = np.searchsorted(row, np.arange(rows))
    taken = order[first[:, None] + np.arange(count)]
    chosen: NDArray[np.int64] = column[taken]
    return chosen, np.take_along_axis(values, chosen, axis=1)
