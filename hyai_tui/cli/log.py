"""`hyai log writes`: every write to the library that was ever made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import json_option, narrate, stream
from hyai_tui.text import short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.library.write_log import Change, Write

_ROWS_FOR_PEOPLE = 20


@click.group("log")
def log() -> None:
    """What was done to the library."""


@log.command("writes")
@click.option("--limit", type=click.IntRange(min=0), help="Most rows; with --json there is no limit unless given.")
@json_option
def list_writes(limit: int | None, as_json: bool) -> None:
    """List every write to the library, newest first: what, to which file, for whom, and whether it was seen there."""
    from hyai_tui.library.write_log import FILE, writes

    found = writes(open_workspace().root / FILE)
    if as_json:
        stream(map(_row, islice(found, limit)))
        return
    shown = list(islice(found, _ROWS_FOR_PEOPLE if limit is None else limit))
    more = limit is None and next(found, None) is not None
    for line in _lines(shown):
        click.echo(line)
    if more:
        narrate("There are more; --limit shows them, --json shows all")


def _row(one: Write) -> dict[str, Any]:
    return {
        "at": datetime.fromtimestamp(one.at, UTC).isoformat(timespec="milliseconds"),
        "file": one.file,
        "target": one.target,
        "wrote": _words(one.change),
        "added": list(one.change.add),
        "removed": list(one.change.remove),
        "by": one.by,
        "status": one.status,
    }


def _words(change: Change) -> str:
    """Return what was asked for: `hyai:trash, not hyai:archive`, or a step such as `undelete`."""
    return change.step or ", ".join([*change.add, *(f"not {one}" for one in change.remove)])


def _lines(found: list[Write]) -> Iterable[str]:
    if not found:
        return ["Nothing was written yet"]
    rows = [
        {
            "at": datetime.fromtimestamp(one.at).astimezone().isoformat(" ", "seconds")[:19],
            "file": short_hash(one.file),
            "wrote": _words(one.change),
            "by": one.by,
            "status": one.status,
        }
        for one in found
    ]
    return table(rows, ("at", "file", "wrote", "by", "status"))
