"""Confused pair: files between the two labels that the model mixes up most, those nearest the middle first.

The pair is read from the out-of-fold predictions of the samples: the two labels with the most samples of one taken for the
other, either way. Where none was mixed up, it is the pair whose probabilities meet most often, over the samples, or over
all scored files where no sample is known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Kind, Queue, mixed, percent
from hyai_tui.queues.uncertain import margin, runner_up

NAME = "confused-pair"


def confused_pair(context: QueueContext) -> Queue:
    """Return undecided files whose two most probable labels are the pair; one kind a side, in one list by margin."""
    codes = np.full(len(context), -1, np.int8)
    key = np.zeros(len(context))
    chosen = pair(context)
    if chosen is None:
        return mixed(NAME, context, (Kind(NAME, _reason),), codes, key)
    first, second = chosen
    places = np.flatnonzero(context.waiting)
    chances = context.probabilities[places]
    best, other = context.predicted[places], runner_up(chances)
    for code, (one, two) in enumerate(((first, second), (second, first))):
        codes[places[(best == one) & (other == two)]] = code
    key[places] = margin(chances)
    kinds = (Kind(context.labels[first], _reason), Kind(context.labels[second], _reason))
    return mixed(NAME, context, kinds, codes, key)


def pair(context: QueueContext) -> tuple[int, int] | None:
    """Return the two labels that are mixed up most, the earlier first; None with fewer than two labels."""
    size = len(context.labels)
    if size < 2:
        return None
    if size == 2:
        return 0, 1
    known = context.out_of_fold & context.scored & (context.sample_label >= 0) & (context.sample_label < size)
    truth, said = context.sample_label[known].astype(np.int64), context.predicted[known].astype(np.int64)
    counts = np.bincount(truth * size + said, minlength=size * size).reshape(size, size)
    mixed_up = np.triu(counts + counts.T, 1).astype(float)
    if not mixed_up.any():
        mixed_up = _overlap(context.probabilities[known if known.any() else context.scored])
    # Labels that nothing mixes up at all: any pair will do, the first is stable.
    at = int(mixed_up.argmax()) if mixed_up.any() else 1
    return at // size, at % size


def about(context: QueueContext) -> str:
    """Return one sentence that names the pair."""
    chosen = pair(context)
    if chosen is None:
        return "between the two labels that are mixed up most"
    return f"between {context.labels[chosen[0]]} and {context.labels[chosen[1]]}, which are mixed up most"


def _overlap(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return float64[K, K], above the diagonal: the sum of products of two labels' probabilities."""
    chances = probabilities.astype(float)
    found: NDArray[np.float64] = np.triu(chances.T @ chances, 1)
    return found


def _reason(context: QueueContext, position: int) -> str:
    chances = context.probabilities[position]
    chosen = pair(context)
    assert chosen is not None
    first, second = sorted(chosen, key=lambda place: -chances[place])
    return (
        f"{percent(float(chances[first]))} {context.labels[first]}, {percent(float(chances[second]))} "
        f"{context.labels[second]}: the pair that is mixed up most"
    )
