"""Suggested tags that somebody accepts: written through the outbox as one act, and taken back by one undo."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hyai_tui.cli.output import narrate
from hyai_tui.errors import WrongUse
from hyai_tui.workspace import Workspace

# What edits for suggestions begin with: the session names the act, the finding says where the tag comes from.
SESSION: Final = "suggestions-"
FINDING: Final = "suggestions"
_SETTLE_SECONDS: Final = 60.0


def accept_tags(workspace: Workspace, chosen: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Write tags to files, file to tags, and return `tags`, `done`, `failed`, `left` and `why`.

    Raises:
        WrongUse: one of them is a tag of ours, which a decision writes.
    """
    from hyai_tui.effects.editing import parse_change
    from hyai_tui.effects.opening import opened

    session = f"{SESSION}{secrets.token_hex(4)}"
    with opened(workspace) as parts:
        labels = [one.name for one in parts.journal.labels()]
        changes = {
            file: [parse_change(tag, workspace.settings.tag, labels)[0] for tag in tags]
            for file, tags in chosen.items()
        }
        for line in parts.first_write():
            narrate(line)
        for file, added in changes.items():
            for tags in added:
                finding = "\n".join((FINDING, "tag", file, *sorted(tags)))
                parts.journal.edit_tags(file, tags, frozenset(), session=session, finding=finding)
        report = parts.runner.drain(_SETTLE_SECONDS)
    return {
        "tags": sum(map(len, changes.values())),
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
    from hyai_tui.effects.opening import opened

    with opened(workspace) as parts:
        holding = [one for one in parts.journal.edits() if one.session.startswith(SESSION) and one.undone is None]
        if not holding:
            raise WrongUse(
                "No accepted suggestion is left to take back", "'hyai findings fixes' lists what was written"
            )
        act = [one for one in holding if one.session == holding[0].session]
        for one in act:
            parts.journal.undo_edit(one.id)
        report = parts.runner.drain(_SETTLE_SECONDS)
    return {
        "tags": len(act),
        "done": report.done,
        "failed": report.failed,
        "left": report.left,
        "why": report.waiting or None,
    }
