"""Decisions: recorded, undone and redone, never deleted.

Functions over a connection; those that write expect to be inside a transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hyai_tui.journal.errors import UnknownLabel
from hyai_tui.journal.labels import label_names
from hyai_tui.journal.model import Decision, NewDecision, Source

_COLUMNS = """
    d.id, d.act, d.file, d.kind, d.label, a.at, a.session, a.source, d.shown, u.at, d.asks
    FROM decisions d JOIN acts a ON a.id = d.act LEFT JOIN undos u ON u.id = d.undo
"""
_PAGE = 2000
_VARIABLES = 500


def record(
    connection: sqlite3.Connection, new: Sequence[NewDecision], session: str, source: Source, now: float
) -> list[Decision]:
    """Append one act with its decisions, and close the redo of what this session has undone.

    Raises:
        UnknownLabel: for a label that does not exist; nothing is recorded.
    """
    known = set(label_names(connection))
    for one in new:
        if one.label is not None and one.label not in known:
            raise UnknownLabel(one.label, sorted(known))
    act = connection.execute("INSERT INTO acts(at, session, source) VALUES (?, ?, ?)", (now, session, source)).lastrowid
    assert act is not None
    decisions = []
    for one in new:
        shown = json.dumps(dict(one.shown), ensure_ascii=True)
        row = connection.execute(
            "INSERT INTO decisions(act, file, kind, label, asks, shown) VALUES (?, ?, ?, ?, ?, ?)",
            (act, one.file, one.kind, one.label, one.asks, shown),
        ).lastrowid
        assert row is not None
        decisions.append(
            Decision(row, act, one.file, one.kind, one.label, now, session, source, dict(one.shown), None, one.asks)
        )
    # After a new act there is nothing to redo, as in every editor. A hand change in the folders is no act of a session.
    if source != "folder":
        connection.execute("UPDATE undos SET open = 0 WHERE open AND (session IS NULL OR session = ?)", (session,))
    return decisions


def undo_acts(connection: sqlite3.Connection, acts: int, session: str | None, now: float) -> list[Decision]:
    """Mark the newest `acts` acts that are not undone, each as a whole; of one session, or of all."""
    mine = "AND a.session = ?" if session is not None else ""
    rows = connection.execute(
        f"""SELECT a.id FROM acts a WHERE EXISTS (SELECT 1 FROM decisions d WHERE d.act = a.id AND d.undo IS NULL) {mine}
            ORDER BY a.id DESC LIMIT ?""",  # noqa: S608 - the inserted text is one of two constants
        (*([session] if session is not None else []), acts),
    ).fetchall()
    undone: list[Decision] = []
    for (act,) in rows:
        ids = [row[0] for row in connection.execute("SELECT id FROM decisions WHERE act = ? AND undo IS NULL", (act,))]
        undone += undo_decisions(connection, ids, session, now)
    return undone


def undo_decisions(
    connection: sqlite3.Connection, ids: Sequence[int], session: str | None, now: float
) -> list[Decision]:
    """Mark these decisions as undone, as one undo that one redo takes back."""
    if not ids:
        return []
    undo = connection.execute("INSERT INTO undos(at, session) VALUES (?, ?)", (now, session)).lastrowid
    connection.executemany("UPDATE decisions SET undo = ? WHERE id = ? AND undo IS NULL", [(undo, one) for one in ids])
    return _of_undo(connection, undo)


def redo_acts(connection: sqlite3.Connection, acts: int, session: str | None) -> list[Decision]:
    """Take back the newest `acts` undos that no newer act has closed: one of the session's, or anybody's."""
    values: tuple[str, ...] = ()
    if session is not None:
        query, values = "session = ?", (session,)
    else:
        # What one session undid is closed by its own acts only; whoever redoes for all looks at the acts of all.
        query = "at >= (SELECT coalesce(max(at), 0) FROM acts WHERE source <> 'folder')"
    rows = connection.execute(
        f"SELECT id FROM undos WHERE open AND {query} ORDER BY id DESC LIMIT ?",  # noqa: S608 - one of two constants
        (*values, acts),
    ).fetchall()
    redone: list[Decision] = []
    for (undo,) in rows:
        ids = [one.id for one in _of_undo(connection, undo)]
        connection.execute("UPDATE decisions SET undo = NULL WHERE undo = ?", (undo,))
        connection.execute("UPDATE undos SET open = 0 WHERE id = ?", (undo,))
        redone += by_ids(connection, ids)
    return redone


def effective(connection: sqlite3.Connection, files: Iterable[str] | None = None) -> dict[str, Decision]:
    """Return the decision in force of each file: the newest that is not undone.

    `skip` decides nothing and hides nothing; `clear` takes the file's decision away.
    """
    newest = "SELECT max(id) FROM decisions WHERE undo IS NULL AND kind <> 'skip'"
    found: dict[str, Decision] = {}
    if files is None:
        query = f"SELECT {_COLUMNS} WHERE d.id IN ({newest} GROUP BY file) AND d.kind <> 'clear'"
        return {one.file: one for one in map(_decision, connection.execute(query))}
    wanted = list(files)
    for start in range(0, len(wanted), _VARIABLES):
        part = wanted[start : start + _VARIABLES]
        marks = ",".join("?" * len(part))
        query = f"SELECT {_COLUMNS} WHERE d.id IN ({newest} AND file IN ({marks}) GROUP BY file) AND d.kind <> 'clear'"
        found |= {one.file: one for one in map(_decision, connection.execute(query, part))}
    return found


def listed(connection: sqlite3.Connection, limit: int | None, newest_first: bool) -> Iterator[Decision]:
    """Yield decisions page by page, so that no long read keeps the journal's log from being folded in."""
    left = limit if limit is not None else -1
    order, edge = ("DESC", 2**62) if newest_first else ("ASC", 0)
    compare = "<" if newest_first else ">"
    while left:
        page = _PAGE if left < 0 else min(left, _PAGE)
        query = f"SELECT {_COLUMNS} WHERE d.id {compare} ? ORDER BY d.id {order} LIMIT ?"
        rows = [_decision(row) for row in connection.execute(query, (edge, page))]
        yield from rows
        if len(rows) < page:
            return
        edge = rows[-1].id
        left -= len(rows) if left > 0 else 0


def of_file(connection: sqlite3.Connection, file: str) -> list[Decision]:
    """Return every decision on one file, oldest first."""
    query = f"SELECT {_COLUMNS} WHERE d.file = ? ORDER BY d.id"
    return [_decision(row) for row in connection.execute(query, (file,))]


def by_ids(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Decision]:
    """Return decisions by id, in order of id."""
    found: list[Decision] = []
    for start in range(0, len(ids), _VARIABLES):
        part = list(ids[start : start + _VARIABLES])
        query = f"SELECT {_COLUMNS} WHERE d.id IN ({','.join('?' * len(part))})"
        found += map(_decision, connection.execute(query, part))
    return sorted(found, key=lambda one: one.id)


def known_files(connection: sqlite3.Connection, prefix: str, limit: int) -> list[str]:
    """Return identities that the journal knows (decided, or a sample), by the start of their hash."""
    upper = prefix + "g"  # sorts after every hex digit
    rows = connection.execute(
        """SELECT file FROM decisions WHERE file >= ? AND file < ?
           UNION SELECT identity FROM samples WHERE identity >= ? AND identity < ? LIMIT ?""",
        (prefix, upper, prefix, upper, limit),
    )
    return [str(row[0]) for row in rows]


def _of_undo(connection: sqlite3.Connection, undo: int | None) -> list[Decision]:
    query = f"SELECT {_COLUMNS} WHERE d.undo = ? ORDER BY d.id"
    return [_decision(row) for row in connection.execute(query, (undo,))]


def _decision(row: tuple[Any, ...]) -> Decision:
    number, act, file, kind, label, at, session, source, shown, undone, asks = row
    return Decision(number, act, file, kind, label, at, session, source, json.loads(shown), undone, asks)
