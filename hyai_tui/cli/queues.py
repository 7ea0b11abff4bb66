"""`hyai queues` and `hyai queue NAME`: what to look at, and the searches that people keep beside the queues."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate, stream
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.journal.searches import SavedSearch
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.combined import Combined
    from hyai_tui.queues.queue import Queue
    from hyai_tui.queues.registry import QueueKind
    from hyai_tui.queues.selecting import Library

_ROWS_FOR_PEOPLE = 20
_CHUNK = 1_000


_prepare = click.option("--prepare", is_flag=True, help="First work out anew what the queues need of the features.")


@click.group("queues", invoke_without_command=True)
@_prepare
@json_option
@click.pass_context
def queues(ctx: click.Context, prepare: bool, as_json: bool) -> None:
    """List the queues: what is worth a look, and how many files each holds. Saved searches stand behind them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_queues, prepare=prepare, as_json=as_json)


@queues.command("list")
@_prepare
@json_option
def list_queues(prepare: bool, as_json: bool) -> None:
    """List the queues and the saved searches, as 'hyai queues' does."""
    if prepare:
        run_job(open_workspace(), "queues", {"anew": True})
    _list(as_json)


@queues.command("save")
@click.argument("name", metavar="NAME")
@click.argument("conditions", metavar="CONDITION...", nargs=-1, required=True)
@click.option("--queue", "base", default="all", show_default=True, help="The queue to search, or several with commas.")
@json_option
def save(name: str, conditions: tuple[str, ...], base: str, as_json: bool) -> None:
    """Keep a search under NAME, in place of the one of that name: a queue, conditions that all hold, an order.

    'hyai queue NAME' prints what it finds then; the app lists it behind the queues.
    """
    from hyai_tui.journal.searches import SavedSearch
    from hyai_tui.queues.plugins import available
    from hyai_tui.queues.saved import checked

    search = checked(SavedSearch(name, base, shlex.join(conditions)), available())
    with open_workspace().open_journal() as journal:
        again = journal.save_search(search)
    emit(asdict(search), as_json, lambda: [f"{'Changed' if again else 'Saved'} {name}: {search.queue} {search.query}"])


@queues.command("drop")
@click.argument("name", metavar="NAME")
@json_option
def drop(name: str, as_json: bool) -> None:
    """Drop the saved search NAME. Files and decisions stay as they are."""
    with open_workspace().open_journal() as journal:
        if not journal.drop_search(name):
            names = ", ".join(one.name for one in journal.searches()) or "none"
            raise WrongUse(f"There is no saved search {name!r}", f"There are: {names}")
    emit({"dropped": name}, as_json, lambda: [f"Dropped {name}"])


def _list(as_json: bool) -> None:
    from hyai_tui.queues.audit import estimate
    from hyai_tui.queues.plugins import available
    from hyai_tui.queues.saved import found

    kinds = available()
    data = []
    with _library() as (library, searches):
        context = library.context
        for kind in kinds.values():
            built = kind.build(context)
            counts = built.counts()
            row: dict[str, Any] = {"name": kind.name, "count": len(built), "about": kind.describe(context)}
            if len(counts) > 1:
                row["kinds"] = counts
            if kind.name == "audit":
                row["estimate"] = asdict(estimate(context))
            data.append(row)
        for search in searches:
            row = {"name": search.name, "count": None, "about": search.about}
            row |= {"queue": search.queue, "query": search.query}
            try:
                row["count"] = len(found(search, library, kinds))
            except HyaiError as error:
                # One that cannot be answered now stands in the list with its reason.
                row["about"] = f"{search.about} · {error}"
            data.append(row)
    emit(data, as_json, lambda: table(data, ("name", "count", "about")))


@contextmanager
def _library() -> Iterator[tuple[Library, list[SavedSearch]]]:
    """Read the library as it stands, and the saved searches."""
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.selecting import Library
    from hyai_tui.queues.widening import widening_of

    workspace = open_workspace()
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context = load_context(workspace, catalog=catalog, journal=journal)
        yield Library(context, catalog, widening=widening_of(workspace)), journal.searches()


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
    from hyai_tui.queues.plugins import available
    from hyai_tui.queues.registry import queue_kind
    from hyai_tui.queues.saved import as_kind

    kinds = available()
    given: dict[str, Any] = {"seed": seed, "band_label": label, "band_low": low, "certain": low, "band_high": high}
    with _library() as (library, searches):
        context = library.context
        if label and context.labels and label not in context.labels:
            raise WrongUse(f"The model knows no label {label!r}", f"It is one of {', '.join(context.labels)}")
        options = {key: value for key, value in given.items() if value is not None}
        library.context = context = replace(context, options=replace(context.options, **options))
        built, searched = _asked(names, library, searches, kinds)
        if kind is not None:
            built = built.only(as_kind(kind, built))
        if where:
            built = _selected(built, library, where)
    chosen = [queue_kind(one.partition(":")[0], kinds) for one in searched]
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


def _asked(
    names: str, library: Library, searches: Sequence[SavedSearch], kinds: Mapping[str, QueueKind]
) -> tuple[Queue | Combined, list[str]]:
    """Return what was asked for by name, and the queues that it is made of."""
    from hyai_tui.queues.saved import built, found, named

    search = named(names, searches)
    if search is not None:
        return found(search, library, kinds), search.queue.split(",")
    return built(names, library.context, kinds), names.split(",")


def _selected(built: Queue | Combined, library: Library, where: tuple[str, ...]) -> Queue | Combined:
    """Return the rows for which conditions hold, in the order that they ask for."""
    from hyai_tui.queues.selecting import picked
    from hyai_tui.queues.where import parse

    return built.taken(picked(library, parse(where), built.positions))


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
