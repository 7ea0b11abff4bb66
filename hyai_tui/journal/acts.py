"""Acts as people remember them: what was decided in one go, by whom, when, and whether it was taken back.

Functions over a connection; those that write expect to be inside a transaction. An act is undone and redone by its
number under the rules of every undo: only marks change, and a newer decision on a file stays in force.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from hyai_tui.journal import decisions
from hyai_tui.journal.model import Act, Decision, Kind, Part


def listed_acts(
    connection: sqlite3.Connection, limit: int, before: int | None = None, file: str | None = None
) -> list[Act]:
    """Return acts, newest first.

    Args:
        connection: the journal's.
        limit: most acts.
        before: only acts with a smaller number: the way to the next page.
        file: only acts that decided on this file.
    """
    where, values = ["a.id < ?"], [2**62 if before is None else before]
    if file is not None:
        where.append("EXISTS (SELECT 1 FROM decisions d WHERE d.file = ? AND d.act = a.id)")
        values.append(file)  # type: ignore[arg-type]
    rows = connection.execute(
        f"SELECT a.id, a.at, a.session, a.source FROM acts a WHERE {' AND '.join(where)} ORDER BY a.id DESC LIMIT ?",  # noqa: S608 - constants
        (*values, limit),
    ).fetchall()
    parts = _parts(connection, [row[0] for row in rows])
    firsts = _firsts(connection, [row[0] for row in rows])
    undone = _undone(connection, [row[0] for row in rows])
    return [
        Act(number, at, session, source, parts.get(number, ()), *firsts.get(number, ("", {})), *undone.get(number, ()))
        for number, at, session, source in rows
    ]


def undo_act(connection: sqlite3.Connection, act: int, session: str | None, now: float) -> list[Decision]:
    """Mark what is not undone of one act, as one undo; empty if nothing is left of it."""
    rows = connection.execute("SELECT id FROM decisions WHERE act = ? AND undo IS NULL", (act,)).fetchall()
    return decisions.undo_decisions(connection, [row[0] for row in rows], session, now)


def redo_act(connection: sqlite3.Connection, act: int) -> list[Decision]:
    """Take back every undo of one act, however long ago; empty if nothing of it is undone."""
    rows = connection.execute("SELECT id, undo FROM decisions WHERE act = ? AND undo IS NOT NULL", (act,)).fetchall()
    connection.execute("UPDATE decisions SET undo = NULL WHERE act = ?", (act,))
    for undo in {row[1] for row in rows}:
        left = connection.execute("SELECT 1 FROM decisions WHERE undo = ? LIMIT 1", (undo,)).fetchone()
        if left is None:
            connection.execute("UPDATE undos SET open = 0 WHERE id = ?", (undo,))
    return decisions.by_ids(connection, [row[0] for row in rows])


def _marks(values: Sequence[int]) -> str:
    return ",".join("?" * len(values))


def _parts(connection: sqlite3.Connection, acts: Sequence[int]) -> dict[int, tuple[Part, ...]]:
    """Return what each act decided, as counts of each kind and label, the most frequent first."""
    found: dict[int, list[Part]] = {}
    query = f"""SELECT act, kind, label, count(*), count(undo) FROM decisions WHERE act IN ({_marks(acts)})
                GROUP BY act, kind, label ORDER BY count(*) DESC, min(id)"""  # noqa: S608 - question marks
    row: tuple[int, Kind, str | None, int, int]
    for row in connection.execute(query, acts):
        found.setdefault(row[0], []).append(Part(*row[1:]))
    return {act: tuple(parts) for act, parts in found.items()}


def _firsts(connection: sqlite3.Connection, acts: Sequence[int]) -> dict[int, tuple[str, dict[str, Any]]]:
    """Return the first file of each act, and how that was shown."""
    query = f"""SELECT d.act, d.file, d.shown FROM decisions d
                WHERE d.id IN (SELECT min(id) FROM decisions WHERE act IN ({_marks(acts)}) GROUP BY act)"""  # noqa: S608
    return {act: (str(file), json.loads(shown)) for act, file, shown in connection.execute(query, acts)}


def _undone(connection: sqlite3.Connection, acts: Sequence[int]) -> dict[int, tuple[float, str | None]]:
    """Return when each act was last undone, in part or whole, and by which session (None: by a command, for all)."""
    query = f"""SELECT d.act, max(u.at), u.session FROM decisions d JOIN undos u ON u.id = d.undo
                WHERE d.act IN ({_marks(acts)}) GROUP BY d.act"""  # noqa: S608 - SQLite takes the row of the maximum
    return {act: (at, session) for act, at, session in connection.execute(query, acts)}
