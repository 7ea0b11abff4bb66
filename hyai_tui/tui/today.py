"""How much has been decided today, by whomever: read once as a whole, then only what is new."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from hyai_tui.journal.pace import midnight

if TYPE_CHECKING:
    from hyai_tui.journal.journal import Journal

_LOOK_BACK = 200
_COUNTED = frozenset({"label", "unsure", "ignore"})


class Today:
    """Counts the decisions since midnight that are in force: of all sessions and commands, not those of folders.

    Args:
        journal: where they stand.
        clock: seconds since the epoch.
    """

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._clock = clock
        self._midnight = 0.0
        self._counts: dict[int, bool] = {}

    @property
    def number(self) -> int:
        """The count at the last look."""
        return sum(self._counts.values())

    def look(self) -> None:
        """Take in what is new; an undo of something older than the last 200 decisions is seen at the next start."""
        begin = midnight(self._clock())
        limit = _LOOK_BACK
        if begin != self._midnight:
            self._midnight, limit = begin, 0
            self._counts.clear()
        newest = self._journal.decisions(limit=limit or None)
        for one in itertools.takewhile(lambda one: one.at >= begin, newest):
            if one.source != "folder" and one.kind in _COUNTED:
                self._counts[one.id] = one.undone is None
