"""The queues by name. A new queue is a module with a pure function, and one line here; or a plug-in (`plugins.py`)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hyai_tui.errors import WrongUse
from hyai_tui.queues import (
    audit,
    band,
    certain,
    chosen,
    confused_pair,
    contradictions,
    low_confidence,
    mistakes,
    near_duplicates,
    plain,
    second_look,
    uncertain,
)
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.base import QueueInfo
from hyai_tui.queues.queue import Queue

Sentence = Callable[[QueueContext], str]


@dataclass(frozen=True, slots=True)
class QueueKind:
    """A queue that can be built.

    Attributes:
        name: lower-case words with hyphens.
        about: one sentence on what it holds.
        build: ranks; a pure function of the context.
        details: the sentence with what this context adds (values, the seed, an estimate); None for `about` alone.
        hides_model: True where the model's view must stay hidden until a person has answered.
        most_labels: with no more labels than this the queue says nothing new and lists leave it out; 0 for never.
    """

    name: str
    about: str
    build: Callable[[QueueContext], Queue]
    details: Sentence | None = None
    hides_model: bool = False
    most_labels: int = 0

    def describe(self, context: QueueContext) -> str:
        """Return one sentence on what the queue of this context holds."""
        return self.about if self.details is None else self.details(context)

    def tells(self, context: QueueContext) -> bool:
        """Return whether a list for people should have this queue."""
        return len(context.labels) > self.most_labels or self.most_labels == 0


QUEUES: dict[str, QueueKind] = {
    kind.name: kind
    for kind in (
        QueueKind(mistakes.NAME, "you and the model disagree, the surest mistake first", mistakes.mistakes),
        QueueKind(chosen.NEXT_BEST, "labels that would teach the model most", chosen.next_best),
        QueueKind(low_confidence.NAME, "would get no tag, nearest .5 first", low_confidence.low_confidence),
        QueueKind(
            uncertain.NAME, "torn between two labels, the smallest margin first", uncertain.uncertain, most_labels=2
        ),
        QueueKind(
            confused_pair.NAME,
            "between the two labels that are mixed up most",
            confused_pair.confused_pair,
            confused_pair.about,
            most_labels=2,
        ),
        QueueKind(chosen.DIVERSE, "unlike anything labelled, and unlike each other", chosen.diverse),
        QueueKind(chosen.ODDITIES, "least like any other files", chosen.oddities),
        QueueKind(near_duplicates.NAME, "near copies, differing labels first", near_duplicates.near_duplicates),
        QueueKind(contradictions.NAME, "two opposite things are said of the same file", contradictions.contradictions),
        QueueKind(second_look.NAME, "decisions that two models speak against", second_look.second_look),
        QueueKind(band.NAME, "a label's probability between two values", band.band, band.about),
        QueueKind(certain.NAME, "what the model is surest of", certain.certain, certain.about),
        QueueKind(audit.NAME, "random tagged files, the model's view hidden", audit.audit, audit.about, True),
        QueueKind("unscored", "no score yet", plain.unscored),
        QueueKind("unsure", "you were unsure", plain.unsure),
        QueueKind("ignored", "you set them aside", plain.ignored),
        QueueKind("all", "every file of the library, shuffled", plain.everything, plain.about_everything),
    )
}


def queue_kind(name: str, among: Mapping[str, QueueKind] = QUEUES) -> QueueKind:
    """Return the queue of that name.

    Args:
        name: of the queue.
        among: where it is looked for; with plug-ins it is `plugins.available`.

    Raises:
        WrongUse: naming the queues that exist.
    """
    if name not in among:
        near = difflib.get_close_matches(name, among, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise WrongUse(f"There is no queue {name!r}", f"{hint}There are {', '.join(among)}")
    return among[name]


def infos(context: QueueContext) -> list[QueueInfo]:
    """Return every queue with its length."""
    return [QueueInfo(kind.name, len(kind.build(context)), kind.describe(context)) for kind in QUEUES.values()]
