"""`hyai config`: show, check and change the settings of a workspace."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from hyai_tui import credentials, settings, settings_file
from hyai_tui.cli.criteria import search
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.credentials import AccessKey
from hyai_tui.errors import WrongUse
from hyai_tui.settings import SETTINGS_FILE
from hyai_tui.settings_labels import as_stored, parted
from hyai_tui.text import count, visible
from hyai_tui.workspace import Workspace, find_root, open_workspace


@click.group("config")
def config() -> None:
    """Show, check and change settings."""


@config.command("show")
@click.argument("name", required=False)
@json_option
def show(name: str | None, as_json: bool) -> None:
    """Show all settings, or those of NAME, one of them or a section such as train, and where each comes from."""
    workspace = open_workspace()
    rows = _rows(workspace.settings_file)
    if name:
        of_section = [row for row in rows if row["name"].startswith(f"{name}.")]
        rows = of_section or [row for row in rows if row["name"] == settings_file.full_name(name)]
    data = {"file": str(workspace.settings_file), "settings": rows}
    emit(data, as_json, lambda: _lines(rows))


def _rows(path: Path) -> list[dict[str, Any]]:
    present = _tables(path)
    resolved = settings.load(path)
    from_file = settings.from_dict(present, origin=str(path))
    rows = []
    for section, key, default, about in settings.describe():
        value = getattr(getattr(resolved, section), key)
        if _variable(section, key) in os.environ or value != getattr(getattr(from_file, section), key):
            source = "environment"
        else:
            source = "file" if key in present.get(section, {}) else "default"
        shown = list(value) if isinstance(value, tuple) else value
        usual = list(default) if isinstance(default, tuple) else default
        rows.append({"name": f"{section}.{key}", "value": shown, "from": source, "default": usual, "about": about})
    source = "environment" if os.environ.get("HYAI_READ_ONLY") else "file" if "read_only" in present else "default"
    about = "make no write request to the library"
    rows.append({"name": "read_only", "value": resolved.read_only, "from": source, "default": False, "about": about})
    return rows


def _variable(section: str, key: str) -> str:
    return f"HYAI_{section}_{key}".upper()


def _tables(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}


def _lines(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        yield f"{row['name']} = {_text(row['value'])}  ({row['from']})  {row['about']}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{label}={_text(one)}" for label, one in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@config.command("validate")
@json_option
def validate(as_json: bool) -> None:
    """Check the settings file; say where it is wrong and what would be right."""
    workspace = open_workspace()
    emit(
        {"file": str(workspace.settings_file), "valid": True},
        as_json,
        lambda: [f"{workspace.settings_file} is in order"],
    )


@config.command("set")
@click.argument("name")
@click.argument("value")
@json_option
def set_value(name: str, value: str, as_json: bool) -> None:
    """Set NAME (such as tag.trash_threshold or tag.names.LABEL) to VALUE in hyai.toml; comments stay. `none` takes it out."""
    root = find_root()
    if root is None:
        raise WrongUse("There is no workspace here", "Run 'hyai init' to make one")
    path = root / SETTINGS_FILE
    shown = settings_file.set_value(path, name, value)
    workspace = open_workspace()
    if name.startswith("tag.names.") and (tag := workspace.settings.tag.names.get(parted(name[len("tag.") :])[1])):
        _warn_of_carriers(workspace, tag)
    # A setting by label is shown with all its labels.
    row = next(one for one in _rows(path) if shown == one["name"] or shown.startswith(f"{one['name']}."))
    data = {"file": str(path), "name": shown, "value": row["value"], "from": row["from"]}
    emit(data, as_json, lambda: _set_lines(row))


def _warn_of_carriers(workspace: Workspace, tag: str) -> None:
    """Say how many files carry a tag that is ours from now on: somebody else may have put it there."""
    with workspace.open_catalog() as catalog:
        (carried,) = catalog.carriers([as_stored(tag)])
    if len(carried):
        narrate(f"hyai: the tag {tag!r} is on {count(len(carried), 'file')} already, and is hyai's from now on")
        narrate("      'hyai tag' and 'hyai untag' may take it away from them: choose another if it is your own")


def _set_lines(row: dict[str, Any]) -> Iterable[str]:
    yield from _lines([row])
    if row["from"] == "environment":
        yield "The environment says otherwise and wins as long as its variable is set"
    if row["name"] in {"features.encoder", "features.weights"}:
        yield "The next 'hyai cache build' encodes what this encoder has not seen"
        yield "A model of another encoder that is still here goes on with that one until 'hyai train' makes a new one"


@config.command("key")
@click.argument("url", required=False)
def key(url: str | None) -> None:
    """Keep the access key for the Hydrus client at URL (default: the workspace's). It is asked for, never an argument."""
    address = url or open_workspace().settings.library.url
    if not address:
        raise WrongUse("This workspace has no Hydrus client", "Name its address: 'hyai config key URL'")
    bound = credentials.bound_address(address)
    if sys.stdin.isatty():
        text = click.prompt(f"Access key for {visible(bound)} (not shown)", hide_input=True, err=True)
    else:
        text = sys.stdin.readline()
    credentials.save_key(bound, AccessKey(text))
    click.echo(f"Kept for {visible(bound)}", err=True)


config.add_command(search)
