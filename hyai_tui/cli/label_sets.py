"""`hyai labels preset|describe|map`: whole sets of labels, what each stands for, and old names that become new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import WrongUse
from hyai_tui.text import count, table
from hyai_tui.workspace import open_workspace

_SECONDS = 5.0
_COLUMNS = ("from", "to")


@click.command("preset")
@click.argument("name", required=False)
@json_option
def preset(name: str | None, as_json: bool) -> None:
    """Make the labels of the preset NAME, each with what it stands for; without NAME, list the presets.

    Labels that there are already stay as they are. Old names that a preset knows are told: 'hyai labels map --preset NAME'
    gives their files the new ones.
    """
    from hyai_tui.exchange import class_presets

    if name is None:
        rows = [
            {"preset": key, "about": one.about, "labels": list(one.labels), "older": dict(one.older)}
            for key, one in class_presets.PRESETS.items()
        ]
        shown = [{**row, "labels": ", ".join(row["labels"])} for row in rows]
        emit(rows, as_json, lambda: table(shown, ["preset", "labels", "about"]))
        return
    chosen = class_presets.preset(name)
    from hyai_tui.effects.opening import opened
    from hyai_tui.jobs.relabelling import describe_new, planned

    with opened(open_workspace()) as parts:
        made = describe_new(parts, chosen.labels)
        steps = planned(parts, chosen.older)
        digits = {one.name: one.digit for one in parts.journal.labels()}
    data = {
        "preset": name,
        "labels": [
            {"label": label, "about": about, "digit": digits[label], "made": label in made}
            for label, about in chosen.labels.items()
        ],
        "older": {step.old: step.new for step in steps},
    }

    def lines() -> Iterable[str]:
        yield f"{name}: {count(len(made), 'label')} made, {len(chosen.labels) - len(made)} were there"
        for label, about in chosen.labels.items():
            yield f"  {digits[label] or '-'} {label}: {about}"
        if steps:
            yield f"Older names are in use ({', '.join(step.old for step in steps)}): hyai labels map --preset {name}"

    emit(data, as_json, lines)


@click.command("describe")
@click.argument("label")
@click.argument("about", metavar="TEXT")
@json_option
def describe(label: str, about: str, as_json: bool) -> None:
    """Say in a sentence what LABEL stands for; an empty TEXT takes it away."""
    with open_workspace().open_journal() as journal:
        journal.describe_label(label, about)
        said = next((one.about for one in journal.labels() if one.name == label), "")
    emit({"label": label, "about": said}, as_json, lambda: [f"{label}: {said or 'nothing is said of it'}"])


@click.command("map")
@click.argument("pairs", nargs=-1, metavar="[OLD=NEW]...")
@click.option(
    "--file",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV with the columns 'from' and 'to'.",
)
@click.option("--preset", "preset_name", help="The older names that a preset knows.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@json_option
def map_labels(
    pairs: tuple[str, ...], source: Path | None, preset_name: str | None, dry_run: bool, as_json: bool
) -> None:
    """Give labels new names, many at once: OLD is renamed to NEW, or merged into it where NEW is a label already.

    Decisions, samples and tags follow. Labels that there are not are passed over.
    """
    from hyai_tui.effects.opening import opened
    from hyai_tui.jobs.relabelling import carry_out, planned

    mapping = _mapping(pairs, source, preset_name)
    with opened(open_workspace()) as parts:
        steps = planned(parts, mapping)
        files = 0 if dry_run else carry_out(parts, steps, session="command")
        if not dry_run:
            parts.runner.drain(_SECONDS)
    data: dict[str, Any] = {
        "steps": [{"old": one.old, "new": one.new, "merges": one.merges} for one in steps],
        "files": files,
        "dry_run": dry_run,
    }

    def lines() -> Iterable[str]:
        for one in steps:
            yield f"{one.old} {'is merged into' if one.merges else 'becomes'} {one.new}"
        if not steps:
            yield "None of those labels is in use"
        elif not dry_run:
            yield f"{count(files, 'decided file')} followed"

    emit(data, as_json, lines)
    if steps and not dry_run:
        narrate("Tags that the model gave follow with the next 'hyai tag'")


def _mapping(pairs: tuple[str, ...], source: Path | None, preset_name: str | None) -> Mapping[str, str]:
    """Return the map that the command names in one of its three ways.

    Raises:
        WrongUse: it is named in none of them or in several, or a pair is none.
    """
    if sum([bool(pairs), source is not None, preset_name is not None]) != 1:
        raise WrongUse("Say in one way which labels become which", "Give OLD=NEW, --file FILE or --preset NAME")
    if preset_name is not None:
        from hyai_tui.exchange.class_presets import preset

        return preset(preset_name).older
    found: dict[str, str] = {}
    if source is not None:
        from hyai_tui.exchange.tables import read_table

        rows = read_table(source, _COLUMNS)
        if not rows:
            raise WrongUse(f"{source.name} has a header and no rows", "Give it a row 'from', 'to' for each label")
        for row in rows:
            old, new = (row.cells.get(column, "").strip() for column in _COLUMNS)
            if not (old and new):
                raise WrongUse(f"{source.name}: row {row.number} names no two labels", "Fill in 'from' and 'to'")
            found[old] = new
        return found
    for pair in pairs:
        old, equals, new = (part.strip() for part in pair.partition("="))
        if not (old and equals and new):
            raise WrongUse(f"{pair!r} names no two labels", "Write OLD=NEW")
        found[old] = new
    return found
