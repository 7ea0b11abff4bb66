"""The train job: sync, encode what is missing, train, compare on the same items, promote or keep. It does not score.

**Stopping.** A cancel before the training proper (sync, encoding), during the linear head's seconds, or before the first
epoch of all folds is complete ends the job as cancelled: vectors that were made are kept, and there is no new model and
no record. A cancel later stops the mlp at its last whole epoch and ends the job as done. The folds are trained side by
side, so every sample has its out-of-fold prediction after each epoch, and the metrics of such a model are as honest as
any; its record's `status` is `stopped`, and it is promoted by the same rule as every other.
"""

from __future__ import annotations

import time
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from hyai_tui.errors import ModelError
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.repeating import repeat
from hyai_tui.jobs.training_data import Gathered, gather, read_samples, subset_of, those_where
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import advice, comparing, due, promotion, runs
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.run import train
from hyai_tui.learning.metrics import predicted_labels
from hyai_tui.learning.promotion import Comparison
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.runs import RunSamples
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.samples.training import Sample
from hyai_tui.settings import TrainSettings
from hyai_tui.workspace import Workspace

KIND = "train"
COMPUTE = True

HEADLINE = ("macro_f1", "accuracy", "auc", "ece")
KEPT_MODELS = 20


def run(context: JobContext) -> dict[str, Any]:
    """Train a model and promote it unless it is worse.

    Options:
        data: a directory of label folders to train on instead of the workspace's.
        head, seed, epochs: instead of what the settings say, for this run.
        subset: a number of samples or a share, such as `500` or `20%`: train on a part of them, chosen by the seed. The
            model is kept and not used, unless there is no other or `force_promote` is given.
        where: train on the samples of these conditions only, such as `tag=creator:x`; kept and not used like a subset.
        repeat: number of an earlier run: train on its samples with its settings, and compare; the model is kept, not used.
        force_promote: promote it even if it is worse.
        accept_removals: record removals of samples however many they are.

    Returns:
        What `hyai train --json` gives; see `_result`.
    """
    with context.workspace.open_journal() as journal, context.workspace.open_catalog() as catalog:
        if context.options.get("repeat") is not None:
            return repeat(context, journal, catalog)
        samples = read_samples(context, journal, catalog)
        part = subset_of(context, those_where(context, catalog, samples))
        gathered = gather(context, journal, catalog, part)
        return train_on(context, journal, part, gathered, of=len(samples))


def train_on(
    context: JobContext, journal: Journal, samples: list[Sample], gathered: Gathered, of: int | None = None
) -> dict[str, Any]:
    """Train on what was gathered, keep the model and the run's record, and return the result.

    Args:
        context: the job's.
        journal: takes the record.
        samples: those to train on, with those that cannot train.
        gathered: their arrays.
        of: how many samples there are in all; None where `samples` are all.
    """
    began = time.time()
    workspace = context.workspace
    registry = Registry(workspace.models_directory)
    version = gathered.choice.version
    bundle = train(
        gathered.data,
        _settings(workspace.settings.train, context.options),
        EncoderStamp(version.id, version.name, version.dimension),
        workspace.settings.features.source,
        context,
        precision=workspace.settings.tag.precision,
    )
    previous = _previous(registry, context)
    comparison = _compare(bundle, previous, {one.identity for one in samples})
    forced = bool(context.options.get("force_promote"))
    partial = of is not None and len(samples) < of
    better = comparison is None or comparison.promote
    promoted = forced or previous is None or (better and not partial)
    kept = registry.add(bundle, promoted)
    said = promotion.message(kept.number, previous.number if previous else 0, comparison, promoted, forced)
    if partial and better and not promoted:
        said = f"#{kept.number} was trained on {len(samples):,} of {of:,} samples and is kept, not used"
    stopped = kept.record.get("status") == "stopped"
    if stopped:
        said += f"; {kept.record['stop']}"
    context.report.log(said)
    seen = {one.identity: one.label for one in samples}
    record = {
        "kind": KIND,
        "began": began,
        "seconds": round(time.time() - began, 3),
        "model": kept.id,
        "previous": previous.id if previous else None,
        "promoted": promoted,
        "message": said,
        "data": context.options.get("data"),
        "subset": context.options.get("subset"),
        "where": list(context.options.get("where") or ()),
        # Of all samples as they are now, those that cannot train too: it says when the next training is due.
        "fingerprint": due.fingerprint(seen),
        "agreement": _agreement(workspace, kept, previous),
        "samples": dict(kept.samples),
        "left_out": gathered.left_out,
        "encoder": version.id,
        "dimension": version.dimension,
        "source": kept.source,
        "metrics": _headline(kept.metrics),
        "compared": _compared(comparison),
        **kept.record,
    }
    number = journal.add_run({key: value for key, value in record.items() if key != "history"})
    runs.write(workspace.runs_directory, number, record, _run_samples(gathered.data, seen))
    for gone in registry.prune(KEPT_MODELS, keep={previous.id} if previous else set()):
        ScoreTable.remove(workspace.scores_directory, gone)
    return {
        "run": number,
        "model": kept.id,
        "promoted": promoted,
        "metrics": record["metrics"],
        "previous": None if comparison is None else comparison.previous,
        "compared": record["compared"],
        "previous_model": previous.id if previous else None,
        "samples": record["samples"],
        "hints": kept.record.get("hints", {}),
        "measured_on": kept.metrics.get("measured_on", "decisions"),
        "message": said,
        "status": kept.record["status"],
        "seconds": record["seconds"],
    }


def _run_samples(data: TrainingData, seen: Mapping[str, str]) -> RunSamples:
    identities = runs.of_texts(list(data.identities))
    order = np.argsort(identities, kind="stable")
    return RunSamples(
        identities[order],
        data.labels,
        data.truth[order],
        data.folds[order],
        data.row_weights(order),
        data.hints[order],
        seen,
    )


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


def _settings(settings: TrainSettings, options: Mapping[str, Any]) -> TrainSettings:
    """Return the settings with what the command said for this run."""
    return replace(
        settings, **{key: options[key] for key in ("head", "seed", "epochs") if options.get(key) is not None}
    )


def _previous(registry: Registry, context: JobContext) -> Bundle | None:
    """Return the model in use; a damaged one is named and counts as none, so that a training mends the workspace."""
    try:
        return registry.current()
    except ModelError as error:
        context.report.warning(f"{error.what}; the new model takes its place")
        return None


def _compare(bundle: Bundle, previous: Bundle | None, decided: Container[str]) -> Comparison | None:
    """Compare the held-out predictions of both on the items that both have; None where that says nothing.

    Where both have enough items that somebody decided, these alone count: hints are only hints.
    """
    if previous is None or set(previous.labels) != set(bundle.labels):
        return None
    return comparing.compare(previous, bundle, among=decided).comparison


def _headline(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: metrics[name] for name in HEADLINE}


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
