"""`hyai probes`: files whose scores are compared before and after each training."""

from __future__ import annotations

from collections.abc import Iterable

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace


@click.group("probes", invoke_without_command=True)
@click.pass_context
def probes(context: click.Context) -> None:
    """Probes, files to compare before and after each training: list, add, remove. 'hyai models compare' shows them."""
    if context.invoked_subcommand is None:
        context.invoke(list_probes, as_json=False)


@probes.command("list")
@json_option
def list_probes(as_json: bool) -> None:
    """List the pinned files, the first one pinned first."""
    with open_workspace().open_journal() as journal:
        found = journal.probes()

    def lines() -> Iterable[str]:
        return found or [
            "No probes: 'hyai probes add FILE' pins one; until then a few files are taken that stay the same"
        ]

    emit([{"file": one} for one in found], as_json, lines)


@probes.command("add")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
def add_probes(files: tuple[str, ...], as_json: bool) -> None:
    """Pin each FILE (a hash, the beginning of one, or a path)."""
    _change(files, as_json, pin=True)


@probes.command("remove")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
def remove_probes(files: tuple[str, ...], as_json: bool) -> None:
    """Pin each FILE no longer."""
    _change(files, as_json, pin=False)


def _change(files: tuple[str, ...], as_json: bool, *, pin: bool) -> None:
    from hyai_tui.effects.naming import named_file

    workspace = open_workspace()
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        known = [named_file(one, journal, catalog, workspace) for one in files]
        with journal.transaction():
            changed = sum(journal.pin_probe(one) if pin else journal.unpin_probe(one) for one in known)
        left = len(journal.probes())
    done = "pinned" if pin else "unpinned"
    data = {done: changed, "probes": left}
    emit(data, as_json, lambda: [f"{count(changed, 'file')} {done}, {count(left, 'probe')} now"])
