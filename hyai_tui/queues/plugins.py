"""Queues that other packages bring, by entry point, and only those that the user has named.

A package offers a `QueueKind` under the entry point group `hyai_tui.queues`. Loading it runs its code, so a workspace, which
may come from a stranger, cannot ask for it: the names stand in `config.toml` of the user's own configuration directory:

    [plugins]
    queues = ["my-queue"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from hyai_tui.errors import SettingsError
from hyai_tui.locations import user_settings_file
from hyai_tui.queues.registry import QUEUES, QueueKind

GROUP = "hyai_tui.queues"


def available(file: Path | None = None) -> dict[str, QueueKind]:
    """Return all queues by name: the program's own, then the plug-ins that the user's `config.toml` names.

    Args:
        file: the user's settings; None for the usual place.

    Raises:
        SettingsError: a plug-in is not installed, cannot be loaded, or takes a name that is taken.
    """
    found = dict(QUEUES)
    file = file or user_settings_file()
    for name in chosen(file):
        if name in found:
            raise SettingsError(f"{file}: the plug-in queue {name!r} has the name of another one", _without(file, name))
        found[name] = _loaded(file, name)
    return found


def chosen(file: Path) -> Sequence[str]:
    """Return the plug-in queues that the user's settings name; none where there is no file.

    Raises:
        SettingsError: naming the file and the key.
    """
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    table = tables.get("plugins", {})
    names = table.get("queues", []) if isinstance(table, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingsError(f"{file}: plugins.queues is a list of names", 'Write queues = ["…"] below [plugins]')
    return names


def _loaded(file: Path, name: str) -> QueueKind:
    points = list(entry_points(group=GROUP, name=name))
    if not points:
        raise SettingsError(f"{file}: no installed package brings the queue {name!r}", _without(file, name))
    try:
        kind = points[0].load()
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"The plug-in of the queue {name!r} cannot be loaded: {error}", _without(file, name)
        ) from error
    if not isinstance(kind, QueueKind) or kind.name != name:
        raise SettingsError(
            f"The entry point {name!r} of {GROUP} gives no QueueKind of that name", _without(file, name)
        )
    return kind


def _without(file: Path, name: str) -> str:
    return f"Take {name!r} out of [plugins] queues in {file}, or mend the plug-in"
