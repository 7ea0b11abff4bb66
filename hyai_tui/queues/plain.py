"""Queues that need no model: what has no score, what was set aside, what contradicts itself, and all there is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import IGNORED, UNSURE, QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent


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


def contradictions(context: QueueContext) -> Queue:
    """Return files of which two opposite things are said: copies in different states, or in two label folders."""
    states = context.present & context.undecided & context.conflict
    folders = context.torn & ~_decided_by_hand(context)
    parts = [
        (Kind("states", lambda _context, _position: "copies of the same bytes stand in different states"), _at(states)),
        (
            Kind(
                "folders",
                lambda _context, _position: "it is in two label folders, so neither trains: give it one label",
            ),
            _at(folders),
        ),
    ]
    return build("contradictions", context, parts)


def everything(context: QueueContext) -> Queue:
    """Return every file of the library in the order of their numbers, decided or not."""
    return build("all", context, [(Kind("all", _all_reason), np.flatnonzero(context.present))])


def _decided_by_hand(context: QueueContext) -> NDArray[np.bool_]:
    return ~context.undecided & ~context.by_folder


def _at(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(chosen)


def _unscored_reason(context: QueueContext, position: int) -> str:
    if (reason := context.unreadable.get(context.file(position))) is not None:
        return f"no score: its picture cannot be used ({reason})"
    return "no score yet" if context.model_id else "no score: there is no model yet"


def _all_reason(context: QueueContext, position: int) -> str:
    if not context.scored[position]:
        return _unscored_reason(context, position)
    return f"{percent(context.confidence(position))} {context.predicted_name(position)}"
