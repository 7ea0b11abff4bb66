"""How far pictures speak for tags: a score of each file and tag, from pictures that are like it and never from itself.

A ridge regression on the likeness to some thousands of tagged pictures, in closed form, gives every tag at once. A tagged file is
scored by the regression that was fitted without its fold, so every score is out-of-fold. How far scores can be trusted is then
counted over the library's own tags: a tag that cannot be seen on pictures (the number of an album, a source) never gets a score
that holds, and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.library.describing import is_descriptive
from hyai_tui.patterns.reference import principal, unit

if TYPE_CHECKING:
    from hyai_tui.catalog.tagtable import TagTable
    from hyai_tui.queues.vectors import Vectors

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

# Scores below this are kept only of tags that the file carries.
LEAST_SCORE: Final = 0.3
# A tag that fewer files carry is not judged: too few of them stand in each fold.
LEAST_FILES: Final = 8
LEAST_TAGGED: Final = 40
_MOST_TAGS: Final = 500
_LANDMARKS: Final = 4_000
_FOLDS: Final = 5
# The kernel is exp(γ (cosine − 1)); like the penalty it is what did best for the styles of drawn pictures, and hardly matters.
_GAMMA: Final = 2.0
_PENALTY: Final = 0.1
_PRINCIPAL_OF: Final = 20_000
_ROWS: Final = 8_192
_BLOCK: Final = 512
# How strongly a measured precision is drawn to nothing known, in files.
_PRIOR: Final = 2.0


@dataclass(frozen=True)
class TagScores:
    """Scores of n files, of descriptive tags that enough files carry.

    Attributes:
        table: the tags of the n files, in their order.
        judged: bool[K], the tag has scores.
        row, tag: int64[m], a file and a tag that has a score of `LEAST_SCORE` there, or that it carries.
        score: float32[m], about 0 (pictures like it do not carry the tag) … 1 (they do).
        has: bool[m], the file carries the tag.
    """

    table: TagTable
    judged: NDArray[np.bool_]
    row: Places
    tag: Places
    score: Floats
    has: NDArray[np.bool_]


def reduced(vectors: Vectors, places: Places) -> tuple[Places, Floats]:
    """Return (int64[n] positions that have a vector, float32[n, d]): their main directions, at length 1."""
    rng = np.random.default_rng(1)
    drawn = places if len(places) <= _PRINCIPAL_OF else np.sort(rng.choice(places, _PRINCIPAL_OF, replace=False))
    _, sample = vectors.at(drawn)
    if not len(sample):
        return places[:0], np.empty((0, 1), np.float32)
    mean, basis = principal(sample)
    del sample
    at, rows = [], []
    for start in range(0, len(places), _ROWS):
        here, found = vectors.at(places[start : start + _ROWS])
        at.append(here)
        rows.append(unit((found - mean) @ basis))
    return np.concatenate(at), np.concatenate(rows)


def tag_scores(
    rows: Floats, table: TagTable, progress: Callable[[int, int | None], None] = lambda done, total: None
) -> TagScores | None:
    """Return the scores of files; None where too few of them are tagged.

    Args:
        rows: float32[n, d] at length 1.
        table: the tags of these n files.
        progress: called with (done, total) files; may raise to stop.
    """
    files = np.bincount(table.tags, minlength=len(table.names))
    frequent = np.argsort(-files, kind="stable")[:_MOST_TAGS]
    judged = np.zeros(len(files), bool)
    judged[[at for at in frequent.tolist() if files[at] >= LEAST_FILES and is_descriptive(table.names[at])]] = True
    tagged = np.flatnonzero(np.diff(table.starts))
    if len(tagged) < LEAST_TAGGED or not judged.any():
        return None
    rng = np.random.default_rng(1)
    chosen = tagged if len(tagged) <= _LANDMARKS else np.sort(rng.choice(tagged, _LANDMARKS, replace=False))
    fold = np.full(len(rows), -1, np.int64)
    fold[chosen] = rng.permutation(len(chosen)) % _FOLDS
    columns = np.flatnonzero(judged)
    weights = _fitted(rows[chosen], fold[chosen], _carried(table, chosen, columns))
    parts = list(_parts(rows, table, columns, rows[chosen], weights, fold, progress))
    row, tag, score, has = (np.concatenate(one) for one in zip(*parts, strict=True))
    return TagScores(table, judged, row, tag, score, has)


def label_scores(rows: Floats, truth: Places, classes: int) -> Floats | None:
    """Return float32[n, classes]: how far pictures like each file speak for each label; None for too few files.

    Args:
        rows: float32[n, d] at length 1.
        truth: int64[n], the known label of each.
        classes: how many labels there are.
    """
    if len(rows) < LEAST_TAGGED:
        return None
    rng = np.random.default_rng(1)
    chosen = np.arange(len(rows))
    if len(rows) > _LANDMARKS:
        chosen = np.sort(rng.choice(len(rows), _LANDMARKS, replace=False))
    fold = np.zeros(len(rows), np.int64)
    fold[chosen] = rng.permutation(len(chosen)) % _FOLDS
    weights = _fitted(rows[chosen], fold[chosen], np.eye(classes, dtype=np.float32)[truth[chosen]])
    found = np.empty((len(rows), classes), np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(rows)))
        like = _likeness(rows[block], rows[chosen])
        for held, of in enumerate(weights):
            mine = fold[block] == held
            found[block[mine]] = like[mine] @ of
    return found


def _carried(table: TagTable, rows: Places, columns: Places) -> Floats:
    """Return float32[rows, columns]: 1 where the file carries the tag."""
    part = table.rows(rows)
    found = np.zeros((len(rows), len(columns)), np.float32)
    at = np.minimum(np.searchsorted(columns, part.tags), len(columns) - 1)
    known = columns[at] == part.tags
    found[np.repeat(np.arange(len(rows)), np.diff(part.starts))[known], at[known]] = 1
    return found


def _fitted(landmarks: Floats, fold: Places, carried: Floats) -> list[Floats]:
    """Return for each fold float32[landmarks, tags]: weights fitted without it, 0 for its own landmarks."""
    likeness = _likeness(landmarks, landmarks)
    found = []
    for held in range(_FOLDS):
        rest = np.flatnonzero(fold != held)
        system = likeness[np.ix_(rest, rest)] + _PENALTY * np.eye(len(rest), dtype=np.float32)
        weights = np.zeros_like(carried)
        weights[rest] = np.linalg.solve(system, carried[rest])
        found.append(weights)
    return found


def _likeness(one: Floats, other: Floats) -> Floats:
    found: Floats = np.exp(_GAMMA * (one @ other.T - 1)).astype(np.float32)
    return found


def _parts(
    rows: Floats,
    table: TagTable,
    columns: Places,
    landmarks: Floats,
    weights: list[Floats],
    fold: Places,
    progress: Callable[[int, int | None], None],
) -> Iterator[tuple[Places, Places, Floats, NDArray[np.bool_]]]:
    """Yield (row, tag, score, has) of blocks of files; one that is no landmark is scored without the first fold."""
    by_fold = np.maximum(fold, 0)
    for start in range(0, len(rows), _BLOCK):
        progress(start, len(rows))
        block = np.arange(start, min(start + _BLOCK, len(rows)))
        like = _likeness(rows[block], landmarks)
        scores = np.empty((len(block), len(columns)), np.float32)
        for held, of in enumerate(weights):
            mine = by_fold[block] == held
            if mine.any():
                scores[mine] = like[mine] @ of
        carried = _carried(table, block, columns) > 0
        at, column = np.nonzero(carried | (scores >= LEAST_SCORE))
        yield block[at], columns[column], scores[at, column], carried[at, column]


def chances(group: Places, score: Floats, right: NDArray[np.bool_], counts: NDArray[np.bool_]) -> Floats:
    """Return float32[m]: how often a prediction of that group that looks so sure is right, 0 … 1.

    Counted over all with that score or a higher one; what looks surer is trusted no less, however few look so sure that they say
    little by themselves (precision interpolated, as in the evaluation of retrieval).

    Args:
        group: int64[m], predictions of one group are counted together.
        score: float32[m].
        right: bool[m], the file carries what is predicted.
        counts: bool[m], the prediction says something of how far its group can be trusted.
    """
    if not len(group):
        return np.empty(0, np.float32)
    order = np.lexsort((-score, group))
    named, value = group[order], score[order]
    hits = np.concatenate([[0], np.cumsum((right & counts)[order])])
    seen = np.concatenate([[0], np.cumsum(counts[order])])
    new = np.append(True, named[1:] != named[:-1])
    first = np.flatnonzero(new)[np.cumsum(new) - 1]
    # Equal scores stand or fall together: each takes the figures of the last of its equals.
    last = np.flatnonzero(np.append((named[1:] != named[:-1]) | (value[1:] != value[:-1]), True))
    end = last[np.searchsorted(last, np.arange(len(order)))] + 1
    held = (hits[end] - hits[first]) / (seen[end] - seen[first] + _PRIOR)
    # From the least sure upwards; of groups the later ones come first, so that each starts above all before it.
    above = 2.0 * (len(order) - np.cumsum(new))
    found = np.empty(len(order), np.float32)
    found[order] = np.maximum.accumulate((held + above)[::-1])[::-1] - above
    return found
