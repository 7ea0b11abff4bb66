"""What was done about findings, on its way to the library: what became of each act, told once, and what it waits for meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hyai_tui.effects import failures
from hyai_tui.effects.waiting import why_waiting
from hyai_tui.journal.model import Target

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Effect
    from hyai_tui.tui.session import Session


class EditWatch:
    """Asks the journal, in a thread, about changes of tags and tags of decisions.

    Args:
        session: whose journal and settings.
        later: runs a function in the interface's loop.
        tell: takes a line and its kind.
        settled: called after the line of a change of tags that has ended.
    """

    def __init__(
        self,
        session: Session,
        later: Callable[..., object],
        tell: Callable[[str, str], object],
        settled: Callable[[], object],
    ) -> None:
        self._session = session
        self._later = later
        self._tell = tell
        self._settled = settled
        # Why each waits, as it was told last.
        self._watched: dict[tuple[str, Target], str] = {}

    def watch(self, file: str, target: Target = "edit") -> None:
        """Tell what becomes of a person's tags of a file (`edit`), or what ours (`tag`) wait for."""
        self._watched[file, target] = ""

    def look(self) -> None:
        """Ask what became of what is on its way."""
        if not self._watched:
            return
        wanted, settings = sorted(self._watched), self._session.workspace.settings

        def read(journal: Journal, _catalog: Catalog) -> None:
            for file, target in wanted:
                last = journal.last_effect(file, target)
                if last is not None and last.status == "due":
                    self._later(self._waits, last, why_waiting(last, settings, journal))
                elif last is not None or target == "tag":
                    self._later(self._ended, file, target, last)

        self._session.work(read)

    def _waits(self, effect: Effect, why: str) -> None:
        watched = effect.file, effect.target
        if not why or self._watched.get(watched, why) == why:
            return
        self._watched[watched] = why
        what = "a tag to be taken back" if effect.cause == "undo" else "saved here"
        self._tell(f"{what}, not in the library yet: {why}", "warn")

    def _ended(self, file: str, target: Target, effect: Effect | None) -> None:
        if self._watched.pop((file, target), None) is None or effect is None:
            return
        # What went wrong with tags of ours is told by who carried it out.
        if target == "edit":
            line = "tags taken back" if effect.cause == "undo" else f"tags written: {effect.wanted}"
            failed = effect.status == "failed"
            self._tell(failures.line(effect) if failed else f"{line} ✓ read again", "error" if failed else "say")
            self._settled()
