"""`hyai samples`: the training folders as a whole."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.text import count, megabytes
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.samples.shrink import ShrinkReport


@click.group("samples")
def samples() -> None:
    """The training folders: files worth labelling, make samples small, give them their originals back."""


@samples.command("generate")
@click.argument("number", type=click.IntRange(min=1), metavar="N", required=False)
@click.option("--csv", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The table.")
@click.option("--preset", type=click.Choice(("baseline", "training")), help="200 files, or 1,000, instead of N.")
@click.option(
    "--diversity", type=click.FloatRange(0, 1), default=0.7, show_default=True, help="Share that is chosen for variety."
)
@click.option("--heuristics", is_flag=True, help="Fill in what rules guess, with how sure they are and why.")
@click.option("--snapshot", type=int, help="Only files of this snapshot; see 'hyai snapshots'.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of all that is random.")
@json_option
def generate(
    number: int | None,
    target: Path,
    preset: str | None,
    diversity: float,
    heuristics: bool,
    snapshot: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Write N files that are worth labelling into a table: from all parts of the library, and unlike each other.

    Fill in the column 'label' in a spreadsheet; 'hyai labels import' reads it back.
    """
    from hyai_tui.exchange import sampling, snapshots
    from hyai_tui.exchange.tables import write_table
    from hyai_tui.queues.context import load_context

    if (number is None) == (preset is None):
        raise WrongUse("Say how many files", "Give N, or --preset baseline (200) or training (1,000)")
    wanted = number or sampling.PRESETS[str(preset)]
    workspace = open_workspace()
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context = load_context(workspace, catalog=catalog, journal=journal)
        if snapshot is None:
            kept = snapshots.of_now(workspace, context.sha256[context.present])
        else:
            kept = snapshots.read(workspace, snapshot)
        chosen = sampling.choose(workspace, context, catalog, journal, wanted, diversity, seed, kept.files)
        if not len(chosen.places):
            raise NotNow(
                "No file is left to label", "What is encoded has a label already; 'hyai scan' looks for new files"
            )
        root = workspace.library_root if workspace.settings.library.kind == "folder" else None
        rows = sampling.table_rows(catalog, context, chosen, snapshot=kept.number, guesses=heuristics, root=root)
        written = write_table(target, rows, sampling.COLUMNS)
    strata = dict(sorted(Counter(chosen.strata).items()))
    data = {"file": str(target), "files": written, "wanted": wanted, "snapshot": kept.number}
    data |= {"strata": strata, "spread": chosen.spread}

    def lines() -> Iterable[str]:
        yield f"{target}: {count(written, 'file')} of snapshot {kept.number}, mean distance {chosen.spread:.3f}"
        if written < wanted:
            yield f"{wanted:,} were wanted: no more files are encoded and without a label"
        yield from (f"  {number:,} {name}" for name, number in strata.items())
        yield f"Fill in the column 'label', then: {shlex.join(['hyai', 'labels', 'import', str(target)])}"

    emit(data, as_json, lines)


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
        "grown": report.grown,
        "skipped": dict(report.skipped),
    }


def _lines(report: ShrinkReport, done: str) -> Iterable[str]:
    sizes = f"{megabytes(report.before)} become {megabytes(report.after)}" if report.changed else "nothing to change"
    yield f"{report.changed:,} of {count(report.samples, 'sample')} {done}: {sizes}"
    if report.kept_aside:
        yield f"  {megabytes(report.kept_aside)} of originals in data/.aside/shrunk: the library does not have them"
    if report.grown:
        yield f"  {report.grown:,} of them take more than they did: drawings of few colours"
    for reason, number in sorted(report.skipped.items()):
        yield f"  {number:,} left: {reason}"
