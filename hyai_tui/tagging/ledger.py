"""The ledger of our tags (`ledger.db`): which tag we put on which file, where, by which model, when.

A row is `intended` before the request is sent and `verified` once the library has been read again, so that a run that
was killed in between neither repeats a write that happened nor misses one that did not. A verified tag that is not
there any more was removed by the user: it becomes `removed`, and is not put back. Each tag service has rows of its own:
what is not in one of them was not removed from another.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from hyai_tui.tagging.clearings import Clearings
from hyai_tui.tagging.ledger_file import connect, reading, writing

State = Literal["intended", "verified", "removed"]

DECISION = "decision"
"""What stands in place of a model where a person's decision is what a tag was written for."""

CLEARING = "untag"
"""What stands in place of a model where a tag was about to be cleared."""

_MOST_PARAMETERS = 500


class Ledger:
    """The open ledger of a workspace, as far as it is about one tag service; for one thread.

    Attributes:
        clearings: what bulk clearings took away.
    """

    def __init__(self, connection: sqlite3.Connection, service: str) -> None:
        self._connection = connection
        self._service = service
        self.clearings = Clearings(connection, service)

    @classmethod
    def open(cls, path: Path, service: str = "") -> Ledger:
        """Open the ledger, made where needed.

        Args:
            path: the file.
            service: where the tags are written to; rows of other services are neither shown nor changed.

        Raises:
            HyaiError: it cannot be read, or was made by a newer version of the program.
        """
        return cls(connect(path, service), service)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def intend(self, rows: Iterable[tuple[str, str]], model: str) -> None:
        """Note that (file, tag) is about to be written for a model."""
        self._put(rows, "intended", model)

    def verify(self, rows: Iterable[tuple[str, str]], model: str) -> None:
        """Note that (file, tag) was seen in the library."""
        self._put(rows, "verified", model)

    def remove(self, rows: Iterable[tuple[str, str]], model: str) -> None:
        """Note that the user took (file, tag) away."""
        self._put(rows, "removed", model)

    def forget(self, rows: Iterable[tuple[str, str]]) -> None:
        """Drop (file, tag): we took the tag away ourselves, or a decision did."""
        given = [(self._service, bytes.fromhex(file), tag) for file, tag in rows]
        with writing(self._connection) as connection:
            connection.executemany("DELETE FROM tags WHERE service = ? AND file = ? AND tag = ?", given)

    def states(self, files: Sequence[str]) -> dict[str, dict[str, State]]:
        """Return, for each file that the ledger knows, tag to state."""
        found: dict[str, dict[str, State]] = {}
        for file, tag, state, _ in self._rows(files):
            found.setdefault(file.hex(), {})[tag] = state
        return found

    def of_decisions(self, files: Sequence[str]) -> set[tuple[str, str]]:
        """Return (file, tag) of the files' rows that were written for a decision and for no model."""
        return {(file.hex(), tag) for file, tag, _, model in self._rows(files) if model == DECISION}

    def _rows(self, files: Sequence[str]) -> Iterator[tuple[bytes, str, State, str]]:
        with reading(self._connection):
            for start in range(0, len(files), _MOST_PARAMETERS):
                part = [bytes.fromhex(file) for file in files[start : start + _MOST_PARAMETERS]]
                marks = ",".join("?" * len(part))
                query = f"SELECT file, tag, state, model FROM tags WHERE service = ? AND file IN ({marks})"  # noqa: S608
                yield from self._connection.execute(query, [self._service, *part]).fetchall()

    def counts(self) -> dict[State, int]:
        """Return the number of rows in each state."""
        with reading(self._connection):
            query = "SELECT state, count(*) FROM tags WHERE service = ? GROUP BY state"
            return dict(self._connection.execute(query, (self._service,)).fetchall())

    def names(self) -> frozenset[str]:
        """Return every tag that we have ever written since the ledger was made, cleared ones too."""
        with reading(self._connection):
            return frozenset(tag for (tag,) in self._connection.execute("SELECT tag FROM names"))

    def rows(self) -> Iterator[tuple[str, str, State, str, float]]:
        """Yield (file, tag, state, model, at), newest first."""
        query = "SELECT file, tag, state, model, at FROM tags WHERE service = ? ORDER BY at DESC, file"
        with reading(self._connection):
            for file, *rest in self._connection.execute(query, (self._service,)):
                yield (file.hex(), *rest)

    def cleared_at(self) -> float:
        """Return when all our tags were last cleared, in seconds since the epoch; 0 for never."""
        with reading(self._connection):
            found = self._connection.execute("SELECT max(at) FROM cleared").fetchone()[0]
        return 0.0 if found is None else float(found)

    def _put(self, rows: Iterable[tuple[str, str]], state: State, model: str) -> None:
        now = time.time()
        given = [(self._service, bytes.fromhex(file), tag, state, model, now) for file, tag in rows]
        if not given:
            return
        with writing(self._connection) as connection:
            connection.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?, ?, ?)", given)
            connection.executemany("INSERT OR IGNORE INTO names VALUES (?)", {(tag,) for _, _, tag, *_ in given})
