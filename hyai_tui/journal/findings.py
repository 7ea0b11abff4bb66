"""Findings of checks that a person said to ignore; they stay ignored until somebody takes that back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


def ignore(connection: sqlite3.Connection, keys: Iterable[str], now: float) -> int:
    """Ignore findings by their keys; returns how many were not ignored yet."""
    before = connection.total_changes
    connection.executemany("INSERT OR IGNORE INTO ignored_findings VALUES (?, ?)", ((key, now) for key in keys))
    return connection.total_changes - before


def watch(connection: sqlite3.Connection, keys: Iterable[str]) -> int:
    """Take back that findings are ignored; returns how many were."""
    before = connection.total_changes
    connection.executemany("DELETE FROM ignored_findings WHERE key = ?", ((key,) for key in keys))
    return connection.total_changes - before


def ignored(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the keys of all ignored findings."""
    return frozenset(str(row[0]) for row in connection.execute("SELECT key FROM ignored_findings"))
