"""Before anything is written to a Hydrus client for the first time, a person reads what the key may and cannot do.

A folder library needs no such word: decisions leave its files where they are until a commit, which asks by itself, and
tags are kept in a file of the workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.effects.owntags import is_marked, tag_of

if TYPE_CHECKING:
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Rights
    from hyai_tui.settings import Settings

WAITING = "Nothing has been written to this library yet: say yes first, in the app or with 'hyai effects commit'"


def is_first(settings: Settings, journal: Journal) -> bool:
    """Return whether the next write would be the first one to this library and tag service."""
    return settings.library.kind == "hydrus" and not settings.read_only and not journal.consented(_name(settings))


def consent(settings: Settings, journal: Journal, rights: Rights) -> None:
    """Keep that a person let us write, and what the panel said."""
    journal.consent(_name(settings), "\n".join(panel(settings, rights)))


def may(rights: Rights) -> str:
    """Return what a key may do, in one line."""
    allowed = [
        ("read the library", rights.read),
        ("write tags", rights.tag),
        ("move files between inbox, archive and trash", rights.change_state),
        ("read files from disk", rights.local_paths),
    ]
    return ", ".join(what for what, yes in allowed if yes) or "nothing"


def panel(settings: Settings, rights: Rights) -> list[str]:
    """Return the lines of the panel: what this key may do, what it cannot, and what a decision will write."""
    lines = [f"may: {may(rights)}"]
    lines += [f"cannot: {one}" for one in rights.cannot]
    lines.append("")
    if rights.tag:
        tags = [tag_of(settings.tag, one) for one in ("archive", "trash") if is_marked(settings.tag, one)]
        where = f" in {rights.tags_to}" if rights.tags_to else ""
        lines.append(f"A decision writes its tag ({', '.join(tags)}){where}." if tags else "Decisions write no tags.")
    if rights.change_state:
        lines.append("Files move only when you commit what is staged, or in LIVE mode.")
    lines.append("An undo restores what was there. Nothing is ever deleted for good.")
    return lines


def _name(settings: Settings) -> str:
    return f"{settings.library.url.strip().rstrip('/')} {settings.library.tag_service.strip().lower()}".strip()
