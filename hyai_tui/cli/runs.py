"""`hyai runs`: every training that was finished, and what it was made of."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.logs import export_runs
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.run_lines import epoch_lines, record_lines, round_lines
from hyai_tui.errors import WrongUse
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import open_workspace

# What a record calls its kind, and what people read.
TYPES = {"train": "training", "train-tags": "tags", "predict": "prediction"}


@click.group("runs", invoke_without_command=True)
@click.pass_context
def runs(context: click.Context) -> None:
    """Finished trainings and predictions: list, show, export, predictions. 'hyai train --repeat RUN' repeats one."""
    if context.invoked_subcommand is None:
        context.invoke(list_runs, as_json=False)


runs.add_command(export_runs)


@runs.command("list")
@json_option
def list_runs(as_json: bool) -> None:
    """List the finished trainings and predictions, oldest first."""
    workspace = open_workspace()
    with workspace.open_journal() as journal:
        found = journal.runs()
    data = [_row(one, (workspace.runs_directory / f"{one['run']:04d}").is_dir()) for one in found]

    def lines() -> Iterable[str]:
        shown = [
            {
                **one,
                "began": _when(one["began"]),
                "F1": _number(one["macro_f1"]),
                "accuracy": _number(one["accuracy"]),
                "notes": one["message"],
            }
            for one in data
        ]
        columns = ["run", "began", "type", "model", "samples", "F1", "accuracy", "seconds", "status", "notes"]
        return table(shown, columns) if data else ["No runs yet: 'hyai train' makes one"]

    emit(data, as_json, lines)


@runs.command("show")
@click.argument("run", type=click.IntRange(min=1))
@click.option("--epochs", is_flag=True, help="Every epoch too, with its losses and metrics.")
@json_option
def show_run(run: int, epochs: bool, as_json: bool) -> None:
    """Show the record of RUN: data, settings, versions, split, metrics, how it ended, files; with --epochs every epoch."""
    from hyai_tui.learning.runs import STATE

    workspace = open_workspace()
    with workspace.open_journal() as journal:
        record = next((one for one in journal.runs() if one["run"] == run), None)
    if record is None:
        raise WrongUse(f"There is no run {run}", "'hyai runs list' shows them")
    folder = workspace.runs_directory / f"{run:04d}"
    data: dict[str, Any] = dict(record)
    if (folder / "run.json").is_file():
        data |= json.loads((folder / "run.json").read_text("utf-8"))
    kept = sorted(folder.iterdir()) if folder.is_dir() else []
    data["files"] = [{"name": one.name, "bytes": one.stat().st_size} for one in kept]
    data["checkpoints"] = list(_checkpoints(data, workspace.models_directory / str(data["model"]), folder / STATE))

    def lines() -> Iterator[str]:
        yield from record_lines(data)
        if data.get("rounds"):
            yield from round_lines(data["rounds"])
        if epochs:
            yield from epoch_lines(data.get("history") or ())

    emit(data, as_json, lines)


def _checkpoints(data: Mapping[str, Any], model: Path, state: Path) -> Iterator[dict[str, Any]]:
    """Yield what is kept of the training on disk: the best epoch as a model, the last one to go on from."""
    if model.is_dir():
        size = sum(one.stat().st_size for one in model.iterdir())
        yield {"kind": "best", "epoch": data.get("epochs"), "name": model.name, "bytes": size}
    if state.is_file():
        yield {"kind": "last", "epoch": data.get("steps"), "name": state.name, "bytes": state.stat().st_size}


@runs.command("predictions")
@click.argument("run", type=click.IntRange(min=1))
@click.option("--csv", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write them to this file too.")
@click.option("--wrong", is_flag=True, help="Only those that are not the true label.")
@json_option
def show_predictions(run: int, target: Path | None, wrong: bool, as_json: bool) -> None:
    """List what RUN said of each labelled item beside the true label; no item was judged by a model that had seen it."""
    from hyai_tui.learning.predictions import COLUMNS, Predictions
    from hyai_tui.learning.runs import folder

    workspace = open_workspace()
    with workspace.open_journal() as journal:
        if not any(one["run"] == run for one in journal.runs()):
            raise WrongUse(f"There is no run {run}", "'hyai runs list' shows them")
    found = Predictions.load(folder(workspace.runs_directory, run), run)
    rows = [one for one in found.rows() if not (wrong and one["is_correct"])]
    if target is not None:
        from hyai_tui.exchange.tables import write_table

        cells = ({**one, "probabilities": json.dumps(one["probabilities"])} for one in rows)
        narrate(f"{target}: {count(write_table(target, cells, COLUMNS), 'row')}")

    def lines() -> Iterable[str]:
        yield f"run {run}: right on {int(found.correct.sum()):,} of {count(len(found), 'item')}"
        shown = [
            {
                **one,
                "file": short_hash(one["file"]),
                "confidence": f"{one['confidence']:.3f}",
                "": "" if one["is_correct"] else "✗",
            }
            for one in rows
        ]
        yield from table(shown, ["", "file", "label", "predicted", "confidence", "split"])

    emit(rows, as_json, lines)


def _row(record: dict[str, Any], kept: bool) -> dict[str, Any]:
    return {
        "run": record["run"],
        "began": record.get("began"),
        "model": record.get("model"),
        "samples": int(record.get("n") or sum(record.get("samples", {}).values())),
        "type": TYPES.get(str(record.get("kind", "train")), "training"),
        "macro_f1": (record.get("metrics") or {}).get("macro_f1"),
        "accuracy": (record.get("metrics") or {}).get("accuracy"),
        "seconds": record.get("seconds"),
        "status": record.get("status", ""),
        "message": record.get("message", ""),
        "repeatable": kept,
    }


def _when(seconds: float | None) -> str:
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
