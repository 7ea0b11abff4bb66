"""`hyai samples`: the training folders as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.text import count, megabytes
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.samples.shrink import ShrinkReport


@click.group("samples")
def samples() -> None:
    """The training folders: make samples small, and give them their originals back."""


@samples.command("shrink")
@click.option("--size", type=click.IntRange(min=224), default=224, show_default=True, help="Longest side in pixels.")
@click.option("--all", "everything", is_flag=True, help="Shrink what the library does not have too; keep it aside.")
@click.option("--dry-run", is_flag=True, help="Say what would be saved, and change nothing.")
@json_option
def shrink(size: int, everything: bool, dry_run: bool, as_json: bool) -> None:
    """Reduce samples to what models see. Labels and features stay; 'hyai samples restore' brings the originals back."""
    from hyai_tui.features.carrying import Carrier
    from hyai_tui.samples.shrink import shrink
    from hyai_tui.samples.sync import sync

    workspace = open_workspace()
    with (
        workspace.open_journal() as journal,
        workspace.open_catalog() as catalog,
        Carrier(workspace.features_directory) as carrier,
    ):
        sync(workspace, journal, catalog)
        report = shrink(workspace, journal, catalog, size, carrier.carry, everything=everything, dry_run=dry_run)
    done = "would be shrunk" if dry_run else "shrunk"
    emit(_json(report), as_json, lambda: _lines(report, done))


@samples.command("restore")
@json_option
def restore(as_json: bool) -> None:
    """Give shrunk samples their originals back, from what was kept aside or from the library."""
    from hyai_tui.samples.shrink import restore
    from hyai_tui.samples.sync import sync

    workspace = open_workspace()
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        sync(workspace, journal, catalog)
        report = restore(workspace, journal, workspace.open_library)
    emit(_json(report), as_json, lambda: _lines(report, "restored"))


def _json(report: ShrinkReport) -> dict[str, Any]:
    return {
        "samples": report.samples,
        "changed": report.changed,
        "bytes_before": report.before,
        "bytes_after": report.after,
        "bytes_aside": report.kept_aside,
        "skipped": dict(report.skipped),
    }


def _lines(report: ShrinkReport, done: str) -> Iterable[str]:
    sizes = f"{megabytes(report.before)} become {megabytes(report.after)}" if report.changed else "nothing to change"
    yield f"{report.changed:,} of {count(report.samples, 'sample')} {done}: {sizes}"
    if report.kept_aside:
        yield f"  {megabytes(report.kept_aside)} of originals in data/.aside/shrunk: the library does not have them"
    for reason, number in sorted(report.skipped.items()):
        yield f"  {number:,} left: {reason}"
