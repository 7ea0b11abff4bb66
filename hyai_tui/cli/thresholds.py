"""`hyai thresholds`: try thresholds before any tag is written, and keep them in the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import WrongUse
from hyai_tui.text import table
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.learning.explorer import Explorer, Outcome
    from hyai_tui.learning.thresholds import Thresholds
    from hyai_tui.queues.arrays import QueueContext


def _moves(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """Read LABEL=VALUE pairs."""
    found = {}
    for text in values:
        label, equals, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not equals or not 0 <= value <= 1:
            raise WrongUse(f"{text!r} is no threshold", "Write LABEL=VALUE with a value from 0 to 1, such as trash=0.7")
        found[label] = value
    return found


@click.command("thresholds")
@click.argument("moves", nargs=-1, metavar="[LABEL=VALUE]...", callback=_moves)
@click.option("--precision", type=click.FloatRange(0.5, 1), help="Choose thresholds at which so many tags are right.")
@click.option("--edge", type=click.IntRange(1, 10_000), metavar="N", help="Name the N files on each side of an edge.")
@click.option("--save", is_flag=True, help="Keep these thresholds in the model in use.")
@json_option
def thresholds(moves: dict[str, float], precision: float | None, edge: int | None, save: bool, as_json: bool) -> None:
    """Say what thresholds would do: files on each side, how many of them are right, how many get a tag.

    For two labels both are scores of the last one: 'archive=0.3' gives archive at or below .3, 'trash=0.7' gives trash
    at or above .7. Nothing is written to the library.
    """
    from hyai_tui.jobs.exploring import load_explorer

    if moves and precision is not None:
        raise WrongUse("Thresholds are given or chosen, not both", "Leave out --precision, or the values")
    workspace = open_workspace()
    explorer, known = load_explorer(workspace)
    if unknown := [label for label in moves if label not in explorer.labels]:
        raise WrongUse(f"The model knows no label {unknown[0]!r}", f"It knows {', '.join(explorer.labels)}")
    tried = explorer.moved(moves) if precision is None else explorer.for_precision(precision)
    data = _data(explorer, explorer.at(tried), known, edge)
    if save:
        data["saved"] = _save(workspace, known, tried)
    emit(data, as_json, lambda: _lines(data))


def _save(workspace: Workspace, known: QueueContext, tried: Thresholds) -> str:
    from hyai_tui.learning.registry import Registry

    assert known.model_id is not None
    Registry(workspace.models_directory).set_thresholds(
        known.model_id, dict(zip(tried.labels, tried.values, strict=True))
    )
    tag = workspace.settings.tag
    if tag.archive_threshold is not None or tag.trash_threshold is not None or tag.thresholds:
        narrate("hyai: hyai.toml sets thresholds of its own, and those hold")
        narrate("      'hyai config set tag.trash_threshold none' takes one out (or tag.archive_threshold,")
        narrate("      tag.thresholds.LABEL)")
    return known.model_id


def _data(explorer: Explorer, outcome: Outcome, known: QueueContext, edge: int | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "model": known.model_id,
        "thresholds": outcome.thresholds.as_dict(),
        "sides": {
            one.label: {
                "threshold": one.threshold,
                "files": one.files,
                "decided": one.decided,
                "precision": None if one.precision is None else round(one.precision, 6),
                "interval": [round(one.low, 6), round(one.high, 6)],
                "judged": one.judged,
                "written": one.written,
            }
            for one in outcome.sides
        },
        "unsure": outcome.unsure,
        "off": outcome.off,
        "unscored": outcome.unscored,
        "decided": outcome.decided,
        "files": outcome.files,
        "coverage": None if outcome.coverage is None else round(outcome.coverage, 6),
    }
    if edge is not None:
        data["edge"] = {
            label: [known.file(at) for at in explorer.edge(label, outcome.thresholds, edge).tolist()]
            for label in explorer.labels
        }
    return data


def _lines(data: dict[str, Any]) -> Iterator[str]:
    rows = [
        {
            "label": label,
            "threshold": "" if one["threshold"] is None else f"{one['threshold']:.3f}",
            "files": f"{one['files']:,}" if one["written"] else "off",
            "by you": f"{one['decided']:,}",
            "right": "–" if one["precision"] is None else f"{one['precision']:.1%}",
            "95 % interval": f"{one['interval'][0]:.1%} to {one['interval'][1]:.1%}" if one["judged"] else "",
            "of samples": f"{one['judged']:,}",
        }
        for label, one in data["sides"].items()
    ]
    yield from table(rows, ["label", "threshold", "files", "by you", "right", "95 % interval", "of samples"])
    covered = "" if data["coverage"] is None else f"; {data['coverage']:.0%} of the scored files get a tag"
    yield f"{data['unsure']:,} unsure, {data['unscored']:,} without a score{covered}"
    for label, files in data.get("edge", {}).items():
        yield f"at the edge of {label}:"
        yield from (f"  {file}" for file in files)
    if "saved" in data:
        yield f"kept in {data['saved']}"
