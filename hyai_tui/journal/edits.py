"""Changes that a person makes to tags of their own, with the finding of a check that asked for them.

A row says what is wished (`undone` or not) and what the library was last seen to have (`applied`, `changed`); the two are
brought together by the effect `edit`. Rows are never deleted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

_COLUMNS = "id, at, session, file, add_tags, remove_tags, finding, changed, applied, undone"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one file's tags.

    Attributes:
        id: grows with time.
        at: when it was asked for, seconds since the epoch.
        session: who asked.
        file: SHA-256.
        add, remove: the tags that the file is to have, and those that it is not to have.
        finding: key of the finding that it mends; empty for none.
        changed: the tags that our write really added and really took away; None before the first write.
        applied: the library was seen to be as the edit wants it.
        undone: when it was taken back; None while it holds.
    """

    id: int
    at: float
    session: str
    file: str
    add: frozenset[str]
    remove: frozenset[str]
    finding: str
    changed: tuple[frozenset[str], frozenset[str]] | None
    applied: bool
    undone: float | None

    @property
    def open(self) -> bool:
        """True where the library has yet to be brought to what is wished."""
        return not self.applied if self.undone is None else self.changed is not None

    @property
    def words(self) -> str:
        """What it changes, for people: `person:ann, not foo`."""
        return ", ".join([*sorted(self.add), *(f"not {tag}" for tag in sorted(self.remove))])


def record(
    connection: sqlite3.Connection,
    file: str,
    tags: tuple[frozenset[str], frozenset[str]],
    session: str,
    finding: str,
    now: float,
) -> Edit:
    """Add a row for tags to add and to remove, and return it."""
    add, remove = tags
    number = connection.execute(
        "INSERT INTO edits(at, session, file, add_tags, remove_tags, finding) VALUES (?, ?, ?, ?, ?, ?)",
        (now, session, file, _text(add), _text(remove), finding),
    ).lastrowid
    assert number is not None
    return Edit(number, now, session, file, add, remove, finding, None, False, None)


def by_id(connection: sqlite3.Connection, number: int) -> Edit | None:
    """Return one edit, or None where there is none of that number."""
    rows = _read(connection, "WHERE id = ?", (number,))
    return rows[0] if rows else None


def set_undone(connection: sqlite3.Connection, number: int, undone: float | None) -> None:
    """Wish an edit to be taken back from a moment on, or to hold again."""
    connection.execute("UPDATE edits SET undone = ? WHERE id = ?", (undone, number))


def of_file(connection: sqlite3.Connection, file: str) -> list[Edit]:
    """Return the edits of a file, oldest first."""
    return _read(connection, "WHERE file = ? ORDER BY id", (file,))


def newest(connection: sqlite3.Connection, limit: int) -> list[Edit]:
    """Return the newest edits first."""
    return _read(connection, "ORDER BY id DESC LIMIT ?", (limit,))


def newest_act(connection: sqlite3.Connection, start: str) -> list[Edit]:
    """Return the edits of the newest act that still hold, newest first; an act's session begins with `start`."""
    where = (
        "WHERE undone IS NULL AND session = (SELECT session FROM edits"
        " WHERE undone IS NULL AND substr(session, 1, ?) = ? ORDER BY id DESC LIMIT 1) ORDER BY id DESC"
    )
    return _read(connection, where, (len(start), start))


def in_force(connection: sqlite3.Connection) -> list[Edit]:
    """Return the edits for findings that are not undone, oldest first."""
    return _read(connection, "WHERE undone IS NULL AND finding <> '' ORDER BY id", ())


def keep_changed(
    connection: sqlite3.Connection, number: int, changed: tuple[frozenset[str], frozenset[str]] | None
) -> None:
    """Record what a write is about to add and to take away; None after it was taken back."""
    text = None if changed is None else json.dumps([sorted(part) for part in changed])
    connection.execute("UPDATE edits SET changed = ? WHERE id = ?", (text, number))


def keep_applied(connection: sqlite3.Connection, numbers: Sequence[int], applied: bool) -> None:
    """Record whether the library was seen to be as the edits want it."""
    connection.executemany("UPDATE edits SET applied = ? WHERE id = ?", [(applied, one) for one in numbers])


def _text(tags: frozenset[str]) -> str:
    return json.dumps(sorted(tags))


def _read(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Edit]:
    found = []
    for row in connection.execute(f"SELECT {_COLUMNS} FROM edits {where}", values):  # noqa: S608 - constants
        number, at, session, file, add, remove, finding, changed, applied, undone = row
        parts = None if changed is None else json.loads(changed)
        found.append(
            Edit(
                number,
                at,
                session,
                file,
                frozenset(json.loads(add)),
                frozenset(json.loads(remove)),
                finding,
                None if parts is None else (frozenset(parts[0]), frozenset(parts[1])),
                bool(applied),
                undone,
            )
        )
    return found
