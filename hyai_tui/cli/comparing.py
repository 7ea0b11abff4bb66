"""`hyai models compare`: what changes from one model to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.errors import NotNow
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.learning.bundle import Bundle
    from hyai_tui.learning.comparing import Move, SideBySide

_SHOWN = 10


@click.command("compare")
@click.argument("before", required=False)
@click.argument("after", required=False)
@json_option
def compare_models(before: str | None, after: str | None, as_json: bool) -> None:
    """Compare two models on the same held-out samples, and say which files they see differently.

    Without arguments the model in use with the one before it; with one, that one with the model in use.
    """
    from hyai_tui.learning.registry import Registry

    workspace = open_workspace()
    registry = Registry(workspace.models_directory)
    second = registry.get(after) if after else registry.require_current()
    name = before or registry.previous_id()
    if name is None:
        raise NotNow("There is only one model", "Name two: 'hyai models compare 7 8'")
    first = registry.get(name)
    found = _found(workspace, first, second)
    data = _data(first, second, found)
    emit(data, as_json, lambda: _lines(first, second, found))


def _found(workspace: Workspace, first: Bundle, second: Bundle) -> SideBySide:
    from hyai_tui.learning.comparing import compare
    from hyai_tui.learning.scores import ScoreTable

    with ExitStack() as stack:
        catalog = stack.enter_context(workspace.open_catalog())
        tables = [
            ScoreTable.open(workspace.scores_directory, one, *catalog.number_marks(one.id)) for one in (first, second)
        ]
        arrays = catalog.snapshot()
        if not (tables[0].scored and tables[1].scored):
            return compare(first, second)
        return compare(first, second, (tables[0], tables[1]), (arrays.number, arrays.sha256))


def _data(first: Bundle, second: Bundle, found: SideBySide) -> dict[str, Any]:
    compared = found.comparison
    return {
        "before": first.id,
        "after": second.id,
        "items": None if compared is None else compared.items,
        "metrics": None if compared is None else {"before": compared.previous, "after": compared.new},
        "difference": None if compared is None else round(compared.difference, 6),
        "interval": None if compared is None else [round(compared.low, 6), round(compared.high, 6)],
        "fixed": _rows(found.fixed),
        "broken": _rows(found.broken),
        "files": found.files,
        "flipped": _rows(found.flipped),
        "farthest": _rows(found.farthest),
    }


def _rows(moves: Sequence[Move]) -> list[dict[str, Any]]:
    return [{"file": one.identity, "before": one.before, "after": one.after, "moved": one.moved} for one in moves]


def _lines(first: Bundle, second: Bundle, found: SideBySide) -> Iterator[str]:
    names = f"#{first.number}", f"#{second.number}"
    if (compared := found.comparison) is not None:
        yield f"on the same {count(compared.items, 'held-out sample')}:"
        rows = [
            {"": name, **{key: "–" if value is None else f"{value:.3f}" for key, value in numbers.items()}}
            for name, numbers in zip(names, (compared.previous, compared.new), strict=True)
        ]
        yield from table(rows, ["", *compared.new])
        yield f"macro F1 {compared.difference:+.3f}, 95 % interval {compared.low:+.3f} to {compared.high:+.3f}"
    else:
        yield "no held-out samples in common"
    yield f"{count(len(found.fixed), 'mistake')} fixed, {len(found.broken):,} new"
    yield from _some("fixed", found.fixed)
    yield from _some("broken", found.broken)
    if found.files:
        yield f"{len(found.flipped):,} of {count(found.files, 'file')} get another label"
        yield from _some("file", found.flipped)
    else:
        yield "one of them has scored no file, so files are not compared: use it and 'hyai score'"


def _some(kind: str, moves: Sequence[Move]) -> Iterator[str]:
    for one in moves[:_SHOWN]:
        yield f"  {kind:7} {short_hash(one.identity)}  {one.before} → {one.after}  moved {one.moved:.2f}"
    if len(moves) > _SHOWN:
        yield f"  … and {len(moves) - _SHOWN:,} more (--json names all)"
