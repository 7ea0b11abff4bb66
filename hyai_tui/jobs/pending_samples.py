"""Samples that decisions ask for and that are not in the training folders yet: put before a training, so that it sees them.

Commands settle effects for a second at most, and a library over the network gives a few pictures in that time.
"""

from __future__ import annotations

from hyai_tui.effects.opening import Parts, opened
from hyai_tui.jobs.context import JobContext
from hyai_tui.text import count

_TURN_SECONDS = 1.0


def put_pending_samples(context: JobContext) -> None:
    """Put what can be put now, and say how many samples are still missing.

    Raises:
        Cancelled: the user asked to stop; what was put stays.
    """
    with context.workspace.open_journal() as journal:
        if not journal.due_effects("sample", 1):
            return
    context.report.stage("samples", "putting the samples of new decisions")
    with opened(context.workspace) as parts:
        first = left = _due(parts)
        while left:
            context.check()
            why = parts.runner.drain(_TURN_SECONDS).waiting
            before, left = left, _due(parts)
            context.report.progress(first - left, first, "samples")
            if left >= before:
                reason = f": {why}" if why else ""
                context.report.warning(
                    f"{count(left, 'decided file has', 'decided files have')} no sample yet and cannot train{reason} "
                    "('hyai effects list')"
                )
                return


def _due(parts: Parts) -> int:
    return sum(one.target == "sample" for one in parts.journal.effects("due"))
