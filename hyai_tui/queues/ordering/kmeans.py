"""Weighted k-means: k regions of a set of vectors, and the row nearest the middle of each.

Seeds by k-means++ (Arthur and Vassilvitskii, *k-means++: The Advantages of Careful Seeding*, 2007), then Lloyd's rounds. A
row's weight says how much it counts, both when seeds are drawn and for the middle of its region.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ROUNDS = 20
_TINY = 1e-12


def representatives(
    vectors: Floats, count: int, weights: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Return int64[m], m ≤ count: the row nearest the middle of each region, the heaviest region first.

    Args:
        vectors: float32[n, d].
        count: regions wanted.
        weights: float64[n], 0 or more.
        random: draws the seeds.
    """
    rows = len(vectors)
    if rows <= count:
        return np.argsort(-weights, kind="stable")
    squares = np.einsum("ij,ij->i", vectors, vectors)
    centres = vectors[_seeds(vectors, squares, count, weights, random)].copy()
    region = np.zeros(rows, np.int64)
    for _ in range(ROUNDS):
        distances = _distances(vectors, squares, centres)
        nearest = distances.argmin(axis=1)
        if (nearest == region).all():
            break
        region = nearest
        centres = _middles(vectors, weights, region, centres)
    distances = _distances(vectors, squares, centres)
    region = distances.argmin(axis=1)
    own = distances[np.arange(rows), region]
    # By region, then by distance: the first of each region is its representative.
    order = np.lexsort((own, region))
    first = order[np.append(True, region[order][1:] != region[order][:-1])]
    mass = np.bincount(region, weights, minlength=count)[region[first]]
    found: NDArray[np.int64] = first[np.argsort(-mass, kind="stable")]
    return found


def _seeds(
    vectors: Floats, squares: Floats, count: int, weights: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw rows far from each other: each with a chance of its weight times its squared distance to those drawn."""
    chosen = np.empty(count, np.int64)
    chance = weights + _TINY
    nearest = np.full(len(vectors), np.inf)
    for place in range(count):
        chosen[place] = random.choice(len(vectors), p=chance / chance.sum())
        nearest = np.minimum(nearest, _distances(vectors, squares, vectors[chosen[place : place + 1]])[:, 0])
        chance = weights * nearest + _TINY
    return chosen


def _distances(vectors: Floats, squares: Floats, centres: Floats) -> Floats:
    """Return float32[n, k], 0 or more: squared distances of rows to centres."""
    found = vectors @ centres.T
    found *= -2
    found += squares[:, None]
    found += np.einsum("ij,ij->i", centres, centres)[None]
    positive: Floats = np.maximum(found, 0, out=found)
    return positive


def _middles(vectors: Floats, weights: NDArray[np.float64], region: NDArray[np.int64], before: Floats) -> Floats:
    """Return the weighted mean of each region; an empty one stays where it was."""
    order = np.argsort(region, kind="stable")
    weighted = vectors[order] * weights[order, None].astype(np.float32)
    starts = np.flatnonzero(np.append(True, region[order][1:] != region[order][:-1]))
    mass = np.bincount(region, weights, minlength=len(before))
    centres = before.copy()
    filled = region[order][starts]
    sums = np.add.reduceat(weighted, starts, axis=0)
    good = mass[filled] > _TINY
    centres[filled[good]] = sums[good] / mass[filled[good], None].astype(np.float32)
    return centres
