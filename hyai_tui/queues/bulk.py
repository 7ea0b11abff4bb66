"""What an act on many files at once would decide, worked out before anything is: counts, and the cases at the edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.base import QueueRow
from hyai_tui.queues.queue import Queue, as_predicted, nothing

EDGES = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """One file of a bulk act: the label that it would get, and how sure that is, 0 … 1 (None: nobody asked)."""

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


@dataclass(frozen=True, eq=False)
class Candidates:
    """Files that one act could decide, and how sure each is: all that a threshold is moved over.

    Attributes:
        context: whose files they are.
        positions: int64[m] into the context, the surest first; equal ones by file number.
        sure: float64[m], falling, 0 … 1 (a likeness: -1 … 1).
        names: labels.
        label: int64[m] into `names`, what each file gets.
        other: what the files below the threshold get; None leaves them as they are.
        left_out: files that were looked at and are decided already.
    """

    context: QueueContext
    positions: NDArray[np.int64]
    sure: NDArray[np.float64]
    names: tuple[str, ...]
    label: NDArray[np.int64]
    other: str | None = None
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.positions)

    def cut(self, least: float) -> int:
        """Return how many files are at least so sure: the first ones."""
        # Scores are kept in single precision: a threshold of .9 is met by what was stored as .9.
        return int(np.searchsorted(-self.sure, -float(np.float32(least)), "right"))

    def counts(self, least: float) -> dict[str, int]:
        """Return how many files each label would get, the most first."""
        cut = self.cut(least)
        amounts = np.bincount(self.label[:cut], minlength=len(self.names)).tolist()
        found = Counter({name: amount for name, amount in zip(self.names, amounts, strict=True) if amount})
        if self.other is not None and cut < len(self):
            found[self.other] += len(self) - cut
        return dict(found.most_common())

    def goes(self, least: float, count: int) -> list[int]:
        """Return the places of the least sure files that the act would decide, the least sure first."""
        cut = self.cut(least)
        return list(range(cut - 1, max(-1, cut - 1 - count), -1))

    def stays(self, least: float, count: int) -> list[int]:
        """Return the places of the surest files below the threshold, the surest first."""
        cut = self.cut(least)
        return list(range(cut, min(len(self), cut + count)))

    def plan(self, least: float) -> BulkPlan:
        """Return what the act does at a threshold."""
        cut = self.cut(least)
        taken = self._proposals(range(cut))
        if self.other is None:
            return BulkPlan(tuple(taken), len(self) - cut, tuple(self._proposals(self.stays(least, EDGES))))
        below = self._proposals(range(cut, len(self)))
        rest = [Proposal(one.file, self.other, 1 - (one.confidence or 0)) for one in below]
        return BulkPlan(tuple(sorted((*taken, *rest), key=lambda one: (-(one.confidence or 0), one.file))))

    def given(self, place: int, least: float) -> str | None:
        """Return the label that the act gives a file at a threshold; None where it stays as it is."""
        return self.names[int(self.label[place])] if place < self.cut(least) else self.other

    def rows(self, least: float, most: int) -> list[tuple[QueueRow, str]]:
        """Return the files that the act decides at a threshold, the surest first, each with its label."""
        stop = len(self) if self.other is not None else self.cut(least)
        given = [(place, self.given(place, least)) for place in range(min(stop, most))]
        return [(self.row(place, label), label) for place, label in given if label is not None]

    def row(self, place: int, suggested: str | None = None) -> QueueRow:
        """Return a file as rows of queues show it, with how sure it is as its note."""
        context, position = self.context, int(self.positions[place])
        return QueueRow(
            file=context.file(position),
            score=context.score(position),
            predicted=context.predicted_name(position),
            current=context.current_name(position),
            suggested=suggested,
            kind="bulk",
            reason="",
            note=hundredths(float(self.sure[place])),
        )

    def labelled(self, label: str) -> Candidates:
        """Return the same files, all of which get one label."""
        return replace(self, names=(label,), label=np.zeros(len(self), np.int64))

    def _proposals(self, places: Iterable[int]) -> list[Proposal]:
        return [
            Proposal(
                self.context.file(int(self.positions[place])),
                self.names[int(self.label[place])],
                float(self.sure[place]),
            )
            for place in places
        ]


def acceptable(queue: Queue, left: NDArray[np.bool_] | None = None) -> Candidates:
    """Return the files of a queue with its suggestions (where it makes none, the model's label) and how sure the model is.

    Args:
        queue: undecided and scored files of it count.
        left: bool[n], files of the context that are not decided; None for the context's own knowledge.
    """
    context = queue.context
    left = context.undecided if left is None else left
    label = np.full(len(queue), -1, np.int64)
    for code, kind in enumerate(queue.kinds):
        places = np.flatnonzero(queue.kind_codes == code)
        label[places] = context.predicted[queue.positions[places]]
        if kind.suggested not in {nothing, as_predicted}:
            for place, position in zip(places.tolist(), queue.positions[places].tolist(), strict=True):
                if (name := kind.suggested(context, position)) is not None:
                    label[place] = context.label_place(name)
    positions = queue.positions.astype(np.int64)
    open_ = (label >= 0) & context.scored[positions]
    wanted = open_ & left[positions]
    positions, label = positions[wanted], label[wanted]
    sure = context.probabilities[positions, label].astype(np.float64) if len(positions) else np.empty(0)
    return _ranked(context, positions, sure, context.labels, label, left_out=int(open_.sum() - wanted.sum()))


def assignable(
    context: QueueContext, label: str, other: str | None = None, left: NDArray[np.bool_] | None = None
) -> Candidates:
    """Return all files that wait, with the probability of one label.

    Args:
        context: the files.
        label: what files get whose probability of it is at least the threshold.
        other: what the others get; None leaves them as they are.
        left: as for `acceptable`.

    Raises:
        WrongUse: the model knows no such label.
    """
    place = context.label_place(label)
    if place < 0:
        raise WrongUse(f"The model knows no label {label!r}", f"It knows {', '.join(context.labels) or 'none yet'}")
    known = context.present & context.scored
    waiting = np.flatnonzero(known & (context.undecided if left is None else left))
    sure = context.probabilities[waiting, place].astype(np.float64)
    left_out = int(known.sum()) - len(waiting)
    given = np.zeros(len(waiting), np.int64)
    return replace(_ranked(context, waiting, sure, (label,), given, left_out=left_out), other=other)


def near(
    context: QueueContext,
    positions: NDArray[np.int64],
    likeness: NDArray[np.float32],
    label: str,
    left: NDArray[np.bool_] | None = None,
) -> Candidates:
    """Return the files of a neighbourhood that nobody has decided on, the most alike first.

    Args:
        context: the files.
        positions: int64[m], the neighbours.
        likeness: float32[m], theirs.
        label: what they would get; empty where it is still to be chosen.
        left: as for `acceptable`.
    """
    wanted = (context.undecided if left is None else left)[positions]
    given = np.zeros(int(wanted.sum()), np.int64)
    sure = likeness[wanted].astype(np.float64)
    return _ranked(context, positions[wanted], sure, (label,), given, left_out=int((~wanted).sum()))


def accept(queue: Queue, above: float) -> BulkPlan:
    """Return the queue's suggestions of which the model is at least so sure."""
    return acceptable(queue).plan(above)


def assign(context: QueueContext, label: str, threshold: float, other: str | None = None) -> BulkPlan:
    """Return a plan by the probability of one label, for all files that wait; see `assignable`."""
    return assignable(context, label, other).plan(threshold)


def hundredths(value: float) -> str:
    """Return `.83`, `1.00` or `−.20`: a probability or a likeness in little room, never rounded up."""
    cut = int(abs(value) * 100 + 1e-9)
    sign = "−" if value < 0 else ""
    return f"{sign}{cut // 100 or ''}.{cut % 100:02}"


def _ranked(
    context: QueueContext,
    positions: NDArray[np.int64],
    sure: NDArray[np.float64],
    names: Sequence[str],
    label: NDArray[np.int64],
    left_out: int,
) -> Candidates:
    order = np.lexsort((positions, -sure))
    return Candidates(context, positions[order], sure[order], tuple(names), label[order], left_out=left_out)
