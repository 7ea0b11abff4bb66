"""Queues by what people call them: one, a part of one (`mistakes:sample`), several with commas, or a saved search."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hyai_tui.errors import WrongUse
from hyai_tui.journal.searches import SavedSearch
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.combined import Combined, combine
from hyai_tui.queues.queue import Queue
from hyai_tui.queues.registry import QueueKind, queue_kind
from hyai_tui.queues.selecting import Library, picked
from hyai_tui.queues.where import parse_line

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
MOST_LETTERS = 40


def checked(search: SavedSearch, kinds: Mapping[str, QueueKind]) -> SavedSearch:
    """Return a search that may be saved.

    Raises:
        WrongUse: its name is none or that of a queue, its queue does not exist, or its conditions cannot be read.
    """
    if not _NAME.fullmatch(search.name) or len(search.name) > MOST_LETTERS:
        raise WrongUse(
            f"{search.name!r} is no name for a search",
            f"Write lower-case letters, digits and hyphens, {MOST_LETTERS} at most",
        )
    if search.name in kinds:
        raise WrongUse(f"{search.name} is the name of a queue", "Choose another name")
    for name in search.queue.split(","):
        queue_kind(name.partition(":")[0], kinds)
    if parse_line(search.query).empty:
        raise WrongUse(
            "There is nothing to save: no condition and no order", "Write some, such as state=inbox sort=-size"
        )
    return search


def built(name: str, context: QueueContext, kinds: Mapping[str, QueueKind]) -> Queue | Combined:
    """Return a queue, a part of one, or several as one list.

    Raises:
        WrongUse: there is none of that name.
    """
    queues = [_part(one, context, kinds) for one in name.split(",")]
    return queues[0] if len(queues) == 1 else combine(queues)


def found(search: SavedSearch, library: Library, kinds: Mapping[str, QueueKind]) -> Queue | Combined:
    """Return what a saved search finds now.

    Raises:
        HyaiError: its queue is no longer there, or a condition cannot be answered yet.
    """
    queue = built(search.queue, library.context, kinds)
    return queue.taken(picked(library, parse_line(search.query), queue.positions))


def named(name: str, searches: Sequence[SavedSearch]) -> SavedSearch | None:
    """Return the saved search of a name; None without one."""
    return next((one for one in searches if one.name == name), None)


def _part(name: str, context: QueueContext, kinds: Mapping[str, QueueKind]) -> Queue:
    base, _, kind = name.partition(":")
    queue = queue_kind(base, kinds).build(context)
    return queue.only(as_kind(kind, queue)) if kind else queue


def as_kind(kind: str, queue: Queue | Combined) -> str:
    """Return the name of a kind as the queue has it: an arrow is hard to type."""
    return kind if kind in queue.counts() else kind.replace("->", "→").replace("-", "→")
