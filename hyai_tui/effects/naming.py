"""Which file a FILE argument of a command names: by the catalog, else by the journal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from hyai_tui.errors import UnknownFile
from hyai_tui.samples.durable import content_hash

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.workspace import Workspace

_HEX = re.compile(r"[0-9a-fA-F]{4,64}")


def named_file(text: str, journal: Journal, catalog: Catalog, workspace: Workspace) -> str:
    """Return the identity that a FILE argument names: by the catalog, else by the journal.

    A hash that only the journal knows (a picture dropped into the training folders, or a catalog that has yet to be
    made again) has to be given whole, unless there is no catalog that a shorter one could be compared with.

    Raises:
        UnknownFile: if it names no file, or several.
    """
    root = workspace.library_root if workspace.settings.library.kind == "folder" else None
    try:
        found = catalog.resolve(text, root)
    except UnknownFile:
        known = _in_journal(text, journal, workspace, prefixes=not catalog.counts()["files"])
        if known is None:
            raise
        return known
    if len(text) < 64 and _HEX.fullmatch(text):
        _refuse_ambiguous(text, found, journal)
    return found


def _refuse_ambiguous(text: str, found: str, journal: Journal) -> None:
    """Refuse a beginning of a hash that a sample which is in no library has too."""
    others = [one for one in journal.known_files(text.lower(), 2) if one != found]
    if found.startswith(text.lower()) and others:
        raise UnknownFile(
            f"{text} is the beginning of several files: {found[: len(text) + 8]}, {others[0][: len(text) + 8]}",
            "Give more digits",
        )


def _in_journal(text: str, journal: Journal, workspace: Workspace, *, prefixes: bool) -> str | None:
    shortest = 4 if prefixes else 64
    if len(text) >= shortest and _HEX.fullmatch(text):
        found = journal.known_files(text.lower(), 2)
        return found[0] if len(found) == 1 else None
    path = Path(text).expanduser().absolute()
    if not path.is_relative_to(workspace.data):
        return None
    record = journal.samples().get(str(path.relative_to(workspace.data)))
    if record is None:
        return None
    try:
        changed = content_hash(path) != record.content
    except OSError:
        return None  # there is no file of that name any more, or none that can be read
    if changed:
        raise UnknownFile(
            f"{text} was changed since the training folders were last looked at", "Run 'hyai status', then do it again"
        )
    return record.identity
