"""The part of the journal that keeps what decisions ask for: effects, and what they have left on their targets."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import Any

from hyai_tui.journal import outbox
from hyai_tui.journal.database import Database
from hyai_tui.journal.model import Asks, Cause, Decision, Effect, StateRequest, Status, Target, Trace

BOTH: tuple[Target, ...] = ("sample", "tag")


class Requests:
    """Effects and traces of an open journal; see `journal.Journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _reconcile(self, connection: Connection, changed: Sequence[Decision], cause: Cause, now: float) -> None:
        files = [one.file for one in changed if one.kind != "skip"]
        outbox.enqueue(connection, dict.fromkeys(files, BOTH), cause, now)

    def effects(self, status: Status | None = None) -> list[Effect]:
        """Return effects in the order in which they were asked for."""
        with self._database.reading() as connection:
            return outbox.listed(connection, status)

    def last_effect(self, file: str, target: Target) -> Effect | None:
        """Return what was asked for last on a target of a file, whatever became of it."""
        with self._database.reading() as connection:
            return outbox.last(connection, file, target)

    def due_effects(self, target: Target, limit: int, after: int = 0) -> list[Effect]:
        """Return effects on one target that may be tried now, oldest first."""
        with self._database.reading() as connection:
            return outbox.due(connection, target, time.time(), limit, after)

    def effect_counts(self) -> dict[Status, int]:
        """Return how many effects are due, staged and failed."""
        with self._database.reading() as connection:
            return outbox.counts(connection)

    def files_with_open_effects(self, target: Target) -> set[str]:
        """Return the files with a due, staged or failed effect on the target."""
        with self._database.reading() as connection:
            return outbox.open_files(connection, target)

    def settle_effects(self, results: Sequence[tuple[int, Status, str]]) -> None:
        """Mark due effects as done or failed: (id, status, reason)."""
        with self._database.transaction() as connection:
            outbox.settle(connection, results)

    def postpone_effects(self, ids: Sequence[int], reason: str, until: Sequence[float]) -> None:
        """Keep effects due, not to be tried before the given times."""
        with self._database.transaction() as connection:
            outbox.postpone(connection, ids, reason, until)

    def commit_effects(self, ids: Collection[int] | None = None) -> int:
        """Turn staged effects into due ones; all of them, or those named."""
        with self._database.transaction() as connection:
            return outbox.commit(connection, ids)

    def retry_effects(self, ids: Collection[int] | None = None) -> int:
        """Make failed effects due again, and let waiting ones be tried now."""
        with self._database.transaction() as connection:
            return outbox.retry(connection, ids)

    def forget_effects(self, ids: Collection[int] | None = None) -> list[Decision]:
        """Drop staged effects and undo the decisions that asked for them; one redo takes it back."""
        now = time.time()
        with self._database.transaction() as connection:
            undone = outbox.forget(connection, ids, now)
            self._reconcile(connection, undone, "undo", now)
        return undone

    def state_request(self, file: str) -> StateRequest | None:
        """Return the committed request that the library's state is to follow; None: the state before."""
        with self._database.reading() as connection:
            return outbox.state_request(connection, file)

    def stage_late(self, file: str, decision: int, asks: Asks) -> bool:
        """Stage what a decision would have asked of the library's state, had it been known then; True if it was."""
        with self._database.transaction() as connection:
            return outbox.stage_late(connection, file, decision, asks, time.time())

    def applied_tags(self) -> frozenset[str]:
        """Return every tag that decisions are known to have put on files."""
        with self._database.reading() as connection:
            return frozenset(tag for tags in outbox.states_of_ours(connection, "tag") for tag in tags)

    def trace(self, file: str, target: Target) -> Trace | None:
        """Return what effects have left on a target, or None where nothing of ours is there."""
        with self._database.reading() as connection:
            return outbox.trace(connection, file, target)

    def traced(self, files: Sequence[str], target: Target) -> list[str]:
        """Return those of the files on whose target effects have left something."""
        with self._database.reading() as connection:
            return outbox.traced(connection, files, target)

    def all_traces(self, target: Target) -> Iterator[tuple[str, Trace]]:
        """Yield what effects have left on one target, by file."""
        with self._database.reading() as connection:
            yield from outbox.all_traces(connection, target)

    def keep_before(self, states: Mapping[str, Any], target: Target, *, anew: Collection[str] = ()) -> None:
        """Record, by file, the state before our first act; one that is already recorded stays, save for files `anew`.

        Those are files that somebody else has changed since our last act: what they left is now the state before.
        """
        with self._database.transaction() as connection:
            for file, before in states.items():
                if file in anew:
                    outbox.drop_trace(connection, file, target)
                outbox.keep_before(connection, file, target, before)

    def keep_applied(self, states: Mapping[str, Any], target: Target) -> None:
        """Record, by file, the state that has just been verified."""
        with self._database.transaction() as connection:
            for file, applied in states.items():
                outbox.keep_applied(connection, file, target, applied)

    def keep_attempted(self, states: Mapping[str, Any], target: Target) -> None:
        """Record, by file, the state that is about to be brought about, for those with a state before."""
        with self._database.transaction() as connection:
            for file, attempted in states.items():
                outbox.keep_attempted(connection, file, target, attempted)

    def drop_traces(self, files: Iterable[str], target: Target) -> None:
        """Forget targets that are again as they were before our first act."""
        with self._database.transaction() as connection:
            for file in files:
                outbox.drop_trace(connection, file, target)

    def drop_all_traces(self, target: Target) -> None:
        """Forget what effects have left on a target of any file: all of it has been taken away."""
        with self._database.transaction() as connection:
            outbox.drop_all_traces(connection, target)
