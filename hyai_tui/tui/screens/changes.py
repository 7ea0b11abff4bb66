"""What changed: the newest model beside the one before it, on the same samples, files and probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError
from hyai_tui.tui import words
from hyai_tui.tui.screens.lines_page import LinesPage

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.jobs.changed import Changed
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.tui.session import Session

_TRAININGS = frozenset({"train", "retrain", "score", "eval"})


@dataclass
class ChangesRead(Message):
    """Two models were compared; `found` is None where they cannot be, and `trouble` says why."""

    found: Changed | None
    trouble: str = ""


class ChangesScreen(LinesPage):
    """Compares in a thread, and again when a training ends.

    Args:
        session: reads journal, catalog and models.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, "What changed", "files")
        self.found: Changed | None = None

    def begin(self) -> None:
        """Compare the two newest models."""
        self.say_nothing("comparing the two newest models …")
        workspace = self._session.workspace

        def wish(journal: Journal, catalog: Catalog) -> None:
            from hyai_tui.jobs.changed import changed

            try:
                self.post_message(ChangesRead(changed(workspace, journal, catalog)))
            except HyaiError as error:
                self.post_message(ChangesRead(None, str(error)))

        self._session.read(wish)

    def on_changes_read(self, message: ChangesRead) -> None:
        """The comparison is there."""
        self.found = found = message.found
        if found is None:
            self.say_nothing(message.trouble)
            self.say(message.trouble if self.report.lines else "", "warn")
            return
        from hyai_tui.learning.change_lines import change_lines

        self.say(found.said)
        self.report.show(list(change_lines(found.before, found.after, found.found, found.probes, pinned=found.pinned)))
        self.name_keys()
        kept = "" if found.in_use == found.after.id else ", kept and not used"
        compared = found.found.comparison
        f1 = ""
        if compared is not None:
            before, after = compared.previous["macro_f1"] or 0.0, compared.new["macro_f1"] or 0.0
            f1 = f" · F1 {words.fraction(before)}→{words.fraction(after)}"
        self.entitle(f"What changed · #{found.before.number} → #{found.after.number}{kept}{f1}")

    def ended(self, job: JobView) -> None:
        """A job ended: compare again where it made another model, or scored files."""
        if job.info.kind in _TRAININGS and job.info.state == "done":
            self.begin()
