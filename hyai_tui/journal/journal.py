"""The journal: everything that people did, in `journal.db`.

Decisions are appended and marked, never deleted. What they ask for outside the journal (sample, tag, library state) is
enqueued in the same transaction, so that a process that is killed between the two cannot exist. Every write is durable
when the call returns.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType
from typing import Any, Self

from hyai_tui.journal import decisions, folders, labels, outbox, probes, session
from hyai_tui.journal.acts import listed_acts, redo_act, undo_act
from hyai_tui.journal.database import Database
from hyai_tui.journal.mending import Mending
from hyai_tui.journal.model import (
    Act,
    Decision,
    Label,
    Lease,
    NewDecision,
    SampleRecord,
    Source,
    Target,
)
from hyai_tui.journal.requests import BOTH, Requests
from hyai_tui.journal.searches import Searches

APP_LEASE = "app"


class Journal(Requests, Mending, Searches):
    """The open journal of a workspace. Safe to use from several threads."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal, made or migrated where needed.

        Raises:
            JournalError: if it cannot be opened, is damaged, or was made by a newer version.
        """
        return cls(Database(path))

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self._database.path

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def transaction(self) -> AbstractContextManager[Connection]:
        """Make several calls of this thread one transaction: all of them are kept, or none."""
        return self._database.transaction()

    def data_version(self) -> int:
        """Return a number that changes with every commit of anybody, this process included; costs microseconds."""
        return self._database.data_version()

    # Decisions

    def decide(
        self,
        new: Sequence[NewDecision],
        *,
        session: str,
        source: Source,
        effects: Collection[Target] | Mapping[str, Collection[Target]] = BOTH,
        at_once: bool = False,
    ) -> list[Decision]:
        """Record one act and enqueue what it asks for, in one transaction.

        Args:
            new: the decisions of the act; undone together.
            session: who decides.
            source: `app`, `command` or `folder`.
            effects: targets to reconcile, for all files or by file; what a decision `asks` of the library's state is
                staged in any case.
            at_once: commit what is staged for these decisions in the same transaction, instead of waiting for a commit.

        Raises:
            UnknownLabel: for a label that does not exist.
            JournalError: if it cannot be written; then nothing is recorded.
        """
        if not new:
            return []
        now = time.time()
        with self._database.transaction() as connection:
            recorded = decisions.record(connection, new, session, source, now)
            files = [one.file for one in recorded if one.kind != "skip"]
            targets = effects if isinstance(effects, Mapping) else dict.fromkeys(files, effects)
            outbox.enqueue(connection, {file: targets.get(file, ()) for file in files}, "decision", now)
            if at_once:
                outbox.commit_of(connection, [one.id for one in recorded])
        return recorded

    def undo(self, acts: int = 1, *, session: str | None = None) -> list[Decision]:
        """Undo the newest acts that are not undone (of one session, or of all) and return their decisions."""
        now = time.time()
        with self._database.transaction() as connection:
            undone = decisions.undo_acts(connection, acts, session, now)
            self._reconcile(connection, undone, "undo", now)
        return undone

    def redo(self, acts: int = 1, *, session: str | None = None) -> list[Decision]:
        """Take back the newest undos (of one session, or of all) that no newer act has closed."""
        now = time.time()
        with self._database.transaction() as connection:
            redone = decisions.redo_acts(connection, acts, session)
            self._reconcile(connection, redone, "redo", now)
        return redone

    def acts(self, limit: int, *, before: int | None = None, file: str | None = None) -> list[Act]:
        """Return acts, newest first: all or those on one file, from the newest or from before an act."""
        with self._database.reading() as connection:
            return listed_acts(connection, limit, before, file)

    def undo_act(self, act: int, *, session: str | None = None) -> list[Decision]:
        """Undo what is left of one act, whoever made it, and return its decisions."""
        now = time.time()
        with self._database.transaction() as connection:
            undone = undo_act(connection, act, session, now)
            self._reconcile(connection, undone, "undo", now)
        return undone

    def redo_act(self, act: int) -> list[Decision]:
        """Take back all undos of one act, however old, and return the decisions concerned."""
        now = time.time()
        with self._database.transaction() as connection:
            redone = redo_act(connection, act)
            self._reconcile(connection, redone, "redo", now)
        return redone

    def effective(self, files: Iterable[str] | None = None) -> dict[str, Decision]:
        """Return the decision in force of each decided file: the newest that is not undone.

        `skip` decides nothing and hides nothing; a file whose newest decision is `clear` is absent.
        """
        with self._database.reading() as connection:
            return decisions.effective(connection, files)

    def decisions(self, limit: int | None = None, newest_first: bool = True) -> Iterator[Decision]:
        """Yield decisions, undone ones too."""
        with self._database.reading() as connection:
            yield from decisions.listed(connection, limit, newest_first)

    def history(self, file: str) -> list[Decision]:
        """Return every decision on one file, oldest first."""
        with self._database.reading() as connection:
            return decisions.of_file(connection, file)

    def known_files(self, prefix: str = "", limit: int = -1) -> list[str]:
        """Return identities that the journal knows, decided or a sample, whose hash begins with the prefix."""
        with self._database.reading() as connection:
            return decisions.known_files(connection, prefix, limit)

    # Labels and folds

    def labels(self) -> list[Label]:
        """Return the labels, in the order of their digits."""
        with self._database.reading() as connection:
            return labels.labels(connection)

    def add_label(self, name: str) -> None:
        """Make a label if it is missing; raises `WrongUse` for a name that cannot be a folder."""
        self.add_labels([name])

    def add_labels(self, names: Iterable[str]) -> None:
        """Make the labels that are missing; without any, nothing is written."""
        wanted = list(names)
        known = {one.name for one in self.labels()}
        if all(name in known for name in wanted):
            return
        with self._database.transaction() as connection:
            labels.add_labels(connection, wanted, time.time())

    def rename_label(self, old: str, new: str) -> list[str]:
        """Rename a label with its history and sample records, and ask anew for its tags; see `labels.rename_label`."""
        now = time.time()
        with self._database.transaction() as connection:
            files = labels.rename_label(connection, old, new)
            in_force = decisions.effective(connection, files)
            outbox.ask_tags(connection, {file: one for file, one in in_force.items() if one.label == new}, now)
        return files

    def order_labels(self, names: Sequence[str]) -> None:
        """List the labels in this order; digits stay, see `labels.order_labels`."""
        with self._database.transaction() as connection:
            labels.order_labels(connection, names)

    def hide_label(self, name: str) -> None:
        """Leave a merged or removed label out of the list until somebody uses it again."""
        with self._database.transaction() as connection:
            labels.hide_label(connection, name)

    def colour_label(self, name: str, colour: str | None) -> None:
        """Give a label a colour `#rrggbb`, or the theme's with None."""
        with self._database.transaction() as connection:
            labels.colour_label(connection, name, colour)

    def describe_label(self, name: str, about: str) -> None:
        """Say what a label stands for, in a sentence; raises `WrongUse` for a label that there is not."""
        with self._database.transaction() as connection:
            labels.describe_label(connection, name, about)

    def folds(self) -> dict[str, int]:
        """Return the fold of each sample by identity; -1 is the test split."""
        with self._database.reading() as connection:
            return folders.folds(connection)

    def assign_folds(self, mapping: Mapping[str, int]) -> None:
        """Give folds to samples that have none; a fold never changes."""
        with self._database.transaction() as connection:
            folders.assign_folds(connection, mapping)

    # Samples

    def samples(self) -> dict[str, SampleRecord]:
        """Return the records of all sample files by path relative to `data/`."""
        with self._database.reading() as connection:
            return folders.samples(connection)

    def samples_of(self, identity: str) -> list[SampleRecord]:
        """Return the records of one identity."""
        with self._database.reading() as connection:
            return folders.samples_of(connection, identity)

    def note_samples(self, records: Iterable[SampleRecord] = (), *, gone: Iterable[str] = ()) -> None:
        """Keep records of sample files, and drop those of paths that are gone."""
        with self._database.transaction() as connection:
            folders.drop(connection, gone)
            folders.note(connection, records)

    # Runs, lease and place

    def runs(self) -> list[dict[str, Any]]:
        """Return the records of finished runs, oldest first; each has its number under `run`."""
        with self._database.reading() as connection:
            return session.runs(connection)

    def add_run(self, record: Mapping[str, Any]) -> int:
        """Keep the record of a finished run and return its number."""
        with self._database.transaction() as connection:
            return session.add_run(connection, record, time.time())

    def probes(self) -> list[str]:
        """Return the files whose scores are compared before and after each training, the first one pinned first."""
        with self._database.reading() as connection:
            return probes.probes(connection)

    def pin_probe(self, file: str) -> bool:
        """Compare a file's scores before and after each training; False where that was so already."""
        with self._database.transaction() as connection:
            return probes.pin(connection, file, time.time())

    def unpin_probe(self, file: str) -> bool:
        """Compare it no longer; False where it was no probe."""
        with self._database.transaction() as connection:
            return probes.unpin(connection, file)

    def lease(self, name: str = APP_LEASE) -> Lease | None:
        """Return who holds the lease, or None if nobody has been heard of for a while."""
        with self._database.reading() as connection:
            return session.lease(connection, name, time.time())

    def take_lease(self, holder: str, about: str = "", *, take_over: bool = False, name: str = APP_LEASE) -> Lease:
        """Take a free lease (or anybody's, with `take_over`); the caller has it if the answer names it as holder."""
        with self._database.transaction() as connection:
            return session.take_lease(connection, name, holder, about, take_over, time.time())

    def renew_lease(self, holder: str, name: str = APP_LEASE) -> bool:
        """Say that the holder is alive, every few seconds; False if somebody else has taken over."""
        with self._database.transaction() as connection:
            return session.renew_lease(connection, name, holder, time.time())

    def release_lease(self, holder: str, name: str = APP_LEASE) -> None:
        """Give the lease back, if it is still the holder's."""
        with self._database.transaction() as connection:
            session.release_lease(connection, name, holder)

    def place(self) -> dict[str, Any]:
        """Return where the app stood (queue, file, view, marks); empty the first time."""
        with self._database.reading() as connection:
            return session.place(connection)

    def save_place(self, content: Mapping[str, Any]) -> None:
        """Keep where the app stands."""
        with self._database.transaction() as connection:
            session.save_place(connection, content)

    def consented(self, library: str) -> bool:
        """Return whether a person has let us write to a library."""
        with self._database.reading() as connection:
            return session.consented(connection, library)

    def consent(self, library: str, said: str) -> None:
        """Keep that a person let us write to a library, after reading what the key may and cannot do."""
        with self._database.transaction() as connection:
            session.consent(connection, library, said, time.time())
