"""Pairs of a large store that may be near duplicates: found list by list in its index, without comparing all with all.

What comes of it is likely and no more: codes of 4 bits decide. Whoever asks compares the vectors themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.inverted import InvertedFile, Lists
from hyai_tui.features.keys import KEY_BYTES, Keys
from hyai_tui.features.similar import Floats, unit_rows

# A list is compared with itself and with so many lists around it.
BESIDE: Final = 3
# So much less than the vectors themselves codes may say.
_SLACK: Final = 0.05
_BLOCK: Final = 2_048

Rows = NDArray[np.int64]


def likely_pairs(
    index: InvertedFile,
    least: float,
    *,
    beside: int = BESIDE,
    check: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Keys, Keys]:
    """Return (contents uint8[p, 32], contents uint8[p, 32]): pairs that may be as similar as `least`, each once.

    Args:
        index: of the store; what is not in it is put into its lists for the moment.
        least: cosine in -1..1 of vectors less the index' centre.
        beside: lists around each that it is compared with.
        check: called with (done, total) lists; may raise to stop.
    """
    lists = index.lists
    members = _Members(index)
    found: list[Rows] = [np.empty((0, 2), np.int64)]
    amount = len(lists.centres)
    for one in range(amount):
        check(one, amount)
        rows, vectors = members.of_list(one)
        for other in (one, *_around(lists, one, min(beside, amount - 1)).tolist()):
            others, compared = (rows, vectors) if other == one else members.of_list(other)
            found.extend(_alike(rows, vectors, others, compared, least - _SLACK))
    pairs = np.unique(np.concatenate(found), axis=0)
    # A row of the store that went meanwhile is in no pair.
    first, second = members.contents(pairs[:, 0]), members.contents(pairs[:, 1])
    there = first.any(axis=1) & second.any(axis=1)
    return first[there], second[there]


def _around(lists: Lists, one: int, beside: int) -> NDArray[np.int64]:
    if not beside:
        return np.empty(0, np.int64)
    away = lists.away(np.asarray(lists.centres[one : one + 1]))[0]
    away[one] = np.inf
    return np.asarray(np.argpartition(away, beside - 1)[:beside])


def _alike(rows: Rows, vectors: Floats, others: Rows, compared: Floats, least: float) -> Iterator[Rows]:
    """Yield int64[p, 2]: rows, the lower first, whose cosine is at least so much."""
    for start in range(0, len(rows), _BLOCK):
        one, other = np.nonzero(vectors[start : start + _BLOCK] @ compared.T >= least)
        pairs = np.stack([rows[one + start], others[other]], axis=1)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        pairs.sort(axis=1)
        yield pairs


class _Members:
    """The lists of an index with what is not in it: those rows have the numbers behind its own.

    Args:
        index: whose lists.
    """

    def __init__(self, index: InvertedFile) -> None:
        self._index = index
        lists = index.lists
        keys: list[Keys] = [np.empty((0, KEY_BYTES), np.uint8)]
        vectors: list[Floats] = [np.empty((0, lists.axes.shape[1]), np.float32)]
        nearest: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        for names, rows in index.outside():
            reduced = lists.reduced(rows)
            keys.append(names)
            vectors.append(unit_rows(reduced, None))
            nearest.append(lists.away(reduced).argmin(axis=1))
        self._keys, self._vectors = np.concatenate(keys), np.concatenate(vectors)
        of = np.concatenate(nearest)
        self._order = np.argsort(of, kind="stable")
        self._starts = np.searchsorted(of[self._order], np.arange(len(lists.centres) + 1))
        self._first = int(lists.begins[-1])

    def of_list(self, one: int) -> tuple[Rows, Floats]:
        """Return (int64[m] rows, float32[m, c] at length 1) of a list."""
        rows, vectors = self._index.lists.of_list(one)
        more = self._order[self._starts[one] : self._starts[one + 1]]
        return np.concatenate([rows, more + self._first]), np.concatenate([vectors, self._vectors[more]])

    def contents(self, rows: Rows) -> Keys:
        """Return uint8[n, 32]: the content of each row; zeros where nothing lives there any more."""
        found = np.zeros((len(rows), KEY_BYTES), np.uint8)
        inside = rows < self._first
        found[inside] = self._index.contents(rows[inside])
        found[~inside] = self._keys[rows[~inside] - self._first]
        return found
