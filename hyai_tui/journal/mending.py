"""The part of the journal that keeps what people did about findings of checks: ignored them, or changed tags."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from hyai_tui.journal import edits, findings, outbox
from hyai_tui.journal.database import Database
from hyai_tui.journal.edits import Edit

Tags = tuple[frozenset[str], frozenset[str]]


class Mending:
    """Ignored findings and edits of tags in an open journal; see `journal.Journal`."""

    _database: Database

    def ignore_findings(self, keys: Iterable[str]) -> int:
        """Ignore findings of checks from now on; returns how many were not ignored yet."""
        with self._database.transaction() as connection:
            return findings.ignore(connection, keys, time.time())

    def watch_findings(self, keys: Iterable[str]) -> int:
        """Take back that findings are ignored; returns how many were."""
        with self._database.transaction() as connection:
            return findings.watch(connection, keys)

    def ignored_findings(self) -> frozenset[str]:
        """Return the keys of all ignored findings."""
        with self._database.reading() as connection:
            return findings.ignored(connection)

    def edit_tags(self, file: str, add: frozenset[str], remove: frozenset[str], *, session: str, finding: str) -> Edit:
        """Record a change of a file's own tags, and ask for it in the same transaction.

        Args:
            file: SHA-256.
            add: tags that it is to have.
            remove: tags that it is not to have.
            session: who asks.
            finding: key of the finding that the change mends; empty for none.
        """
        now = time.time()
        with self._database.transaction() as connection:
            made = edits.record(connection, file, (add, remove), session, finding, now)
            outbox.ask_edit(connection, file, "decision", made.words, now)
        return made

    def undo_edit(self, number: int) -> Edit | None:
        """Wish a change of tags taken back; None where there is none that holds."""
        return self._wish(number, undone=True)

    def redo_edit(self, number: int) -> Edit | None:
        """Wish again for a change that was taken back; None where there is none."""
        return self._wish(number, undone=False)

    def _wish(self, number: int, *, undone: bool) -> Edit | None:
        now = time.time()
        with self._database.transaction() as connection:
            edit = edits.by_id(connection, number)
            if edit is None or (edit.undone is not None) is undone:
                return None
            edits.set_undone(connection, number, now if undone else None)
            outbox.ask_edit(connection, edit.file, "undo" if undone else "redo", None if undone else edit.words, now)
            return edits.by_id(connection, number)

    def edits(self, limit: int = 1_000) -> list[Edit]:
        """Return the newest changes of tags, newest first."""
        with self._database.reading() as connection:
            return edits.newest(connection, limit)

    def newest_act(self, start: str) -> list[Edit]:
        """Return the changes of the newest act that still hold, newest first: all of one session that begins with `start`."""
        with self._database.reading() as connection:
            return edits.newest_act(connection, start)

    def edits_of(self, file: str) -> list[Edit]:
        """Return the changes of one file's tags, oldest first."""
        with self._database.reading() as connection:
            return edits.of_file(connection, file)

    def mended_findings(self) -> dict[str, Edit]:
        """Return the key of each finding for which tags were changed, and the newest change that holds."""
        with self._database.reading() as connection:
            return {one.finding: one for one in edits.in_force(connection)}

    def keep_edits_changed(self, changed: Mapping[int, Tags | None]) -> None:
        """Record, by edit, what a write is about to add and to take away."""
        with self._database.transaction() as connection:
            for number, tags in changed.items():
                edits.keep_changed(connection, number, tags)

    def keep_edits_applied(self, applied: Sequence[int], taken_back: Sequence[int]) -> None:
        """Record which edits were seen in the library, and which were seen to be gone from it."""
        with self._database.transaction() as connection:
            edits.keep_applied(connection, applied, True)
            edits.keep_applied(connection, taken_back, False)
            for number in taken_back:
                edits.keep_changed(connection, number, None)
