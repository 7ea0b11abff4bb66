"""Themes are files: those of the program, then the user's own, which may replace them by name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from textual.theme import Theme

from hyai_tui.errors import SettingsError

DEFAULT_THEME = "harbour"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_COLOURS = (
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "success",
    "warning",
    "error",
)
# Colours of our own, available to styles as `$archive` and so on, as they are without a theme of ours.
PICTURE_COLOURS = {
    "archive": "#62a8e5",
    "trash": "#f0913a",
    "unsure": "#b79ae0",
    "muted": "#7d8b99",
    "frame": "#444b52",
}


def load(*directories: Path) -> dict[str, Theme]:
    """Return the themes of the directories by name; a later directory wins.

    Raises:
        SettingsError: naming the file and the colour that is missing or wrong.
    """
    themes = {}
    for directory in directories:
        for file in sorted(directory.glob("*.toml")) if directory.is_dir() else ():
            theme = read(file)
            themes[theme.name] = theme
    return themes


def load_what_can_be(*directories: Path) -> tuple[dict[str, Theme], list[SettingsError]]:
    """Return the themes as `load` does, and what is wrong with the files that had to be left out."""
    themes: dict[str, Theme] = {}
    wrong: list[SettingsError] = []
    for directory in directories:
        for file in sorted(directory.glob("*.toml")) if directory.is_dir() else ():
            try:
                theme = read(file)
            except SettingsError as error:
                wrong.append(error)
            else:
                themes[theme.name] = theme
    return themes, wrong


def read(file: Path) -> Theme:
    """Read one theme file."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    colours = _table(file, tables, "colours", _COLOURS)
    picture = _table(file, tables, "picture", tuple(PICTURE_COLOURS))
    variables = {
        **picture,
        "footer-key-foreground": colours["accent"],
        "block-cursor-background": colours["primary"],
        "block-cursor-foreground": colours["background"],
        "input-selection-background": f"{colours['primary']} 35%",
        "border": picture["frame"],
        "scrollbar": picture["frame"],
        "scrollbar-background": colours["background"],
    }
    return Theme(
        name=str(tables.get("name", file.stem)),
        dark=bool(tables.get("dark", True)),
        variables=variables,
        primary=colours["primary"],
        secondary=colours["secondary"],
        accent=colours["accent"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        success=colours["success"],
        warning=colours["warning"],
        error=colours["error"],
    )


def _table(file: Path, tables: dict[str, Any], name: str, keys: tuple[str, ...]) -> dict[str, str]:
    table = tables.get(name)
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: there is no table [{name}]", f"It gives {', '.join(keys)}")
    for key in keys:
        if not isinstance(table.get(key), str) or not _COLOUR.match(table[key]):
            raise SettingsError(f"{file}: {name}.{key} is no colour", 'Write it as "#rrggbb"')
    return {key: table[key] for key in keys}
