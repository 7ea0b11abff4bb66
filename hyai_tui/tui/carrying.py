"""Carries out what decisions ask for, in a thread of its own, so that a slow library never holds up a decision."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.effects import failures
from hyai_tui.effects.rescues import first_to_go
from hyai_tui.errors import HyaiError
from hyai_tui.text import library_is_busy
from hyai_tui.tui.messages import FirstWrite, Told
from hyai_tui.tui.threads import OrderedThread
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.effects.moves import Moves
    from hyai_tui.effects.runner import EffectRunner
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Decision
    from hyai_tui.library.base import Library, Rights

_DRAIN_SECONDS = 1.0
_AFTER_FAILURE_SECONDS = 5.0


class Carrier:
    """Runs the effects of one workspace while this app may.

    Args:
        workspace: where.
        post: sends a message to the app; safe from any thread.
        may: tells whether this app is the one that runs effects.
        changed: called after each run, in the thread of effects.

    Attributes:
        settled: effects that were brought about, or failed, since the app began.
        busy: why the library cannot be written to now; empty if it can.
    """

    def __init__(
        self,
        workspace: Workspace,
        post: Callable[[Message], object],
        may: Callable[[], bool],
        changed: Callable[[], object],
    ) -> None:
        self.settled = 0
        self.busy = ""
        self._workspace = workspace
        self._post = post
        self._may = may
        self._changed = changed
        self._thread = OrderedThread("effects", self._tell, self._drain, every=1.0)
        self._journal: Journal | None = None
        self._catalog: Catalog | None = None
        self._library: Library | None = None
        self._rights: Rights | None = None
        self._runner: EffectRunner | None = None
        self._moves: Moves
        self._after = 0.0
        self._asked_to_write = False
        self.rescue_until: float | None = None
        self._rescued: frozenset[str] = frozenset()

    def start(self, journal: Journal, catalog: Catalog) -> None:
        """Begin; nothing is carried out before the library is there."""
        from hyai_tui.effects.moves import Moves

        self._journal, self._catalog = journal, catalog
        self._moves = Moves(journal, catalog)
        self._thread.start()

    def set_library(self, library: Library, rights: Rights) -> None:
        """The library is there."""
        self._library, self._rights = library, rights
        self._runner = None

    def set_workspace(self, workspace: Workspace) -> None:
        """The settings changed."""
        self._workspace = workspace
        self._runner = None

    def watch_rescues(self, files: frozenset[str]) -> None:
        """Ask the library how long these rescued files have been in its trash, if they are others than before."""
        if files != self._rescued and self._library is not None:
            self._rescued = files
            self._thread.ask(self._look_at_rescues)

    def hurry(self, watch: Iterable[str] = ()) -> None:
        """Something new is due: carry it out now. The moves of the files to `watch` are told when they are verified."""
        self._moves.watch(watch)
        self._after = 0.0
        self._thread.ask(self._drain)

    def commit(self) -> int:
        """Let the staged library changes happen; returns how many."""
        return self._the_runner().commit()

    def forget(self) -> list[Decision]:
        """Drop the staged library changes, and undo the decisions that asked for them."""
        return self._the_runner().forget()

    def allow_writes(self, copies: Sequence[str] = ()) -> None:
        """Keep that the person has read what the key may do, and what was said of copies, if anything was."""
        from hyai_tui.effects import first_copy, first_write

        assert self._journal is not None
        settings = self._workspace.settings
        if copies:
            first_copy.consent(settings, self._journal, list(copies))
        if self._rights is not None and not settings.read_only:
            first_write.consent(settings, self._journal, self._rights)
        self._after = 0.0

    def stop(self) -> bool:
        """Carry out what can be in a moment; returns False if the thread did not end in time."""
        self._thread.ask(self._drain)
        return self._thread.stop(timeout=5)

    def _the_runner(self) -> EffectRunner:
        from hyai_tui.effects.runner import EffectRunner

        if self._runner is None:
            assert self._journal is not None
            assert self._catalog is not None
            self._runner = EffectRunner(self._workspace, self._journal, self._catalog, self._library)
        return self._runner

    def _drain(self) -> None:
        """Run what is due; after a failure wait a little longer each time."""
        assert self._journal is not None
        if not self._may() or self._library is None or time.monotonic() < self._after:
            return
        if not self._journal.effect_counts().get("due", 0):
            self.busy = ""
            return
        self._after = time.monotonic() + _AFTER_FAILURE_SECONDS
        report = self._the_runner().drain(_DRAIN_SECONDS)
        self.settled += report.done + report.failed
        if report.done:
            self._after = 0.0
        down = report.library_down
        self.busy = library_is_busy(self._workspace.settings.library.kind, down) if down else ""
        self._ask_to_write(report.waiting)
        failed = [one for one in report.failures if not self._moves.follows(one)]
        for line, kind in [*self._moves.news(), *((one, "error") for one in failures.lines(failed))]:
            self._post(Told(line, kind))
        self._changed()

    def _look_at_rescues(self) -> None:
        assert self._library is not None
        try:
            self.rescue_until = first_to_go(self._library, sorted(self._rescued), self._workspace.settings.library)
        except HyaiError:
            # The header then says how many there are, and not until when; the next change of counts asks again.
            self.rescue_until, self._rescued = None, frozenset()
        self._changed()

    def _ask_to_write(self, waiting: str) -> None:
        """Ask once a session for the word without which nothing is copied from a library, or written to it, for the first time."""
        from hyai_tui.effects import first_copy, first_write

        if waiting in {first_copy.WAITING, first_write.WAITING} and not self._asked_to_write:
            self._asked_to_write = True
            self._post(FirstWrite())

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))
