"""What a new model sees differently: the files whose score moved most since the model before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.metrics import predicted_labels
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent

NAME = "changed"
MOST = 5
# A score that moved less than this has not changed as far as a person is concerned.
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after.

    Attributes:
        file: SHA-256.
        before, after: the probability that each model gives the label `after_label`.
        before_label, after_label: what each model would give.
    """

    file: str
    before: float
    after: float
    before_label: str
    after_label: str


def changed_most(context: QueueContext, before: NDArray[np.float32], most: int = MOST) -> NDArray[np.int64]:
    """Return the positions of the undecided files that moved most, the widest first; ties by file number.

    How far a file moved is the total variation distance of its probabilities. Files that a model was trained on are left
    out: the probabilities of the two models are not of the same kind there.

    Args:
        context: with the new model's probabilities.
        before: float32[n, K], those of the model before with the same labels, aligned; NaN without a score.
        most: how many at most.
    """
    chosen = context.present & context.undecided & context.scored & ~context.out_of_fold
    chosen &= ~np.isnan(before).any(axis=1)
    rows = np.flatnonzero(chosen)
    moved = np.abs(context.probabilities[rows] - before[rows]).sum(axis=1) / 2
    rows, moved = rows[moved >= _LEAST], moved[moved >= _LEAST]
    found: NDArray[np.int64] = rows[np.argsort(-moved, kind="stable")[:most]]
    return found


def changes(context: QueueContext, before: NDArray[np.float32], most: int = MOST) -> tuple[Change, ...]:
    """Return the files that moved most, with what both models say of them."""
    found = []
    for position in changed_most(context, before, most).tolist():
        old, new = before[position], context.probabilities[position]
        was, now = int(predicted_labels(old[None])[0]), int(predicted_labels(new[None])[0])
        found.append(
            Change(context.file(position), float(old[now]), float(new[now]), context.labels[was], context.labels[now])
        )
    return tuple(found)


def queue_of(context: QueueContext, before: NDArray[np.float32], most: int = MOST) -> Queue:
    """Return the same as a queue, to look at them one by one."""
    positions = changed_most(context, before, most)
    return build(
        NAME, context, [(Kind(NAME, _reason({at: before[at].copy() for at in positions.tolist()})), positions)]
    )


def _reason(before: Mapping[int, NDArray[np.float32]]) -> Callable[[QueueContext, int], str]:
    def reason(context: QueueContext, position: int) -> str:
        place = int(context.predicted[position])
        was, now = float(before[position][place]), float(context.probabilities[position, place])
        return f"{context.labels[place]} went from {percent(was)} to {percent(now)} with the new model"

    return reason
