"""Contradictions: files of which two opposite things are said, by states, folders, tags and decisions."""

from __future__ import annotations

import numpy as np

from hyai_tui.queues.arrays import ARCHIVE, LABELLED, TRASH, Bools, QueueContext
from hyai_tui.queues.queue import Kind, Queue, build

NAME = "contradictions"


def contradictions(context: QueueContext) -> Queue:
    """Return files in conflict, each once, under the first kind that holds.

    The kinds: copies of equal bytes in different states (`states`), in several label folders (`folders`), with tags of
    ours of two labels (`both-tags`), with a tag of ours against the decision (`tag-decision`), with a tag of ours against
    the library's state (`tag-state`), and with both tags of a pair that the settings name (`opposites`).
    """
    none = np.zeros(len(context), bool)
    found = [
        (_STATES, context.present & context.undecided & context.conflict),
        (_FOLDERS, context.torn & (context.undecided | context.by_folder)),
    ]
    if (carried := context.carried) is not None:
        here = context.present
        tag = carried.tag
        labelled = context.decision == LABELLED
        against = here & labelled & (tag >= 0) & (context.decided_label >= 0) & (tag != context.decided_label)
        found += [
            (_BOTH, here & carried.several),
            (_DECISION, against),
            (
                _STATE,
                context.undecided
                & ((context.in_trash & _is(context, ARCHIVE)) | (context.in_archive & _is(context, TRASH))),
            ),
        ]
        opposites = none.copy()
        for pair in carried.pairs.values():
            opposites |= here & context.undecided & pair
        found.append((_OPPOSITES, opposites))
    parts = []
    taken = none
    for kind, chosen in found:
        parts.append((kind, np.flatnonzero(chosen & ~taken)))
        taken = taken | chosen
    return build(NAME, context, parts)


def _is(context: QueueContext, label: str) -> Bools:
    assert context.carried is not None
    place = context.names.index(label) if label in context.names else len(context.names)
    found: Bools = context.carried.tag == place
    return found


def _decision_reason(context: QueueContext, position: int) -> str:
    return f"its tag says {_tag(context, position)}, you decided {context.names[int(context.decided_label[position])]}"


def _state_reason(context: QueueContext, position: int) -> str:
    return f"its tag says {_tag(context, position)}, the library has it in {context.current_state(position)}"


def _opposites_reason(context: QueueContext, position: int) -> str:
    assert context.carried is not None
    names = [name for name, mask in context.carried.pairs.items() if mask[position]]
    return f"it has both tags of {names[0]}" if names else "it has two opposite tags"


def _tag(context: QueueContext, position: int) -> str:
    assert context.carried is not None
    return context.names[int(context.carried.tag[position])]


_STATES = Kind("states", lambda _context, _position: "copies of the same bytes stand in different states")
_FOLDERS = Kind(
    "folders", lambda _context, _position: "it is in two label folders, so neither trains: give it one label"
)
_BOTH = Kind("both-tags", lambda _context, _position: "it has tags of ours of two labels: give it one label")
_DECISION = Kind(
    "tag-decision",
    _decision_reason,
    lambda context, position: context.names[int(context.decided_label[position])],
)
_STATE = Kind("tag-state", _state_reason)
_OPPOSITES = Kind("opposites", _opposites_reason)
