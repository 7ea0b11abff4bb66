"""All checks by name: the program's own, and plug-ins that the user's own settings name.

A package offers a `Check` under the entry point group `hyai_tui.checks`. Loading it runs its code, so a workspace cannot
ask for it: the names stand under `[plugins] checks` in `config.toml` of the user's configuration directory.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

from hyai_tui import plugins
from hyai_tui.checks.base import Check
from hyai_tui.errors import SettingsError, WrongUse
from hyai_tui.locations import user_settings_file

GROUP: Final = "hyai_tui.checks"
OWN: Final = ("tags", "near-duplicates", "validation", "files", "balance", "namespaces")


def names(file: Path | None = None) -> list[str]:
    """Return the names of all checks, without loading a plug-in."""
    return [*OWN, *plugins.named(file or user_settings_file(), "checks")]


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
    if name not in plugins.named(file, "checks"):
        raise WrongUse(f"There is no check {name!r}", f"There are {', '.join(names(file))}")
    found = plugins.load(GROUP, name, "the check", f"Take {name!r} out of [plugins] checks in {file}, or mend it")
    if not isinstance(found, Check) or found.name != name:
        raise SettingsError(f"The entry point {name!r} of {GROUP} gives no Check of that name", "Mend the plug-in")
    return found
