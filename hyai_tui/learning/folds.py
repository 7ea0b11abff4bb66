"""Sticky folds: each sample gets a fold at first sight and keeps it for ever.

So two trainings are compared on the same held-out items, and a model is never judged on an item it was trained on.
Folds are stratified by label. Near duplicates share a fold: a copy in the training part would give its twin away.
Two samples are near duplicates if the cosine of their features, less the mean of all samples, is .85 or more.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

TWIN_COSINE = 0.85
TEST_FOLD = -1
_BLOCK = 1024

# Pictures of one style may all look alike to an encoder. A chain of twins that would fill most of a fold is cut at
# stricter cosines, so that folds stay comparable; the last one leaves exact copies together.
_STRICTER = (TWIN_COSINE, 0.92, 0.97, 0.999)


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
    unit = _centred_unit(vectors)
    old = [place for place, one in enumerate(identities) if one in known]
    inherited = _inherited(unit, fresh, old)
    given = {identities[place]: known[identities[old[twin]]] for place, twin in inherited.items()}
    deal = _Deal(folds, test_share)
    for place in old:
        deal.count(known[identities[place]], labels[place])
    for place in inherited:
        deal.count(given[identities[place]], labels[place])
    remaining = [place for place in fresh if place not in inherited]
    per_label = Counter(labels)
    most = max(2, min(per_label.values()) // (2 * folds))
    groups = _groups(unit, remaining, most)
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


def _centred_unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32[n, d]: vectors less their mean, at length 1 (0 for the mean itself)."""
    centred = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-12)
    return unit


def _inherited(unit: NDArray[np.float32], fresh: Sequence[int], old: Sequence[int]) -> dict[int, int]:
    """Return, for each new sample with a twin among the old, the index into `old` of its nearest."""
    found: dict[int, int] = {}
    if not old:
        return found
    standing = unit[np.asarray(old)]
    for start in range(0, len(fresh), _BLOCK):
        block = fresh[start : start + _BLOCK]
        cosines = unit[np.asarray(block)] @ standing.T
        nearest = cosines.argmax(axis=1)
        for row, place in enumerate(block):
            if cosines[row, nearest[row]] >= TWIN_COSINE:
                found[place] = int(nearest[row])
    return found


def _groups(unit: NDArray[np.float32], places: Sequence[int], most: int) -> list[list[int]]:
    """Return the places in groups of near duplicates, each of at most `most` unless exact copies."""
    done: list[list[int]] = []
    waiting = [list(places)]
    for cosine in _STRICTER:
        still: list[list[int]] = []
        for crowd in waiting:
            for group in _connected(unit, crowd, cosine):
                (done if len(group) <= most else still).append(group)
        waiting = still
    return done + waiting


def _connected(unit: NDArray[np.float32], places: Sequence[int], least: float) -> list[list[int]]:
    """Return groups connected by a cosine of at least `least`, from all pairs a block of rows at a time."""
    chosen = unit[np.asarray(places, np.int64)]
    group = np.arange(len(places))
    for start in range(0, len(places), _BLOCK):
        # Only the pairs at and after this block: the others were met before.
        near = chosen[start : start + _BLOCK] @ chosen[start:].T >= least
        for row in np.flatnonzero(near.sum(axis=1) > 1):
            met = np.unique(group[np.append(np.flatnonzero(near[row]), row) + start])
            if len(met) > 1:
                group[np.isin(group, met)] = met[0]
    groups: dict[int, list[int]] = {}
    for one, place in zip(group.tolist(), places, strict=True):
        groups.setdefault(one, []).append(place)
    return list(groups.values())
