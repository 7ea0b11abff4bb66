"""What becomes of a trained head: compared on the same items, promoted or kept, and recorded so that it can be repeated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyai_tui.errors import ModelError
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.material import Material
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import advice, comparing, due, promotion, runs
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.learning.metrics import predicted_labels
from hyai_tui.learning.predictions import Predictions, split_of
from hyai_tui.learning.promotion import Comparison
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.runs import RunSamples
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.learning.validation import validation
from hyai_tui.workspace import Workspace

KIND = "train"
HEADLINE = ("macro_f1", "accuracy", "auc", "ece")
KEPT_MODELS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A model that is kept, and how it came to be used or not.

    Attributes:
        bundle: with its id.
        previous: the model that it was compared with; None where there was none.
        comparison: on the same items; None where that says nothing.
        promoted: it is the one in use now.
        message: a sentence in numbers.
    """

    bundle: Bundle
    previous: Bundle | None
    comparison: Comparison | None
    promoted: bool
    message: str


def in_use(context: JobContext) -> Bundle | None:
    """Return the model in use; a damaged one is named and counts as none, so that a training mends the workspace."""
    try:
        return Registry(context.workspace.models_directory).current()
    except ModelError as error:
        context.report.warning(f"{error.what}; the new model takes its place")
        return None


def keep(context: JobContext, bundle: Bundle, material: Material, previous: Bundle | None) -> Kept:
    """Keep a model, and promote it unless it is worse than the one before, or was trained aside."""
    comparison = _compare(bundle, previous, material.seen)
    forced = bool(context.options.get("force_promote"))
    better = comparison is None or comparison.promote
    promoted = forced or previous is None or (better and not material.aside)
    kept = Registry(context.workspace.models_directory).add(bundle, promoted)
    said = promotion.message(kept.number, previous.number if previous else 0, comparison, promoted, forced)
    if material.aside and better and not promoted:
        said = f"#{kept.number} {material.aside} and is kept, not used"
    return Kept(kept, previous, comparison, promoted, said)


def record(
    context: JobContext,
    journal: Journal,
    kept: Kept,
    material: Material,
    began: float,
    state: TrainingState | None = None,
) -> dict[str, Any]:
    """Write down the run of a model, forget the oldest models, and return what `hyai train --json` gives.

    Args:
        context: the job's.
        journal: takes the record.
        kept: the model.
        material: what it learned from.
        began: seconds since the epoch.
        state: where its training ended, for one that goes on from there.
    """
    workspace, bundle, previous = context.workspace, kept.bundle, kept.previous
    made = {**bundle.record, **material.about}
    said = kept.message
    if made["status"] == "stopped" or "rounds" in made:
        said += f"; {made['stop']}"
    fields = {
        "kind": KIND,
        "began": began,
        "seconds": round(time.time() - began, 3),
        "model": bundle.id,
        "previous": previous.id if previous else None,
        "promoted": kept.promoted,
        "message": said,
        "data": context.options.get("data"),
        "subset": context.options.get("subset"),
        "where": list(context.options.get("where") or ()),
        # Of all samples as they are now, those that cannot train too: it says when the next training is due.
        "fingerprint": due.fingerprint(material.seen),
        "agreement": _agreement(workspace, bundle, previous),
        "samples": dict(bundle.samples),
        "left_out": dict(material.left_out),
        "encoder": material.encoder.id,
        "dimension": material.encoder.dimension,
        "source": bundle.source,
        "metrics": {name: bundle.metrics[name] for name in HEADLINE},
        "compared": _compared(kept.comparison),
        "validation": validation(bundle, previous, kept.comparison),
        **made,
    }
    number = journal.add_run({key: value for key, value in fields.items() if key != "history"})
    runs.write(workspace.runs_directory, number, fields, _run_samples(material.data, material.seen))
    _predictions(bundle).save(runs.folder(workspace.runs_directory, number))
    if state is not None:
        runs.write_state(workspace.runs_directory, number, state.save)
    for gone in Registry(workspace.models_directory).prune(KEPT_MODELS, keep={previous.id} if previous else set()):
        ScoreTable.remove(workspace.scores_directory, gone)
    return {
        "run": number,
        "model": bundle.id,
        "promoted": kept.promoted,
        "metrics": fields["metrics"],
        "previous": None if kept.comparison is None else kept.comparison.previous,
        "compared": fields["compared"],
        "previous_model": previous.id if previous else None,
        "samples": fields["samples"],
        "hints": bundle.record.get("hints", {}),
        "measured_on": bundle.metrics.get("measured_on", "decisions"),
        "message": said,
        "status": fields["status"],
        "stop": fields["stop"],
        "seconds": fields["seconds"],
    }


def _run_samples(data: TrainingData, seen: Mapping[str, str]) -> RunSamples:
    own = np.flatnonzero(~data.copied)
    identities = runs.of_texts([data.identities[row] for row in own.tolist()])
    order = own[np.argsort(identities, kind="stable")]
    return RunSamples(
        np.sort(identities),
        data.labels,
        data.truth[order],
        data.folds[order],
        data.row_weights(order),
        data.hints[order],
        seen,
        None if data.aware is None else data.aware[order],
    )


def _predictions(bundle: Bundle) -> Predictions:
    """Return what heads that never saw them say of the samples, hints too: the honest predictions of a training."""
    seen = bundle.out_of_fold
    return Predictions(seen.identities, bundle.labels, seen.truth, seen.probabilities, split_of(seen.folds))


def _agreement(workspace: Workspace, kept: Bundle, previous: Bundle | None) -> dict[str, Any] | None:
    """Return how far the model agrees with the one before on a pinned pool of files; None where that says nothing."""
    directory = workspace.features_directory / kept.encoder.id
    if previous is None or previous.encoder.id != kept.encoder.id or set(previous.labels) != set(kept.labels):
        return None
    with FeatureStore.open(directory, kept.encoder.dimension, read_only=True) as store:
        pool = advice.pinned(store.contents())
        vectors, there = store.get(pool)
    now = predicted_labels(kept.predict(vectors[there]))
    columns = [previous.label_index[label] for label in kept.labels]
    was = predicted_labels(previous.predict(vectors[there])[:, columns])
    return {
        "model": previous.id,
        "files": int(there.sum()),
        "kappa": round(advice.kappa(was, now, len(kept.labels)), 6),
    }


def _compare(bundle: Bundle, previous: Bundle | None, decided: Mapping[str, str]) -> Comparison | None:
    """Compare the held-out predictions of both on the items that both have; None where that says nothing.

    Where both have enough items that somebody decided, these alone count: hints are only hints.
    """
    if previous is None or set(previous.labels) != set(bundle.labels):
        return None
    return comparing.compare(previous, bundle, among=decided).comparison


def _compared(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    return {
        "items": comparison.items,
        "metrics": comparison.new,
        "previous": comparison.previous,
        "difference": round(comparison.difference, 6),
        "interval": [round(comparison.low, 6), round(comparison.high, 6)],
        "worse": round(comparison.worse, 4),
    }
