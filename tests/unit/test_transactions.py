"""One write transaction: whole or not at all, and the lock is free afterwards whatever happened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hyai_tui.transactions import immediate


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE kept(id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child(parent REFERENCES kept(id) DEFERRABLE INITIALLY DEFERRED)")
    return path


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def write(connection: sqlite3.Connection, *statements: str, error: BaseException | None = None) -> None:
    """Run statements as one transaction, whose body then raises the error, if any."""
    with immediate(connection):
        for statement in statements:
            connection.execute(statement)
        if error is not None:
            raise error


def kept(path: Path) -> list[int]:
    """Return what another connection reads, which may write too: no lock is left."""
    with closing(connect(path)) as other, immediate(other):
        return [number for (number,) in other.execute("SELECT id FROM kept")]


def test_what_the_body_wrote_is_there_for_others(path: Path, connection: sqlite3.Connection) -> None:
    write(connection, "INSERT INTO kept VALUES (1)")

    assert kept(path) == [1]


def test_a_body_that_raises_leaves_nothing(path: Path, connection: sqlite3.Connection) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(connection, "INSERT INTO kept VALUES (1)", error=KeyboardInterrupt())

    assert kept(path) == []


def test_a_commit_that_fails_leaves_nothing_and_no_lock(path: Path, connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        write(connection, "INSERT INTO kept VALUES (1)", "INSERT INTO child VALUES (99)")

    assert not connection.in_transaction
    assert kept(path) == []


def test_two_writers_never_write_at_once(path: Path, connection: sqlite3.Connection) -> None:
    with immediate(connection), pytest.raises(sqlite3.OperationalError, match="locked"):
        kept(path)
