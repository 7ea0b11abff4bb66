"""The SQLite file behind the journal: durable, private, migrated with a back-up, usable from several threads.

Every thread has a connection of its own, so that a long read never holds up the thread that commits decisions. All
writes go through `transaction`, which either commits whole or leaves nothing.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hyai_tui.journal import schema
from hyai_tui.journal.errors import JournalError, in_words
from hyai_tui.transactions import immediate

BUSY_SECONDS = 10.0


class Database:
    """Connections to one journal file.

    Args:
        path: the file; made where it is missing, migrated where it is older.

    Raises:
        JournalError: if it cannot be opened, is damaged, or was made by a newer version of the program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: list[sqlite3.Connection] = []
        self._closed = False
        try:
            self._make_private()
            with closing(self._connect()) as connection:
                _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
                self._migrate(connection)
            self._watcher = self._connect()
        except OSError as error:
            raise JournalError(
                f"The journal cannot be opened: {error.strerror}", "Check that the workspace is yours to write"
            ) from error
        except sqlite3.Error as error:
            raise in_words(error) from error
        self._all.append(self._watcher)

    def _make_private(self) -> None:
        """Make the file readable by its owner alone; SQLite gives its companions the same mode."""
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))

    def _connect(self) -> sqlite3.Connection:
        # Threads keep to their own connection; only `close` touches those of others.
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        newest = len(schema.MIGRATIONS)
        version = _version(connection)
        if version == newest:
            return
        if version > newest:
            raise JournalError(
                f"The journal was made by a newer hyai (version {version}; this one knows {newest})", "Update hyai"
            )
        if version > 0:
            self._back_up(connection, version)
        with immediate(connection):
            # Another process may have migrated while this one waited for the lock.
            for step in range(_version(connection), newest):
                for statement in _statements(schema.MIGRATIONS[step]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step + 1}")

    def _back_up(self, connection: sqlite3.Connection, version: int) -> None:
        """Copy the journal as it was before a migration, whole or not at all."""
        target = self.path.with_name(f"{self.path.name}.v{version}.backup")
        if target.exists():
            return
        temporary = target.with_name(f"{target.name}.{os.getpid()}.part")
        os.close(os.open(temporary, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600))
        with closing(sqlite3.connect(temporary)) as copy:
            connection.backup(copy)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)

    @property
    def connection(self) -> sqlite3.Connection:
        """The calling thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            with self._lock:
                if self._closed:
                    raise JournalError("The journal has been closed", "Open the workspace again")
                found = self._connect()
                self._all.append(found)
            self._local.connection = found
        return found

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction; inside another one of the same thread, join it.

        Raises:
            JournalError: if the commit fails (disk full, read-only); nothing of the transaction is kept.
        """
        try:
            connection = self.connection
            if connection.in_transaction:
                yield connection
                return
            with immediate(connection):
                yield connection
        except sqlite3.Error as error:
            raise in_words(error) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read; database errors come out in words."""
        try:
            yield self.connection
        except sqlite3.Error as error:
            raise in_words(error) from error

    def data_version(self) -> int:
        """Return a number that changes with every commit of anybody, this process included."""
        with self._lock:
            try:
                row = self._watcher.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error as error:
                raise in_words(error) from error
        return int(row[0])

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            self._closed = True
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """Split a script into statements; `executescript` would commit between them."""
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _patiently(act: Callable[[], object], tries: int = 50) -> None:
    """Do what SQLite refuses at once, busy time-out or not, while another process makes the same file."""
    for left in range(tries, 0, -1):
        try:
            act()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY or left == 1:
                raise
            time.sleep(0.02)
        else:
            return
