"""Learning between keystrokes: *next best* put in a new order after every few decisions, while nothing is trained.

A light linear head learns from what is labelled, at once and off the interface's loop, and picks again among the files that
wait. It never tags, is never stored, and never takes the model's place: its order ends with the next training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.features.principal import principal
from hyai_tui.journal.journal import Journal
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.chosen import NEXT_BEST
from hyai_tui.queues.ordering import light_head
from hyai_tui.queues.ordering.kmeans import Floats
from hyai_tui.queues.ordering.light_head import LightHead
from hyai_tui.queues.ordering.next_best import cold_start, pick, unit
from hyai_tui.queues.queue import Kind, Queue, build, percent
from hyai_tui.queues.ranks import seeded
from hyai_tui.queues.uncertain import margin
from hyai_tui.queues.vectors import open_vectors
from hyai_tui.workspace import Workspace

EVERY = 5
BATCH = 50
# 20 MB of vectors each at 1,280 numbers.
MOST_WAITING = 4_000
MOST_LABELLED = 4_000


class NextBestLearner:
    """Learns from decisions and orders what waits. For one thread at a time; a call costs tens of milliseconds.

    Args:
        files: the files that wait, in their present order.
        vectors: float32[n, d], theirs.
        labelled: file to its label, of what is labelled already.
        known: float32[l, d], the vectors of those files, in their order.
        seed: of all drawing.

    Attributes:
        drawn: files of the last order that were drawn at random.
    """

    def __init__(
        self, files: Sequence[str], vectors: Floats, labelled: Mapping[str, str], known: Floats, seed: int = 1
    ) -> None:
        self._files = list(files)
        self._place = {file: place for place, file in enumerate(self._files)}
        self._vectors = vectors
        self._close = unit(vectors - vectors.mean(axis=0)) if len(vectors) else vectors
        self._labels = dict(labelled)
        self._known = dict(zip(labelled, known, strict=True))
        self._random = np.random.default_rng(seed)
        self._head: LightHead | None = None
        self._names: tuple[str, ...] = ()
        self._aside: set[str] = set()
        self._new = 0
        self.drawn: frozenset[str] = frozenset()

    @property
    def due(self) -> bool:
        """True after every few decisions: time to ask for `order`."""
        return self._new >= EVERY

    def decided(self, file: str, label: str | None) -> None:
        """Take in a decision; None for one that gives no label (unsure, ignored) or that takes one back."""
        self._new += 1
        place = self._place.get(file)
        if place is None and file not in self._labels:
            return
        if label is None:
            self._labels.pop(file, None)
            self._aside.add(file)
            return
        self._aside.discard(file)
        self._labels[file] = label
        if place is not None:
            self._known[file] = self._vectors[place]

    def undone(self, file: str) -> None:
        """Take a decision back: the file waits again."""
        self._labels.pop(file, None)
        self._aside.discard(file)

    def order(self) -> list[str]:
        """Return the files that wait: the next batch, then the others from the least sure on."""
        self._new = 0
        left = np.array(
            [place for file, place in self._place.items() if file not in self._labels and file not in self._aside],
            np.int64,
        )
        if not len(left):
            return []
        names = tuple(sorted(set(self._labels.values())))
        if len(names) < 2:
            # With one label there is nothing to doubt yet.
            rows = self._vectors[left]
            first = cold_start(principal(rows).of(rows), min(BATCH, len(left)), self._random).rows
            return self._named(left, first, np.arange(len(left)))
        head = self._fit(names)
        chances = head.probabilities(self._vectors[left])
        picked = pick(self._close[left], chances, min(BATCH, len(left)), self._random)
        self.drawn = frozenset(self._files[place] for place in left[picked.rows[picked.drawn]].tolist())
        first = picked.rows
        return self._named(left, first, np.argsort(margin(chances), kind="stable"))

    def _fit(self, names: tuple[str, ...]) -> LightHead:
        files = list(self._labels)
        truth = np.array([names.index(self._labels[file]) for file in files], np.int64)
        before = self._head if names == self._names else None
        self._head = light_head.fit(np.stack([self._known[file] for file in files]), truth, len(names), before)
        self._names = names
        return self._head

    def _named(self, left: NDArray[np.int64], first: NDArray[np.int64], rest: NDArray[np.int64]) -> list[str]:
        later = rest[~np.isin(rest, first)]
        return [self._files[place] for place in left[np.concatenate([first, later])].tolist()]


def open_learner(
    workspace: Workspace, context: QueueContext, catalog: Catalog | None = None, journal: Journal | None = None
) -> NextBestLearner | None:
    """Return a learner over the least sure files that wait (random ones without a model), or None without features."""
    with ExitStack() as stack:
        catalog = catalog or stack.enter_context(workspace.open_catalog())
        journal = journal or stack.enter_context(workspace.open_journal())
        vectors = stack.enter_context(open_vectors(workspace, context, catalog, journal))
        if vectors is None:
            return None
        seed = context.options.seed
        if len(context.labels) > 1:
            waiting = np.flatnonzero(context.waiting)
            key = margin(context.probabilities[waiting])
        else:
            waiting = np.flatnonzero(context.present & context.undecided)
            key = seeded(context.hashes()[waiting], seed).astype(float)
        waiting, rows = vectors.at(waiting[np.argsort(key, kind="stable")[:MOST_WAITING]])
        labelled = np.flatnonzero(context.sample_label >= 0)
        if len(labelled) > MOST_LABELLED:
            labelled = labelled[np.argsort(seeded(context.hashes()[labelled], seed), kind="stable")[:MOST_LABELLED]]
        labelled, known = vectors.at(labelled)
    labels = {context.file(place): context.names[int(context.sample_label[place])] for place in labelled.tolist()}
    return NextBestLearner([context.file(place) for place in waiting.tolist()], rows, labels, known, seed)


def reordered(context: QueueContext, order: Sequence[str], after: int, drawn: Set[str] = frozenset()) -> Queue:
    """Return *next best* in the order that a learner found; its rows say so.

    Args:
        context: what the files stand in.
        order: files, the one to label next first.
        after: how many decisions it was learned from.
        drawn: those of them that were drawn at random.
    """
    positions = context.positions.of(list(order))
    at_random = frozenset(context.positions.of(sorted(drawn)).tolist())

    def reason(context: QueueContext, position: int) -> str:
        if position in at_random:
            return "drawn at random, so that nothing is overlooked"
        said = f"chosen again after your last {after}: unsure, and like many others"
        if not context.scored[position]:
            return said
        return f"{said}; the model says {percent(context.confidence(position))} {context.predicted_name(position)}"

    return build(NEXT_BEST, context, [(Kind(NEXT_BEST, reason), positions[positions >= 0])])
