"""All checks by name: the program's own, and plug-ins that the user's own settings name.

A package offers a `Check` under the entry point group `hyai_tui.checks`. Loading it runs its code, so a workspace cannot
ask for it: the names stand under `[plugins] checks` in `config.toml` of the user's configuration directory.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from hyai_tui.checks.base import Check
from hyai_tui.errors import SettingsError, WrongUse
from hyai_tui.locations import user_settings_file

GROUP: Final = "hyai_tui.checks"
OWN: Final = ("tags", "near-duplicates", "validation", "files", "balance", "namespaces")


def names(file: Path | None = None) -> list[str]:
    """Return the names of all checks, without loading a plug-in."""
    return [*OWN, *_chosen(file or user_settings_file())]


def load(name: str, file: Path | None = None) -> Check:
    """Return a check.

    Raises:
        WrongUse: there is none of that name.
        SettingsError: a plug-in is not installed, cannot be loaded, or is none.
    """
    if name in OWN:
        check = importlib.import_module(f"hyai_tui.checks.{name.replace('-', '_')}").CHECK
        assert isinstance(check, Check)
        return check
    file = file or user_settings_file()
    if name not in _chosen(file):
        raise WrongUse(f"There is no check {name!r}", f"There are {', '.join(names(file))}")
    points = list(entry_points(group=GROUP, name=name))
    if not points:
        raise SettingsError(
            f"{file}: no installed package brings the check {name!r}", "Take it out of [plugins] checks"
        )
    try:
        found = points[0].load()
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"The plug-in of the check {name!r} cannot be loaded: {error}", "Mend the plug-in"
        ) from error
    if not isinstance(found, Check) or found.name != name:
        raise SettingsError(f"The entry point {name!r} of {GROUP} gives no Check of that name", "Mend the plug-in")
    return found


def _chosen(file: Path) -> Sequence[str]:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    table = tables.get("plugins", {})
    found = table.get("checks", []) if isinstance(table, dict) else None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise SettingsError(f"{file}: plugins.checks is a list of names", 'Write checks = ["…"] below [plugins]')
    return found
