"""A run once more, from its record alone: the same samples, labels, folds and settings give the same numbers."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import WrongUse
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import runs
from hyai_tui.learning.bundle import EncoderStamp
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.run import train
from hyai_tui.learning.registry import Registry
from hyai_tui.samples.training import training_samples
from hyai_tui.settings import from_dict
from hyai_tui.text import count

HEADLINE = ("macro_f1", "accuracy", "auc", "ece")


def repeat(context: JobContext, journal: Journal, catalog: Catalog) -> dict[str, Any]:
    """Train as the run of the option `repeat` did, and say whether the numbers are the same; the model is not used.

    Raises:
        WrongUse: there is no such run, its samples are not kept, or their features are gone.
    """
    began = time.time()
    workspace = context.workspace
    number = int(context.options["repeat"])
    record = next((one for one in journal.runs() if one["run"] == number), None)
    if record is None:
        raise WrongUse(f"There is no run {number}", "'hyai runs list' shows them")
    samples = runs.read_samples(workspace.runs_directory, number)
    settings = from_dict({"train": record["settings"]}, f"run {number}").train
    context.report.stage("train", f"repeating run {number}")
    data = _data(context, journal, catalog, record, samples)
    registry = Registry(workspace.models_directory)
    encoder = EncoderStamp(record["encoder"], record["encoder"].rpartition("-")[0], data.vectors.shape[1])
    bundle = train(data, settings, encoder, record["source"], context, precision=record.get("precision"))
    kept = registry.add(bundle, promote=False)
    metrics = {name: kept.metrics[name] for name in HEADLINE}
    same = metrics == record["metrics"]
    said = f"run {number} repeated as #{kept.number}: " + ("the same numbers" if same else "other numbers")
    context.report.log(said)
    new = {
        "kind": "train",
        "began": began,
        "seconds": round(time.time() - began, 3),
        "model": kept.id,
        "previous": None,
        "promoted": False,
        "message": said,
        "repeat": number,
        "fingerprint": record["fingerprint"],
        "samples": dict(kept.samples),
        "left_out": {},
        "encoder": record["encoder"],
        "dimension": record["dimension"],
        "source": kept.source,
        "metrics": metrics,
        "compared": None,
        **{key: value for key, value in kept.record.items() if key != "history"},
    }
    run = journal.add_run(new)
    runs.write(workspace.runs_directory, run, {**new, "history": kept.record.get("history")}, samples)
    return {
        "run": run,
        "model": kept.id,
        "promoted": False,
        "metrics": metrics,
        "previous": record["metrics"],
        "compared": None,
        "previous_model": record["model"],
        "samples": new["samples"],
        "hints": kept.record.get("hints", {}),
        "measured_on": kept.metrics.get("measured_on", "decisions"),
        "message": said,
        "status": kept.record["status"],
        "seconds": new["seconds"],
        "repeated": {"run": number, "same": same},
    }


def _data(
    context: JobContext, journal: Journal, catalog: Catalog, record: dict[str, Any], samples: runs.RunSamples
) -> TrainingData:
    workspace = context.workspace
    identities = [one.decode("ascii") for one in samples.identities.tolist()]
    known = training_samples(journal, workspace.data)
    contents = contents_of(catalog, record["source"], identities, known)
    directory = workspace.features_directory / record["encoder"]
    if not directory.is_dir():
        raise WrongUse(
            f"The features of {record['encoder']} are gone", "'hyai cache build' makes those of the encoder in use"
        )
    with FeatureStore.open(directory, int(record["dimension"]), read_only=True) as store:
        vectors, there = store.get([content or "" for content in contents])
    if not there.all():
        missing = int(np.count_nonzero(~there))
        raise WrongUse(
            f"{count(missing, 'sample')} of run {record['run']} have no features any more",
            "'hyai cache build' makes those whose pictures are there; without all of them it is not the same run",
        )
    return TrainingData(
        identities, samples.labels, samples.truth, vectors, samples.folds, samples.weights, samples.hinted
    )
