"""Tags that go together: the strongest partners of each tag, and the related tags that a search may be widened by.

Strength is the cosine of the two tags over all files, files of both / √(files of one · files of the other): a tag that is
on every file is nobody's relation. Lift says how many times as often two tags meet as they would by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.patterns.pairs import PairCounts

MOST_PARTNERS: Final = 50
RELATED: Final = 5
# A tag may be among the five of very many others; a search is widened by no more than this.
MOST_RELATED: Final = 25


@dataclass(frozen=True, slots=True)
class Partners:
    """The strongest partners of each of K tags.

    Attributes:
        starts: int64[K + 1]: those of tag t are at `starts[t]:starts[t + 1]`, the strongest first.
        tags: int32[m], numbers of tags.
        files: int32[m], files that carry both.
    """

    starts: NDArray[np.int64]
    tags: NDArray[np.int32]
    files: NDArray[np.int32]

    def of(self, tag: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return (partners, files of both) of one tag, the strongest first."""
        part = slice(int(self.starts[tag]), int(self.starts[tag + 1]))
        return self.tags[part], self.files[part]


def strongest(pairs: PairCounts, counts: NDArray[np.int64], most: int = MOST_PARTNERS) -> Partners:
    """Return up to so many partners of each tag; equally strong ones by their number.

    Args:
        pairs: how many files two tags share.
        counts: int64[K], files of each tag.
        most: partners kept of each tag.
    """
    matrix = pairs.partners(len(counts))
    matrix.sort_indices()
    root = np.sqrt(np.maximum(counts, 1).astype(np.float64))
    strength = matrix.data / root[matrix.indices]
    chosen = []
    lengths = np.diff(matrix.indptr)
    for tag in np.flatnonzero(lengths).tolist():
        start, stop = int(matrix.indptr[tag]), int(matrix.indptr[tag + 1])
        own = strength[start:stop]
        if stop - start > most:
            floor = np.partition(own, len(own) - most)[len(own) - most]
            near = np.flatnonzero(own >= floor)
            order = near[np.argsort(-own[near], kind="stable")[:most]]
        else:
            order = np.argsort(-own, kind="stable")
        chosen.append(start + order)
    places = np.concatenate([*chosen, np.empty(0, np.int64)])
    starts = np.concatenate([[0], np.cumsum(np.minimum(lengths, most))]).astype(np.int64)
    return Partners(starts, matrix.indices[places].astype(np.int32), matrix.data[places].astype(np.int32))


def lift(both: float, one: float, other: float, files: float) -> float:
    """Return how many times as often two tags meet as they would by chance; 1 is chance."""
    return both * files / (one * other) if one and other else 0.0


def relations(partners: Partners, counts: NDArray[np.int64], names: Sequence[str]) -> dict[str, list[str]]:
    """Return the related tags of each tag, the strongest first: its five strongest partners, and those whose five it is in.

    So the relation is symmetric, but for tags that are in the five of more than `MOST_RELATED` others.
    """
    size = len(counts)
    starts = partners.starts[:-1]
    taken = np.minimum(np.diff(partners.starts), RELATED)
    rows = np.repeat(np.arange(size), taken)
    places = np.repeat(starts - np.concatenate([[0], np.cumsum(taken)[:-1]]), taken) + np.arange(int(taken.sum()))
    one, other, files = rows, partners.tags[places].astype(np.int64), partners.files[places]
    both = np.concatenate([np.stack([one, other]), np.stack([other, one])], axis=1)
    strength = np.tile(files / np.sqrt(counts[one] * counts[other].astype(np.float64)), 2)
    order = np.lexsort((both[1], -strength, both[0]))
    found: dict[str, list[str]] = {}
    for place in order.tolist():
        related = found.setdefault(names[int(both[0, place])], [])
        name = names[int(both[1, place])]
        if name not in related and len(related) < MOST_RELATED:
            related.append(name)
    return found
