"""Sticky folds: each sample gets a fold at first sight and keeps it for ever.

So two trainings are compared on the same held-out items, and a model is never judged on an item it was trained on.
Folds are stratified by label. Near duplicates share a fold: a copy in the training part would give its twin away.
Which samples are near duplicates stands in `twins`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.disagreement import centred_unit
from hyai_tui.learning.twins import RATIO, Twins, twins

TEST_FOLD = -1

# Pictures of one style may all look alike to an encoder. A chain of twins that would fill most of a fold is cut at
# stricter ratios, so that folds stay comparable; the last one leaves exact copies together.
_STRICTER = (RATIO, 0.12, 0.05, 0.005)


def assign(
    identities: Sequence[str],
    labels: Sequence[str],
    vectors: NDArray[np.float32],
    known: Mapping[str, int],
    *,
    folds: int,
    test_share: float = 0.0,
    seed: int = 1,
) -> dict[str, int]:
    """Return a fold for each sample that has none yet; the same arguments give the same folds.

    Args:
        identities: n sample identities.
        labels: n labels.
        vectors: float32[n, d].
        known: folds given earlier; they are never changed.
        folds: number of folds; new samples get 0 … folds - 1, or -1 for the test split.
        test_share: share of each label that goes to the test split.
        seed: of the order in which new samples are dealt out.
    """
    fresh = [place for place, one in enumerate(identities) if one not in known]
    if not fresh:
        return {}
    old = [place for place, one in enumerate(identities) if one in known]
    pairs = twins(centred_unit(vectors), fresh)
    inherited = _inherited(pairs, np.array([one in known for one in identities]))
    given = {identities[place]: known[identities[twin]] for place, twin in inherited.items()}
    deal = _Deal(folds, test_share)
    for place in old:
        deal.count(known[identities[place]], labels[place])
    for place in inherited:
        deal.count(given[identities[place]], labels[place])
    remaining = [place for place in fresh if place not in inherited]
    per_label = Counter(labels)
    most = max(2, min(per_label.values()) // (2 * folds))
    groups = _groups(pairs, remaining, most)
    groups.sort(key=lambda group: (-len(group), _order(seed, min(identities[place] for place in group))))
    for group in groups:
        fold = deal.choose([labels[place] for place in group])
        given.update((identities[place], fold) for place in group)
    return given


def in_use(assigned: int, folds: int) -> int:
    """Return the fold to use: folds given under a larger number of folds are wrapped, the test split stays."""
    return assigned if assigned == TEST_FOLD else assigned % folds


@dataclass(slots=True)
class _Deal:
    """Deals groups out to the fold that is shortest of their labels."""

    folds: int
    test_share: float
    held: Counter[tuple[int, str]] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)

    def count(self, fold: int, label: str) -> None:
        self.held[fold if fold == TEST_FOLD else fold % self.folds, label] += 1
        self.totals[label] += 1

    def choose(self, labels: Sequence[str]) -> int:
        """Return the fold of a group of these labels, and count it there."""
        label, _ = Counter(labels).most_common(1)[0]
        fold = min(range(self.folds), key=lambda one: (self.held[one, label], self._size(one), one))
        wanted = self.test_share * (self.totals[label] + len(labels))
        if self.test_share and self.held[TEST_FOLD, label] + len(labels) / 2 <= wanted:
            fold = TEST_FOLD
        for one in labels:
            self.count(fold, one)
        return fold

    def _size(self, fold: int) -> int:
        return sum(self.held[fold, label] for label in self.totals)


def _order(seed: int, identity: str) -> str:
    """Return a key that shuffles by seed and does not depend on which other samples there are."""
    return hashlib.sha256(f"{seed}:{identity}".encode()).hexdigest()


def _inherited(pairs: Twins, old: NDArray[np.bool_]) -> dict[int, int]:
    """Return, for each new sample with twins among the old, the nearest of them.

    Args:
        pairs: of new samples with any.
        old: bool[n], samples that have a fold.
    """
    found: dict[int, int] = {}
    there = np.flatnonzero(old[pairs.other])
    for at in there[np.argsort(pairs.ratio[there], kind="stable")].tolist():
        found.setdefault(int(pairs.one[at]), int(pairs.other[at]))
    return found


def _groups(pairs: Twins, places: Sequence[int], most: int) -> list[list[int]]:
    """Return the places in groups of near duplicates, each of at most `most` unless exact copies."""
    done: list[list[int]] = []
    waiting = [list(places)]
    for ratio in _STRICTER:
        still: list[list[int]] = []
        near = pairs.ratio <= ratio
        joined = list(zip(pairs.one[near].tolist(), pairs.other[near].tolist(), strict=True))
        for crowd in waiting:
            for group in _connected(joined, crowd):
                (done if len(group) <= most else still).append(group)
        waiting = still
    return done + waiting


def _connected(pairs: Iterable[tuple[int, int]], places: Sequence[int]) -> list[list[int]]:
    """Return the places in groups that pairs connect, each in the order of the places."""
    parent = {place: place for place in places}

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    for one, other in pairs:
        if one in parent and other in parent:
            low, high = sorted((root(one), root(other)))
            parent[high] = low
    groups: dict[int, list[int]] = {}
    for place in places:
        groups.setdefault(root(place), []).append(place)
    return list(groups.values())
