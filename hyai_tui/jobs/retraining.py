"""What the app, `status` and `retrain --if-due` ask: is a retrain due, and is more labelling worth it? Light; no job."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hyai_tui.errors import WrongUse
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import runs
from hyai_tui.learning.advice import Advice, Round, advise
from hyai_tui.learning.due import Due, LastTraining, Rules, judge
from hyai_tui.workspace import Workspace

# Trainings on a part, on other pictures, of other labels, of tags, or once more say nothing about what is due.
_ASIDE = ("data", "subset", "where", "repeat", "resumed", "labels_of", "label_run", "namespace")


def due_now(workspace: Workspace, journal: Journal, labels: Mapping[str, str], *, least_new: int | None = None) -> Due:
    """Return whether a retrain is due, with the reason for a banner.

    Args:
        workspace: its settings give the rules.
        journal: holds the runs.
        labels: sample identity to label, as they are now (`samples.training.training_samples`).
        least_new: new labels instead of what the settings say.
    """
    return judge(
        labels, last_training(workspace, journal), Rules.of(workspace.settings.retrain, least_new), time.time()
    )


def last_training(workspace: Workspace, journal: Journal) -> LastTraining | None:
    """Return the newest training on all samples; None where there was none."""
    for record in reversed(journal.runs()):
        if is_whole(record):
            number = int(record["run"])
            try:
                labels: Mapping[str, str] | None = runs.read_samples(workspace.runs_directory, number).seen
            except WrongUse:
                labels = None
            at = float(record.get("began", 0.0)) + float(record.get("seconds", 0.0))
            return LastTraining(number, at, labels, str(record.get("fingerprint")))
    return None


def stop_advice(journal: Journal) -> Advice:
    """Return whether more labelling is worth it, from the agreement of successive models."""
    rounds = [
        Round(sum(record.get("samples", {}).values()), float(record["agreement"]["kappa"]))
        for record in journal.runs()
        if is_whole(record) and record.get("agreement")
    ]
    return advise(rounds)


def is_whole(record: Mapping[str, Any]) -> bool:
    """True for the record of a training on all samples of the workspace."""
    return record.get("kind", "train") == "train" and not any(record.get(name) for name in _ASIDE)
