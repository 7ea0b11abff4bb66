"""Certain: files that the model is surest of, for acceptance by the page or above a confidence. One kind a label."""

from __future__ import annotations

import numpy as np

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Kind, Queue, as_predicted, mixed, percent

NAME = "certain"


def certain(context: QueueContext) -> Queue:
    """Return undecided files whose predicted label has at least the settings' probability, the surest first."""
    kinds = tuple(Kind(label, _reason, as_predicted) for label in context.labels)
    codes = np.full(len(context), -1, np.int16)
    key = np.zeros(len(context))
    if context.labels:
        best = context.probabilities.max(axis=1, initial=0).astype(float)
        # The largest of a row with NaN is NaN, which is not at least anything.
        sure = context.waiting & (best >= context.options.certain)
        codes[sure] = context.predicted[sure]
        key[sure] = -best[sure]
    return mixed(NAME, context, kinds or (Kind(NAME, _reason),), codes, key)


def about(context: QueueContext) -> str:
    """Return one sentence on what the queue holds."""
    return f"the model is {percent(context.options.certain)} sure or surer, the surest first"


def _reason(context: QueueContext, position: int) -> str:
    return f"the model is {percent(context.confidence(position))} sure of {context.predicted_name(position)}"
