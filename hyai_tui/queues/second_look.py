"""Second look: decisions that two models in a row, and the pictures nearest by, speak against.

A decision outranks every score. It is asked about again only if the out-of-fold prediction and most of the nearest labelled
pictures are against it under two successive models, and it was made over a week ago or after less than .4 s of looking. The
same answer again pins it: it never comes back.
"""

from __future__ import annotations

import numpy as np

from hyai_tui.queues.arrays import LABELLED, QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent, ranked

NAME = "second-look"
MAJORITY = 0.5


def second_look(context: QueueContext) -> Queue:
    """Return decided files that everything speaks against, the surest disagreement first."""
    past, now = context.past, context.disagreement
    if past is None or now is None or not context.labels:
        return build(NAME, context, [(_KIND, np.empty(0, np.int64))])
    decided = (context.decision == LABELLED) & (context.decided_label >= 0) & past.reconsider
    decided &= context.sample_label == context.decided_label
    model = context.out_of_fold & context.scored & (context.predicted != context.decided_label)
    earlier = (past.label >= 0) & (past.label != context.decided_label)
    # NaN is not more than a half.
    neighbours = (now > MAJORITY) & (past.disagreement > MAJORITY)
    chosen = decided & model & earlier & neighbours
    key = np.zeros(len(context))
    key[chosen] = -context.probabilities[chosen, context.predicted[chosen]].astype(float)
    return build(NAME, context, [(_KIND, ranked(chosen, key))])


def _reason(context: QueueContext, position: int) -> str:
    assert context.disagreement is not None
    decided = context.names[int(context.decided_label[position])]
    said = f"{percent(context.confidence(position))} {context.predicted_name(position)}"
    near = percent(float(context.disagreement[position]))
    return (
        f"you decided {decided}; two models that never saw it disagree ({said}), and {near} of its nearest labelled "
        "pictures: the same answer settles it for good"
    )


_KIND = Kind(NAME, _reason, lambda context, position: context.predicted_name(position))
