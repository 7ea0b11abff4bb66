"""`hyai check`: look for what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import Exit, NotNow
from hyai_tui.text import count, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.workspace import Workspace


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME|all]...")
@click.option("--list", "listed", is_flag=True, help="Say which checks there are.")
@click.option(
    "--if-due",
    is_flag=True,
    help="Only where enough has changed, or time gone by, since (checks.again_after, checks.every_days).",
)
@click.option(
    "--reports", type=click.Path(file_okay=False, path_type=Path), help="Write the reports and a summary into DIR."
)
@json_option
def check(names: tuple[str, ...], listed: bool, if_due: bool, reports: Path | None, as_json: bool) -> None:
    """Look for what is wrong: tags, predictions, files, training data.

    Without NAME, or with 'all', every check runs; each in a process of its own with its own time limit (setting
    checks.limit_seconds), so that one that fails stops no other. Exit code 1 if one did.
    """
    from hyai_tui.checks import registry

    if listed:
        data = [{"name": name, "about": registry.load(name).about} for name in registry.names()]
        emit(data, as_json, lambda: table(data, ["name", "about"]))
        return
    chosen = [] if "all" in names else list(names)
    for name in chosen:
        registry.load(name)
    workspace = open_workspace()
    if if_due:
        _require_due(workspace, chosen or registry.names())
    result = run_job(workspace, "check", {"names": chosen})
    if reports is not None:
        _write_reports(workspace, reports, result)
    emit(result, as_json, lambda: _summary(result))
    if result["failed_checks"]:
        raise click.exceptions.Exit(Exit.FAILED)


def _require_due(workspace: Workspace, names: Sequence[str]) -> None:
    """Raise `NotNow` where too little has changed since these checks ran."""
    from hyai_tui.checks.again import changed

    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        found = changed(workspace, catalog, journal, names)
    if not found.due:
        raise NotNow(found.line or "Nothing has changed since the last check", "'hyai check' runs it all the same")


def _write_reports(workspace: Workspace, directory: Path, result: dict[str, Any]) -> None:
    """Write the documented reports of the checks that ended well, and the summary of the run."""
    from hyai_tui.checks.reports import write_reports

    for path in write_reports(workspace, directory, result):
        narrate(str(path))


def _summary(result: dict[str, Any]) -> Iterable[str]:
    for name, one in result["checks"].items():
        if one["status"] == "ok":
            changes = f", {one['resolved']:,} resolved, {one['new']:,} new since the last run"
            yield f"ok       {name}: {count(one['findings'], 'finding')}{changes}"
        else:
            yield f"{one['status']:<8} {name}: {one['error']}"
    yield f"{result['successful_checks']} ok, {result['failed_checks']} failed"
    yield from (f"Next: {text}" for text in result["recommendations"])
