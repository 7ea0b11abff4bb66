"""Band: files whose probability of one label lies between two values, nearest .5 first; nothing outside."""

from __future__ import annotations

import numpy as np

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent, ranked

NAME = "band"


def band(context: QueueContext) -> Queue:
    """Return undecided files with `low ≤ probability of the label ≤ high`, as the settings say."""
    place = label_of(context)
    if place < 0:
        return build(NAME, context, [(_KIND, np.empty(0, np.int64))])
    chance = context.probabilities[:, place].astype(float)
    # NaN fails both comparisons.
    inside = context.waiting & (chance >= context.options.band_low) & (chance <= context.options.band_high)
    return build(NAME, context, [(_KIND, ranked(inside, np.abs(chance - 0.5)))])


def label_of(context: QueueContext) -> int:
    """Return the column of the band's label: the one that the settings name, else the model's last; -1 for none."""
    wanted = context.options.band_label
    return context.label_place(wanted) if wanted else len(context.labels) - 1


def about(context: QueueContext) -> str:
    """Return one sentence on what this band holds."""
    low, high = context.options.band_low, context.options.band_high
    place = label_of(context)
    label = context.labels[place] if place >= 0 else context.options.band_label or "the last label"
    return f"probability of {label} from {low:g} to {high:g}, nearest .5 first"


def _reason(context: QueueContext, position: int) -> str:
    place = label_of(context)
    chance = float(context.probabilities[position, place])
    low, high = context.options.band_low, context.options.band_high
    return f"{percent(chance)} {context.labels[place]}, between {low:g} and {high:g}"


_KIND = Kind(NAME, _reason)
