"""Filters, sorts and looks for files in queues as long as a library, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.queues.where import SORTS, Query
from hyai_tui.tui.listing import Entry
from hyai_tui.tui.messages import FileFound, Filtered, Told
from hyai_tui.tui.threads import LatestThread

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.queues.combined import Combined
    from hyai_tui.queues.queue import Queue
    from hyai_tui.queues.selecting import Library
    from hyai_tui.workspace import Workspace

# What the key of sorting goes through.
CYCLE = ("rank", "-score", "score", "confidence", "-size", "-time", "name")
_LARGEST = {"score": "trash first", "confidence": "surest first", "size": "largest first", "time": "newest first"}
_SMALLEST = {
    "score": "archive first",
    "confidence": "least sure first",
    "size": "smallest first",
    "time": "oldest first",
}


class Filterer:
    """Answers with `Filtered` and `FileFound`; a newer wish takes the place of one that waits.

    Args:
        catalog: facts that conditions are about.
        workspace: gives the workspace as it is now; what was learnt of tags stands there, and how searches are widened.
        post: sends a message to the app; safe from any thread.
    """

    def __init__(self, catalog: Catalog, workspace: Callable[[], Workspace], post: Callable[[Message], object]) -> None:
        self._catalog = catalog
        self._workspace = workspace
        self._post = post
        self._library: Library | None = None
        self._thread = LatestThread("filters", self._tell)

    def filter(self, entry: Entry, query: Query, decided: Mapping[str, str]) -> None:
        """Reduce a whole queue to what a query wants."""

        def wish() -> None:
            from hyai_tui.queues.selecting import picked

            queue = _queue_of(entry)
            places = picked(self._known(queue, decided), query, queue.positions)
            found = replace(entry, queue=queue.taken(places))
            # Made here, off the loop, and kept for the counts.
            _ = found.files
            self._post(Filtered(found, query, len(entry)))

        self._thread.ask(wish)

    def find(self, entry: Entry, query: Query, after: str, decided: Mapping[str, str]) -> None:
        """Look for the next file of a queue, after one of its files and then from the start, that a query wants."""

        def wish() -> None:
            import numpy as np

            from hyai_tui.queues.selecting import matches

            queue = _queue_of(entry)
            places = np.flatnonzero(matches(self._known(queue, decided), query)[queue.positions])
            here = queue.place_of(after) if after else None
            later = places[places > here] if here is not None else places
            chosen = later if len(later) else places
            self._post(FileFound(queue.file(int(chosen[0])) if len(chosen) else "", query.text, len(places)))

        self._thread.ask(wish)

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _known(self, queue: Queue | Combined, decided: Mapping[str, str]) -> Library:
        """Return the library of a context; what it has read from the catalog is kept for the next query."""
        from hyai_tui.queues.selecting import Library
        from hyai_tui.queues.widening import widening_of

        if self._library is None or self._library.context is not queue.context:
            self._library = Library(queue.context, self._catalog)
        self._library.widening = widening_of(self._workspace())
        self._library.decide(decided)
        return self._library

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))


def _queue_of(entry: Entry) -> Queue | Combined:
    from hyai_tui.queues.combined import Combined
    from hyai_tui.queues.queue import Queue

    if not isinstance(entry.queue, Queue | Combined):
        raise WrongUse(f"{entry.title} cannot be filtered", "Open another queue")
    return entry.queue


def sort_words(query: Query) -> str:
    """Return `sorted by size, largest first`; empty for the queue's own order."""
    if query.sort == "rank":
        return "in the opposite order" if query.descending else ""
    ends = (_LARGEST if query.descending else _SMALLEST).get(query.sort, "backwards" if query.descending else "")
    return f"sorted by {query.sort}" + (f", {ends}" if ends else "")


def next_sort(query: Query | None) -> tuple[str, bool]:
    """Return the order that follows in the cycle, as (key of `SORTS`, descending)."""
    now = "rank" if query is None else ("-" if query.descending else "") + query.sort
    at = CYCLE.index(now) if now in CYCLE else 0
    after = CYCLE[(at + 1) % len(CYCLE)]
    assert after.removeprefix("-") in SORTS
    return after.removeprefix("-"), after.startswith("-")
