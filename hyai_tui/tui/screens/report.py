"""The report: how good the model is, what that means, and the samples behind each kind of error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.screens.lines_page import LinesPage

if TYPE_CHECKING:
    from hyai_tui.tui.session import Session


class ReportScreen(LinesPage):
    """Judges the model in use by a job, and shows what came of it.

    Args:
        session: starts the job.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Report", "samples")

    def begin(self) -> None:
        """Begin to judge."""
        self._session.errands.start_job("evaluate", {}, said="judging the model on held-out samples …")

    def ended(self, job: JobView) -> None:
        """A job ended: show the evaluation, whoever started it."""
        if job.info.kind != "evaluate" or job.info.state != "done" or job.result is None:
            return
        from hyai_tui.learning.report_lines import report_lines

        if "confusion" in job.result:
            self.report.show(list(report_lines(job.result)))
            self.entitle(f"Report · macro F1 {job.result['macro_f1']:.3f} · {job.result['target']}")
