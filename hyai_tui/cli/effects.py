"""`hyai effects`: what decisions ask for outside the journal, and what has become of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.effects.opening import Parts, opened
from hyai_tui.effects.staged import staged
from hyai_tui.errors import Exit, WrongUse
from hyai_tui.journal.model import Effect, Status
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import open_workspace

_STATUSES = ("due", "staged", "failed", "done", "forgotten", "superseded")
_SETTLE_SECONDS = 30.0
_ids = click.argument("ids", nargs=-1, type=int, metavar="[EFFECT]...")


@click.group("effects")
def effects() -> None:
    """What decisions ask for outside the journal: samples, tags, and moves in the library."""


@effects.command("list")
@click.option("--status", type=click.Choice(_STATUSES), help="Only these; without it, what is due, staged or failed.")
@click.option("--all", "everything", is_flag=True, help="Settled ones too.")
@json_option
def list_effects(status: Status | None, everything: bool, as_json: bool) -> None:
    """List effects, oldest first."""
    with opened(open_workspace()) as parts:
        parts.runner.drain(1.0)
        found = parts.journal.effects(status)
    if status is None and not everything:
        found = [one for one in found if one.status in ("due", "staged", "failed")]
    rows = [_row(one) for one in found]
    columns = ("effect", "file", "target", "wanted", "status", "reason")
    shown = [{**row, "file": short_hash(str(row["file"]))} for row in rows]
    emit(rows, as_json, lambda: table(shown, columns) if shown else ["Nothing is pending"])


@effects.command("commit")
@_ids
@json_option
def commit(ids: tuple[int, ...], as_json: bool) -> int:
    """Carry out what is staged: all of it, or the EFFECTs named."""
    with opened(open_workspace()) as parts:
        chosen = _chosen(parts, ids, ("staged",))
        narrate(f"{count(len(chosen), 'effect')} of those staged" if chosen else _staged_line(parts))
        committed = parts.runner.commit(chosen)
        return _settle(parts, {"committed": committed}, as_json)


@effects.command("forget")
@_ids
@json_option
def forget(ids: tuple[int, ...], as_json: bool) -> int:
    """Undo the decisions behind what is staged, as one undo: all of it, or the EFFECTs named."""
    with opened(open_workspace()) as parts:
        chosen = _chosen(parts, ids, ("staged",))
        undone = parts.runner.forget(chosen)
        return _settle(parts, {"forgotten": len(undone), "files": [one.file for one in undone]}, as_json)


@effects.command("retry")
@_ids
@json_option
def retry(ids: tuple[int, ...], as_json: bool) -> int:
    """Try again what has failed or waits: all of it, or the EFFECTs named."""
    with opened(open_workspace()) as parts:
        chosen = _chosen(parts, ids, ("failed", "due"))
        retried = parts.runner.retry(chosen)
        return _settle(parts, {"retried": retried}, as_json)


def _staged_line(parts: Parts) -> str:
    return staged(parts.journal).line.partition(":")[0]


def _chosen(parts: Parts, ids: Collection[int], statuses: tuple[Status, ...]) -> Collection[int] | None:
    """Return the ids, all of which must have one of the statuses; None for all."""
    if not ids:
        return None
    known = {one.id for status in statuses for one in parts.journal.effects(status)}
    for one in ids:
        if one not in known:
            raise WrongUse(f"No effect {one} is {' or '.join(statuses)}", "See 'hyai effects list'")
    return ids


def _settle(parts: Parts, result: dict[str, Any], as_json: bool) -> int:
    """Do what is due, print what came of it, and return the exit code."""
    for line in parts.first_write():
        narrate(line)
    report = parts.runner.drain(_SETTLE_SECONDS)
    result |= {"done": report.done, "failed": report.failed, "left": report.left}
    for effect in parts.journal.effects("failed"):
        narrate(f"{short_hash(effect.file)} {effect.target}: {effect.reason}")
    if report.left:
        narrate(f"{count(report.left, 'effect')} pending{': ' + report.waiting if report.waiting else ''}")
        if parts.why_no_library is not None:
            narrate(str(parts.why_no_library))
    emit(result, as_json, lambda: [", ".join(f"{name} {value}" for name, value in result.items() if name != "files")])
    if report.failed:
        return Exit.FAILED
    return Exit.NOT_NOW if report.left and report.waiting else Exit.DONE


def _row(one: Effect) -> dict[str, Any]:
    return {
        "effect": one.id,
        "file": one.file,
        "target": one.target,
        "wanted": one.wanted,
        "status": one.status,
        "tries": one.tries,
        "reason": one.reason,
        "decision": one.decision,
    }
