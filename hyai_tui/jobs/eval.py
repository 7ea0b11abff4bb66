"""The eval job, the old habit: score all files, or a batch of those that have no score yet, then write tags."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hyai_tui.jobs import score, tag
from hyai_tui.jobs.context import JobContext

KIND = "eval"
COMPUTE = True


def run(context: JobContext) -> dict[str, Any]:
    """Score, then tag; the options are those of both. Of a batch, no other files are tagged than those scored now."""
    # To put tags back is not to score again, though both options are named so.
    scored = score.run(replace(context, options={**context.options, "again": False}))
    context.check()
    return {**scored, **tag.run(context, scored.get("batch"))}
