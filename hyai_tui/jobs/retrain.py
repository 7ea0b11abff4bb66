"""The retrain job: train, then score with whichever model is in use afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyai_tui.errors import Cancelled, NotNow, WrongUse
from hyai_tui.jobs import score
from hyai_tui.jobs.augmenting import with_copies
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.material import material_of
from hyai_tui.jobs.retraining import due_now
from hyai_tui.jobs.training import train_on
from hyai_tui.jobs.training_data import read_samples
from hyai_tui.jobs.training_options import for_this_run
from hyai_tui.journal.journal import Journal
from hyai_tui.learning.enough import require_enough

KIND = "retrain"
COMPUTE = True


def run(context: JobContext) -> dict[str, Any]:
    """Train and score.

    Options:
        if_due: do nothing where too little happened since the last training, see `learning.due`.
        min_new: new labels that make it due, instead of what the settings say.
        Those of `train` and `score`.

    Returns:
        The keys of both; `model` is the new one, `scored_by` the one in use.

    Raises:
        NotNow: `if_due` is given and it is not due.
        Cancelled: the user asked to stop. A model that was trained until then is kept, see `jobs/train`.
    """
    context = for_this_run(context)
    with context.workspace.open_journal() as journal, context.workspace.open_catalog() as catalog:
        samples = read_samples(context, journal, catalog)
        if context.options.get("if_due"):
            _require_due(context, journal, {one.identity: one.label for one in samples})
        material = with_copies(context, catalog, samples, material_of(context, journal, catalog, samples))
        trained = train_on(context, journal, material)
    # Scoring may take long; how the training went is told before it.
    context.report.log(trained["message"])
    if context.cancelled():
        raise Cancelled(f"{trained['message']}; the files are not scored by it", "'hyai score' scores them")
    scored = score.run(context)
    return {**scored, **trained, "scored_by": scored["model"], "seconds": trained["seconds"] + scored["seconds"]}


def _require_due(context: JobContext, journal: Journal, labels: Mapping[str, str]) -> None:
    """Let a training go on only where enough happened since the last one.

    Raises:
        NotNow: too little happened, or there is too little to learn from yet.
    """
    try:
        require_enough(labels)
    except WrongUse as error:
        raise NotNow(error.what, error.fix) from error
    found = due_now(context.workspace, journal, labels, least_new=context.options.get("min_new"))
    if not found.due:
        raise NotNow(f"A retrain is not due: {found.reason}", "Label some pictures, or leave out --if-due")
    context.report.log(f"a retrain is due: {found.reason}")
