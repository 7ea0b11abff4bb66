"""Tags of a folder library: a small SQLite file in the workspace, by hash, so that no picture is ever written to."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hyai_tui.errors import LibraryError, NotNow
from hyai_tui.library.base import TagChange
from hyai_tui.transactions import immediate

_SCHEMA = """
    CREATE TABLE tags (
        sha256 BLOB NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (sha256, tag)
    ) WITHOUT ROWID;
    CREATE INDEX tags_by_text ON tags (tag);
    PRAGMA user_version = 1;
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
            for change in changes:
                raw = bytes.fromhex(change.sha256)
                connection.executemany(
                    "DELETE FROM tags WHERE sha256 = ? AND tag = ?", [(raw, tag) for tag in change.remove]
                )
                connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(raw, tag) for tag in change.add])

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
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            with immediate(connection):
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
        return connection
