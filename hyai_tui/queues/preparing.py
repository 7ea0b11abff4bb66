"""Works out the orders that need features, in bounded time and memory whatever the size of the library.

Only parts of a large library are compared: the least sure files, and random ones. All drawing is seeded, so the same library
and model give the same lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.principal import principal
from hyai_tui.queues import mistakes
from hyai_tui.queues.arrays import ARCHIVE, TRASH, QueueContext
from hyai_tui.queues.ordering import neighbours
from hyai_tui.queues.ordering.diverse import farthest_first
from hyai_tui.queues.ordering.forest import IsolationForest
from hyai_tui.queues.ordering.kmeans import Floats
from hyai_tui.queues.ordering.next_best import RANDOM_SHARE, cold_start, mixed_in, unit, unsure
from hyai_tui.queues.ordering.outliers import REFERENCE, LocalOutliers
from hyai_tui.queues.prepared_file import Stored
from hyai_tui.queues.ranks import seeded
from hyai_tui.queues.uncertain import margin
from hyai_tui.queues.vectors import Vectors

Check = Callable[[], None]

# One batch is what somebody labels before the next training; the list holds a few of them.
BATCH = 50
BATCHES = 4
CANDIDATES = 4_096
LABELLED = 4_096
MOST_MISTAKES = 20_000
MOST_ODD, LEAST_ODD, ODD_SHARE = 1_000, 20, 0.02
_BLOCK = 8_192


def next_best(context: QueueContext, vectors: Vectors, check: Check) -> Stored:
    """Return the files to label next, in batches; values are 0 for those drawn at random, else 1."""
    random = np.random.default_rng(context.options.seed)
    open_ = np.flatnonzero(context.present & context.undecided)
    cold = not context.labels
    if cold:
        pool = _some(context, open_, CANDIDATES)
    else:
        waiting = np.flatnonzero(context.waiting)
        doubt = 1 - margin(context.probabilities[waiting]) if len(context.labels) > 1 else np.zeros(len(waiting))
        pool = waiting[np.argsort(-doubt, kind="stable")[:CANDIDATES]]
    pool, rows = vectors.at(pool)
    if len(rows):
        rows = principal(rows).of(rows) if cold else unit(rows - rows.mean(axis=0))
    doubt = np.zeros(len(pool)) if cold or len(context.labels) < 2 else 1 - margin(context.probabilities[pool])
    chosen: list[NDArray[np.int64]] = []
    drawn: list[NDArray[np.bool_]] = []
    left = np.arange(len(pool))
    for _ in range(BATCHES):
        check()
        if not len(left):
            break
        if cold:
            batch = left[cold_start(rows[left], BATCH, random).rows]
            picked = mixed_in(pool[batch], np.empty(0, np.int64))
        else:
            at_random = round(RANDOM_SHARE * BATCH)
            batch = left[unsure(rows[left], doubt[left], BATCH - at_random, random)]
            rest = np.setdiff1d(open_, np.concatenate([*chosen, pool[batch]]))
            picked = mixed_in(pool[batch], random.choice(rest, min(at_random, len(rest)), replace=False))
        chosen.append(picked.rows)
        drawn.append(picked.drawn)
        left = left[~np.isin(pool[left], picked.rows)]
    files = np.concatenate([*chosen, np.empty(0, np.int64)])
    values = (~np.concatenate([*drawn, np.empty(0, bool)])).astype(np.float32)
    return _stored(context, files, values, vectors.encoder)


def diverse(context: QueueContext, vectors: Vectors, check: Check) -> Stored:
    """Return files far from all that is labelled and from each other; values are those distances."""
    places, rows = vectors.at(_some(context, np.flatnonzero(context.present & context.undecided), CANDIDATES))
    check()
    _, labelled = vectors.at(_some(context, np.flatnonzero(context.sample_label >= 0), LABELLED))
    check()
    chosen, reach = farthest_first(unit(rows), unit(labelled), BATCH * BATCHES)
    return _stored(context, places[chosen], reach, vectors.encoder)


def oddities(context: QueueContext, vectors: Vectors, check: Check, total: int) -> Stored:
    """Return the files that are least like others; values are outlier factors, or scores of a forest (`queues.oddities`).

    Args:
        context: the files.
        vectors: theirs.
        check: asked between blocks.
        total: files with a vector, kept to tell when the list is too old.
    """
    everything = np.flatnonzero(context.present)
    places, rows = vectors.at(_some(context, everything, REFERENCE))
    method = context.options.oddities
    if len(places) < 3:
        return _stored(context, places[:0], np.empty(0, np.float32), vectors.encoder, total=total, method=method)
    projection = principal(rows)
    points = projection.of(rows)
    others: Callable[[Floats], NDArray[np.float32]]
    if method == "forest":
        forest = IsolationForest(points, context.options.seed)
        factors, others = forest.scores(points), forest.scores
    else:
        compared = LocalOutliers(points)
        factors, others = compared.factors(points, own=True), compared.factors
    if len(everything) > REFERENCE:
        found, values = [places], [factors]
        reference = np.zeros(len(context), bool)
        reference[places] = True
        for at, block in vectors.blocks(_BLOCK):
            check()
            new = ~reference[at]
            found.append(at[new])
            values.append(others(projection.of(block[new])))
        places, factors = np.concatenate(found), np.concatenate(values)
    most = int(min(MOST_ODD, max(LEAST_ODD, ODD_SHARE * len(places))))
    order = np.lexsort((places, -factors))[:most]
    return _stored(context, places[order], factors[order], vectors.encoder, total=total, method=method)


def mistakes_neighbours(context: QueueContext, vectors: Vectors, check: Check) -> Stored:
    """Return how many of the nearest labelled pictures speak against the library's state of files that the model doubts."""
    wrong = np.flatnonzero(mistakes.trashed(context) | mistakes.kept(context))
    if len(wrong) > MOST_MISTAKES:
        sure = context.probabilities[wrong, context.predicted[wrong]]
        wrong = wrong[np.argsort(-sure, kind="stable")[:MOST_MISTAKES]]
    samples = np.flatnonzero((context.sample_label >= 0) & (context.sample_label < len(context.labels)))
    labelled, standing = vectors.at(
        samples if len(samples) <= MOST_MISTAKES else _some(context, samples, MOST_MISTAKES)
    )
    truth = context.sample_label[labelled].astype(np.int64)
    own = np.full(len(context), -1, np.int64)
    for label, holds in ((ARCHIVE, context.in_archive), (TRASH, context.in_trash)):
        own[holds] = context.label_place(label)
    files: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    for start in range(0, len(wrong), _BLOCK):
        check()
        places, rows = vectors.at(wrong[start : start + _BLOCK])
        files.append(places)
        values.append(neighbours.disagreement(rows, own[places], standing, truth))
    return _stored(
        context,
        np.concatenate([*files, np.empty(0, np.int64)]),
        np.concatenate([*values, np.empty(0, np.float32)]),
        vectors.encoder,
    )


def is_current(stored: Stored | None, encoder: str, total: int, method: str = "lof") -> bool:
    """Return whether a list of oddities still stands: the same encoder and method, and about as many files (1 %)."""
    if stored is None or stored.facts.get("encoder") != encoder or stored.facts.get("method", "lof") != method:
        return False
    before = int(stored.facts.get("total", 0))
    return abs(before - total) <= 0.01 * before


def _some(context: QueueContext, positions: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return up to so many of the positions, drawn by seed, in rising order."""
    if len(positions) <= most:
        return positions
    order = np.argsort(seeded(context.sha256[positions], context.options.seed), kind="stable")
    return np.sort(positions[order[:most]])


def _stored(
    context: QueueContext, positions: NDArray[np.int64], values: NDArray[np.float32], encoder: str, **facts: Any
) -> Stored:
    return Stored(context.sha256[positions], values, {"model": context.model_id, "encoder": encoder, **facts})
