"""Queues that other packages bring, by entry point, and only those that the user has named.

A package offers a `QueueKind` under the entry point group `hyai_tui.queues`. Loading it runs its code, so a workspace, which
may come from a stranger, cannot ask for it: the names stand in `config.toml` of the user's own configuration directory:

    [plugins]
    queues = ["my-queue"]
"""

from __future__ import annotations

from pathlib import Path

from hyai_tui import plugins
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
    for name in plugins.named(file, "queues"):
        if name in found:
            raise SettingsError(f"{file}: the plug-in queue {name!r} has the name of another one", _without(file, name))
        found[name] = _loaded(file, name)
    return found


def _loaded(file: Path, name: str) -> QueueKind:
    kind = plugins.load(GROUP, name, "the queue", _without(file, name))
    if not isinstance(kind, QueueKind) or kind.name != name:
        raise SettingsError(
            f"The entry point {name!r} of {GROUP} gives no QueueKind of that name", _without(file, name)
        )
    return kind


def _without(file: Path, name: str) -> str:
    return f"Take {name!r} out of [plugins] queues in {file}, or mend the plug-in"
