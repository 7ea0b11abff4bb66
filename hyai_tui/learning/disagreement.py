"""Which samples have a wrong label? Pure functions over out-of-fold probabilities and vectors.

Two views that err differently: what a model that never saw the sample makes of it, and what its nearest neighbours are
labelled. Each alone misses what the other sees; the mean of both ranks finds more wrong labels than either, and more than
confident learning on the same probabilities (Northcutt et al., "Confident Learning", 2021), which in the binary case
orders the samples as the probability of their own label does.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hyai_tui.features.largest import largest
from hyai_tui.learning.metrics import Labels

NEIGHBOURS = 15
_BLOCK = 1024
# Among more samples than this, those that may be near are found by fewer numbers first. Of 3,781 photographs that finds the
# very same neighbours; half as many directions find .9994 of them.
_ALL_PAIRS = 12_288
_DIRECTIONS = 256
_CANDIDATES = 3
_SAMPLE, _ROUNDS = 4096, 3
_COMPARED = 64


def neighbour_disagreement(vectors: NDArray[Any], truth: Labels, k: int = NEIGHBOURS) -> NDArray[np.float32]:
    """Return float32[n]: the share of a sample's nearest neighbours that have another label, 0 … 1, near ones more.

    Neighbours are the k nearest by cosine of vectors less their mean, the sample itself left out; each counts by that
    cosine, never below nothing. High means that the label looks wrong. 0 for a sample alone. Among many samples the nearest of
    three times k that look near in their widest directions are taken.

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

    def put(block: NDArray[np.int64], near: NDArray[np.int64], cosines: NDArray[np.float32]) -> None:
        weight = np.maximum(cosines, 1e-6)
        other = truth[near] != truth[block][:, None]
        found[block] = (weight * other).sum(axis=1) / weight.sum(axis=1)

    blocks = [np.arange(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK)]
    if rows <= _ALL_PAIRS:
        for block in blocks:
            cosines = unit[block] @ unit.T
            cosines[np.arange(len(block)), block] = -2
            put(block, *largest(cosines, nearest))
        return found
    short = unit @ _widest(unit[:: -(-rows // _SAMPLE)], min(_DIRECTIONS, unit.shape[1]))

    def one(block: NDArray[np.int64]) -> None:
        put(block, *_nearest(unit, short, block, nearest))

    # Blocks side by side: partitioning and gathering keep one core each, as products do.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count() or 1, "neighbours") as pool:
        for _ in pool.map(one, blocks):
            pass
    return found


def _widest(unit: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return float32[d, count], orthonormal columns that span about the widest directions of float32[n, d].

    By orthogonal iteration from random ones (Halko, Martinsson and Tropp, "Finding Structure with Randomness", 2011): a tenth of
    the time of all directions.
    """
    found = np.random.default_rng(1).standard_normal((unit.shape[1], count)).astype(np.float32)
    for _ in range(_ROUNDS):
        found = np.linalg.qr(unit.T @ (unit @ found))[0]
    return found


def _nearest(
    unit: NDArray[np.float32], short: NDArray[np.float32], block: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return (int64[m, k], float32[m, k]): the nearest rows of each row of a block, and their cosines.

    Args:
        unit: float32[n, d], rows of length 1.
        short: float32[n, c], their widest directions.
        block: int64[m].
        k: how many.
    """
    about = short[block] @ short.T
    about[np.arange(len(block)), block] = -2
    likely, _ = largest(about, min(_CANDIDATES * k, len(unit) - 1))
    cosines = np.empty(likely.shape, np.float32)
    for start in range(0, len(block), _COMPARED):
        some = slice(start, start + _COMPARED)
        cosines[some] = np.einsum("nd,nkd->nk", unit[block[some]], unit[likely[some]])
    best, nearest = largest(cosines, k)
    return np.take_along_axis(likely, best, axis=1), nearest


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
