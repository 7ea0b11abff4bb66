"""What an act on many files at once would decide, worked out before anything is: counts, and the cases at the edge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from hyai_tui.errors import WrongUse
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Queue

EDGES = 5
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """One file of a bulk act: the label that it would get, and how sure the model is of that label (None: it is not asked)."""

    file: str
    label: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What a bulk act would do.

    Attributes:
        proposals: the surest first.
        spared: files that were looked at and stay as they are.
        nearest_spared: of those, the ones that were nearest to being decided.
    """

    proposals: tuple[Proposal, ...]
    spared: int = 0
    nearest_spared: tuple[Proposal, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """How many files each label would get."""
        return dict(Counter(one.label for one in self.proposals).most_common())

    @property
    def edges(self) -> tuple[Proposal, ...]:
        """The files that would be decided with the least confidence: those worth a look before."""
        return self.proposals[-EDGES:]


def accept(queue: Queue, above: float) -> BulkPlan:
    """Return the queue's suggestions (where it makes none, the model's label) of which the model is at least so sure."""
    context = queue.context
    found: list[Proposal] = []
    for start in range(0, len(queue), _CHUNK):
        positions = queue.positions[start : start + _CHUNK].tolist()
        for position, row in zip(positions, queue.rows(start, start + _CHUNK), strict=True):
            label = row.suggested or row.predicted
            if (
                label is not None
                and label in context.labels
                and context.undecided[position]
                and context.scored[position]
            ):
                chance = float(context.probabilities[position, context.label_place(label)])
                found.append(Proposal(row.file, label, chance))
    return _divided(found, above)


def assign(context: QueueContext, label: str, threshold: float, other: str | None = None) -> BulkPlan:
    """Return a plan by the probability of one label, for all files that wait.

    Args:
        context: the files.
        label: what files get whose probability of it is at least the threshold.
        threshold: 0 … 1.
        other: what the others get; None leaves them as they are.

    Raises:
        WrongUse: the model knows no such label.
    """
    place = context.label_place(label)
    if place < 0:
        raise WrongUse(f"The model knows no label {label!r}", f"It knows {', '.join(context.labels) or 'none yet'}")
    waiting = np.flatnonzero(context.waiting)
    chances = context.probabilities[waiting, place].astype(float)
    found = [
        Proposal(context.file(position), label, chance)
        for position, chance in zip(waiting.tolist(), chances.tolist(), strict=True)
    ]
    plan = _divided(found, threshold)
    if other is None:
        return plan
    rest = [Proposal(one.file, other, 1 - (one.confidence or 0)) for one in found if (one.confidence or 0) < threshold]
    ranked = sorted((*plan.proposals, *rest), key=lambda one: (-(one.confidence or 0), one.file))
    return BulkPlan(tuple(ranked))


def _divided(found: list[Proposal], least: float) -> BulkPlan:
    ranked = sorted(found, key=lambda one: (-(one.confidence or 0), one.file))
    taken = tuple(one for one in ranked if (one.confidence or 0) >= least)
    return BulkPlan(taken, len(ranked) - len(taken), tuple(ranked[len(taken) : len(taken) + EDGES]))
