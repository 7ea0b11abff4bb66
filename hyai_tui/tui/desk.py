"""The review itself, without its screen: where the person is, what a key means now, what happened to what they did.

All methods are called on the interface's loop and return at once; writing goes through the writer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hyai_tui.journal.model import Kind, NewDecision
from hyai_tui.queues.base import QueueRow
from hyai_tui.queues.where import Query
from hyai_tui.tui import words
from hyai_tui.tui.bulk import MOST_AT_ONCE, Plan
from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.listing import Entry, Snapshot, Walk
from hyai_tui.tui.seen import RepeatGuard, SeenGate
from hyai_tui.tui.sight import Say, Sight

__all__ = ["Desk", "Say", "Sight"]

_COMPARED = 50_000
_FIRST_CHOICES = ("mistakes", "low-confidence", "unscored", "all")


class Writes(Protocol):
    """What the desk needs of the writer."""

    def decide(self, file: str, kind: Kind, label: str | None, shown: Mapping[str, Any]) -> None:
        """Record one decision; `Saved` or `NotSaved` follows."""
        ...

    def decide_many(self, new: Sequence[NewDecision], done: str) -> None:
        """Record one act on several files; `done` is what to tell of it."""
        ...

    def undo(self) -> None:
        """Undo the last act."""
        ...

    def redo(self) -> None:
        """Redo it."""
        ...


@dataclass
class Desk:
    """One person's review of one workspace.

    Attributes:
        writer: commits decisions.
        gate: which picture a decision belongs to.
        decided: file to word, for what was decided since the snapshot here or elsewhere.
        unsaved: decisions that are on their way to the disk.
        blocked: why no decisions are taken; empty while they are.
        last: word of the decision made last, while it can be undone by one key and no other follows.
        skipped: files that were skipped since the snapshot.
        query: the filter of the open queue; None without one.
        waiting: a newer snapshot that the person has not taken yet.
        asked_for: the queue that the person asked to see as soon as there is a model; empty for none.
    """

    writer: Writes
    gate: SeenGate = field(default_factory=SeenGate)
    guard: RepeatGuard = field(default_factory=RepeatGuard)
    snapshot: Snapshot = field(default_factory=Snapshot)
    waiting: Snapshot | None = None
    asked_for: str = ""
    walk: Walk | None = None
    line: SessionLine = field(default_factory=SessionLine)
    decided: dict[str, str] = field(default_factory=dict)
    unsaved: int = 0
    blocked: str = ""
    last: str = ""
    made: int = 0
    undone: int = 0
    query: Query | None = None
    skipped: set[str] = field(default_factory=set)
    _marks: dict[str, dict[str, QueueRow]] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=30))

    # Where

    @property
    def current(self) -> QueueRow | None:
        """The row at the place."""
        return self.walk.current if self.walk is not None else None

    def take_line(self, line: SessionLine) -> bool:
        """The session's counts changed; returns True where facts of the shown file may have changed with them."""
        before, self.line = self.line, line
        return (before.mode, before.settled, before.pending) != (line.mode, line.settled, line.pending)

    def receive(self, snapshot: Snapshot, place: Mapping[str, Any] | None = None) -> bool:
        """A snapshot was built; the first is taken at once, a later one waits. Returns True if it was taken."""
        if self.walk is not None and len(self.walk):
            self.waiting = snapshot
            return False
        self._take(snapshot, str((place or {}).get("queue", "")), str((place or {}).get("file", "")))
        return True

    def take_waiting(self) -> bool:
        """Take the list that waits; False if none does. Decides nothing."""
        if self.waiting is None:
            return False
        key = self.walk.entry.key if self.walk is not None else ""
        file = self.current.file if self.current is not None else ""
        snapshot, self.waiting = self.waiting, None
        entry = snapshot.entry(key)
        if self.walk is not None and entry is not None:
            file = self.walk.nearest(entry) or file
        self._take(snapshot, key, file)
        return True

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
        entry = self.snapshot.entry(self.walk.entry.key)
        if entry is not None:
            self.take_filtered(entry, Query())
        return True

    def open_entry(self, key: str) -> bool:
        """Go to another queue, where its place was; False if there is none of that name."""
        entry = self.snapshot.entry(key)
        if entry is None:
            return False
        if self.walk is not None and self.current is not None:
            self._places[self.walk.entry.key] = self.current.file
        self.query = None
        self.walk = Walk(entry, self.decided)
        self._go_to(self._places.get(key, ""))
        return True

    def step_entry(self, by: int) -> bool:
        """Go to the next or previous queue of the list."""
        keys = [entry.key for entry in self.snapshot.entries]
        if not keys:
            return False
        at = keys.index(self.walk.entry.key) if self.walk is not None and self.walk.entry.key in keys else 0
        return self.open_entry(keys[(at + by) % len(keys)])

    def place(self) -> dict[str, Any]:
        """Return what to restore at the next start."""
        if self.walk is None:
            return {}
        return {"queue": self.walk.entry.key, "file": self.current.file if self.current is not None else ""}

    def _take(self, snapshot: Snapshot, key: str, file: str) -> None:
        self.snapshot = snapshot
        self.decided = {}
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

    # Acts

    def decide(self, kind: Kind, label: str | None, key: str, now: float) -> Say:
        """Decide on the picture that was last shown, and go on; says what was done, or why nothing was."""
        sight = Sight(self.gate.decidable(now), self.gate.seconds_shown(now), "picture")
        said = self.decide_shown(self.current, sight, kind, label, key, now)
        if said.kind != "say":
            return said
        assert self.walk is not None
        if kind == "skip":
            self.walk.skip()
            if self.walk.position >= len(self.walk):
                self.walk.position = 0
        else:
            self.walk.advance()
        return said

    def decide_shown(
        self, row: QueueRow | None, sight: Sight, kind: Kind, label: str | None, key: str, now: float
    ) -> Say:
        """Decide on a row that is in view, and stay; a line of the kind `say` means that it was done.

        Args:
            row: which one; None where there is none.
            sight: what the terminal has confirmed of it.
            kind: of the decision.
            label: its label; None for the other kinds.
            key: that asked for it.
            now: monotonic seconds.
        """
        if self.guard.repeats(key, now):
            return Say("a held key decides once", "warn")
        if (refusal := self.closed() or sight.refusal(row)) is not None:
            return refusal
        assert row is not None
        self.writer.decide(row.file, kind, label, self._shown(row, sight))
        named = label if label is not None else kind
        self._count([row.file], named, now)
        if kind == "skip":
            self.skipped.add(row.file)
        else:
            self.decided[row.file] = named
        return Say(f"{words.shape(named)} {named} …")

    def carry_out(self, plan: Plan, view: str, now: float) -> Say:
        """Make the decisions of a plan as one act, after its question was answered with yes."""
        if (refusal := self.closed()) is not None:
            return refusal
        new = [
            NewDecision(row.file, "label", label, self._shown(row, Sight(row.file, None, view)))
            for row, label in plan.decisions
        ]
        self.writer.decide_many(new, plan.done)
        labels = {label for _row, label in plan.decisions}
        word = labels.pop() if len(labels) == 1 else f"{len(new)} files"
        self._count([one.file for one in new], word, now)
        self.decided.update((one.file, one.label or "") for one in new)
        if plan.marked:
            self.marks.clear()
        return Say(f"{plan.counts} …")

    def _count(self, files: Sequence[str], named: str, now: float) -> None:
        self.unsaved += len(files)
        self.made += len(files)
        self._times.append(now)
        self.last = named

    def closed(self) -> Say | None:
        """Return why nothing at all is decided now, or None."""
        if self.blocked:
            return Say(f"no decisions: {self.blocked} · then :resume", "error")
        if self.line.look_only:
            return Say("looking only: another app decides · :take-over", "warn")
        return None

    # Marks

    @property
    def marks(self) -> dict[str, QueueRow]:
        """The marked files of the open queue, in the order of marking; they stay while other queues are looked at."""
        return self._marks.setdefault(self.walk.entry.key if self.walk is not None else "", {})

    def mark(self, row: QueueRow) -> Say:
        """Mark a file, or take its mark away."""
        if self.marks.pop(row.file, None) is not None:
            return Say(f"mark taken away · {len(self.marks):,} marked")
        if len(self.marks) >= MOST_AT_ONCE:
            return Say(f"there are {MOST_AT_ONCE:,} marks, which is the most for one act", "warn")
        self.marks[row.file] = row
        return Say(f"{len(self.marks):,} marked")

    def undo(self) -> None:
        """Undo this session's last act."""
        self.undone += 1
        self.writer.undo()

    def redo(self) -> None:
        """Redo what was undone last."""
        self.writer.redo()

    def _shown(self, row: QueueRow, sight: Sight) -> dict[str, Any]:
        assert self.walk is not None
        shown = {
            "queue": self.walk.entry.key,
            "model": self.snapshot.model.id if self.snapshot.model is not None else None,
            "score": row.score,
            "predicted": row.predicted,
            "seen_seconds": sight.seconds,
            "view": sight.view,
        }
        return {name: value for name, value in shown.items() if name != "seen_seconds" or value is not None}

    # What came of it

    def saved(self, act: str, files: Mapping[str, str | None]) -> None:
        """Acts are on disk."""
        if act == "decide":
            self.unsaved = max(0, self.unsaved - len(files))
            return
        self.last = ""
        self.learn(files)
        if act != "undo" or self.walk is None or len(files) != 1:
            return
        (file,) = files
        if file in self.skipped:
            self.skipped.discard(file)
            self.walk.unskip(file)
        else:
            self.walk.show(file)

    def not_saved(self, files: tuple[str, ...], why: str) -> None:
        """A commit failed: the files are not decided, and no more is taken until the person says so."""
        self.unsaved = max(0, self.unsaved - len(files))
        self.blocked, self.last = why, ""
        for file in files:
            self.decided.pop(file, None)
        if self.walk is not None and files:
            self.walk.show(files[0], "its decision could not be saved")

    def learn(self, files: Mapping[str, str | None]) -> None:
        """Take over decisions that were made, taken back, or made elsewhere."""
        for file, named in files.items():
            if named is None:
                self.decided.pop(file, None)
            else:
                self.decided[file] = named

    # What to tell

    def rate(self, now: float) -> float | None:
        """Return decisions a minute over the last ones, or None while that says nothing."""
        if len(self._times) < 5 or now - self._times[-1] > 120:
            return None
        span = now - self._times[0]
        return len(self._times) / span * 60 if span > 0 else None

    def take_asked_for(self) -> bool:
        """Take the list that waits where the person asked to be shown a queue of its first model; True if it was.

        Where somebody has decided something since, the list waits as every other.
        """
        if not self.asked_for or self.waiting is None or self.waiting.model is None or self.made:
            return False
        wanted, self.asked_for = self.asked_for, ""
        self.take_waiting()
        self.open_entry(wanted)
        return True

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
        """Return (open here, settled, new) of this queue in the list that waits; None where that takes too long."""
        if self.walk is None or self.waiting is None:
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
