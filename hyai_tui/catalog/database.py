"""The catalog's SQLite file: its tables, its migrations, and one connection a thread."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hyai_tui.catalog.errors import CatalogError
from hyai_tui.errors import DiskFull, NotNow
from hyai_tui.transactions import immediate

BUSY_SECONDS = 15.0
_CHECKPOINT_PAGES = 16_384  # 64 MiB

# One script a version; a released script is never edited, a change is one more script. Hashes are 32 raw bytes and
# paths are raw file-system bytes, so that any name that a file can have is kept as it is. Tag lists are arrays of
# 32-bit numbers of `tags`: a library with forty tags a file stays small, and an unchanged list compares as bytes.
MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE files (
        number INTEGER PRIMARY KEY,
        sha256 BLOB NOT NULL UNIQUE,
        state INTEGER NOT NULL,
        archived INTEGER NOT NULL DEFAULT 0,
        motion INTEGER NOT NULL DEFAULT 0,
        conflict INTEGER NOT NULL DEFAULT 0,
        size INTEGER, mime TEXT, width INTEGER, height INTEGER, modified REAL, external_id INTEGER,
        tags BLOB NOT NULL DEFAULT x'',
        display_tags BLOB NOT NULL DEFAULT x''
    );
    CREATE TABLE paths (
        number INTEGER PRIMARY KEY,
        path BLOB NOT NULL UNIQUE,
        sha256 BLOB NOT NULL,
        size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL
    );
    CREATE INDEX paths_by_file ON paths (sha256, path);
    CREATE TABLE tags (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    CREATE TABLE scans (
        number INTEGER PRIMARY KEY, started REAL NOT NULL, finished REAL,
        files INTEGER, added INTEGER, gone INTEGER, skipped INTEGER
    );
    CREATE TABLE scan_skips (name BLOB PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE contents (
        source TEXT NOT NULL, file BLOB NOT NULL, content BLOB NOT NULL, PRIMARY KEY (source, file)
    ) WITHOUT ROWID;
    CREATE TABLE skips (
        source TEXT NOT NULL, file BLOB NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (source, file)
    ) WITHOUT ROWID;
    """,
    # The newest scan that had begun when a row was last written by something else than that scan: what was learned
    # beside a scan is newer than what the scan will say of it.
    """
    ALTER TABLE files ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE paths ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
    """,
    # When a file went into the trash, and the ids of what a client holds that is no picture: they need not be read again.
    """
    ALTER TABLE files ADD COLUMN trashed REAL;
    CREATE TABLE passed_over (external_id INTEGER PRIMARY KEY);
    """,
    # Which rows were changed, in order, for arrays that are kept beside the catalog; see `kept`.
    """
    CREATE TABLE changed (at INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL);
    CREATE TRIGGER files_changed AFTER UPDATE ON files
    WHEN new.state IS NOT old.state OR new.archived IS NOT old.archived OR new.motion IS NOT old.motion
        OR new.conflict IS NOT old.conflict OR new.size IS NOT old.size OR new.mime IS NOT old.mime
        OR new.width IS NOT old.width OR new.height IS NOT old.height OR new.modified IS NOT old.modified
        OR new.tags IS NOT old.tags
    BEGIN
        INSERT INTO changed (number) VALUES (old.number);
    END;
    """,
    # The library's own id of a file is kept in an array too.
    """
    CREATE TRIGGER files_renamed AFTER UPDATE OF external_id ON files
    WHEN new.external_id IS NOT old.external_id
    BEGIN
        INSERT INTO changed (number) VALUES (old.number);
    END;
    """,
)


class Database:
    """Connections to `catalog.db`, one a thread; WAL, `synchronous = NORMAL`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            with self._named_errors():
                self._migrate()
        except BaseException:
            self.close()
            raise

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of the calling thread."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._connect()
            self._local.connection = found
        return found

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run one short write transaction; rolled back if its body raises."""
        with self._named_errors(), immediate(self.connection) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Run reads that see one state of the file."""
        with self._named_errors():
            connection = self.connection
            if connection.in_transaction:  # inside a write: it already sees one state
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        # Known before anything can fail, so that `close` finds it.
        with self._lock:
            self._all.append(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        # Hashes fall all over the index, so each short transaction writes a page for nearly every row; carried to the
        # file only now and then, most of those pages are written there once instead of each time.
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        return connection

    def _migrate(self) -> None:
        connection = self.connection
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise CatalogError(
                f"{self.path} was made by a newer hyai", "Use that version, or delete the file and run 'hyai scan'"
            )
        if version == len(MIGRATIONS):
            return
        if version:
            self._back_up(connection, version)
        with immediate(connection):
            # Two programs may start at once: what the other has done meanwhile is not done again.
            for script in MIGRATIONS[_version(connection) :]:
                _run_script(connection.execute, script)
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('id', ?)", (secrets.token_hex(8),))
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('made', ?)", (str(time.time()),))
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _back_up(self, connection: sqlite3.Connection, version: int) -> None:
        target = sqlite3.connect(self.path.with_name(f"{self.path.name}.version-{version}"))
        try:
            connection.backup(target)
        finally:
            target.close()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Turn SQLite's errors into ones that say what to do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise NotNow("Another program is writing the catalog", "Try again in a moment") from error
            if "full" in str(error):
                raise DiskFull("The disk is full: the catalog could not be written", "Free some space") from error
            raise CatalogError(
                f"{self.path} cannot be used: {error}",
                "Check the disk's free space, and that its directory is yours to write",
            ) from error
        except sqlite3.DatabaseError as error:
            raise CatalogError(
                f"{self.path} is damaged: {error}",
                "Delete it and run 'hyai scan': it holds nothing that cannot be read again",
            ) from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _run_script(execute: Callable[[str], object], script: str) -> None:
    """Run the statements one by one: `executescript` would commit the transaction around it."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        # A trigger holds semicolons of its own.
        if part.strip() and sqlite3.complete_statement(statement):
            execute(statement)
            statement = ""
