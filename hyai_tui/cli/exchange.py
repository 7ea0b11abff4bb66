"""`hyai labels import|import-folder|export|runs|compare`: labels that travel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import WrongUse
from hyai_tui.text import count, megabytes, short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts

SESSION = "command"
LAYOUTS = ("folders", "fiftyone", "label-studio")
_SECONDS = 5.0
_MOST_LISTED = 20
_READABLE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("file", type=_READABLE_FILE)
@click.option("--validate-only", is_flag=True, help="Check the whole table and record nothing.")
@click.option("--labeler", default="manual", show_default=True, help="Who labelled; kept with every decision.")
@click.option("--split", help="Which split the rows are for; kept with every decision.")
@click.option("--new", "new_labels", is_flag=True, help="Make the labels that do not exist yet.")
@click.option("--allow-empty", is_flag=True, help="Leave files without a label alone, instead of refusing the table.")
@click.option(
    "--guesses", type=click.FloatRange(0, 1), help="Where the label is empty, take a rule's guess from so sure on."
)
@json_option
def import_labels(
    file: Path,
    validate_only: bool,
    labeler: str,
    split: str | None,
    new_labels: bool,
    allow_empty: bool,
    guesses: float | None,
    as_json: bool,
) -> None:
    """Take labels in from FILE: a CSV as a spreadsheet writes it, or a ZIP that 'hyai labels export' wrote.

    A CSV names its files by hash or path and has a column 'label'. Either every row can be used, or nothing is recorded
    and every fault is listed with its row. The import is one act: 'hyai undo' takes it back whole.
    """
    from hyai_tui.effects.opening import opened
    from hyai_tui.exchange.importing import BadTable

    with opened(open_workspace()) as parts:
        try:
            if file.suffix.lower() == ".zip":
                _import_project(file, parts, labeler, validate_only, as_json)
            else:
                _import_table(file, parts, labeler, split, new_labels, allow_empty, guesses, validate_only, as_json)
        except BadTable as error:
            for line in error.lines:
                narrate(line)
            raise


def _import_table(
    file: Path,
    parts: Parts,
    labeler: str,
    split: str | None,
    new_labels: bool,
    allow_empty: bool,
    guesses: float | None,
    validate_only: bool,
    as_json: bool,
) -> None:
    from hyai_tui.exchange.importing import carry_out, plan_import

    plan = plan_import(
        file, parts, labeler=labeler, split=split, new_labels=new_labels, allow_empty=allow_empty, guesses=guesses
    )
    run = None if validate_only else carry_out(plan, parts, SESSION)
    data = {
        "run": run,
        "rows": plan.rows,
        "labels": plan.counts(),
        "unchanged": plan.unchanged,
        "left_alone": plan.left_alone,
        "new_labels": list(plan.new_labels),
        "note": plan.note,
        "validated_only": validate_only,
    }
    if plan.note:
        narrate(plan.note)

    def lines() -> Iterable[str]:
        labels = ", ".join(f"{label} {number:,}" for label, number in plan.counts().items()) or "nothing new"
        done = "Would record" if validate_only else "Recorded" if run is not None else "Nothing to record"
        yield f"{count(plan.rows, 'row')}, all of them good. {done}: {labels}"
        if plan.unchanged:
            yield f"{count(plan.unchanged, 'file')} decided so already"
        if plan.left_alone:
            yield f"{count(plan.left_alone, 'row')} without a label left alone"
        if run is not None:
            yield f"Label run {run}; 'hyai undo --act {run}' takes it back whole"

    emit(data, as_json, lines)
    if run is not None:
        _settle(parts)


def _import_project(file: Path, parts: Parts, labeler: str, validate_only: bool, as_json: bool) -> None:
    from hyai_tui.exchange.project import FORMAT, KIND
    from hyai_tui.exchange.taking import take_project
    from hyai_tui.exchange.zips import CheckedZip

    if validate_only:
        with CheckedZip(file, KIND, FORMAT, "a ZIP that 'hyai labels export' wrote") as archive:
            members = archive.verify()
        emit({"members": members, "validated_only": True}, as_json, lambda: [f"{file.name}: {members} members, whole"])
        return
    taken = take_project(file, parts, labeler=labeler, session=SESSION)
    data = {
        "run": taken.run,
        "decisions": taken.decisions,
        "unchanged": taken.unchanged,
        "pictures": taken.pictures,
        "unknown": list(taken.unknown),
        "splits": taken.splits,
        "model": taken.model,
        "network": taken.network,
    }

    def lines() -> Iterable[str]:
        yield f"{count(taken.decisions, 'decision')} recorded, {count(taken.unchanged, 'file')} decided so already"
        if taken.pictures:
            yield f"{count(taken.pictures, 'picture')} put into the training folders: no library here has them"
        if taken.unknown:
            yield f"{count(len(taken.unknown), 'file')} of the archive are not known here: 'hyai scan' first, or export with --with-images"
        if taken.splits:
            yield f"{count(taken.splits, 'file')} got the fold that they had"
        if taken.known:
            yield f"The model in it is here already: {taken.model}"
        elif taken.network:
            yield f"Model {taken.model} came along with its network; 'hyai models use {taken.model} --encoder' uses both"
        elif taken.model:
            yield f"Model {taken.model} came along; 'hyai models list' shows it"

    emit(data, as_json, lines)
    _settle(parts)


@click.command("import-folder")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--as", "label", required=True, metavar="LABEL", help="What all pictures in it are.")
@click.option("--new", "new_label", is_flag=True, help="Make the label if there is none of that name.")
@json_option
def import_folder(directory: Path, label: str, new_label: bool, as_json: bool) -> None:
    """Take every picture below DIRECTORY in as a sample of LABEL. Twice changes nothing; the folder is only read."""
    from hyai_tui.effects.opening import opened
    from hyai_tui.exchange.folders import take_folder

    with opened(open_workspace()) as parts:
        found = take_folder(directory, label, parts, session=SESSION, new_label=new_label)
        data = {
            "label": label,
            "labelled": found.labelled,
            "copied": found.copied,
            "unchanged": found.unchanged,
            "skipped": [{"file": name, "reason": reason} for name, reason in found.skipped],
        }

        def lines() -> Iterable[str]:
            yield (
                f"{count(found.labelled + found.copied, 'picture')} taken in as {label}"
                f" ({found.labelled:,} of the library, {found.copied:,} copied), {found.unchanged:,} were already"
            )
            for name, reason in found.skipped[:10]:
                yield f"  skipped {name}: {reason}"
            if len(found.skipped) > 10:
                yield f"  and {len(found.skipped) - 10:,} more"

        emit(data, as_json, lines)
        _settle(parts)


@click.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="CSV: every file, not only those with a decision.")
@click.option("--with-images", is_flag=True, help="ZIP: with the pictures of the training folders.")
@click.option("--with-model", is_flag=True, help="ZIP: with the model in use.")
@click.option("--layout", type=click.Choice(LAYOUTS), help="A directory of pictures in another program's layout.")
@click.option("--splits", is_flag=True, help="With --layout folders: train/, val/ and test/ above the labels.")
@json_option
def export_labels(
    target: Path,
    everything: bool,
    with_images: bool,
    with_model: bool,
    layout: str | None,
    splits: bool,
    as_json: bool,
) -> None:
    """Write the labels to TARGET: NAME.csv, NAME.zip (with classes and a manifest), or a directory with --layout.

    Folders are as Keras and torchvision read them; fiftyone is its image classification dataset; label-studio are tasks
    with their annotations. Cells that a spreadsheet would take for a formula are written as text.
    """
    from hyai_tui.effects.opening import opened

    suffix = target.suffix.lower()
    if splits and layout != "folders":
        raise WrongUse("--splits goes with --layout folders", "Give both")
    with opened(open_workspace()) as parts:
        data: dict[str, Any]
        if layout is not None:
            from hyai_tui.exchange.layouts import write_layout

            number = write_layout(target, parts, layout, splits=splits)
            data = {"layout": layout, "images": number}
            line = f"{count(number, 'picture')} written to {target}"
        elif suffix == ".zip":
            from hyai_tui.exchange.project import write_project

            done = write_project(target, parts, images=with_images, model=with_model)
            data = {"items": done.items, "labelled": done.labelled, "images": done.images}
            line = (
                f"{count(done.items, 'item')}, {done.labelled:,} labelled, {count(done.images, 'picture')} in {target}"
            )
        elif suffix == ".csv":
            from hyai_tui.exchange.items import ITEM_COLUMNS, items
            from hyai_tui.exchange.tables import write_table

            rows = items(parts.workspace, parts.catalog, parts.journal, decided_only=not everything)
            number = write_table(target, rows, ITEM_COLUMNS)
            data = {"items": number}
            line = f"{count(number, 'row')} in {target}"
        else:
            raise WrongUse(f"{target} says no format", "Name a .csv or a .zip, or give --layout for a directory")
    size = target.stat().st_size if target.is_file() else None
    emit({**data, "target": str(target)}, as_json, lambda: [line + (f", {megabytes(size)}" if size else "")])


@click.command("runs")
@json_option
def runs(as_json: bool) -> None:
    """List the imports: number, who labelled, from where, how many files, how many of them undone."""
    from hyai_tui.exchange.label_runs import label_runs

    with open_workspace().open_journal() as journal:
        found = label_runs(list(journal.decisions(newest_first=False)))
    data = [
        {
            "run": one.number,
            "at": datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds"),
            "labeler": one.labeler,
            "source": one.source,
            "split": one.split,
            "rows": one.rows,
            "files": one.files,
            "undone": one.undone,
        }
        for one in found
    ]
    columns = ["run", "at", "labeler", "source", "split", "rows", "files", "undone"]
    emit(data, as_json, lambda: table(data, columns) if data else ["Nothing was imported yet"])


@click.command("compare")
@click.argument("first", type=int, metavar="RUN")
@click.argument("second", type=int, metavar="RUN")
@json_option
def compare_runs(first: int, second: int, as_json: bool) -> None:
    """Say how far two imports agree on the files that both labelled, and on which they do not."""
    from hyai_tui.exchange.label_runs import compare, labels_of_run
    from hyai_tui.jobs.label_runs import find_label_run

    with open_workspace().open_journal() as journal:
        for number in (first, second):
            find_label_run(journal, number)
        decisions = list(journal.decisions(newest_first=False))
    found = compare(labels_of_run(decisions, first), labels_of_run(decisions, second))
    data: dict[str, Any] = {
        "both": found.both,
        "same": found.same,
        "kappa": None if found.kappa is None else round(found.kappa, 4),
        "only_first": found.only_first,
        "only_second": found.only_second,
        "pairs": [{"first": one, "second": two, "files": number} for (one, two), number in found.pairs.items()],
        "different": [{"file": file, "first": one, "second": two} for file, (one, two) in found.different.items()],
    }

    def lines() -> Iterable[str]:
        beyond = "" if found.kappa is None else f", kappa {found.kappa:.2f}"
        yield f"{count(found.both, 'file')} in both, {found.same:,} with the same label{beyond}"
        yield f"{found.only_first:,} in run {first} alone, {found.only_second:,} in run {second} alone"
        if found.pairs:
            yield from table(
                [
                    {f"run {first}": one["first"], f"run {second}": one["second"], "files": one["files"]}
                    for one in data["pairs"]
                ],
                [f"run {first}", f"run {second}", "files"],
            )
        yield from (
            f"{short_hash(file)}  {one} → {two}" for file, (one, two) in list(found.different.items())[:_MOST_LISTED]
        )
        if len(found.different) > _MOST_LISTED:
            yield f"and {len(found.different) - _MOST_LISTED:,} more: --json has all"

    emit(data, as_json, lines)


def _settle(parts: Parts) -> None:
    report = parts.runner.drain(_SECONDS)
    if report.left:
        narrate(f"{count(report.left, 'effect')} pending; they are done as soon as they can be ('hyai effects list')")
