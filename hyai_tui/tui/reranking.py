"""*Next best* learns while it is worked through: decisions go to a light head in a thread, a new order comes back.

The learner (`queues.between`) never tags, is never stored, and never takes the model's place. What it orders anew is what
comes after the picture that is looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError
from hyai_tui.queues.base import QueueRow
from hyai_tui.tui.listing import Entry
from hyai_tui.tui.messages import Reranked, Told
from hyai_tui.tui.threads import LatestThread
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.between import NextBestLearner

NEXT_BEST = "next-best"
# As many as the list of a training holds.
_ROWS = 200


@dataclass(frozen=True)
class _News:
    """Decisions that have not been learned from: file to word; None for one that gives no label."""

    files: Mapping[str, str | None]
    taken_back: bool = False


class Reranker:
    """Learns in a thread of its own; a call from the interface's loop only notes what was decided.

    Args:
        workspace: whose features are read.
        journal: an open one.
        catalog: an open one.
        post: sends a message to the app; safe from any thread.
    """

    def __init__(
        self, workspace: Workspace, journal: Journal, catalog: Catalog, post: Callable[[Message], object]
    ) -> None:
        self._workspace = workspace
        self._journal = journal
        self._catalog = catalog
        self._post = post
        self._lock = threading.Lock()
        self._entry: Entry | None = None
        self._news: list[_News] = []
        # What only the thread touches.
        self._learner: NextBestLearner | None = None
        self._learns: Entry | None = None
        self._after = 0
        self._thread = LatestThread("reranking", self._failed)

    def decided(
        self, entry: Entry, files: Mapping[str, str | None], before: Mapping[str, str], *, taken_back: bool = False
    ) -> None:
        """Learn from decisions; `Reranked` follows after every few of them.

        Args:
            entry: the list *next best* that is worked through; another one than before begins anew.
            files: file to its label, to `unsure` or `ignore`, or to None for one that waits or was skipped.
            before: everything that was decided since the list was made; a learner that begins takes it in.
            taken_back: True for an undo or a redo.
        """
        with self._lock:
            if entry is not self._entry:
                self._entry, self._news = entry, []
                files = files if taken_back else {**before, **files}
            self._news.append(_News(dict(files), taken_back))
        self._thread.ask(self._learn)

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    # In the thread

    def _learn(self) -> None:
        with self._lock:
            entry, news, self._news = self._entry, self._news, []
        if entry is None:
            return
        if entry is not self._learns:
            self._learns, self._learner, self._after = entry, self._begin(entry), 0
        if self._learner is None:
            return
        for one in news:
            for file, word in one.files.items():
                self._take(self._learner, file, word, taken_back=one.taken_back)
        if self._learner.due:
            order = self._learner.order()[:_ROWS]
            self._post(Reranked(entry, _rows(entry, order, self._after, self._learner.drawn), self._after))

    def _take(self, learner: NextBestLearner, file: str, word: str | None, *, taken_back: bool) -> None:
        if taken_back and word is None:
            self._after = max(0, self._after - 1)
            learner.undone(file)
        else:
            label = None if word in {None, "unsure", "ignore"} else word
            self._after += label is not None
            learner.decided(file, label)

    def _begin(self, entry: Entry) -> NextBestLearner | None:
        from threadpoolctl import threadpool_limits

        from hyai_tui.queues.between import open_learner
        from hyai_tui.queues.queue import Queue

        # One core learns, so that the other answers keys.
        threadpool_limits(1)
        if not isinstance(entry.queue, Queue):
            return None
        return open_learner(self._workspace, entry.queue.context, self._catalog, self._journal)

    def _failed(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))


def _rows(entry: Entry, order: Sequence[str], after: int, drawn: Set[str]) -> list[QueueRow]:
    from hyai_tui.queues.between import reordered
    from hyai_tui.queues.queue import Queue

    assert isinstance(entry.queue, Queue)
    return reordered(entry.queue.context, order, after, drawn).rows()
