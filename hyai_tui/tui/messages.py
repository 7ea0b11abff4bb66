"""What threads tell the screens. Small, and where only the newest counts a flood becomes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError
from hyai_tui.queues.base import QueueRow
from hyai_tui.queues.where import Query
from hyai_tui.tui.bulk import Plan
from hyai_tui.tui.facts import Facts, LibraryLine, SessionLine
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.listing import Entry, Snapshot
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.journal.model import Lease
    from hyai_tui.learning.explorer import Explorer
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.bulk import Candidates
    from hyai_tui.samples.hints import Offer
    from hyai_tui.tui.standing import Standing


@dataclass
class LibraryKnown(Message):
    """The library has been opened, or could not be."""

    line: LibraryLine


@dataclass
class QueuesBuilt(Message):
    """A new snapshot of the queues is there."""

    snapshot: Snapshot


@dataclass
class PictureLoaded(Message):
    """A picture, or why there is none. `token` names the request, so that an old answer is dropped."""

    token: int
    file: str
    drawn: object | None
    failure: str


@dataclass
class PictureAhead(Message):
    """A picture that will probably be wanted has been encoded; `token` names the request that it followed."""

    token: int
    file: str


@dataclass
class FactsLoaded(Message):
    """What is known of a file."""

    token: int
    facts: Facts


@dataclass
class NamesKnown(Message):
    """What is known of the files around the place has been read; `token` names the request that it followed."""

    token: int


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


@dataclass
class NotSaved(Message):
    """A commit failed: these files are not decided."""

    files: tuple[str, ...]
    error: HyaiError


@dataclass
class DecidedElsewhere(Message):
    """Another app or command wrote decisions: file to word, None where one was taken back."""

    files: Mapping[str, str | None]


@dataclass
class Filtered(Message):
    """What a filter left of a queue.

    Attributes:
        entry: the queue's rows that are wanted, in the order that is wanted.
        query: the filter.
        before: how many files the whole queue has.
    """

    entry: Entry
    query: Query
    before: int


@dataclass
class Reranked(Message):
    """*Next best* was ordered anew from what has been decided since its list was made.

    Attributes:
        entry: the list that it is an order of.
        rows: files that wait, the one to label next first.
        after: how many decisions it was learned from.
    """

    entry: Entry
    rows: Sequence[QueueRow]
    after: int

    def can_replace(self, message: Message) -> bool:
        """A newer order replaces one that waits."""
        return isinstance(message, Reranked)


@dataclass
class ListMade(Message):
    """Files were gathered for a list of their own.

    Attributes:
        entry: the list.
        view: `grid` where it is to be laid out as tiles, `picture` where its first file is shown.
    """

    entry: Entry
    view: str


@dataclass
class CandidatesFound(Message):
    """Files that one act could decide, with a threshold to be moved over them.

    Attributes:
        candidates: the files.
        title: what the act is.
        measure: what the threshold is of, such as `confidence`.
        start: where it stands at first.
        choose_label: True where a key says which label they get.
    """

    candidates: Candidates
    title: str
    measure: str
    start: float
    choose_label: bool = False


@dataclass
class SearchesChanged(Message):
    """A search was saved, or dropped where there is no list."""

    name: str
    entry: Entry | None = None


@dataclass
class FileFound(Message):
    """A file that was looked for in the open queue; `file` is empty where none was found.

    Attributes:
        file: SHA-256.
        text: what was looked for.
        matches: how many files of the queue match.
    """

    file: str
    text: str
    matches: int


@dataclass
class NoWindow(Message):
    """An original that no window of ours can show: the person's machine is at the other end of a line, or it has no path.

    Attributes:
        file: SHA-256.
        path: of the original on this machine; empty where it has none here.
        pages: True where the library can show it in a page of its own.
    """

    file: str
    path: str
    pages: bool


@dataclass
class PlanMade(Message):
    """Several files are to be decided as one act: the app asks first. `view` is `picture` or `grid`."""

    plan: Plan
    view: str


@dataclass
class SessionChanged(Message):
    """Counts of the header: staged, rescued, today, pending effects; only the newest counts."""

    line: SessionLine

    def can_replace(self, message: Message) -> bool:
        """A newer line replaces one that waits."""
        return isinstance(message, SessionChanged)


@dataclass
class JobsChanged(Message):
    """How the jobs stand; only the newest counts."""

    jobs: tuple[JobView, ...]

    def can_replace(self, message: Message) -> bool:
        """A newer state replaces one that waits."""
        return isinstance(message, JobsChanged)


@dataclass
class JobEnded(Message):
    """A job that ran while this app looked has ended."""

    job: JobView


@dataclass
class Told(Message):
    """A line for the status, from any thread. `kind` is `say`, `warn` or `error`."""

    text: str
    kind: str = "say"


@dataclass
class ChecksDue(Message):
    """Enough has changed since the checks ran; `line` says what, and how to run them."""

    line: str


@dataclass
class HintsOffered(Message):
    """What the library's own state would give to learn from."""

    offer: Offer


@dataclass
class FirstWrite(Message):
    """Something waits to be written to a library to which nothing was written before: the person is asked first."""


@dataclass
class LeaseHeld(Message):
    """Another app is open on this workspace."""

    lease: Lease


@dataclass
class ThresholdsKnown(Message):
    """The scores, ready to be counted on each side.

    Attributes:
        explorer: counts them; None where they could not be read.
        known: the snapshot whose positions it names; None without an explorer.
        model: number of the model that they are from.
        chosen: the thresholds that its training chose, if it did.
        asked: True if the library said which files may be tagged; else they are all of the last scan.
        trouble: why there are none, or why the library was not asked.
    """

    explorer: Explorer | None
    known: QueueContext | None
    model: int = 0
    chosen: Mapping[str, float] | None = None
    asked: bool = False
    trouble: str = ""


@dataclass
class SettingsSaved(Message):
    """`hyai.toml` was written, or not.

    Attributes:
        values: setting to its new value as text.
        error: why nothing was written; empty where it was.
    """

    values: Mapping[str, str]
    error: str = ""


@dataclass
class SettingsRead(Message):
    """The workspace's settings have been read again."""

    workspace: Workspace


@dataclass
class LabelsChanged(Message):
    """A label was added, renamed, merged, coloured or moved, or could not be. `kind` is `say`, `warn` or `error`."""

    line: str
    kind: str = "say"


@dataclass
class StandingKnown(Message):
    """How things stand between the labels and the model."""

    standing: Standing


# What only the review screen understands; everything else is for the app.
FOR_REVIEW = (
    FactsLoaded,
    NamesKnown,
    PictureLoaded,
    PictureAhead,
    QueuesBuilt,
    Saved,
    NotSaved,
    DecidedElsewhere,
    SessionChanged,
    Reranked,
    StandingKnown,
)
