"""Suggested tags that somebody accepts by a command: recorded, then written and read again while the command waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hyai_tui.cli.output import narrate
from hyai_tui.errors import WrongUse
from hyai_tui.workspace import Workspace

_SETTLE_SECONDS: Final = 60.0


def accept_tags(workspace: Workspace, chosen: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Write tags to files, file to tags, and return `tags`, `done`, `failed`, `left` and `why`.

    Raises:
        WrongUse: one of them is a tag of ours, which a decision writes.
    """
    from hyai_tui.effects.accepting import record_accepted
    from hyai_tui.effects.opening import opened

    with opened(workspace) as parts:
        made = record_accepted(parts.journal, workspace.settings.tag, chosen)
        for line in parts.first_write():
            narrate(line)
        report = parts.runner.drain(_SETTLE_SECONDS)
    return {
        "tags": sum(len(one.add) for one in made),
        "done": report.done,
        "failed": report.failed,
        "left": report.left,
        "why": report.waiting or None,
    }


def undo_newest(workspace: Workspace) -> dict[str, Any]:
    """Take the newest accepted act back that still holds, and return what `accept_tags` does.

    Raises:
        WrongUse: there is none.
    """
    from hyai_tui.effects.accepting import take_back_accepted
    from hyai_tui.effects.opening import opened

    with opened(workspace) as parts:
        taken = take_back_accepted(parts.journal)
        if not taken:
            raise WrongUse(
                "No accepted suggestion is left to take back", "'hyai findings fixes' lists what was written"
            )
        report = parts.runner.drain(_SETTLE_SECONDS)
    return {
        "tags": sum(len(one.add) for one in taken),
        "done": report.done,
        "failed": report.failed,
        "left": report.left,
        "why": report.waiting or None,
    }
