"""The retrain job: train, then score with whichever model is in use afterwards."""

from __future__ import annotations

from typing import Any

from hyai_tui.errors import Cancelled, NotNow
from hyai_tui.jobs import score
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.train import train_on
from hyai_tui.jobs.training_data import gather, read_samples
from hyai_tui.learning import due

KIND = "retrain"
COMPUTE = True


def run(context: JobContext) -> dict[str, Any]:
    """Train and score.

    Options:
        if_due: do nothing where the samples are those of the last training.
        Those of `train` and `score`.

    Returns:
        The keys of both; `model` is the new one, `scored_by` the one in use.

    Raises:
        NotNow: `if_due` is given and it is not due.
        Cancelled: the user asked to stop. A model that was trained until then is kept, see `jobs/train`.
    """
    with context.workspace.open_journal() as journal, context.workspace.open_catalog() as catalog:
        samples = read_samples(context, journal, catalog)
        if context.options.get("if_due"):
            runs = journal.runs()
            last = str(runs[-1].get("fingerprint")) if runs else None
            if not due.is_due({one.identity: one.label for one in samples}, last):
                raise NotNow(
                    "Nothing was labelled since the last training", "Label some pictures, or leave out --if-due"
                )
        trained = train_on(context, journal, samples, gather(context, journal, catalog, samples))
    if context.cancelled():
        raise Cancelled(f"{trained['message']}; the files are not scored by it", "'hyai score' scores them")
    scored = score.run(context)
    return {**scored, **trained, "scored_by": scored["model"], "seconds": trained["seconds"] + scored["seconds"]}
