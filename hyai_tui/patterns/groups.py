"""Visual groups: files that look alike, found without labels, and named by the tags that are typical of them.

Vectors are first put into many small clusters (spherical k-means), whose centres are then joined by average linkage while
they are nearer than a threshold. So the number of groups follows from the pictures, and the threshold is one setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage

from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.patterns.pulls import Sided, pulls
from hyai_tui.patterns.reference import unit

MOST_CLUSTERS: Final = 256
_PER_CLUSTER: Final = 8
_ROUNDS: Final = 25
_NAMING: Final = 3
_LEAST_SHARED: Final = 2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of n vectors, the largest first.

    Attributes:
        of: int16[n], the group of each vector; -1 for none.
        centres: float32[g, d], of length 1.
    """

    of: NDArray[np.int16]
    centres: Floats


def find_groups(vectors: Floats, distance: float, least: int, seed: int) -> Groups:
    """Return groups of vectors that look alike.

    Args:
        vectors: float32[n, d], each of length 1 (or 0).
        distance: clusters are joined while the mean distance (1 - cosine) of their centres is at most this; less gives
            more groups.
        least: a smaller group is none.
        seed: of the first centres.
    """
    none = np.full(len(vectors), -1, np.int16)
    if len(vectors) < max(2, least):
        return Groups(none, np.empty((0, vectors.shape[1]), np.float32))
    cluster, centres = _clusters(vectors, min(MOST_CLUSTERS, max(2, len(vectors) // _PER_CLUSTER)), seed)
    if len(centres) > 1:
        apart = np.clip(1 - centres @ centres.T, 0, 2)
        condensed = apart[np.triu_indices(len(centres), 1)].astype(np.float64)
        joined = fcluster(linkage(condensed, "average"), distance, "distance") - 1
    else:
        joined = np.zeros(1, np.int64)
    group = joined[cluster]
    sizes = np.bincount(group)
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] >= least]
    place = np.full(len(sizes), -1, np.int16)
    place[order] = np.arange(len(order))
    of = place[group]
    middle = [vectors[of == number].mean(axis=0) for number in range(len(order))]
    found = unit(np.stack(middle)) if middle else np.empty((0, vectors.shape[1]), np.float32)
    return Groups(of, found)


def typical_tags(table: TagTable, of: NDArray[np.int16], groups: int, most: int = _NAMING) -> list[list[str]]:
    """Return for each group the tags that are surely more frequent in it than outside, the surest first.

    Args:
        table: the tags of n files.
        of: int16[n], the group of each.
        groups: how many there are.
        most: tags kept of each group.
    """
    inside = np.repeat(of.astype(np.int64), np.diff(table.starts))
    taken = inside >= 0
    ones = np.ones(int(taken.sum()), np.int64)
    shape = (groups, len(table.names))
    counts = sparse.coo_matrix((ones, (inside[taken], table.tags[taken])), shape=shape).tocsr()
    everywhere = np.bincount(table.tags, minlength=len(table.names))
    sizes = np.bincount(of[of >= 0], minlength=groups)
    found: list[list[str]] = []
    for number in range(groups):
        part = slice(counts.indptr[number], counts.indptr[number + 1])
        tags, files = counts.indices[part], counts.data[part]
        shown = np.array([sizes[number], len(of) - sizes[number]], np.int64)
        pull = pulls(Sided(("in", "out"), shown, np.stack([files, everywhere[tags] - files])), 0)
        sure = np.flatnonzero((pull.low > 0) & (files >= _LEAST_SHARED))
        order = sure[np.lexsort((tags[sure], -pull.low[sure]))[:most]]
        found.append([table.names[tag] for tag in tags[order].tolist()])
    return found


def name_of(number: int, tags: Sequence[str]) -> str:
    """Return how a group is called: by its typical tags, else by its number from 1."""
    return ", ".join(tags) if tags else f"group {number + 1}"


def _clusters(vectors: Floats, count: int, seed: int) -> tuple[NDArray[np.int64], Floats]:
    """Return (int64[n] cluster, float32[c, d] centres) of a spherical k-means; empty clusters are dropped."""
    random = np.random.default_rng(seed)
    centres = vectors[_spread(vectors, count, random)]
    cluster = np.full(len(vectors), -1, np.int64)
    for _ in range(_ROUNDS):
        nearest = (vectors @ centres.T).argmax(axis=1)
        if np.array_equal(nearest, cluster):
            break
        cluster = nearest
        total = np.zeros_like(centres)
        np.add.at(total, cluster, vectors)
        here = np.bincount(cluster, minlength=len(centres)) > 0
        cluster = (np.cumsum(here) - 1)[cluster]
        centres = unit(total[here])
    return cluster, centres


def _spread(vectors: Floats, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return rows far from each other to begin with (k-means++)."""
    chosen = [int(random.integers(len(vectors)))]
    apart = np.clip(1 - vectors @ vectors[chosen[0]], 0, None).astype(np.float64)
    while len(chosen) < count and apart.sum() > 0:
        chosen.append(int(random.choice(len(vectors), p=apart / apart.sum())))
        apart = np.minimum(apart, np.clip(1 - vectors @ vectors[chosen[-1]], 0, None))
    return np.array(chosen, np.int64)
