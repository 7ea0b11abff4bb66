"""Plug-ins that other packages bring, by entry point: only those that the user's own settings name.

Loading a plug-in runs its code, so a workspace, which may come from a stranger, cannot ask for it: the names stand below
`[plugins]` in `config.toml` of the user's configuration directory.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from hyai_tui.errors import SettingsError


def user_table(file: Path, name: str) -> Mapping[str, Any]:
    """Return one table of the user's settings; empty where there is none.

    Raises:
        SettingsError: the file is not valid TOML.
    """
    try:
        found = tomllib.loads(file.read_text("utf-8")).get(name, {})
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    return found if isinstance(found, dict) else {}


def named(file: Path, key: str) -> Sequence[str]:
    """Return the plug-ins that the user's settings name in a list such as `[plugins] queues`.

    Raises:
        SettingsError: naming the file and the key.
    """
    names = user_table(file, "plugins").get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingsError(f"{file}: plugins.{key} is a list of names", f'Write {key} = ["…"] below [plugins]')
    return names


def offered(group: str) -> set[str]:
    """Return the names that installed packages offer, without loading anything."""
    return {point.name for point in entry_points(group=group)}


def load(group: str, name: str, what: str, fix: str) -> Any:
    """Return what a package offers under a name; this runs its code.

    Args:
        group: of entry points.
        name: as the user's settings have it.
        what: such as `the check`, for messages.
        fix: what to do where it cannot be had.

    Raises:
        SettingsError: no installed package brings it, or it cannot be loaded.
    """
    points = list(entry_points(group=group, name=name))
    if not points:
        raise SettingsError(f"A plug-in is named and not there: no installed package brings {what} {name!r}", fix)
    try:
        return points[0].load()
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"The plug-in of {what} {name!r} cannot be loaded: {error}", fix) from error
