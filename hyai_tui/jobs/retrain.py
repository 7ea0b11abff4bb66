"""The retrain job: train, then score with whichever model is in use afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyai_tui.errors import Cancelled, NotNow, WrongUse
from hyai_tui.jobs import score
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.train import train_on
from hyai_tui.jobs.training_data import gather, read_samples
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import due
from hyai_tui.learning.fit.data import require_enough

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
            _require_due(journal, {one.identity: one.label for one in samples})
        trained = train_on(context, journal, samples, gather(context, journal, catalog, samples))
    if context.cancelled():
        raise Cancelled(f"{trained['message']}; the files are not scored by it", "'hyai score' scores them")
    scored = score.run(context)
    return {**scored, **trained, "scored_by": scored["model"], "seconds": trained["seconds"] + scored["seconds"]}


def _require_due(journal: Journal, labels: Mapping[str, str]) -> None:
    """Let a training go on only where it could find something new.

    Raises:
        NotNow: nothing changed since the last one, or there is too little to learn from yet.
    """
    runs = journal.runs()
    if not due.is_due(labels, str(runs[-1].get("fingerprint")) if runs else None):
        raise NotNow("Nothing was labelled since the last training", "Label some pictures, or leave out --if-due")
    try:
        require_enough(labels)
    except WrongUse as error:
        raise NotNow(error.what, error.fix) from error
