"""Tags of a folder library: a small SQLite file in the workspace, by hash, so that no picture is ever written to.

Beside them stands what each text beside a picture said when it was last taken in.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hyai_tui.errors import LibraryError, NotNow
from hyai_tui.library.base import TagChange
from hyai_tui.library.sidecars import TakenSidecar
from hyai_tui.transactions import immediate

_VERSION = 2
# The first version had no texts; what it held is read as it is.
_SCHEMA = f"""
    CREATE TABLE IF NOT EXISTS tags (
        sha256 BLOB NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (sha256, tag)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS tags_by_text ON tags (tag);
    CREATE TABLE IF NOT EXISTS sidecars (
        path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 BLOB NOT NULL, tags TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS sidecars_by_file ON sidecars (sha256);
    PRAGMA user_version = {_VERSION};
"""
_BUSY_SECONDS = 15.0
_ASK = 500


class FolderTags:
    """`tags.db`; made at the first write, read as empty until then. Each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def of(self, hashes: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return the tags of files; files without tags are absent."""
        if not self.path.exists():
            return {}
        raw = [bytes.fromhex(one) for one in hashes]
        found: dict[str, set[str]] = {}
        with self._connection() as connection:
            for start in range(0, len(raw), _ASK):
                part = raw[start : start + _ASK]
                marks = ",".join("?" * len(part))
                rows = connection.execute(f"SELECT sha256, tag FROM tags WHERE sha256 IN ({marks})", part)  # noqa: S608
                for sha256, tag in rows:
                    found.setdefault(sha256.hex(), set()).add(tag)
        return {sha256: frozenset(tags) for sha256, tags in found.items()}

    def change(self, changes: Sequence[TagChange]) -> None:
        """Add and remove tags, all of them or none."""
        with self._connection() as connection, immediate(connection):
            _change(connection, changes)

    # The book of texts, see `sidecars`

    def taken(self, paths: Collection[str]) -> dict[str, TakenSidecar]:
        """Return what was taken from these texts before."""
        if not paths or not self.path.exists():
            return {}
        raw = [os.fsencode(one) for one in paths]
        with self._connection() as connection:
            found = [
                row
                for start in range(0, len(raw), _ASK)
                for row in connection.execute(
                    f"SELECT path, size, mtime_ns, sha256, tags FROM sidecars"  # noqa: S608 - marks alone
                    f" WHERE path IN ({','.join('?' * len(raw[start : start + _ASK]))})",
                    raw[start : start + _ASK],
                )
            ]
        taken = (
            TakenSidecar(os.fsdecode(path), size, mtime_ns, sha256.hex(), _lines(tags))
            for path, size, mtime_ns, sha256, tags in found
        )
        return {one.path: one for one in taken}

    def also_said(self, sha256: str, path: str) -> dict[str, frozenset[str]]:
        """Return what other texts than this one gave a picture, by their paths."""
        query = "SELECT path, tags FROM sidecars WHERE sha256 = ? AND path <> ?"
        with self._connection() as connection:
            rows = connection.execute(query, (bytes.fromhex(sha256), os.fsencode(path))).fetchall()
        return {os.fsdecode(other): _lines(tags) for other, tags in rows}

    def take(self, found: Collection[TakenSidecar], changes: Collection[TagChange]) -> None:
        """Keep what was taken from texts, and change the tags, all of it or nothing."""
        rows = [
            (os.fsencode(one.path), one.size, one.mtime_ns, bytes.fromhex(one.sha256), "\n".join(sorted(one.tags)))
            for one in found
        ]
        with self._connection() as connection, immediate(connection):
            _change(connection, changes)
            connection.executemany("INSERT OR REPLACE INTO sidecars VALUES (?, ?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._connect()
                self._local.connection = connection
            yield connection
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise NotNow("Another program is writing tags.db", "Try again in a moment") from error
            raise LibraryError(
                f"{self.path} cannot be written: {error}", "Check the disk and its permissions"
            ) from error
        except sqlite3.DatabaseError as error:
            raise LibraryError(
                f"{self.path} is damaged: {error}", "Put it back from a backup, or move it away to begin without tags"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        with self._lock:
            self._all.append(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if connection.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
            with immediate(connection):
                if connection.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
        return connection


def _change(connection: sqlite3.Connection, changes: Iterable[TagChange]) -> None:
    for change in changes:
        raw = bytes.fromhex(change.sha256)
        connection.executemany("DELETE FROM tags WHERE sha256 = ? AND tag = ?", [(raw, tag) for tag in change.remove])
        connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(raw, tag) for tag in change.add])


def _lines(tags: str) -> frozenset[str]:
    return frozenset(filter(None, tags.split("\n")))
