"""Queues that need no model: what has no score, what was set aside, and all there is."""

from __future__ import annotations

import numpy as np

from hyai_tui.queues.arrays import IGNORED, UNSURE, QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent, ranked
from hyai_tui.queues.ranks import seeded


def unscored(context: QueueContext) -> Queue:
    """Return undecided files of the library without a score, in the order of their numbers."""
    chosen = context.present & context.undecided & ~context.scored
    return build("unscored", context, [(Kind("unscored", _unscored_reason), np.flatnonzero(chosen))])


def unsure(context: QueueContext) -> Queue:
    """Return the files that a person was unsure of."""
    kind = Kind("unsure", lambda _context, _position: "you were unsure; it carries no tag until you decide")
    return build("unsure", context, [(kind, np.flatnonzero(context.present & (context.decision == UNSURE)))])


def ignored(context: QueueContext) -> Queue:
    """Return the files that a person set aside."""
    kind = Kind("ignored", lambda _context, _position: "you set it aside; it carries no tag and is in no other queue")
    return build("ignored", context, [(kind, np.flatnonzero(context.present & (context.decision == IGNORED)))])


def everything(context: QueueContext) -> Queue:
    """Return every file of the library, decided or not, in an order that is random by the settings' seed."""
    order = ranked(context.present, seeded(context.sha256, context.options.seed))
    return build("all", context, [(Kind("all", _all_reason), order)])


def about_everything(context: QueueContext) -> str:
    """Return one sentence that names the seed."""
    return f"every file of the library, shuffled with seed {context.options.seed}"


def _unscored_reason(context: QueueContext, position: int) -> str:
    if (reason := context.unreadable.get(context.file(position))) is not None:
        return f"no score: its picture cannot be used ({reason})"
    return "no score yet" if context.model_id else "no score: there is no model yet"


def _all_reason(context: QueueContext, position: int) -> str:
    if not context.scored[position]:
        return _unscored_reason(context, position)
    return f"{percent(context.confidence(position))} {context.predicted_name(position)}"
