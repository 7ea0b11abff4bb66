"""`hyai files`: what is known of each file, streamed, so that a million of them need no memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import json_option, stream
from hyai_tui.text import short_hash, table, visible
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.model import CatalogFile
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.where import Query

_CHUNK = 1_000


@click.command("files")
@click.option("--where", "first", multiple=True, metavar="KEY=VALUE…", help="Only files for which all of these hold.")
@click.argument("more", nargs=-1, metavar="[KEY=VALUE]...")
@json_option
def files(first: tuple[str, ...], more: tuple[str, ...], as_json: bool) -> None:
    """List the files: state, label, score, tags. Conditions are those of the app's / line; != turns one around.

    Example: hyai files --where state=inbox label=trash tag!=hyai:trash 'score>.8' sort=-size
    """
    from hyai_tui.queues.where import parse

    rows = _rows(open_workspace(), parse(chain(first, more)))
    if as_json:
        stream(rows)
        return
    shown = 0
    while chunk := list(islice(rows, _CHUNK)):
        lines = iter(table([_for_people(row) for row in chunk], ("file", "state", "label", "score", "tags", "path")))
        if shown:
            next(lines)
        for line in lines:
            click.echo(line)
        shown += len(chunk)
    if not shown:
        click.echo("No files", err=True)


def _rows(workspace: Workspace, query: Query) -> Iterator[dict[str, Any]]:
    import numpy as np

    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.selecting import Library, matches, order
    from hyai_tui.queues.widening import widening_of

    with ExitStack() as stack:
        catalog = stack.enter_context(workspace.open_catalog())
        context = load_context(workspace, catalog=catalog)
        library = Library(context, catalog, widening=widening_of(workspace))
        # Samples that no library knows have no row here.
        chosen = np.flatnonzero(matches(library, query) & (context.number >= 0))
        places = chosen[order(library, query, chosen)]
        for start in range(0, len(places), _CHUNK):
            part = places[start : start + _CHUNK].tolist()
            known = catalog.files_of(context.number[part].tolist())
            for one, place in zip(known, part, strict=True):
                yield _row(workspace, context, one, place)


def _row(workspace: Workspace, context: QueueContext, file: CatalogFile, place: int) -> dict[str, Any]:
    label = int(context.decided_label[place])
    score = context.score(place)
    return {
        "file": file.sha256,
        "path": str(workspace.library_root / file.paths[0]) if file.paths else None,
        "state": file.state.value,
        "label": context.names[label] if label >= 0 else None,
        "score": None if score is None else round(score, 6),
        "tags": sorted(file.tags),
        "model": context.model_id if score is not None else None,
    }


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "file": short_hash(row["file"]),
        "score": "" if row["score"] is None else f"{row['score']:.3f}",
        "tags": ", ".join(visible(tag) for tag in row["tags"]),
    }
