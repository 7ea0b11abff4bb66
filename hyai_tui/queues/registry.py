"""The queues by name. A new queue is a module with a pure function, and one line here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from hyai_tui.errors import WrongUse
from hyai_tui.queues import low_confidence, mistakes, plain
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.base import QueueInfo
from hyai_tui.queues.queue import Queue


@dataclass(frozen=True, slots=True)
class QueueKind:
    """A queue that can be built: its name, one sentence on what it holds, and the function that ranks."""

    name: str
    about: str
    build: Callable[[QueueContext], Queue]


QUEUES: dict[str, QueueKind] = {
    kind.name: kind
    for kind in (
        QueueKind(mistakes.NAME, "you and the model disagree, the surest disagreement first", mistakes.mistakes),
        QueueKind(low_confidence.NAME, "would get no tag, nearest .5 first", low_confidence.low_confidence),
        QueueKind("unscored", "no score yet", plain.unscored),
        QueueKind("contradictions", "two opposite things are said of the same file", plain.contradictions),
        QueueKind("unsure", "you were unsure", plain.unsure),
        QueueKind("ignored", "you set them aside", plain.ignored),
        QueueKind("all", "every file of the library", plain.everything),
    )
}


def queue_kind(name: str) -> QueueKind:
    """Return the queue of that name.

    Raises:
        WrongUse: naming the queues that exist.
    """
    if name not in QUEUES:
        near = difflib.get_close_matches(name, QUEUES, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise WrongUse(f"There is no queue {name!r}", f"{hint}There are {', '.join(QUEUES)}")
    return QUEUES[name]


def infos(context: QueueContext) -> list[QueueInfo]:
    """Return every queue with its length."""
    return [QueueInfo(kind.name, len(kind.build(context)), kind.about) for kind in QUEUES.values()]
