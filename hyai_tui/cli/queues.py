"""`hyai queues` and `hyai queue NAME`: what to look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import click

from hyai_tui.cli.output import emit, json_option, narrate, table
from hyai_tui.text import count, short_hash
from hyai_tui.workspace import open_workspace

_ROWS_FOR_PEOPLE = 20


@click.command("queues")
@json_option
def queues(as_json: bool) -> None:
    """List the queues: what is worth a look, and how many files each holds."""
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.registry import QUEUES

    context = load_context(open_workspace())
    data = []
    for kind in QUEUES.values():
        built = kind.build(context)
        counts = built.counts()
        parts = {"kinds": counts} if len(counts) > 1 else {}
        data.append({"name": kind.name, "count": len(built), "about": kind.about, **parts})
    emit(data, as_json, lambda: table(data, ("name", "count", "about")))


@click.command("queue")
@click.argument("name")
@click.option("--limit", type=click.IntRange(min=0), help="Most rows; with --json there is no limit unless given.")
@click.option("--kind", help="Only rows of this kind, such as 'trash→keep' (or 'trash-keep').")
@json_option
def queue(name: str, limit: int | None, kind: str | None, as_json: bool) -> None:
    """Print the files of the queue NAME, best first, each with the reason why it is there."""
    from hyai_tui.queues.registry import queue_kind

    chosen = queue_kind(name)
    from hyai_tui.queues.context import load_context

    built = chosen.build(load_context(open_workspace()))
    if kind is not None:
        # The arrow is hard to type.
        built = built.only(kind.replace("->", "→").replace("-", "→") if kind not in built.counts() else kind)
    rows = built.rows(0, limit if limit is not None or as_json else _ROWS_FOR_PEOPLE)
    data = [asdict(row) for row in rows]

    def lines() -> Iterable[str]:
        if not rows:
            return [f"The queue {name} is empty"]
        shown = [
            {
                **row,
                "file": short_hash(str(row["file"])),
                "score": "" if row["score"] is None else f"{row['score']:.3f}",
            }
            for row in data
        ]
        return table(shown, ("file", "kind", "score", "current", "suggested", "reason"))

    emit(data, as_json, lines)
    if not as_json and len(rows) < len(built) and limit is None:
        narrate(f"{count(len(built) - len(rows), 'more file')}; --limit shows more, --json shows all")
