"""`hyai queues` and `hyai queue NAME`: what to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate, stream
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import WrongUse
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.combined import Combined
    from hyai_tui.queues.queue import Queue

_ROWS_FOR_PEOPLE = 20
_CHUNK = 1_000


@click.command("queues")
@click.option("--prepare", is_flag=True, help="First work out anew what the queues need of the features.")
@json_option
def queues(prepare: bool, as_json: bool) -> None:
    """List the queues: what is worth a look, and how many files each holds."""
    if prepare:
        run_job(open_workspace(), "queues", {"anew": True})
    from hyai_tui.queues.audit import estimate
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.plugins import available

    kinds = available()
    context = load_context(open_workspace())
    data = []
    for kind in kinds.values():
        built = kind.build(context)
        counts = built.counts()
        row: dict[str, Any] = {"name": kind.name, "count": len(built), "about": kind.describe(context)}
        if len(counts) > 1:
            row["kinds"] = counts
        if kind.name == "audit":
            row["estimate"] = asdict(estimate(context))
        data.append(row)
    emit(data, as_json, lambda: table(data, ("name", "count", "about")))


def _names_beginning(_context: click.Context, _parameter: click.Parameter, text: str) -> list[str]:
    """Complete the last of several names."""
    from hyai_tui.queues.plugins import available

    before, comma, begun = text.rpartition(",")
    return [f"{before}{comma}{name}" for name in available() if name.startswith(begun)]


@click.command("queue")
@click.argument("names", metavar="NAME[,NAME]...", shell_complete=_names_beginning)
@click.option("--limit", type=click.IntRange(min=0), help="Most rows; with --json there is no limit unless given.")
@click.option("--kind", help="Only rows of this kind, such as 'trash→keep' (or 'trash-keep').")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the order of 'all', for this time.")
@click.option("--label", help="Label of 'band', for this time.")
@click.option("--low", type=click.FloatRange(0, 1), help="Least probability in 'band' or 'certain', for this time.")
@click.option("--high", type=click.FloatRange(0, 1), help="Most probability in 'band', for this time.")
@click.option("--where", "where", multiple=True, metavar="KEY=VALUE…", help="Only files for which all of these hold.")
@json_option
def queue(
    names: str,
    limit: int | None,
    kind: str | None,
    seed: int | None,
    label: str | None,
    low: float | None,
    high: float | None,
    where: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print the files of the queue NAME, best first, each with the reason why it is there.

    Several names with commas give one list: each file once, with all its reasons.
    """
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.registry import queue_kind

    chosen = [queue_kind(name, _available()) for name in names.split(",")]
    context = load_context(open_workspace())
    if label and context.labels and label not in context.labels:
        raise WrongUse(f"The model knows no label {label!r}", f"It is one of {', '.join(context.labels)}")
    given: dict[str, Any] = {"seed": seed, "band_label": label, "band_low": low, "certain": low, "band_high": high}
    context = replace(
        context, options=replace(context.options, **{key: value for key, value in given.items() if value is not None})
    )
    built = _built([one.build for one in chosen], context)
    if kind is not None:
        # The arrow is hard to type.
        built = built.only(kind.replace("->", "→").replace("-", "→") if kind not in built.counts() else kind)
    if where:
        built = _selected(built, context, where)
    hidden = any(one.hides_model for one in chosen)
    if as_json:
        stream(_rows(built, limit, hidden=hidden))
        return
    shown = list(_rows(built, _ROWS_FOR_PEOPLE if limit is None else limit, hidden=hidden))
    emit(shown, False, lambda: _lines(names, shown))
    if not shown and (missing := _missing(context)):
        narrate(missing)
    for one in chosen:
        if one.details is not None:
            narrate(f"{one.name}: {one.describe(context)}")
    if len(shown) < len(built) and limit is None:
        narrate(f"{count(len(built) - len(shown), 'more file')}; --limit shows more, --json shows all")


def _missing(context: QueueContext) -> str:
    """Return what has to be done before queues hold anything; empty where a queue is empty for good reason."""
    if not len(context):
        return "No files are known yet: 'hyai scan' reads the library"
    if context.model_id is None:
        return "There is no model yet: label some files of each label, then 'hyai retrain'"
    if not (context.probabilities[:, 0] >= 0).any():
        return "The model in use has scored nothing yet: 'hyai score'"
    return ""


def _available() -> Any:
    from hyai_tui.queues.plugins import available

    return available()


def _built(builds: list[Any], context: QueueContext) -> Queue | Combined:
    from hyai_tui.queues.combined import combine

    made = [build(context) for build in builds]
    return made[0] if len(made) == 1 else combine(made)


def _selected(built: Queue | Combined, context: QueueContext, where: tuple[str, ...]) -> Queue | Combined:
    """Return the rows for which conditions hold, in the order that they ask for."""
    from hyai_tui.queues.selecting import Library, picked
    from hyai_tui.queues.where import parse
    from hyai_tui.queues.widening import widening_of

    query = parse(where)
    workspace = open_workspace()
    with workspace.open_catalog() as catalog:
        places = picked(Library(context, catalog, widening=widening_of(workspace)), query, built.positions)
    return built.taken(places)


def _rows(built: Queue | Combined, limit: int | None, *, hidden: bool) -> Iterator[dict[str, Any]]:
    """Yield rows as they are printed; those of a queue that hides the model without its view."""
    stop = len(built) if limit is None else min(limit, len(built))
    for start in range(0, stop, _CHUNK):
        for row in built.rows(start, min(start + _CHUNK, stop)):
            data = asdict(row)
            if hidden:
                data |= {"score": None, "predicted": None, "suggested": None}
            yield data


def _lines(names: str, rows: list[dict[str, Any]]) -> Iterable[str]:
    if not rows:
        return [f"The queue {names} is empty"]
    shown = [
        {
            **row,
            "file": short_hash(str(row["file"])),
            "score": "" if row["score"] is None else f"{row['score']:.3f}",
        }
        for row in rows
    ]
    return table(shown, ("file", "kind", "score", "current", "suggested", "reason"))
