"""What became of the library moves that a key has just asked for: told when the library has been read again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hyai_tui.text import count

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Effect

_DONE = {
    "trash": ("in trash ✓", "undeletes"),
    "archive": ("in archive ✓", "takes it back"),
    "rescue": ("out of trash ✓", "puts it back"),
}


class Moves:
    """Follows the moves of this session's acts; safe to use from several threads.

    Args:
        journal, catalog: of the workspace.
        undo: what takes an act back: a key of the app, or a command.
    """

    def __init__(self, journal: Journal, catalog: Catalog, undo: str = "u") -> None:
        self._undo = undo
        self._lock = threading.Lock()
        self._journal = journal
        self._catalog = catalog
        self._watched: dict[str, str] = {}

    def watch(self, files: Iterable[str]) -> None:
        """Follow the files whose library state is about to change."""
        for file in files:
            effect = self._journal.last_effect(file, "state")
            if effect is not None and effect.status == "due":
                with self._lock:
                    self._watched[file] = ""

    def follows(self, effect: Effect) -> bool:
        """Return whether the end of this effect is still to be told by `news`."""
        with self._lock:
            return effect.target == "state" and effect.file in self._watched

    def news(self) -> list[tuple[str, str]]:
        """Return (line, kind of line) of what has ended since the last look, and of what waits, once."""
        found: Counter[tuple[str, str]] = Counter()
        with self._lock:
            watched = list(self._watched.items())
        for file, told in watched:
            effect = self._journal.last_effect(file, "state")
            if effect is not None and effect.status == "due":
                if effect.reason and effect.reason != told:
                    with self._lock:
                        self._watched[file] = effect.reason
                    found[f"not moved yet: {effect.reason}", "warn"] += 1
                continue
            with self._lock:
                self._watched.pop(file, None)
            if effect is not None and effect.status == "done":
                found[self._done(effect), "say"] += 1
            elif effect is not None and effect.status == "failed":
                found[f"not moved: {effect.reason}", "error"] += 1
        return [
            (line if number == 1 else f"{count(number, 'file')}: {line}", kind)
            for (line, kind), number in found.items()
        ]

    def _done(self, effect: Effect) -> str:
        if effect.wanted is not None:
            done, taken_back = _DONE[effect.wanted]
            return f"{done} · {self._undo} {taken_back}"
        known = self._catalog.file(effect.file)
        where = (
            {"inbox": "the inbox", "archive": "the archive"}.get(known.state.value, known.state.value)
            if known
            else "its place"
        )
        return f"back in {where} ✓"
