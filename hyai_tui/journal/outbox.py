"""The outbox: what decisions ask for outside the journal, enqueued in the decision's own transaction.

A row is a request to reconcile one target of one file with the decision in force; what exactly is wanted is worked out
when it is done, from the journal as it stands then. So there is at most one open row for each target of a file, and a
newer decision supersedes an older request.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from hyai_tui.journal import decisions
from hyai_tui.journal.model import Asks, Cause, Decision, Effect, StateRequest, Status, Target, Trace

_COLUMNS = "id, file, target, status, decision, cause, wanted, tries, not_before, reason, at"
_OPEN = "('due', 'staged', 'failed')"
_VARIABLES = 500
# No effect is put off that far: one that seems to be was put off before the clock was set back.
_FARTHEST_SECONDS = 3600.0


def enqueue(
    connection: sqlite3.Connection, targets: Mapping[str, Collection[Target]], cause: Cause, now: float
) -> None:
    """Ask for targets, by file, to be brought to the decision in force, and settle what becomes of state.

    A decision that asks nothing of the library's state supersedes what an older one had staged; an undo asks for the
    state of the decision that is in force again, or for the state before our first act if we have changed it.
    """
    in_force = decisions.effective(connection, targets)
    for file, asked in targets.items():
        decision = in_force.get(file)
        for target in ("sample", "tag"):
            if target in asked:
                _ask(connection, file, target, "due", decision, cause, decision.label if decision else None, now)
        _ask_state(connection, file, decision, cause, now)


def ask_tags(connection: sqlite3.Connection, in_force: Mapping[str, Decision], now: float) -> None:
    """Ask for the tags of decided files anew, because a label has another name; samples and states stay as they are."""
    for file, decision in in_force.items():
        _ask(connection, file, "tag", "due", decision, "decision", decision.label, now)


def ask_edit(connection: sqlite3.Connection, file: str, cause: Cause, wanted: str | None, now: float) -> None:
    """Ask for the tags of a file to be brought to what its edits wish."""
    _ask(connection, file, "edit", "due", None, cause, wanted, now)


def _ask(
    connection: sqlite3.Connection,
    file: str,
    target: Target,
    status: Status,
    decision: Decision | None,
    cause: Cause,
    wanted: str | None,
    now: float,
) -> None:
    _supersede(connection, file, target)
    connection.execute(
        """INSERT INTO effects(file, target, status, decision, cause, wanted, committed, at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (file, target, status, decision.id if decision else None, cause, wanted, status == "due", now),
    )


def _ask_state(connection: sqlite3.Connection, file: str, decision: Decision | None, cause: Cause, now: float) -> None:
    asks = None if decision is None else _asks_of(connection, decision)
    if cause == "decision":
        take_back = _is_to_be_taken_back(connection, file)
        _supersede(connection, file, "state")
        if asks is not None:
            _ask(connection, file, "state", "staged", decision, cause, asks, now)
        elif take_back:
            _ask(connection, file, "state", "due", None, "undo", None, now)
    elif decision is not None and asks is not None and not _committed(connection, decision.id):
        _ask(connection, file, "state", "staged", decision, cause, asks, now)
    elif (request := state_request(connection, file)) is not None:
        _ask(connection, file, "state", "due", request.decision, cause, request.asks, now)
    elif trace(connection, file, "state") is not None:
        _ask(connection, file, "state", "due", None, cause, None, now)
    else:
        _supersede(connection, file, "state")


def _is_to_be_taken_back(connection: sqlite3.Connection, file: str) -> bool:
    """True if the library's state of a file is, or may be just about to be, what no decision asks for any more.

    A committed move may be under way, or half done; or an undo has not been carried out yet. One that failed, because
    somebody else has moved the file, is not begun again.
    """
    if trace(connection, file, "state") is None:
        return False
    row = connection.execute(
        "SELECT status FROM effects WHERE file = ? AND target = 'state' ORDER BY id DESC LIMIT 1", (file,)
    ).fetchone()
    status = None if row is None else row[0]
    return status == "due" or (status != "failed" and state_request(connection, file) is None)


def stage_late(connection: sqlite3.Connection, file: str, decision: int, asks: Asks, now: float) -> bool:
    """Stage what a decision would have asked of the library's state, had it been known then; True if that was done.

    Nothing is staged for a decision that is not in force any more, or that asked already, whatever became of it.
    """
    in_force = decisions.effective(connection, [file]).get(file)
    if in_force is None or in_force.id != decision or _asks_of(connection, in_force) is not None:
        return False
    if _is_due(connection, file, "state"):
        return False
    _ask(connection, file, "state", "staged", in_force, "decision", asks, now)
    return True


def state_request(connection: sqlite3.Connection, file: str) -> StateRequest | None:
    """Return the committed request that the library's state is to follow, or None for the state before.

    That is the request of the decision in force if it asks and has been committed; else that of the newest one, not
    undone, whose request was carried out: a later decision in LEARN mode leaves the file where it is.
    """
    in_force = decisions.effective(connection, [file]).get(file)
    if in_force is not None and _committed(connection, in_force.id):
        asks = _asks_of(connection, in_force)
        if asks is not None:
            return StateRequest(in_force, asks)
    row = connection.execute(
        """SELECT max(d.id) FROM effects e JOIN decisions d ON d.id = e.decision
           WHERE e.file = ? AND e.target = 'state' AND e.status = 'done' AND d.undo IS NULL""",
        (file,),
    ).fetchone()
    if row[0] is None:
        return None
    (newest,) = decisions.by_ids(connection, [row[0]])
    asks = _asks_of(connection, newest)
    return None if asks is None else StateRequest(newest, asks)


def _asks_of(connection: sqlite3.Connection, decision: Decision) -> Asks | None:
    """Return what a decision asks of the library's state: at once, or since its file was found in the trash."""
    if decision.asks is not None:
        return decision.asks
    row = connection.execute(
        "SELECT wanted FROM effects WHERE decision = ? AND target = 'state' AND wanted IS NOT NULL ORDER BY id DESC",
        (decision.id,),
    ).fetchone()
    return None if row is None else row[0]


def _is_due(connection: sqlite3.Connection, file: str, target: Target) -> bool:
    query = "SELECT 1 FROM effects WHERE file = ? AND target = ? AND status = 'due'"
    return connection.execute(query, (file, target)).fetchone() is not None


def _committed(connection: sqlite3.Connection, decision: int) -> bool:
    query = "SELECT 1 FROM effects WHERE decision = ? AND target = 'state' AND committed"
    return connection.execute(query, (decision,)).fetchone() is not None


def _supersede(connection: sqlite3.Connection, file: str, target: Target) -> None:
    connection.execute(
        f"UPDATE effects SET status = 'superseded' WHERE file = ? AND target = ? AND status IN {_OPEN}",  # noqa: S608
        (file, target),
    )


def listed(connection: sqlite3.Connection, status: Status | None) -> list[Effect]:
    """Return effects in the order in which they were asked for."""
    where, values = ("WHERE status = ?", (status,)) if status else ("", ())
    return [Effect(*row) for row in connection.execute(f"SELECT {_COLUMNS} FROM effects {where} ORDER BY id", values)]  # noqa: S608


def due(connection: sqlite3.Connection, target: Target, now: float, limit: int, after: int = 0) -> list[Effect]:
    """Return effects on one target that may be tried now, oldest first, with ids above `after`."""
    query = f"""SELECT {_COLUMNS} FROM effects WHERE status = 'due' AND target = ? AND id > ?
                AND NOT not_before BETWEEN ? AND ? ORDER BY id LIMIT ?"""  # noqa: S608 - a constant
    later = (math.nextafter(now, math.inf), now + _FARTHEST_SECONDS)
    return [Effect(*row) for row in connection.execute(query, (target, after, *later, limit))]


def counts(connection: sqlite3.Connection) -> dict[Status, int]:
    """Return how many effects are open, by status."""
    rows = connection.execute(f"SELECT status, count(*) FROM effects WHERE status IN {_OPEN} GROUP BY status")  # noqa: S608
    found: dict[Status, int] = {"due": 0, "staged": 0, "failed": 0}
    found.update((status, number) for status, number in rows)
    return found


def open_files(connection: sqlite3.Connection, target: Target) -> set[str]:
    """Return the files with an open effect on the target."""
    query = f"SELECT file FROM effects WHERE target = ? AND status IN {_OPEN}"  # noqa: S608 - a constant
    return {str(row[0]) for row in connection.execute(query, (target,))}


def settle(connection: sqlite3.Connection, results: Sequence[tuple[int, Status, str]]) -> None:
    """Mark due effects (id, status, reason); one that was superseded meanwhile stays superseded."""
    connection.executemany(
        "UPDATE effects SET status = ?, reason = ?, tries = tries + 1 WHERE id = ? AND status = 'due'",
        [(status, reason, one) for one, status, reason in results],
    )


def postpone(connection: sqlite3.Connection, ids: Sequence[int], reason: str, until: Sequence[float]) -> None:
    """Keep effects due, not to be tried before the given times."""
    connection.executemany(
        "UPDATE effects SET tries = tries + 1, reason = ?, not_before = ? WHERE id = ? AND status = 'due'",
        [(reason, when, one) for one, when in zip(ids, until, strict=True)],
    )


def commit(connection: sqlite3.Connection, ids: Collection[int] | None) -> int:
    """Turn staged effects into due ones; all of them, or those named. Returns how many."""
    chosen = _with_status(connection, "staged", ids)
    connection.executemany(
        "UPDATE effects SET status = 'due', committed = 1, not_before = 0 WHERE id = ?", [(one,) for one in chosen]
    )
    return len(chosen)


def commit_of(connection: sqlite3.Connection, decisions_made: Sequence[int]) -> None:
    """Turn what is staged for some decisions into due effects."""
    connection.executemany(
        "UPDATE effects SET status = 'due', committed = 1, not_before = 0 WHERE decision = ? AND status = 'staged'",
        [(one,) for one in decisions_made],
    )


def last(connection: sqlite3.Connection, file: str, target: Target) -> Effect | None:
    """Return what was asked for last on a target of a file."""
    query = f"SELECT {_COLUMNS} FROM effects WHERE file = ? AND target = ? ORDER BY id DESC LIMIT 1"  # noqa: S608
    row = connection.execute(query, (file, target)).fetchone()
    return None if row is None else Effect(*row)


def retry(connection: sqlite3.Connection, ids: Collection[int] | None) -> int:
    """Make failed effects due again, and let those that wait be tried now. Returns how many."""
    failed = _with_status(connection, "failed", ids)
    waiting = _with_status(connection, "due", ids)
    connection.executemany(
        "UPDATE effects SET status = 'due', reason = '', not_before = 0, tries = 0 WHERE id = ?",
        [(one,) for one in failed + waiting],
    )
    return len(failed) + len(waiting)


def forget(connection: sqlite3.Connection, ids: Collection[int] | None, now: float) -> list[Decision]:
    """Drop staged effects and undo the decisions that asked for them, as one undo."""
    chosen = _with_status(connection, "staged", ids)
    asked = connection.execute(
        "SELECT id, decision FROM effects WHERE status = 'staged' AND decision IS NOT NULL"
    ).fetchall()
    wanted = set(chosen)
    connection.executemany("UPDATE effects SET status = 'forgotten' WHERE id = ?", [(one,) for one in chosen])
    return decisions.undo_decisions(connection, [decision for one, decision in asked if one in wanted], None, now)


def _with_status(connection: sqlite3.Connection, status: Status, ids: Collection[int] | None) -> list[int]:
    rows = [row[0] for row in connection.execute("SELECT id FROM effects WHERE status = ? ORDER BY id", (status,))]
    wanted = None if ids is None else set(ids)
    return rows if wanted is None else [one for one in rows if one in wanted]


def trace(connection: sqlite3.Connection, file: str, target: Target) -> Trace | None:
    """Return what effects have left on a target, or None where nothing of ours is there."""
    row = connection.execute(
        "SELECT before, applied, attempted FROM traces WHERE file = ? AND target = ?", (file, target)
    ).fetchone()
    return None if row is None else Trace(*(None if one is None else json.loads(one) for one in row))


def traced(connection: sqlite3.Connection, files: Sequence[str], target: Target) -> list[str]:
    """Return those of the files that have a trace."""
    found: list[str] = []
    for start in range(0, len(files), _VARIABLES):
        part = files[start : start + _VARIABLES]
        query = f"SELECT file FROM traces WHERE target = ? AND file IN ({','.join('?' * len(part))})"  # noqa: S608
        found += [str(row[0]) for row in connection.execute(query, (target, *part))]
    return found


def keep_before(connection: sqlite3.Connection, file: str, target: Target, before: Any) -> None:
    """Record the state before our first act; later calls change nothing."""
    connection.execute(
        "INSERT OR IGNORE INTO traces(file, target, before) VALUES (?, ?, ?)", (file, target, json.dumps(before))
    )


def keep_applied(connection: sqlite3.Connection, file: str, target: Target, applied: Any) -> None:
    """Record the state that we have just verified."""
    connection.execute(
        "UPDATE traces SET applied = ?, attempted = NULL WHERE file = ? AND target = ?",
        (json.dumps(applied), file, target),
    )


def keep_attempted(connection: sqlite3.Connection, file: str, target: Target, attempted: Any) -> None:
    """Record the state that we are about to bring about, where there is a trace."""
    connection.execute(
        "UPDATE traces SET attempted = ? WHERE file = ? AND target = ?", (json.dumps(attempted), file, target)
    )


def states_of_ours(connection: sqlite3.Connection, target: Target) -> list[Any]:
    """Return every state that traces say we have left on a target or were about to, each once."""
    query = "SELECT applied FROM traces WHERE target = ?1 UNION SELECT attempted FROM traces WHERE target = ?1"
    return [json.loads(row[0]) for row in connection.execute(query, (target,)) if row[0] is not None]


def drop_trace(connection: sqlite3.Connection, file: str, target: Target) -> None:
    """Forget a target that is again as it was before our first act."""
    connection.execute("DELETE FROM traces WHERE file = ? AND target = ?", (file, target))


def all_traces(connection: sqlite3.Connection, target: Target) -> Iterator[tuple[str, Trace]]:
    """Yield (file, trace) of one target of all files, page by page: there may be as many as decisions."""
    query = "SELECT file, before, applied, attempted FROM traces WHERE target = ? AND file > ? ORDER BY file LIMIT ?"
    after = ""
    while rows := connection.execute(query, (target, after, _VARIABLES)).fetchall():
        for file, *states in rows:
            yield file, Trace(*(None if one is None else json.loads(one) for one in states))
        after = rows[-1][0]


def drop_all_traces(connection: sqlite3.Connection, target: Target) -> None:
    """Forget one target of all files."""
    connection.execute("DELETE FROM traces WHERE target = ?", (target,))
