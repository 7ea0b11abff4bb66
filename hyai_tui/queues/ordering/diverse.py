"""Farthest first: each next file is the one farthest from all that is labelled or already chosen.

The greedy 2-approximation of the k-center problem (Gonzalez, *Clustering to minimize the maximum intercluster distance*,
1985; Sener and Savarese, *Active learning for convolutional neural networks: a core-set approach*, 2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.ordering.kmeans import Floats

_BLOCK = 2048


def farthest_first(vectors: Floats, labelled: Floats, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return (int64[m], float32[m]): rows, and the distance of each to all that came before.

    Of equally far ones the earlier row comes first. With nothing labelled the first is the row farthest from the mean.

    Args:
        vectors: float32[n, d], what may be chosen.
        labelled: float32[l, d], what is labelled.
        count: how many are wanted.
    """
    rows = len(vectors)
    count = min(count, rows)
    chosen, reach = np.empty(count, np.int64), np.empty(count, np.float32)
    if not count:
        return chosen, reach
    squares = np.einsum("ij,ij->i", vectors, vectors)
    start = labelled if len(labelled) else vectors.mean(axis=0, keepdims=True)
    nearest = np.full(rows, np.inf, np.float32)
    for first in range(0, len(start), _BLOCK):
        nearest = np.minimum(nearest, _squared(vectors, squares, start[first : first + _BLOCK]).min(axis=1))
    for place in range(count):
        row = int(nearest.argmax())
        chosen[place], reach[place] = row, np.sqrt(nearest[row])
        nearest = np.minimum(nearest, _squared(vectors, squares, vectors[row : row + 1])[:, 0])
        # Never again, even where all distances are 0.
        nearest[row] = -1
        nearest[chosen[:place]] = -1
    return chosen, reach


def _squared(vectors: Floats, squares: Floats, others: Floats) -> Floats:
    found = squares[:, None] - 2 * (vectors @ others.T) + np.einsum("ij,ij->i", others, others)[None]
    positive: Floats = np.maximum(found, 0, out=found)
    return positive
