"""`hyai files`: what is known of each file, streamed, so that a million of them need no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import json_option, stream, table
from hyai_tui.errors import WrongUse
from hyai_tui.library.base import FileState
from hyai_tui.text import short_hash, visible
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.model import CatalogFile
    from hyai_tui.catalog.reading import Where
    from hyai_tui.queues.arrays import QueueContext

_CHUNK = 1_000
_KEYS = ("state", "label", "tag")


@click.command("files")
@click.option("--where", "first", multiple=True, metavar="KEY=VALUE…", help="Only files for which all of these hold.")
@click.argument("more", nargs=-1, metavar="[KEY=VALUE]...")
@json_option
def files(first: tuple[str, ...], more: tuple[str, ...], as_json: bool) -> None:
    """List the files: state, label, score, tags. KEY is state, label (empty: none) or tag; != turns a condition around.

    Example: hyai files --where state=inbox label=trash tag!=hyai:trash
    """
    wanted = _Wanted.parse(chain(first, more))
    rows = _rows(open_workspace(), wanted)
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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Conditions: what the catalog can answer, and tests of the finished row for the rest."""

    where: Where
    tests: tuple[Callable[[dict[str, Any]], bool], ...]

    @classmethod
    def parse(cls, conditions: Iterable[str]) -> _Wanted:
        from hyai_tui.catalog.reading import Where

        state: FileState | None = None
        tags: list[str] = []
        without: list[str] = []
        tests: list[Callable[[dict[str, Any]], bool]] = []
        for condition in conditions:
            key, equal, value = condition.partition("=")
            turned = key.endswith("!")
            key = key.removesuffix("!").strip()
            if not equal or key not in _KEYS:
                raise WrongUse(f"{condition!r} is no condition", f"Write KEY=VALUE, with KEY one of {', '.join(_KEYS)}")
            if key == "tag":
                (without if turned else tags).append(value)
            elif key == "label":
                tests.append(_differs("label", value or None) if turned else _is("label", value or None))
            elif turned:
                tests.append(_differs("state", _state(value).value))
            else:
                wanted = _state(value)
                if state is not None and state is not wanted:
                    raise WrongUse("A file has one state", "Give state= once")
                state = wanted
        return cls(Where(state=state, tags=tuple(tags), without_tags=tuple(without)), tuple(tests))


def _is(key: str, value: str | None) -> Callable[[dict[str, Any]], bool]:
    return lambda row: row[key] == value


def _differs(key: str, value: str | None) -> Callable[[dict[str, Any]], bool]:
    return lambda row: row[key] != value


def _state(text: str) -> FileState:
    try:
        return FileState(text)
    except ValueError:
        raise WrongUse(f"There is no state {text!r}", f"It is one of {', '.join(FileState)}") from None


def _rows(workspace: Workspace, wanted: _Wanted) -> Iterator[dict[str, Any]]:
    from hyai_tui.queues.context import load_context

    with ExitStack() as stack:
        catalog = stack.enter_context(workspace.open_catalog())
        context = load_context(workspace, catalog=catalog)
        found = catalog.files(wanted.where)
        while chunk := list(islice(found, _CHUNK)):
            places = context.positions.of([one.sha256 for one in chunk])
            for one, place in zip(chunk, places.tolist(), strict=True):
                row = _row(workspace, context, one, place)
                if all(test(row) for test in wanted.tests):
                    yield row


def _row(workspace: Workspace, context: QueueContext, file: CatalogFile, place: int) -> dict[str, Any]:
    label = int(context.decided_label[place]) if place >= 0 else -1
    score = context.score(place) if place >= 0 else None
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
