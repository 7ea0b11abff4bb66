"""Probes: files that a person pinned, so that their scores are compared before and after each training."""

from __future__ import annotations

import sqlite3

from hyai_tui.errors import WrongUse

MOST = 50


def probes(connection: sqlite3.Connection) -> list[str]:
    """Return the pinned files, the first one first."""
    return [str(row[0]) for row in connection.execute("SELECT file FROM probes ORDER BY at, file")]


def pin(connection: sqlite3.Connection, file: str, now: float) -> bool:
    """Pin a file; False where it is pinned already.

    Raises:
        WrongUse: there are as many as anybody reads already.
    """
    if connection.execute("SELECT count(*) FROM probes").fetchone()[0] >= MOST:
        raise WrongUse(f"There are {MOST} probes already", "Unpin one first: 'hyai probes remove FILE'")
    return connection.execute("INSERT OR IGNORE INTO probes(file, at) VALUES (?, ?)", (file, now)).rowcount > 0


def unpin(connection: sqlite3.Connection, file: str) -> bool:
    """Unpin a file; False where it was not pinned."""
    return connection.execute("DELETE FROM probes WHERE file = ?", (file,)).rowcount > 0
