"""`hyai snapshots`: which files there were at a moment, by number, and how two moments differ."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, table
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.exchange.snapshots import Snapshot


@click.group("snapshots")
def snapshots() -> None:
    """Numbered lists of the files that there were at a moment."""


@snapshots.command("take")
@click.option("--where", multiple=True, metavar="KEY=VALUE…", help="Only files for which all of these hold.")
@json_option
def take(where: tuple[str, ...], as_json: bool) -> None:
    """Keep which files there are now, as the last scan saw them: all, or those that --where chooses."""
    from hyai_tui.exchange import snapshots as kept
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.selecting import Library, matches
    from hyai_tui.queues.where import parse

    workspace = open_workspace()
    query = parse(where)
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context = load_context(workspace, catalog=catalog, journal=journal)
        chosen = context.present & matches(Library(context, catalog), query)
        made = kept.take(workspace, context.sha256[chosen], " ".join(where))
    emit(_row(made), as_json, lambda: [f"snapshot {made.number}: {count(len(made.files), 'file')}"])


@snapshots.command("list")
@json_option
def list_snapshots(as_json: bool) -> None:
    """List the snapshots, oldest first."""
    from hyai_tui.exchange import snapshots as kept

    workspace = open_workspace()
    rows = [_row(kept.read(workspace, number)) for number in kept.listed(workspace)]
    columns = ("snapshot", "at", "files", "where")
    emit(rows, as_json, lambda: table(rows, columns) if rows else ["No snapshots yet: 'hyai snapshots take'"])


@snapshots.command("diff")
@click.argument("old", type=int)
@click.argument("new", type=int)
@json_option
def diff(old: int, new: int, as_json: bool) -> None:
    """Say which files the snapshot NEW has and OLD has not, and the other way."""
    from hyai_tui.exchange import snapshots as kept

    workspace = open_workspace()
    added, removed = kept.difference(kept.read(workspace, old), kept.read(workspace, new))

    def lines() -> Iterable[str]:
        yield f"{len(added):,} added, {len(removed):,} removed from snapshot {old} to {new}"
        yield from (f"+ {one}" for one in added)
        yield from (f"- {one}" for one in removed)

    emit({"added": added, "removed": removed}, as_json, lines)


def _row(one: Snapshot) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")
    return {"snapshot": one.number, "at": at, "files": len(one.files), "where": one.about}
