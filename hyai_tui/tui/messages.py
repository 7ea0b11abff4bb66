"""What threads tell the screens. Small, and where only the newest counts a flood becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from hyai_tui.errors import HyaiError
from hyai_tui.journal.model import Lease
from hyai_tui.tui.facts import Facts, LibraryLine, SessionLine
from hyai_tui.tui.following import JobView
from hyai_tui.tui.listing import Snapshot


@dataclass
class LibraryKnown(Message):
    """The library has been opened, or could not be."""

    line: LibraryLine

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class QueuesBuilt(Message):
    """A new snapshot of the queues is there."""

    snapshot: Snapshot

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class PictureLoaded(Message):
    """A picture, or why there is none. `token` names the request, so that an old answer is dropped."""

    token: int
    file: str
    drawn: object | None
    failure: str

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class FactsLoaded(Message):
    """What is known of a file."""

    token: int
    facts: Facts

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class Saved(Message):
    """Decisions are on disk.

    Attributes:
        act: `decide`, `undo` or `redo`.
        files: file to the word of its decision now in force, or None where there is none.
        line: what to tell.
    """

    act: str
    files: Mapping[str, str | None]
    line: str

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class NotSaved(Message):
    """A commit failed: these files are not decided."""

    files: tuple[str, ...]
    error: HyaiError

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class DecidedElsewhere(Message):
    """Another app or command wrote decisions: file to word, None where one was taken back."""

    files: Mapping[str, str | None]

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class SessionChanged(Message):
    """Counts of the header: staged, rescued, today, pending effects; only the newest counts."""

    line: SessionLine

    def __post_init__(self) -> None:
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """A newer line replaces one that waits."""
        return isinstance(message, SessionChanged)


@dataclass
class JobsChanged(Message):
    """How the jobs stand; only the newest counts."""

    jobs: tuple[JobView, ...]

    def __post_init__(self) -> None:
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """A newer state replaces one that waits."""
        return isinstance(message, JobsChanged)


@dataclass
class JobEnded(Message):
    """A job that ran while this app looked has ended."""

    job: JobView

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class Told(Message):
    """A line for the status, from any thread. `kind` is `say`, `warn` or `error`."""

    text: str
    kind: str = "say"

    def __post_init__(self) -> None:
        super().__init__()


@dataclass
class LeaseHeld(Message):
    """Another app is open on this workspace."""

    lease: Lease

    def __post_init__(self) -> None:
        super().__init__()


# What only the review screen understands; everything else is for the app.
FOR_REVIEW = (FactsLoaded, PictureLoaded, QueuesBuilt, Saved, NotSaved, DecidedElsewhere, SessionChanged)
