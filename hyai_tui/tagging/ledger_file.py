"""The file behind the ledger (`ledger.db`): its tables, older versions of them, and what its errors mean to a person."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hyai_tui.errors import DiskFull, HyaiError, NotNow
from hyai_tui.space import is_out_of_space
from hyai_tui.transactions import immediate

_VERSION = 3
_SCHEMA = """
CREATE TABLE IF NOT EXISTS tags(
    service TEXT NOT NULL,
    file BLOB NOT NULL CHECK (length(file) = 32),
    tag TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'verified', 'removed')),
    model TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (service, file, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names(tag TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cleared(at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS clearings(
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    began REAL NOT NULL,
    ended REAL
) STRICT;
CREATE TABLE IF NOT EXISTS cleared_tags(
    clearing INTEGER NOT NULL REFERENCES clearings,
    file BLOB NOT NULL CHECK (length(file) = 32),
    tag TEXT NOT NULL,
    there INTEGER NOT NULL,
    state TEXT,
    model TEXT,
    at REAL,
    PRIMARY KEY (clearing, file, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cleared_traces(
    clearing INTEGER NOT NULL REFERENCES clearings,
    file BLOB NOT NULL CHECK (length(file) = 32),
    before TEXT NOT NULL,
    applied TEXT NOT NULL,
    PRIMARY KEY (clearing, file)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
"""


def connect(path: Path, service: str) -> sqlite3.Connection:
    """Open the file, made or brought up to date where needed.

    Args:
        path: the file.
        service: the tag service that a ledger of the first version, which knew of one only, was about.

    Raises:
        HyaiError: it cannot be read, or was made by a newer version of the program.
    """
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        with _in_words(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _make(connection, service)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Open a transaction for the body: all of it is on the disk at the end, or nothing."""
    with reading(connection), immediate(connection):
        yield connection


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Turn errors of the body into what they mean to a person."""
    with _in_words(_path(connection)):
        yield


def _path(connection: sqlite3.Connection) -> Path:
    """Return the file of an open connection; costs no look at the disk."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Turn database errors into what they mean to a person."""
    try:
        yield
    except sqlite3.Error as error:
        if is_out_of_space(error, path):
            raise DiskFull(
                "The disk is full: ledger.db could not be written", "Free some space, then do it again"
            ) from error
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise NotNow("ledger.db is in use by another process", "Wait for it to finish, then do it again") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise HyaiError(
                "ledger.db is damaged or no ledger",
                "Move it aside: a new one is made, and tags that you removed by hand may be written again once",
            ) from error
        raise HyaiError(f"ledger.db failed: {error}", "Check that the workspace is yours to write") from error


def _make(connection: sqlite3.Connection, service: str) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise HyaiError(
            f"ledger.db was made by a newer hyai (version {version}; this one knows {_VERSION})", "Update hyai"
        )
    if version == _VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have made the tables while this one waited for the lock.
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version < _VERSION:
        if version == 1:
            connection.execute("ALTER TABLE tags RENAME TO tags_of_one_service")
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        if version == 1:
            connection.execute("INSERT INTO tags SELECT ?, * FROM tags_of_one_service", (service,))
            connection.execute("DROP TABLE tags_of_one_service")
    connection.execute("COMMIT")
