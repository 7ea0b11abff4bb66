"""What jobs said and what trainings measured, as texts and tables to keep: `hyai jobs log`, `hyai runs export`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.text import count
from hyai_tui.workspace import Workspace, open_workspace

_RUN = ("run", "began", "type", "model", "previous", "promoted", "samples", "head", "seed", "status", "stop", "seconds")
_METRICS = ("macro_f1", "accuracy", "auc", "ece")
_SIDES = ("items", "before_is", *(f"before_{name}" for name in _METRICS), *(f"after_{name}" for name in _METRICS))


@click.command("log")
@click.argument("job", required=False)
@json_option
def job_log(job: str | None, as_json: bool) -> None:
    """Print everything that JOB said, or the newest job: its stages, numbers, warnings and end, each with its time."""
    from hyai_tui.jobs.events import read_events
    from hyai_tui.jobs.listing import find_job

    directory = find_job(open_workspace(), job)
    events = list(read_events(directory))
    data = [{"at": one.t, "type": one.type, **one.data} for one in events]

    def lines() -> Iterator[str]:
        for one in events:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.t))
            told = {name: value for name, value in one.data.items() if value is not None and name != "in_result"}
            said = ", ".join(f"{name} {value}" for name, value in told.items())
            yield f"{when}  {one.type:8}  {said}"

    emit(data, as_json, lines)


@click.command("export")
@click.argument("target", metavar="FILE.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--epochs", is_flag=True, help="A row for each epoch of each run instead of one for each run.")
@json_option
def export_runs(target: Path, epochs: bool, as_json: bool) -> None:
    """Write what all runs measured to FILE.csv, to be drawn or compared elsewhere."""
    from hyai_tui.exchange.tables import write_table

    workspace = open_workspace()
    with workspace.open_journal() as journal:
        records = journal.runs()
    rows = list(_epochs(workspace, records)) if epochs else [_run(one) for one in records]
    found = list(dict.fromkeys(name for row in rows for name in row))
    columns = found or ["run"]
    number = write_table(target.absolute(), rows, columns)
    emit({"path": str(target.absolute()), "rows": number}, as_json, lambda: [f"{count(number, 'row')} → {target}"])


def _run(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return one run as a row: what it was, its metrics, and both sides on the same held-out samples."""
    tried = record.get("validation") or {}
    sides = {"items": tried.get("items"), "before_is": tried.get("before_is")}
    for side in ("before", "after"):
        sides |= {f"{side}_{name}": (tried.get(side) or {}).get(name) for name in _METRICS}
    own = {
        **{name: record.get(name) for name in _RUN},
        "type": record.get("kind"),
        "samples": sum((record.get("samples") or {}).values()),
        "head": (record.get("settings") or {}).get("head"),
    }
    return {
        **own,
        **{name: (record.get("metrics") or {}).get(name) for name in _METRICS},
        **{k: sides[k] for k in _SIDES},
    }


def _epochs(workspace: Workspace, records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a row for each epoch, or strength of a linear head, of the runs whose files are kept."""
    for record in records:
        file = workspace.runs_directory / f"{record['run']:04d}" / "run.json"
        if file.is_file():
            for row in json.loads(file.read_text("utf-8")).get("history") or ():
                yield {"run": record["run"], **row}
