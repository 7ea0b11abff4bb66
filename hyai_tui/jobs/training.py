"""One training of a job: fit, keep, record."""

from __future__ import annotations

import time
from typing import Any

from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.foretelling import note_training
from hyai_tui.jobs.keeping import in_use, keep, record
from hyai_tui.jobs.material import Material
from hyai_tui.journal.journal import Journal
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.fit.run import train
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.settings import TrainSettings


def fit(
    context: JobContext, material: Material, settings: TrainSettings, start: TrainingState | None = None
) -> tuple[Bundle, TrainingState | None]:
    """Train a head; return its bundle, and where it ended for one that goes on from there.

    Raises:
        Cancelled: the user asked to stop before there was anything to keep.
        WrongUse: `start` is that of another training.
    """
    ended: list[TrainingState] = []
    bundle = train(
        material.data,
        settings,
        material.encoder,
        material.source,
        context,
        precision=context.workspace.settings.tag.precision,
        start=start,
        keep=ended.append,
    )
    return bundle, ended[0] if ended else None


def train_on(
    context: JobContext, journal: Journal, material: Material, start: TrainingState | None = None
) -> dict[str, Any]:
    """Train on what was gathered, keep the model and the run's record, and return the result.

    Args:
        context: with the settings of this run.
        journal: takes the record.
        material: what to learn from.
        start: where an earlier training of the same samples ended.
    """
    began = time.time()
    bundle, ended = fit(context, material, context.workspace.settings.train, start)
    kept = keep(context, bundle, material, in_use(context))
    result = record(context, journal, kept, material, began, ended)
    if start is None:
        note_training(context.workspace, result["seconds"], len(material.data.truth))
    return result
