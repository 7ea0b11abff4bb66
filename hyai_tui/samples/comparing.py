"""The training folders as they are against the journal as it is: which hand acts explain the difference.

A file in a label folder where the journal has no record of it is a hand act. A file that the journal knows there is
none, whatever the decision in force says: that difference is an effect's to settle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Asks, NewDecision, SampleRecord, Target
from hyai_tui.library.base import FileState
from hyai_tui.samples.folder import SampleFile
from hyai_tui.samples.formats import claimed_identity

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class _Seen:
    """A sample file as it is now, and whether the journal has a record of its identity at this path."""

    record: SampleRecord
    known: bool


class Comparison:
    """What was done by hand since the journal last looked.

    Args:
        journal: inside a transaction, so that no decision comes between the reading and the recording.
        catalog: confirms names and says what lies in the trash.
        present: the sample files that are there now.
        content_of: SHA-256 of a file's bytes; None for one that could not be read, which is then neither here nor gone.

    Attributes:
        added, moved: number of files put into a label folder by hand, new to the journal and known to it.
        removed: identities that were taken out by hand.
        contradictions: (identity, labels) of files in several label folders.
        total: number of samples that the journal knew of.
    """

    def __init__(
        self,
        journal: Journal,
        catalog: Catalog,
        present: Iterable[SampleFile],
        content_of: Callable[[SampleFile], str | None],
    ) -> None:
        self._journal = journal
        self._catalog = catalog
        self._records = journal.samples()
        self._in_force = journal.effective()
        self._open = journal.files_with_open_effects("sample")
        self._scanned = catalog.last_scan() is not None
        self._unreadable: set[str] = set()
        self._note: list[SampleRecord] = []
        self._gone: list[str] = []
        self._new: list[NewDecision] = []
        self._effects: dict[str, tuple[Target, ...]] = {}
        self.added = self.moved = 0
        self.removed: list[str] = []
        self.contradictions: list[tuple[str, tuple[str, ...]]] = []
        self._before: dict[str, list[SampleRecord]] = defaultdict(list)
        for record in self._records.values():
            self._before[record.identity].append(record)
        self.total = sum(any(one.present for one in records) for records in self._before.values())
        now: dict[str, list[_Seen]] = defaultdict(list)
        for one in present:
            if (content := content_of(one)) is None:
                self._unreadable.add(one.path)
            else:
                seen = self._see(one, content)
                now[seen.record.identity].append(seen)
        for identity, files in now.items():
            self._compare(identity, files)
        for identity, records in self._before.items():
            self._compare_missing(identity, records, {one.record.path for one in now.get(identity, ())})

    def folders_of_removed(self) -> set[str]:
        """Return the labels of the samples that were taken out."""
        return {one.label for identity in self.removed for one in self._before[identity]}

    def record(self) -> None:
        """Write what was found, the decisions as one act."""
        if self._note or self._gone:
            self._journal.note_samples(self._note, gone=self._gone)
        if self._new:
            self._journal.decide(self._new, session="folder", source="folder", effects=self._effects)

    def _see(self, one: SampleFile, content: str) -> _Seen:
        old = self._records.get(one.path)
        identity = self._identity(one.path.rpartition("/")[2], content, old)
        known = old is not None and old.identity == identity
        same = [other for other in self._before.get(identity, ()) if other.content == content]
        if old is not None and known and old.content == content:
            origin, ours = old.origin, old.ours
        elif same:
            origin, ours = same[0].origin, same[0].ours  # moved by hand: still the bytes that were known
        else:
            origin, ours = self._origin(identity, content), False
        stamps = (one.size, one.mtime_ns, one.inode)
        return _Seen(SampleRecord(one.path, identity, content, one.label, origin, ours, True, *stamps), known)

    def _identity(self, name: str, content: str, old: SampleRecord | None) -> str:
        """Return which file a sample stands for: what its bytes are, or what its name says if somebody confirms it."""
        claimed = claimed_identity(name)
        if claimed is None or claimed == content:
            return content
        if old is not None and old.content == content and old.identity == claimed:
            return claimed
        if self._catalog.file(content) is not None:
            return content
        confirmed = self._catalog.file(claimed) is not None or self._journal.known_files(claimed, 1)
        return claimed if confirmed else content

    def _origin(self, identity: str, content: str) -> str:
        if content != identity:
            return "shrunk"
        return "original" if self._catalog.file(identity) is not None else "dropped"

    def _compare(self, identity: str, files: list[_Seen]) -> None:
        here = {one.record.label for one in files}
        before = {one.label for one in self._before.get(identity, ())}
        known = {one.record.label for one in files if one.known or one.record.label in before}
        new = here - known
        decision = self._in_force.get(identity)
        current = decision.label if decision is not None else None
        by_hand = len(new) == 1 and (bool(known) or len(here) == 1)
        settled = not new and (len(here) == 1 or current in here or identity in self._open)
        if not by_hand and not settled:
            self.contradictions.append((identity, tuple(sorted(here))))
            self._gone += [one.record.path for one in files if one.known]
            return
        self._note += [one.record for one in files if self._records.get(one.record.path) != one.record]
        if by_hand:
            (label,) = new
            if label != current or (known and identity not in self._open):
                self._decide(identity, label, leftover=bool(known))

    def _decide(self, identity: str, label: str, *, leftover: bool) -> None:
        if self._before.get(identity):
            self.moved += 1
        else:
            self.added += 1
        self._add(NewDecision(identity, label=label, asks=self._asks(identity, label)), sample=leftover)

    def _add(self, new: NewDecision, *, sample: bool) -> None:
        """Add a decision; the sample is where it belongs already, unless another one is left over elsewhere."""
        tag = not self._scanned or self._catalog.file(new.file) is not None
        self._new.append(new)
        self._effects[new.file] = (*(("sample",) if sample else ()), *(("tag",) if tag else ()))

    def _asks(self, identity: str, label: str) -> Asks | None:
        """A file that is kept and lies in the library's trash asks to be rescued, however it was decided."""
        file = self._catalog.file(identity) if label == "archive" else None
        return "rescue" if file is not None and file.state is FileState.TRASH else None

    def _compare_missing(self, identity: str, records: list[SampleRecord], here: set[str]) -> None:
        missing = [one for one in records if one.path not in here and one.path not in self._unreadable]
        if not missing or identity in self._open:
            return
        decision = self._in_force.get(identity)
        current = decision.label if decision is not None else None
        if not here and any(one.present and one.label == current for one in missing):
            self.removed.append(identity)
            self._add(NewDecision(identity, "clear"), sample=False)
        self._gone += [one.path for one in missing]
