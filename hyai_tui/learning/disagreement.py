"""Which samples have a wrong label? Pure functions over out-of-fold probabilities and vectors.

Two views that err differently: what a model that never saw the sample makes of it, and what its nearest neighbours are
labelled. Each alone misses what the other sees; the mean of both ranks finds more wrong labels than either, and more than
confident learning on the same probabilities (Northcutt et al., "Confident Learning", 2021), which in the binary case
orders the samples as the probability of their own label does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.metrics import Labels

NEIGHBOURS = 15
_BLOCK = 1024


def neighbour_disagreement(vectors: NDArray[Any], truth: Labels, k: int = NEIGHBOURS) -> NDArray[np.float32]:
    """Return float32[n]: the share of a sample's nearest neighbours that have another label, 0 … 1, near ones more.

    Neighbours are the k nearest by cosine of vectors less their mean, the sample itself left out; each counts by that
    cosine, never below nothing. High means that the label looks wrong. 0 for a sample alone.

    Args:
        vectors: float[n, d].
        truth: int64[n], the label of each.
        k: neighbours; fewer where there are fewer samples.
    """
    rows, nearest = len(vectors), min(k, len(vectors) - 1)
    found = np.zeros(rows, np.float32)
    if nearest < 1:
        return found
    unit = centred_unit(vectors)
    for start in range(0, rows, _BLOCK):
        block = np.arange(start, min(start + _BLOCK, rows))
        cosines = unit[block] @ unit.T
        cosines[np.arange(len(block)), block] = -2
        near = np.argpartition(-cosines, nearest - 1, axis=1)[:, :nearest]
        weight = np.maximum(np.take_along_axis(cosines, near, axis=1), 1e-6)
        other = truth[near] != truth[block][:, None]
        found[block] = (weight * other).sum(axis=1) / weight.sum(axis=1)
    return found


def centred_unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return float32[n, d]: vectors less their mean, at length 1 (0 for the mean itself)."""
    centred = vectors.astype(np.float32) - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    unit: NDArray[np.float32] = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return unit


def doubt(own: NDArray[Any], disagreement: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[n]: how doubtful each label is, the mean of two ranks, 0 (least) … 1 (most).

    Args:
        own: float[n], out-of-fold probability of the sample's own label.
        disagreement: float[n], see `neighbour_disagreement`; where it is NaN the model's rank stands alone.
    """
    by_model, by_neighbours = _ranks(-own), _ranks(disagreement)
    return np.where(np.isnan(disagreement), by_model, (by_model + by_neighbours) / 2)


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[n]: the place of each value in ascending order, 0 … 1; equal values share their mean place."""
    if len(values) < 2:
        return np.zeros(len(values))
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    ranks: NDArray[np.float64] = middle[place] / (len(values) - 1)
    return ranks
