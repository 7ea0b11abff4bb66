"""Near duplicates: pictures that are copies of each other to the eye, group by group, differing labels first.

Which pictures are near duplicates is found by a job (`hyai_tui/checks/near_duplicates.py`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import ARCHIVE, TRASH, Bools, QueueContext
from hyai_tui.queues.queue import Kind, Queue, build
from hyai_tui.text import short_hash

NAME = "near-duplicates"


def near_duplicates(context: QueueContext) -> Queue:
    """Return undecided members of groups, those of groups with different labels first; a group stays together."""
    group = context.prepared.copies
    if group is None:
        return build(NAME, context, [(_DIFFERENT, np.empty(0, np.int64)), (_SAME, np.empty(0, np.int64))])
    there = (group >= 0) & (context.present | (context.sample_label >= 0))
    # A group of which only one member is left is none any more.
    sizes = np.bincount(group[there], minlength=int(group.max(initial=-1)) + 1)
    there[there] = sizes[group[there]] >= 2
    differing = np.isin(group, _differing(group[there], known_label(context)[there]))
    open_ = there & (context.undecided | context.by_folder)
    return build(
        NAME,
        context,
        [(_DIFFERENT, _together(group, open_ & differing)), (_SAME, _together(group, open_ & ~differing))],
    )


def known_label(context: QueueContext) -> NDArray[np.int64]:
    """Return int64[n]: the label that people gave a file (decision, sample, else the library's state); -1 for none."""
    label = np.full(len(context), -1, np.int64)
    extra = len(context.names)
    for name, holds in ((ARCHIVE, context.in_archive), (TRASH, context.in_trash)):
        label[holds] = context.names.index(name) if name in context.names else extra
        extra += 1
    sampled = context.sample_label >= 0
    label[sampled] = context.sample_label[sampled]
    decided = context.decided_label >= 0
    label[decided] = context.decided_label[decided]
    return label


def _differing(group: NDArray[np.int64], label: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups with two known labels or more."""
    pairs = np.unique(np.stack([group[label >= 0], label[label >= 0]]), axis=1)
    groups, amounts = np.unique(pairs[0], return_counts=True)
    found: NDArray[np.int64] = np.asarray(groups[amounts >= 2], np.int64)
    return found


def _together(group: NDArray[np.int64], chosen: Bools) -> NDArray[np.int64]:
    """Return the chosen positions, groups in the order of their first member."""
    places = np.flatnonzero(chosen)
    _, first, inverse = np.unique(group[places], return_index=True, return_inverse=True)
    order = np.argsort(first[inverse], kind="stable")
    found: NDArray[np.int64] = np.asarray(places[order], np.int64)
    return found


def _others(context: QueueContext, position: int) -> NDArray[np.int64]:
    group = context.prepared.copies
    assert group is not None
    members = np.flatnonzero((group == group[position]) & (context.present | (context.sample_label >= 0)))
    return np.asarray(members[members != position], np.int64)


def _different_reason(context: QueueContext, position: int) -> str:
    label = known_label_of(context, position)
    for other in _others(context, position).tolist():
        its = known_label_of(context, other)
        if its is not None and its != label:
            mine = f"this one is {label}" if label else "this one has no label"
            said = f"its near duplicate {short_hash(context.file(other))} is {its}, {mine}"
            return said + _settled(context, position)
    return "its near duplicates have different labels" + _settled(context, position)


def _same_reason(context: QueueContext, position: int) -> str:
    others = _others(context, position)
    if not len(others):
        return "it had a near duplicate, which is gone"
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return f"a near duplicate of {short_hash(context.file(int(others[0])))}{more}" + _settled(context, position)


def _settled(context: QueueContext, position: int) -> str:
    """Return what people have settled in the library itself; empty for nothing."""
    rank = context.prepared.rank_of(position)
    return {1: "; the library knows it as the best of its copies", -1: "; the library knows a better copy"}.get(
        rank, ""
    )


def known_label_of(context: QueueContext, position: int) -> str | None:
    """Return the label that people gave one file: by decision, sample, or the library's state."""
    for place in (int(context.decided_label[position]), int(context.sample_label[position])):
        if place >= 0:
            return context.names[place]
    if context.in_archive[position]:
        return ARCHIVE
    return TRASH if context.in_trash[position] else None


_DIFFERENT = Kind("different-labels", _different_reason)
_SAME = Kind("copies", _same_reason)
