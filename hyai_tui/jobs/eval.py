"""The eval job, the old habit: score all files, then write tags."""

from __future__ import annotations

from typing import Any

from hyai_tui.jobs import score, tag
from hyai_tui.jobs.context import JobContext

KIND = "eval"
COMPUTE = True


def run(context: JobContext) -> dict[str, Any]:
    """Score, then tag; the options are those of both."""
    scored = score.run(context)
    context.check()
    return {**scored, **tag.run(context)}
