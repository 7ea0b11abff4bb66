"""Where a person is in the queues: the snapshot, the open queue with its filter and its place, marks, what was decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hyai_tui.queues.base import QueueRow
from hyai_tui.queues.where import Query
from hyai_tui.tui.bulk import MOST_AT_ONCE
from hyai_tui.tui.listing import Entry, Finds, Snapshot, Walk
from hyai_tui.tui.messages import Reranked
from hyai_tui.tui.sight import Say

_COMPARED = 50_000
_FIRST_CHOICES = ("mistakes", "next-best", "low-confidence", "unscored", "all")


@dataclass(kw_only=True)
class Whereabouts:
    """Follows one person through one list of queues after the other.

    Attributes:
        snapshot: the list of queues that is looked at.
        waiting: a newer one that the person has not taken yet.
        walk: the way through the open queue; None before there is one.
        query: the filter of the open queue; None without one.
        decided: file to word, for what was decided since the snapshot here or elsewhere.
        skipped: files that were skipped since the snapshot.
        asked_for: the queue that the person asked to see as soon as there is a model; empty for none.
        reranked: the newest order of *next best*, learned since the snapshot; None while there is none.
    """

    snapshot: Snapshot = field(default_factory=Snapshot)
    waiting: Snapshot | None = None
    walk: Walk | None = None
    query: Query | None = None
    decided: dict[str, str] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    asked_for: str = ""
    reranked: Reranked | None = None
    _left: tuple[Walk, Query | None] | None = None
    _aside: Entry | None = None
    _marks: dict[str, dict[str, QueueRow]] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _renamed: bool = False

    @property
    def current(self) -> QueueRow | None:
        """The row at the place."""
        return self.walk.current if self.walk is not None else None

    def receive(self, snapshot: Snapshot, place: Mapping[str, Any] | None = None) -> bool:
        """A snapshot was built; the first is taken at once, a later one waits. Returns True if it was taken."""
        if self.walk is not None and len(self.walk):
            self.waiting = snapshot
            # Labels are people's, not the list's: their keys and colours change at once.
            gone = set(self.snapshot.all_labels) - set(snapshot.all_labels)
            self._renamed = self._renamed or bool(gone)
            self.snapshot = replace(self.snapshot, labels=snapshot.labels, more=snapshot.more, colours=snapshot.colours)
            return False
        place = place or {}
        self._take(snapshot, str(place.get("queue", "")), str(place.get("file", "")))
        for key, files in dict(place.get("marks") or {}).items():
            self._mark_again(str(key), files)
        return True

    def take_waiting(self) -> bool:
        """Take the list that waits; False if none does. Decides nothing."""
        if self.waiting is None:
            return False
        self.leave_aside()
        key = self.walk.entry.key if self.walk is not None else ""
        file = self.current.file if self.current is not None else ""
        snapshot, self.waiting = self.waiting, None
        entry = snapshot.entry(key)
        if self.walk is not None and entry is not None:
            file = self.walk.nearest(entry) or file
        self._take(snapshot, key, file)
        return True

    def take_renamed(self) -> bool:
        """Take the list that waits where a label has another name in it and nothing else moves; else it goes on waiting."""
        if not self._renamed or self.aside or (counts := self.settled_and_new()) is None or counts[1:] != (0, 0):
            return False
        return self.take_waiting()

    def take_filtered(self, entry: Entry, query: Query) -> None:
        """Show what a filter left of the open queue; the place stays at its file, or at the nearest that is left."""
        if self.walk is None or entry.key != self.walk.entry.key:
            return
        file = self.walk.nearest(entry)
        self.query = None if query.empty else query
        self.walk = Walk(entry, self.decided)
        if file and (position := self.walk.find(file)) is not None:
            self.walk.position = position

    def drop_filter(self) -> bool:
        """Show the whole queue again, at the same file; False where there is no filter."""
        if self.query is None or self.walk is None:
            return False
        entry = self.whole
        if entry is not None:
            self.take_filtered(entry, Query())
        return True

    @property
    def whole(self) -> Entry | None:
        """The open list without its filter."""
        if self._aside is not None or self.walk is None:
            return self._aside
        return self.snapshot.entry(self.walk.entry.key)

    @property
    def aside(self) -> bool:
        """True while a list is open that is none of the queues: files like one, a region of the map."""
        return self._aside is not None

    def open_aside(self, entry: Entry) -> None:
        """Open a list that is none of the queues; the way through the queue is kept until `leave_aside`."""
        if self._left is None and self.walk is not None:
            self._left = (self.walk, self.query)
        self._aside, self.query = entry, None
        self.marks_of(entry.key).clear()
        self.walk = Walk(entry, self.decided)

    def leave_aside(self) -> bool:
        """Go back to the queue that was open, where its place was; False where no such list is open."""
        if self._aside is None:
            return False
        self.walk, self.query = self._left if self._left is not None else (None, None)
        self._aside = self._left = None
        if self.walk is not None and self.current is not None and self.current.file in self.decided:
            self.walk.advance()
        return True

    def open_entry(self, key: str) -> bool:
        """Go to another queue, where its place was; False if there is none of that name."""
        entry = self.snapshot.entry(key)
        if entry is None:
            return False
        self.leave_aside()
        if self.walk is not None and self.current is not None:
            self._places[self.walk.entry.key] = self.current.file
        self.query = None
        self.walk = Walk(entry, self.decided)
        self._go_to(self._places.get(key, ""))
        self._follow(keep=0)
        return True

    def list_search(self, name: str, entry: Entry | None) -> None:
        """List a saved search behind the queues, in place of one of its name, or take it away; the open list stays."""

        def listed(snapshot: Snapshot) -> Snapshot:
            others = tuple(one for one in snapshot.entries if one.key != name)
            return replace(snapshot, entries=others if entry is None else (*others, entry))

        self.snapshot = listed(self.snapshot)
        if self.waiting is not None:
            self.waiting = listed(self.waiting)

    def rerank(self, news: Reranked) -> bool:
        """*Next best* was ordered anew; returns True where what comes next in the open queue has changed."""
        if self.snapshot.entry(news.entry.key) is not news.entry:
            return False
        self.reranked = news
        return self._follow(keep=1)

    def _follow(self, keep: int) -> bool:
        walk, news = self.walk, self.reranked
        if walk is None or news is None or walk.entry is not news.entry or not len(walk):
            return False
        walk.follow(news.rows, self.skipped, keep)
        return True

    def step_entry(self, by: int) -> bool:
        """Go to the next or previous queue of the list."""
        self.leave_aside()
        keys = [entry.key for entry in self.snapshot.entries]
        if not keys:
            return False
        at = keys.index(self.walk.entry.key) if self.walk is not None and self.walk.entry.key in keys else 0
        return self.open_entry(keys[(at + by) % len(keys)])

    def place(self) -> dict[str, Any]:
        """Return what to restore at the next start."""
        walk = self._left[0] if self._left is not None else self.walk
        if walk is None:
            return {}
        place = {"queue": walk.entry.key, "file": walk.current.file if walk.current is not None else ""}
        marks = {key: list(marked) for key, marked in self._marks.items() if marked and self.snapshot.entry(key)}
        return {**place, "marks": marks} if marks else place

    def _take(self, snapshot: Snapshot, key: str, file: str) -> None:
        self._aside = self._left = None
        self.snapshot = snapshot
        self._renamed = False
        self.decided = {}
        self.reranked = None
        self.skipped.clear()
        entry = snapshot.entry(key) or _first_choice(snapshot)
        self.walk = Walk(entry, self.decided) if entry is not None else None
        self._go_to(file)

    def _go_to(self, file: str) -> None:
        if self.walk is None or not len(self.walk):
            return
        if file and (position := self.walk.find(file)) is not None:
            self.walk.position = position
        elif self.walk.current is not None and self.walk.current.file in self.decided:
            self.walk.advance()

    # Marks

    @property
    def marks(self) -> dict[str, QueueRow]:
        """The marked files of the open queue, in the order of marking; they stay while other queues are looked at."""
        return self.marks_of(self.walk.entry.key if self.walk is not None else "")

    def marks_of(self, key: str) -> dict[str, QueueRow]:
        """Return the marked files of a queue."""
        return self._marks.setdefault(key, {})

    def mark(self, row: QueueRow) -> Say:
        """Mark a file, or take its mark away."""
        if self.marks.pop(row.file, None) is not None:
            return Say(f"mark taken away · {len(self.marks):,} marked")
        if len(self.marks) >= MOST_AT_ONCE:
            return Say(f"there are {MOST_AT_ONCE:,} marks, which is the most for one act", "warn")
        self.marks[row.file] = row
        return Say(f"{len(self.marks):,} marked")

    def _mark_again(self, key: str, files: Collection[str]) -> None:
        """Mark files as they were when the place was kept; those that have left the queue since stay unmarked."""
        entry = self.snapshot.entry(key)
        if entry is None:
            return
        if isinstance(entry.queue, Finds):
            places = [entry.queue.place_of(file) for file in files]
        elif len(entry) <= _COMPARED:
            at = {entry.file(place): place for place in range(len(entry))}
            places = [at.get(file) for file in files]
        else:
            return
        rows = [entry.row(place) for place in places[:MOST_AT_ONCE] if place is not None]
        self._marks[key] = {row.file: row for row in rows}

    # The list that waits

    def drop_waiting_without_news(self) -> bool:
        """Forget the list that waits where it says the same as this one; returns whether it did.

        The same is: the same model, as much left in each queue, and nothing settled or new in this one.
        """
        if self.waiting is None or self.waiting.model != self.snapshot.model:
            return False
        old, new = (
            [(one.key, one.title, one.left(self.decided.keys())) for one in snapshot.entries]
            for snapshot in (self.snapshot, self.waiting)
        )
        counts = self.settled_and_new()
        if old != new or counts is None or counts[1:] != (0, 0):
            return False
        self.waiting = None
        return True

    def settled_and_new(self) -> tuple[int, int, int] | None:
        """Return (open here, settled, new) of this queue in the list that waits.

        None where that takes too long, or where the new model has scored nothing yet: what is not scored is not settled.
        """
        if self.walk is None or self.waiting is None or not self.waiting.scored:
            return None
        entry = self.waiting.entry(self.walk.entry.key)
        if entry is None or max(len(entry), len(self.walk)) > _COMPARED:
            return None
        before = _files(self.walk.entry) - self.decided.keys()
        after = _files(entry)
        return len(before), len(before - after), len(after - before)


def _files(entry: Entry) -> set[str]:
    return {entry.file(position) for position in range(len(entry))}


def _first_choice(snapshot: Snapshot) -> Entry | None:
    """Return the first queue that has something in it, in the order in which work is done."""
    for key in _FIRST_CHOICES:
        entry = snapshot.entry(key)
        if entry is not None and len(entry):
            return entry
    return snapshot.entries[0] if snapshot.entries else None
