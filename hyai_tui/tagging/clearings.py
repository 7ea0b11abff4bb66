"""What the last bulk clearing took away, so that it can be put back: tags, the ledger's rows, traces of decisions.

A clearing that was cut short is continued by the next one. Only the last of each tag service is kept.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyai_tui.tagging.ledger_file import reading, writing

_VARIABLES = 500


@dataclass(frozen=True, slots=True)
class Clearing:
    """One clearing.

    Attributes:
        id: its number.
        began: seconds since the epoch.
        ended: the same; None for one that was cut short.
    """

    id: int
    began: float
    ended: float | None


@dataclass(frozen=True, slots=True)
class ClearedTrace:
    """What a decision had left on a file that was cleared: our tags before our first act, and those that it wrote."""

    before: Any
    applied: Any


class Clearings:
    """The clearings of one tag service, in the open file of the ledger."""

    def __init__(self, connection: sqlite3.Connection, service: str) -> None:
        self._connection = connection
        self._service = service

    def last(self) -> Clearing | None:
        """Return the last clearing that has not been undone; None where there is none."""
        with reading(self._connection):
            query = "SELECT id, began, ended FROM clearings WHERE service = ? ORDER BY id DESC LIMIT 1"
            found = self._connection.execute(query, (self._service,)).fetchone()
        return None if found is None else Clearing(*found)

    def take(self, tags: Mapping[str, Iterable[str]], by: str) -> None:
        """Note which tags are about to be taken off which files, and that the ledger no longer knows if they are there.

        Args:
            tags: file to the tags of ours that it carries.
            by: what stands in the ledger in place of a model.
        """
        rows = [(bytes.fromhex(file), tag) for file, found in tags.items() for tag in found]
        if not rows:
            return
        now = time.time()
        with writing(self._connection) as connection:
            clearing = self._open(connection, now)
            # A file that was tagged again after a clearing that was cut short: what it carries now is what counts.
            connection.executemany(
                "DELETE FROM cleared_tags WHERE clearing = ? AND file = ?",
                [(clearing, file) for file in {file for file, _ in rows}],
            )
            connection.executemany(
                "INSERT INTO cleared_tags SELECT ?1, ?2, ?3, 1, tags.state, tags.model, tags.at FROM (SELECT 1) "
                "LEFT JOIN tags ON tags.service = ?4 AND tags.file = ?2 AND tags.tag = ?3",
                [(clearing, file, tag, self._service) for file, tag in rows],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO tags VALUES (?, ?, ?, 'intended', ?, ?)",
                [(self._service, file, tag, by, now) for file, tag in rows],
            )

    def keep_traces(self, traces: Iterable[tuple[str, ClearedTrace]]) -> None:
        """Keep what decisions had left on files, before it is forgotten."""
        with writing(self._connection) as connection:
            last = self.last()
            if last is not None and last.ended is None:
                connection.executemany(
                    "INSERT OR REPLACE INTO cleared_traces VALUES (?, ?, ?, ?)",
                    (
                        (last.id, bytes.fromhex(file), json.dumps(one.before), json.dumps(one.applied))
                        for file, one in traces
                    ),
                )

    def end(self) -> None:
        """Forget all files, now that our tags are off them; what the user had removed is kept for an undo."""
        now = time.time()
        with writing(self._connection) as connection:
            last = self.last()
            if last is not None and last.ended is None:
                connection.execute(
                    "INSERT OR IGNORE INTO cleared_tags SELECT ?, file, tag, 0, state, model, at FROM tags "
                    "WHERE service = ? AND state = 'removed'",
                    (last.id, self._service),
                )
                connection.execute("UPDATE clearings SET ended = ? WHERE id = ?", (now, last.id))
            connection.execute("DELETE FROM tags WHERE service = ?", (self._service,))
            connection.execute("INSERT INTO cleared VALUES (?)", (now,))

    def count(self, clearing: Clearing) -> int:
        """Return how many files lost a tag."""
        query = "SELECT count(DISTINCT file) FROM cleared_tags WHERE clearing = ? AND there"
        with reading(self._connection):
            return int(self._connection.execute(query, (clearing.id,)).fetchone()[0])

    def taken(self, clearing: Clearing, batch: int) -> Iterator[dict[str, frozenset[str]]]:
        """Yield, in batches of files, file to the tags that were taken off it."""
        after = b""
        while True:
            query = (
                "SELECT file, group_concat(tag, char(10)) FROM cleared_tags WHERE clearing = ? AND there AND file > ? "
                "GROUP BY file ORDER BY file LIMIT ?"
            )
            with reading(self._connection):
                rows = self._connection.execute(query, (clearing.id, after, batch)).fetchall()
            if not rows:
                return
            yield {file.hex(): frozenset(tags.split("\n")) for file, tags in rows}
            after = rows[-1][0]

    def traces(self, clearing: Clearing, batch: int) -> Iterator[dict[str, ClearedTrace]]:
        """Yield, in batches, what decisions had left on files, by file."""
        query = "SELECT file, before, applied FROM cleared_traces WHERE clearing = ? AND file > ? ORDER BY file LIMIT ?"
        after = b""
        while True:
            with reading(self._connection):
                rows = self._connection.execute(query, (clearing.id, after, batch)).fetchall()
            if not rows:
                return
            yield {file.hex(): ClearedTrace(json.loads(before), json.loads(applied)) for file, before, applied in rows}
            after = rows[-1][0]

    def traced(self, clearing: Clearing, files: Sequence[str]) -> set[str]:
        """Return those of the files on which a decision had left something."""
        found: set[str] = set()
        with reading(self._connection):
            for start in range(0, len(files), _VARIABLES):
                part = [bytes.fromhex(file) for file in files[start : start + _VARIABLES]]
                marks = ",".join("?" * len(part))
                query = f"SELECT file FROM cleared_traces WHERE clearing = ? AND file IN ({marks})"  # noqa: S608
                found |= {row[0].hex() for row in self._connection.execute(query, (clearing.id, *part))}
        return found

    def give_back(self, clearing: Clearing, files: Iterable[str]) -> None:
        """Enter the ledger's own rows of files again whose tags are back."""
        with writing(self._connection) as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO tags SELECT ?1, file, tag, state, model, at FROM cleared_tags "
                "WHERE clearing = ?2 AND file = ?3 AND there AND state IS NOT NULL",
                [(self._service, clearing.id, bytes.fromhex(file)) for file in files],
            )

    def undone(self, clearing: Clearing) -> None:
        """Note that the clearing has been taken back: what the user had removed before it is on record again."""
        with writing(self._connection) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO tags SELECT ?, file, tag, state, model, at FROM cleared_tags "
                "WHERE clearing = ? AND NOT there AND state IS NOT NULL",
                (self._service, clearing.id),
            )
            connection.execute("DELETE FROM cleared WHERE at = ?", (clearing.ended,))
            self._drop(connection, clearing.id)

    def _open(self, connection: sqlite3.Connection, now: float) -> int:
        """Return the number of the clearing that is under way; a new one takes the place of the last."""
        last = self.last()
        if last is not None and last.ended is None:
            return last.id
        if last is not None:
            self._drop(connection, last.id)
        number = connection.execute(
            "INSERT INTO clearings(service, began) VALUES (?, ?)", (self._service, now)
        ).lastrowid
        assert number is not None
        return number

    def _drop(self, connection: sqlite3.Connection, clearing: int) -> None:
        for table in ("cleared_tags", "cleared_traces"):
            connection.execute(f"DELETE FROM {table} WHERE clearing = ?", (clearing,))  # noqa: S608 - names of ours
        connection.execute("DELETE FROM clearings WHERE id = ?", (clearing,))
