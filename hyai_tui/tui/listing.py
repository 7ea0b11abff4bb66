"""Queues as the screen needs them: a snapshot of named entries, and one person's way through one of them.

Nothing here knows of widgets. A snapshot never changes; what changes while a person works through it (decided, skipped,
the place) stands in `Walk`.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hyai_tui.queues.base import QueueRow

if TYPE_CHECKING:
    from hyai_tui.queues.changes import Change

MOST_COUNTED = 20_000
_MOST_MADE = 100
# A decision takes files out of all queues but these.
_LASTING = frozenset({"unsure", "ignored", "all"})


_TITLES = {"next-best": "Next best", "changed": "Changed most", "all": "All files"}


def title(name: str) -> str:
    """Return what the list of queues calls a queue or a saved search."""
    return _TITLES.get(name, name.replace("-", " ").capitalize())


class Rows(Protocol):
    """A ranked list that makes its rows when they are asked for."""

    def __len__(self) -> int: ...

    def rows(self, start: int = 0, stop: int | None = None) -> list[QueueRow]:
        """Return the rows of a slice."""
        ...

    def file(self, place: int) -> str:
        """Return the SHA-256 at a place; cheaper than its row."""
        ...


@runtime_checkable
class Finds(Protocol):
    """A ranked list that knows where a file stands without looking at each."""

    def place_of(self, file: str) -> int | None:
        """Return its place, or None."""
        ...


@dataclass(frozen=True)
class Entry:
    """One line of the list of queues.

    Attributes:
        key: stable name, such as `mistakes` or `mistakes:trash→keep`.
        title: what the list shows.
        about: one sentence for people.
        queue: the ranked rows behind it.
        indent: 1 for a part of the entry above.
    """

    key: str
    title: str
    about: str
    queue: Rows
    indent: int = 0

    def __len__(self) -> int:
        return len(self.queue)

    @cached_property
    def files(self) -> frozenset[str] | None:
        """The SHA-256 of all files; None for long lists, where a count with `k` hides single files anyway."""
        return frozenset(map(self.file, range(len(self)))) if len(self) <= MOST_COUNTED else None

    def left(self, decided: Set[str]) -> int:
        """Return how many files are not decided yet; counts all for long lists."""
        # In this order it looks at what was decided, and not at every file.
        return len(self) - len(self.files.intersection(decided)) if self.files is not None else len(self)

    def row(self, position: int) -> QueueRow:
        """Return the row at a position of this entry."""
        return self.queue.rows(position, position + 1)[0]

    def file(self, position: int) -> str:
        """Return the SHA-256 at a position of this entry."""
        return self.queue.file(position)


@dataclass(frozen=True)
class ModelLine:
    """The model that a snapshot is of, as the header shows it."""

    id: str
    number: int
    macro_f1: float | None


@dataclass(frozen=True)
class Snapshot:
    """All queues at one moment.

    Attributes:
        entries: in the order of the list.
        model: the model whose scores rank them; None where there is none yet.
        labels: label names by digit key, in the order in which they are listed.
        more: label names that no digit was left for, in the same order.
        scored: False where the model has not scored any file of the library yet: its lists are not complete.
        files: how many files the library has.
        changes: the files that moved most since the model before, the widest first.
        colours: label to the colour `#rrggbb` that a person chose for it.
    """

    entries: tuple[Entry, ...] = ()
    model: ModelLine | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    files: int = 0
    changes: tuple[Change, ...] = ()
    colours: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    scored: bool = True

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels that have a key, in the order in which they are listed."""
        return tuple(self.labels.values())

    @property
    def all_labels(self) -> tuple[str, ...]:
        """All labels: those that have a key, then those that are chosen by name."""
        return (*self.label_names, *self.more)

    def entry(self, key: str) -> Entry | None:
        """Return the entry of that name."""
        return next((one for one in self.entries if one.key == key), None)

    def counts(self, decided: Set[str]) -> dict[str, int]:
        """Return how many files wait in each queue that a decision takes files out of."""
        shrinking = [entry for entry in self.entries if entry.key.partition(":")[0] not in _LASTING]
        return {entry.key: entry.left(decided) for entry in shrinking}


@dataclass
class Walk:
    """One person's way through one entry.

    Attributes:
        entry: what is walked through.
        position: the place, 0 to `len(self) - 1`; 0 in an empty walk.
        decided: file to the word of its decision (`archive`, `unsure`, …), for all files decided in this session or
            by another app since the snapshot.
    """

    entry: Entry
    decided: dict[str, str]
    position: int = 0
    _order: array[int] = field(init=False, repr=False)
    _extra: list[QueueRow] = field(default_factory=list)
    _followed: bool = False
    _members: frozenset[str] | None = field(default=None, repr=False)
    # Rows that were made, by their place in the entry: the same few are drawn again with every key.
    _made: dict[int, QueueRow] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._order = array("i", range(len(self.entry)))

    def __len__(self) -> int:
        return len(self._order)

    def file(self, position: int) -> str:
        """Return the SHA-256 at a place of this walk, without making its row."""
        return self._file_of(self._order[position])

    def _file_of(self, at: int) -> str:
        return self._extra[-at - 1].file if at < 0 else self.entry.file(at)

    def row(self, position: int) -> QueueRow:
        """Return the row at a place of this walk."""
        at = self._order[position]
        if at < 0:
            return self._extra[-at - 1]
        if (row := self._made.get(at)) is None:
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            row = self._made[at] = self.entry.row(at)
        return row

    @property
    def current(self) -> QueueRow | None:
        """The row at the place; None in an empty walk."""
        return self.row(self.position) if len(self) else None

    def move(self, by: int) -> bool:
        """Go on or back, within the list; returns False where there was no way."""
        return self.go(self.position + by)

    def go(self, position: int) -> bool:
        """Go to a place, clamped to the list; returns False if that is where it was."""
        position = max(0, min(position, len(self) - 1))
        moved, self.position = position != self.position, position
        return moved

    def advance(self) -> bool:
        """Go to the next file that is not decided, onwards and then from the start; False if none is left."""
        length = len(self)
        for step in range(1, length + 1):
            position = (self.position + step) % length
            if self.file(position) not in self.decided:
                self.position = position
                return True
        return False

    def skip(self) -> None:
        """Move the current file to the end; the place then holds the file after it."""
        if len(self):
            self._order.append(self._order.pop(self.position))

    def unskip(self, file: str) -> None:
        """Bring a skipped file back to the place."""
        if (position := self.find(file)) is not None:
            at = self._order.pop(position)
            self.position = min(self.position, len(self._order))
            self._order.insert(self.position, at)

    def find(self, file: str) -> int | None:
        """Return the place of a file, looked for near the place first; None if it is not in this walk."""
        near = range(max(0, self.position - 50), min(len(self), self.position + 50))
        found = next((at for at in near if self.file(at) == file), None)
        if found is not None:
            return found
        if isinstance(self.entry.queue, Finds) and not self._followed:
            return self._place_of(self.entry.queue, file)
        return next((at for at in range(len(self)) if self.file(at) == file), None)

    def _place_of(self, queue: Finds, file: str) -> int | None:
        """Return the place of a file in a list that may be as long as the library."""
        extra = next((-at - 1 for at, row in enumerate(self._extra) if row.file == file), None)
        at = queue.place_of(file) if extra is None else extra
        if at is None:
            return None
        return at if 0 <= at < len(self._order) and self._order[at] == at else self._order.index(at)

    def nearest(self, entry: Entry, within: int = 500) -> str:
        """Return the file closest after the place, or before it, that another list has too; empty without one."""
        if not len(self):
            return ""
        ahead = range(self.position, min(len(self), self.position + within))
        behind = range(self.position - 1, max(-1, self.position - within), -1)
        place_of = entry.queue.place_of if isinstance(entry.queue, Finds) else Walk(entry, self.decided).find
        return next((self.file(at) for at in (*ahead, *behind) if place_of(self.file(at)) is not None), "")

    def follow(self, rows: Sequence[QueueRow], last: Collection[str] = (), keep: int = 1) -> None:
        """Put other rows after the place, which stays with all before it; the list keeps its length.

        Args:
            rows: what is to follow, in this order, as far as it is not decided and does not stand before.
            last: files that stay at the end, because they were skipped.
            keep: so many rows after the place stay too, because their pictures are at hand.
        """
        stays = self._order[: self.position + 1 + keep]
        taken = {self._file_of(at) for at in stays} | self.decided.keys()
        known = {row.file: place for place, row in enumerate(self._extra)}
        waiting: list[int] = []
        skipped: list[int] = []
        for row in rows:
            if row.file not in taken and row.file not in last:
                taken.add(row.file)
                place = known.setdefault(row.file, len(self._extra))
                self._extra[place : place + 1] = [row]
                waiting.append(-place - 1)
        for at in self._order[len(stays) :]:
            if (file := self._file_of(at)) not in taken:
                (skipped if file in last else waiting).append(at)
        room = max(0, len(self._order) - len(stays) - len(skipped))
        self._order = array("i", [*stays, *waiting[:room], *skipped])
        self._followed = True
        self._members = None

    def show(self, file: str, why: str = "you took your decision back") -> None:
        """Go to a file; one that is not in this walk comes in at the place, with the reason why."""
        if (position := self.find(file)) is not None:
            self.position = position
            return
        self._extra.append(QueueRow(file, None, None, None, None, "shown again", why))
        self._order.insert(self.position, -len(self._extra))
        self._members = None

    @property
    def left(self) -> int:
        """How many files are not decided yet; counts all for long lists, where looking at each would take too long."""
        if len(self) > MOST_COUNTED:
            return len(self) - min(len(self.decided), len(self))
        if self._members is None:
            # Once for a list, not with every key: each file costs a call or two.
            same = not self._followed and len(self) == len(self.entry)
            self._members = (self.entry.files if same else None) or frozenset(map(self.file, range(len(self))))
        return len(self) - len(self._members.intersection(self.decided))
