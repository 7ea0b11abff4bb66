"""One SQLite write transaction: all of it is on the disk at the end, or nothing. For every database of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Take the write lock at once, commit after the body, and roll back where body or commit fail.

    Args:
        connection: in autocommit mode (`isolation_level=None`), in no transaction.

    Raises:
        sqlite3.Error: as SQLite says it; each database has its own words for people.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    finally:
        # Also after a commit that failed, or the connection would hold its lock for ever; SQLite itself has already
        # rolled back after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
