"""What the journal holds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["label", "skip", "unsure", "ignore", "clear"]
Source = Literal["app", "command", "folder"]
Target = Literal["sample", "tag", "state", "edit"]
Status = Literal["due", "staged", "done", "failed", "forgotten", "superseded"]
Cause = Literal["decision", "undo", "redo"]
Asks = Literal["archive", "trash", "rescue"]

KINDS: tuple[Kind, ...] = ("label", "skip", "unsure", "ignore", "clear")
TEST_FOLD = -1


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision that is to be recorded.

    Attributes:
        file: SHA-256 of the file.
        kind: `label`, `skip`, `unsure`, `ignore` or `clear`.
        label: the label; only for kind `label`.
        shown: how the file was shown, such as `{"queue", "model", "score", "predicted", "seen_seconds", "view"}`.
        asks: what the decision asks of the library's own state: move to `archive` or `trash`, or `rescue` (take out
            of the trash); None leaves the file untouched.
    """

    file: str
    kind: Kind = "label"
    label: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    asks: Asks | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One human act on one file, as it stands in the journal.

    Attributes:
        id: grows with time; the newest decision of a file is the one with the largest id.
        act: decisions of one act (a bulk confirm) are undone together.
        at: seconds since the epoch.
        session: who decided: one id for each running app, `command`, or `folder`.
        undone: seconds since the epoch of the undo, or None.
        asks: see `NewDecision.asks`.
    """

    id: int
    act: int
    file: str
    kind: Kind
    label: str | None
    at: float
    session: str
    source: Source
    shown: Mapping[str, Any]
    undone: float | None
    asks: Asks | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What an act decided of one kind and label: how many decisions, and how many of them are undone."""

    kind: Kind
    label: str | None
    decisions: int
    undone: int


@dataclass(frozen=True, slots=True)
class Act:
    """What was decided in one go: one key, one confirmed page, one command.

    Attributes:
        id: grows with time.
        at: seconds since the epoch.
        session: who decided, as in `Decision`.
        parts: counts of each kind and label, the most frequent first.
        file: the first file of the act.
        shown: how that file was shown.
        undone_at: seconds since the epoch of the newest undo of any of it; None where nothing is undone.
        undone_by: the session that undid; None also for a command, which undoes for all.
    """

    id: int
    at: float
    session: str
    source: Source
    parts: tuple[Part, ...]
    file: str
    shown: Mapping[str, Any]
    undone_at: float | None = None
    undone_by: str | None = None

    @property
    def decisions(self) -> int:
        """How many decisions it made."""
        return sum(part.decisions for part in self.parts)

    @property
    def undone(self) -> int:
        """How many of them are undone."""
        return sum(part.undone for part in self.parts)


@dataclass(frozen=True, slots=True)
class Label:
    """A class name, and the digit key that it has for ever (1 to 9; None from the tenth label on).

    Attributes:
        colour: `#rrggbb` that a person chose for it; None for the theme's.
        about: what it stands for, in a sentence; empty where nobody said.
    """

    name: str
    digit: int | None
    colour: str | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """What is known of one file in the training folders.

    Attributes:
        path: relative to `data/`, as a raw file-system string.
        identity: SHA-256 of the original file that the sample stands for.
        content: SHA-256 of the bytes in the folder.
        label: name of the label folder.
        origin: `original` (the library's bytes), `thumbnail`, `shrunk` (named after a file, other bytes), or `dropped`
            (put there by hand, known to no library).
        ours: True where the program wrote the file.
        present: False from the moment that the program is about to write the file until it has been seen there.
        size, mtime_ns, inode: stamps that let the next look reuse `content`.
    """

    path: str
    identity: str
    content: str
    label: str
    origin: str = "original"
    ours: bool = False
    present: bool = True
    size: int = 0
    mtime_ns: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing to bring about outside the journal, for one file.

    Attributes:
        target: `sample` (the file in the training folders), `tag` (our tag in the library), `state` (the library's own
            inbox, archive or trash), `edit` (tags of a person's own).
        status: `due` (to be done now), `staged` (waits for a commit), `done`, `failed` (refused for good, see
            `reason`), `forgotten`, `superseded` (a newer decision asks for something else).
        decision: the decision in force when the effect was asked for; None where there is none any more.
        cause: `decision`, `undo` or `redo`; an undo never overwrites what somebody else has changed meanwhile.
        wanted: label or library state asked for, for people to read; None means as it was before.
        tries: how often it was tried in vain.
        not_before: seconds since the epoch before which it is not tried again.
        reason: why it has failed or waits.
        at: when it was asked for.
    """

    id: int
    file: str
    target: Target
    status: Status
    decision: int | None
    cause: Cause
    wanted: str | None
    tries: int
    not_before: float
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class StateRequest:
    """What the library's state of a file is to follow.

    Attributes:
        decision: the decision that asks.
        asks: what it asks.
    """

    decision: Decision
    asks: Asks


@dataclass(frozen=True, slots=True)
class Trace:
    """What effects have left on one target of one file.

    Attributes:
        before: its state before our first act, JSON-serialisable.
        applied: the state that we last verified; None until the first write has been verified.
        attempted: the state that an act under way, or cut short, was to leave; None where there is no such act.
    """

    before: Any
    applied: Any = None
    attempted: Any = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a lease, and when they were last heard of (seconds since the epoch)."""

    holder: str
    about: str
    taken: float
    beat: float
