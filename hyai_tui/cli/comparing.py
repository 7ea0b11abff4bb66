"""`hyai models compare`: what changes from one model to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.jobs.changed import Changed
    from hyai_tui.learning.comparing import Move


@click.command("compare")
@click.argument("before", required=False)
@click.argument("after", required=False)
@json_option
def compare_models(before: str | None, after: str | None, as_json: bool) -> None:
    """Compare two models on the same held-out samples, and say which files they see differently.

    Without arguments the model in use with the one before it; with one, that one with the model in use.
    """
    from hyai_tui.jobs.changed import changed
    from hyai_tui.learning.change_lines import change_lines

    workspace = open_workspace()
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        before, after = (before, after) if before else (_previous(workspace), None)
        one = changed(workspace, journal, catalog, before, after)

    def lines() -> Iterator[str]:
        for line in change_lines(one.before, one.after, one.found, one.probes, pinned=one.pinned):
            yield line.text

    emit(_data(one), as_json, lines)


def _previous(workspace: Workspace) -> str | None:
    """Return the model before the one in use; None where there is none, which `changed` says in words."""
    from hyai_tui.learning.registry import Registry

    registry = Registry(workspace.models_directory)
    registry.require_current()
    return registry.previous_id()


def _data(changed: Changed) -> dict[str, Any]:
    from hyai_tui.learning.probing import as_json

    found = changed.found
    compared = found.comparison
    return {
        "before": changed.before.id,
        "after": changed.after.id,
        "items": None if compared is None else compared.items,
        "metrics": None if compared is None else {"before": compared.previous, "after": compared.new},
        "difference": None if compared is None else round(compared.difference, 6),
        "interval": None if compared is None else [round(compared.low, 6), round(compared.high, 6)],
        "fixed": _rows(found.fixed),
        "broken": _rows(found.broken),
        "files": found.files,
        "flipped": _rows(found.flipped),
        "farthest": _rows(found.farthest),
        "probes": [as_json(one) for one in changed.probes],
        "pinned": changed.pinned,
    }


def _rows(moves: Sequence[Move]) -> list[dict[str, Any]]:
    return [{"file": one.identity, "before": one.before, "after": one.after, "moved": one.moved} for one in moves]
