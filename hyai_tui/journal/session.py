"""What belongs to sessions rather than to files: the app's lease, the place, consents, and records of finished runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from hyai_tui.journal.model import Lease

LEASE_SECONDS = 10.0


def lease(connection: sqlite3.Connection, name: str, now: float) -> Lease | None:
    """Return who holds the lease, or None if nobody has been heard of for `LEASE_SECONDS`."""
    row = connection.execute("SELECT holder, about, taken, beat FROM leases WHERE name = ?", (name,)).fetchone()
    # A beat from the future was heard before the clock was set back.
    return Lease(*row) if row is not None and abs(now - row[3]) < LEASE_SECONDS else None


def take_lease(
    connection: sqlite3.Connection, name: str, holder: str, about: str, take_over: bool, now: float
) -> Lease:
    """Take a free lease, renew one's own, or take over another's; return the lease as it now stands."""
    current = lease(connection, name, now)
    if current is not None and current.holder != holder and not take_over:
        return current
    taken = current.taken if current is not None and current.holder == holder else now
    connection.execute(
        "INSERT OR REPLACE INTO leases(name, holder, about, taken, beat) VALUES (?, ?, ?, ?, ?)",
        (name, holder, about, taken, now),
    )
    return Lease(holder, about, taken, now)


def renew_lease(connection: sqlite3.Connection, name: str, holder: str, now: float) -> bool:
    """Say that the holder is alive; False if somebody else has taken over."""
    changed = connection.execute("UPDATE leases SET beat = ? WHERE name = ? AND holder = ?", (now, name, holder))
    return changed.rowcount == 1


def release_lease(connection: sqlite3.Connection, name: str, holder: str) -> None:
    """Give the lease back, if it is still the holder's."""
    connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))


def place(connection: sqlite3.Connection) -> dict[str, Any]:
    """Return where the app stood (queue, file, view, marks); empty the first time."""
    row = connection.execute("SELECT content FROM place").fetchone()
    content = json.loads(row[0]) if row is not None else {}
    return content if isinstance(content, dict) else {}


def save_place(connection: sqlite3.Connection, content: Mapping[str, Any]) -> None:
    """Keep where the app stands."""
    connection.execute("INSERT OR REPLACE INTO place(id, content) VALUES (1, ?)", (json.dumps(dict(content)),))


def runs(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the records of finished runs, oldest first; each has its number under `run`."""
    rows = connection.execute("SELECT id, at, record FROM runs ORDER BY id")
    return [{"at": at, **json.loads(record), "run": number} for number, at, record in rows]


def add_run(connection: sqlite3.Connection, record: Mapping[str, Any], now: float) -> int:
    """Keep the record of a finished run and return its number."""
    text = json.dumps(dict(record), allow_nan=False)
    number = connection.execute("INSERT INTO runs(at, record) VALUES (?, ?)", (now, text)).lastrowid
    assert number is not None
    return number


def consented(connection: sqlite3.Connection, library: str) -> bool:
    """Return whether a person has let us write to a library."""
    return connection.execute("SELECT 1 FROM consents WHERE library = ?", (library,)).fetchone() is not None


def consent(connection: sqlite3.Connection, library: str, said: str, now: float) -> None:
    """Keep that a person let us write to a library, and what was said before."""
    connection.execute("INSERT OR REPLACE INTO consents(library, at, said) VALUES (?, ?, ?)", (library, now, said))
