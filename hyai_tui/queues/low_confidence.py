"""Low confidence: files that would get no tag, because their score lies between the thresholds; nearest .5 first."""

from __future__ import annotations

import numpy as np

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent, ranked

NAME = "low-confidence"


def low_confidence(context: QueueContext) -> Queue:
    """Return undecided files that the model is not sure enough of for a tag.

    For two labels the order is by the distance of the score from .5; for more by the probability of the most probable
    label, the least sure first.
    """
    key = np.zeros(len(context))
    chosen = np.zeros(len(context), bool)
    if context.thresholds is not None:
        chosen = context.present & context.undecided & context.scored
        chosen &= context.thresholds.assign(context.probabilities) < 0
        if len(context.labels) == 2:
            key = np.abs(context.probabilities[:, 1].astype(float) - 0.5)
        else:
            key = context.probabilities.max(axis=1, initial=0).astype(float)
    return build(NAME, context, [(_KIND, ranked(chosen, key))])


def _reason(context: QueueContext, position: int) -> str:
    assert context.thresholds is not None
    if len(context.labels) == 2:
        low, high = context.thresholds.values
        said = f"{percent(float(context.probabilities[position, 1]))} {context.labels[1]}"
        return f"between the thresholds {low:.2g} and {high:.2g}, so it would get no tag: {said}"
    said = f"{percent(context.confidence(position))} {context.predicted_name(position)}"
    needed = context.thresholds.values[int(context.predicted[position])]
    return f"not sure enough for a tag: {said}, and {percent(needed)} is needed"


_KIND = Kind(NAME, _reason)
