"""The review itself, without its screen: what a key means where the person is, and what happened to what they did.

All methods are called on the interface's loop and return at once; writing goes through the writer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from hyai_tui.queues.base import QueueRow
from hyai_tui.tui import words
from hyai_tui.tui.bulk import Plan
from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.listing import Snapshot
from hyai_tui.tui.seen import RepeatGuard, SeenGate
from hyai_tui.tui.sight import Say, Sight
from hyai_tui.tui.whereabouts import Whereabouts

if TYPE_CHECKING:
    from hyai_tui.journal.model import Kind, NewDecision

__all__ = ["Desk", "Say", "Sight"]

# Whether more decisions are taken back after it, or fewer.
_TAKES_BACK = {"undo": 1, "redo": -1}


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

    def take_back_edit(self, number: int) -> None:
        """Take a change of tags back."""
        ...


@dataclass
class Desk(Whereabouts):
    """One person's review of one workspace.

    Attributes:
        writer: commits decisions.
        gate: which picture a decision belongs to.
        guard: tells a held key from one that is pressed again.
        line: counts of the session.
        unsaved: decisions that are on their way to the disk.
        taking_back: undos and redos that are on their way to the disk.
        blocked: why no decisions are taken; empty while they are.
        last: word of the decision made last, while it can be undone by one key and no other follows.
        last_file: the file that it was about; empty where it was about several.
        made: decisions of this session.
        undone: decisions that it took back.
        touched: files that were decided on, tagged or taken back since the app began, here or elsewhere.
    """

    writer: Writes
    gate: SeenGate = field(default_factory=SeenGate)
    guard: RepeatGuard = field(default_factory=RepeatGuard)
    line: SessionLine = field(default_factory=SessionLine)
    unsaved: int = 0
    taking_back: int = 0
    blocked: str = ""
    last: str = ""
    last_file: str = ""
    made: int = 0
    undone: int = 0
    touched: set[str] = field(default_factory=set)
    # What this app did, the newest last: the number of a change of tags, 0 for decisions.
    _acts: list[int] = field(default_factory=list)
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=30))

    def take_line(self, line: SessionLine) -> str:
        """The session's counts changed; returns what changed with them.

        `mode`: what keys do to any file. `effects`: the library's state and tags of files that were decided on, which
        is nothing new of others. Empty: only counts.
        """
        before, self.line = self.line, line
        if before.mode != line.mode:
            return "mode"
        return "effects" if (before.settled, before.pending) != (line.settled, line.pending) else ""

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
        self,
        row: QueueRow | None,
        sight: Sight,
        kind: Kind,
        label: str | None,
        key: str,
        now: float,
        why: Mapping[str, Any] | None = None,
    ) -> Say:
        """Decide on a row that is in view, and stay; a line of the kind `say` means that it was done.

        Args:
            row: which one; None where there is none.
            sight: what the terminal has confirmed of it.
            kind: of the decision.
            label: its label; None for the other kinds.
            key: that asked for it.
            now: monotonic seconds.
            why: how it came to be shown, where that was not by the open queue.
        """
        if self.guard.repeats(key, now):
            return Say("a held key decides once", "warn")
        if (refusal := self.closed() or sight.refusal(row)) is not None:
            return refusal
        assert row is not None
        self.writer.decide(row.file, kind, label, {**self._shown(row, sight), **(why or {})})
        named = label if label is not None else kind
        self._count([row.file], named, now)
        if kind == "skip":
            self.skipped.add(row.file)
        else:
            self.decided[row.file] = named
        return Say(f"{words.shape(named)} {named} …")

    def carry_out(self, plan: Plan, view: str, now: float) -> Say:
        """Make the decisions of a plan as one act, after its question was answered with yes."""
        from hyai_tui.journal.model import NewDecision

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
        self._acts.append(0)
        self._times.append(now)
        self.last = named
        self.last_file = files[0] if len(files) == 1 else ""

    def closed(self) -> Say | None:
        """Return why nothing at all is decided now, or None."""
        if self.blocked:
            return Say(f"no decisions: {self.blocked} · then :resume", "error")
        if self.line.look_only:
            return Say("looking only: another app decides · :take-over", "warn")
        return None

    def tagged(self, file: str, number: int) -> None:
        """Tags of a file were changed, by the edit of a number: the next undo takes that back."""
        self.touched.add(file)
        self._acts.append(number)

    def undo(self) -> None:
        """Undo this session's last act: decisions, or a change of tags."""
        if number := self._acts.pop() if self._acts else 0:
            self.writer.take_back_edit(number)
            return
        self.taking_back += 1
        self.writer.undo()

    def redo(self) -> None:
        """Redo what was undone last."""
        self.taking_back += 1
        self.writer.redo()

    def _shown(self, row: QueueRow, sight: Sight) -> dict[str, Any]:
        shown = {
            "queue": self.walk.entry.key if self.walk is not None else "",
            "model": self.snapshot.model.id if self.snapshot.model is not None else None,
            "score": row.score,
            "predicted": row.predicted,
            "seen_seconds": sight.seconds,
            "view": sight.view,
        }
        return {name: value for name, value in shown.items() if name != "seen_seconds" or value is not None}

    # What came of it

    def saved(self, act: str, files: Mapping[str, str | None]) -> None:
        """Acts are on disk; an undo or a redo of no files found nothing to take back."""
        self.touched.update(files)
        if act == "decide":
            self.unsaved = max(0, self.unsaved - len(files))
            return
        if act in _TAKES_BACK:
            self.taking_back = max(0, self.taking_back - 1)
            self.undone = max(0, self.undone + _TAKES_BACK[act] * len(files))
        if not files:
            return
        if act == "redo":
            self._acts.append(0)
        self.last = self.last_file = ""
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
        self.blocked, self.last, self.last_file = why, "", ""
        for file in files:
            self.decided.pop(file, None)
        if self.walk is not None and files:
            self.walk.show(files[0], "its decision could not be saved")

    def learn(self, files: Mapping[str, str | None]) -> None:
        """Take over decisions that were made, taken back, or made elsewhere."""
        self.touched.update(files)
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
        """Take the list that waits where the person asked to be shown a queue of its first model, or *next best*.

        Returns whether it was taken. Where somebody has decided something since, the list waits as every other.
        """
        if self.waiting is None or self.made or not self._holds_asked_for(self.waiting):
            return False
        wanted, self.asked_for = self.asked_for, ""
        self.take_waiting()
        self.open_entry(wanted)
        return True

    def open_asked_for(self) -> None:
        """Open the queue that was asked for, if the list that was just taken has it."""
        if self._holds_asked_for(self.snapshot):
            wanted, self.asked_for = self.asked_for, ""
            self.open_entry(wanted)

    def _holds_asked_for(self, snapshot: Snapshot) -> bool:
        if not self.asked_for:
            return False
        return snapshot.model is not None or any(one.key == self.asked_for and len(one) for one in snapshot.entries)
