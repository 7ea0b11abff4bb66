"""Waiting in a job for a library that is busy, so that whoever follows the job knows what it waits for."""

from __future__ import annotations

from hyai_tui.errors import DiskFull, HyaiError
from hyai_tui.jobs.context import JobContext
from hyai_tui.tagging.patience import Patience
from hyai_tui.text import library_is_busy


def patient(context: JobContext) -> Patience:
    """Return the patience of a job: it warns, tells what it waits for, and says when it goes on."""

    def waits(error: HyaiError | None) -> None:
        if error is None:
            context.report.waiting("")
        elif isinstance(error, DiskFull):
            context.report.waiting(error.what)
        else:
            context.report.waiting(library_is_busy(context.workspace.settings.library.kind, error.what))

    return Patience(context.check, warn=context.report.warning, tell=context.report.log, waits=waits)
