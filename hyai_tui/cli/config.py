"""`hyai config`: show, check and change the settings of a workspace."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from hyai_tui import credentials, settings
from hyai_tui.cli.output import emit, json_option
from hyai_tui.credentials import AccessKey
from hyai_tui.errors import HyaiError, SettingsError, WrongUse
from hyai_tui.settings import SETTINGS_FILE
from hyai_tui.text import visible
from hyai_tui.workspace import find_root, open_workspace


@click.group("config")
def config() -> None:
    """Show, check and change settings."""


@config.command("show")
@click.argument("name", required=False)
@json_option
def show(name: str | None, as_json: bool) -> None:
    """Show all settings, or the one of NAME, and where each comes from."""
    workspace = open_workspace()
    rows = _rows(workspace.settings_file)
    if name:
        wanted = name if name == "read_only" else ".".join(_full_name(name))
        rows = [row for row in rows if row["name"] == wanted]
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
        value = ", ".join(row["value"]) if isinstance(row["value"], list) else row["value"]
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        yield f"{row['name']} = {text}  ({row['from']})  {row['about']}"


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
    """Set NAME (such as tag.trash_threshold) to VALUE in the settings file; comments stay. `none` takes it out."""
    root = find_root()
    if root is None:
        raise WrongUse("There is no workspace here", "Run 'hyai init' to make one")
    path = root / SETTINGS_FILE
    section, key = ("", "read_only") if name == "read_only" else _full_name(name)
    document = _changed(path, section, key, value)
    _write(path, document)
    open_workspace()
    shown = f"{section}.{key}" if section else key
    row = next(one for one in _rows(path) if one["name"] == shown)
    data = {"file": str(path), "name": shown, "value": row["value"], "from": row["from"]}
    emit(data, as_json, lambda: _set_lines(row))


def _set_lines(row: dict[str, Any]) -> Iterable[str]:
    yield from _lines([row])
    if row["from"] == "environment":
        yield "The environment says otherwise and wins as long as its variable is set"
    if row["name"] in {"features.encoder", "features.weights"}:
        yield "The next 'hyai cache build' encodes what this encoder has not seen; a model of another encoder rests"


def _changed(path: Path, section: str, key: str, text: str) -> str:
    """Return the settings file with one value changed, checked as a whole before anything is written."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(path.read_text("utf-8"))
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    if _takes_out(section, key, text):
        value = None
    else:
        value = _flag(text) if not section else settings.parse_value(section, key, text)
    table: Any = document
    if section:
        if section not in document:
            document.add(section, tomlkit.table())
        table = document[section]
    if value is None:
        table.pop(key, None)
    else:
        table[key] = list(value) if isinstance(value, tuple) else value
    written = tomlkit.dumps(document)
    settings.from_dict(tomlkit.parse(written).unwrap(), origin=str(path))
    return written


def _flag(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise SettingsError(f"config set: read_only is true or false, not {text!r}", "Write true or false") from None


def _takes_out(section: str, key: str, text: str) -> bool:
    """Return whether the word gives the default back; there are settings for which it is a value."""
    return text == "none" and not (section and "none" in settings.choices(section, key))


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, with the rights that it has; a link stays a link."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(target.stat().st_mode & 0o777)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise HyaiError(
            f"{target} could not be written: {error.strerror or error}; it is as it was",
            "Check the disk's free space, and that the file is yours to write",
        ) from error


def _full_name(name: str) -> tuple[str, str]:
    """Return section and key; a key that only one section has may stand alone (`encoder`)."""
    section, dot, key = name.partition(".")
    if dot:
        settings_name = (section, key)
        if settings_name in {(one, two) for one, two, _, _ in settings.describe()}:
            return settings_name
        settings.parse_value(section, key, "")  # raises, naming the nearest valid one
    sections = [one for one, two, _, _ in settings.describe() if two == name]
    if len(sections) == 1:
        return sections[0], name
    if sections:
        raise WrongUse(
            f"{name} is a setting of several sections", f"Write {' or '.join(f'{one}.{name}' for one in sections)}"
        )
    raise _unknown_name(name)


def _unknown_name(name: str) -> SettingsError:
    import difflib

    by_key = {key: f"{section}.{key}" for section, key, _, _ in settings.describe()}
    near = difflib.get_close_matches(name, by_key, 1)
    fix = f"Did you mean {by_key[near[0]]!r}?" if near else "'hyai config show' lists all of them"
    return SettingsError(f"config: there is no setting {name!r}", fix)


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
