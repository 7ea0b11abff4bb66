"""`hyai labels`: the classes; add, rename, merge, order, colour, remove. Those that travel stand in `exchange`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli import exchange, label_sets, records
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.text import count, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts

_SECONDS = 2.0


@click.group("labels", invoke_without_command=True)
@click.pass_context
def labels(context: click.Context) -> None:
    """Labels: list, add, rename, merge, order, colour, remove; import and export."""
    if context.invoked_subcommand is None:
        context.invoke(list_labels, as_json=False)


for _one in (
    exchange.import_labels,
    exchange.import_folder,
    exchange.export_labels,
    exchange.runs,
    exchange.compare_runs,
    records.export_items,
    label_sets.preset,
    label_sets.describe,
    label_sets.map_labels,
):
    labels.add_command(_one)


@labels.command("list")
@json_option
def list_labels(as_json: bool) -> None:
    """List the labels with their digit, samples, decided files and what they stand for."""
    from hyai_tui.effects.opening import opened

    with opened(open_workspace()) as parts:
        data = _rows(parts)

    def lines() -> Iterable[str]:
        rows = [{**row, "digit": row["digit"] or "", "colour": row["colour"] or ""} for row in data]
        columns = [
            "digit",
            "label",
            "samples",
            "decided",
            "tag",
            "colour",
            *(["about"] if any(row["about"] for row in data) else []),
        ]
        return table(rows, columns) if rows else ["No labels yet"]

    emit(data, as_json, lines)


@labels.command("add")
@click.argument("label")
@json_option
def add(label: str, as_json: bool) -> None:
    """Make LABEL and its training folder; it gets the lowest free digit, for ever."""
    from hyai_tui.effects.opening import opened
    from hyai_tui.jobs.relabelling import add_label

    with opened(open_workspace()) as parts:
        add_label(parts, label)
        row = next(one for one in _rows(parts) if one["label"] == label)
    key = f"key {row['digit']}" if row["digit"] else "no digit is free for it"
    emit(row, as_json, lambda: [f"{label}: {key}, folder data/{label}, tag {row['tag']}"])


@labels.command("rename")
@click.argument("old")
@click.argument("new")
@json_option
def rename(old: str, new: str, as_json: bool) -> None:
    """Give the label OLD the name NEW. Digit, samples, history, tags and models follow."""
    from hyai_tui.effects.opening import opened
    from hyai_tui.jobs.relabelling import rename_label

    with opened(open_workspace()) as parts:
        decided = rename_label(parts, old, new)
    # Opened anew, because what the settings say of the label is said of its new name now.
    with opened(open_workspace()) as parts:
        parts.runner.drain(_SECONDS)
        row = next(one for one in _rows(parts) if one["label"] == new)
    emit(row, as_json, lambda: [f"{old} is {new} now, with {count(decided, 'decided file')}"])
    narrate(
        "Tags that the model gave are renamed by the next 'hyai tag'; this takes it back: "
        + shlex.join(["hyai", "labels", "rename", new, old])
    )


@labels.command("merge")
@click.argument("old")
@click.argument("into")
@json_option
def merge(old: str, into: str, as_json: bool) -> None:
    """Give all files of the label OLD the label INTO, as one act; 'hyai undo' takes it back whole."""
    from hyai_tui.effects.opening import opened
    from hyai_tui.jobs.relabelling import merge_label

    with opened(open_workspace()) as parts:
        moved = merge_label(parts, old, into, session="command")
        row = next(one for one in _rows(parts) if one["label"] == into)
    emit({**row, "moved": moved}, as_json, lambda: [f"{count(moved, 'file')} of {old} moved to {into}"])
    narrate("The model learns it with the next 'hyai retrain'")


@labels.command("order")
@click.argument("names", nargs=-1, required=True)
@json_option
def order(names: tuple[str, ...], as_json: bool) -> None:
    """List the labels in the order of NAMES; those that are not named follow, by their digits. No digit moves."""
    from hyai_tui.effects.opening import opened

    with opened(open_workspace()) as parts:
        parts.journal.order_labels(names)
        data = _rows(parts)
    emit(data, as_json, lambda: [", ".join(row["label"] for row in data)])


@labels.command("remove")
@click.argument("label")
@json_option
def remove(label: str, as_json: bool) -> None:
    """Take LABEL, which nothing is decided for, and its empty folder off the list. 'hyai labels add' brings it back."""
    from hyai_tui.effects.opening import opened
    from hyai_tui.jobs.relabelling import remove_label

    with opened(open_workspace()) as parts:
        remove_label(parts, label)
    emit({"removed": label}, as_json, lambda: [f"{label} is off the list; its digit stays its own"])


@labels.command("colour")
@click.argument("label")
@click.argument("colour", metavar="#RRGGBB|none")
@json_option
def colour_label(label: str, colour: str, as_json: bool) -> None:
    """Give LABEL a colour on the screen; 'none' gives it the theme's."""
    wanted = None if colour == "none" else colour
    with open_workspace().open_journal() as journal:
        journal.colour_label(label, wanted)
    emit({"label": label, "colour": wanted}, as_json, lambda: [f"{label}: {wanted or 'the theme’s colour'}"])


def _rows(parts: Parts) -> list[dict[str, Any]]:
    from hyai_tui.jobs.label_list import label_rows

    return [asdict(row) for row in label_rows(parts.workspace, parts.journal)]
