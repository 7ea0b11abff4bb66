"""Earlier runs as material: one once more, one that goes on, or the labels of one.

What a run learned from is kept beside its record, so the same samples, labels, folds and settings give the same numbers.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import WrongUse
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.augmenting import with_copies
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.keeping import HEADLINE, Kept, record
from hyai_tui.jobs.material import Material
from hyai_tui.jobs.prediction_run import KIND as PREDICTION
from hyai_tui.jobs.training import fit, train_on
from hyai_tui.jobs.training_data import read_samples
from hyai_tui.jobs.training_options import trained_with
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import due, runs
from hyai_tui.learning.bundle import EncoderStamp
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.learning.registry import Registry
from hyai_tui.samples.training import training_samples
from hyai_tui.settings import TrainSettings, from_dict
from hyai_tui.text import count


def repeat(context: JobContext, journal: Journal, catalog: Catalog) -> dict[str, Any]:
    """Train as the run of the option `repeat` did, and say whether the numbers are the same; the model is not used.

    Raises:
        WrongUse: there is no such run, its samples are not kept, or their features are gone.
    """
    began, number = time.time(), int(context.options["repeat"])
    earlier = _record(journal, number)
    context.report.stage("train", f"repeating run {number}")
    then = _with_train(_as_then(context, earlier), _settings(earlier))
    material = _material(then, journal, catalog, earlier, {"repeat": number})
    bundle, ended = fit(then, material, _settings(earlier))
    kept = Registry(context.workspace.models_directory).add(bundle, promote=False)
    same = {name: kept.metrics[name] for name in HEADLINE} == earlier["metrics"]
    said = f"run {number} repeated as #{kept.number}: " + ("the same numbers" if same else "other numbers")
    result = record(context, journal, Kept(kept, None, None, False, said), material, began, ended)
    return {
        **result,
        "previous": earlier["metrics"],
        "previous_model": earlier["model"],
        "repeated": {"run": number, "same": same},
    }


def resume(context: JobContext, journal: Journal, catalog: Catalog) -> dict[str, Any]:
    """Go on with the run of the option `resume` where it ended, on its samples; epochs count on.

    It goes on for as many epochs as the options or its settings say, unless it ends before.

    Raises:
        WrongUse: there is no such run, or what it needs to go on is gone.
    """
    number = int(context.options["resume"])
    earlier = _record(journal, number)
    then = _settings(earlier)
    if then.head != "mlp":
        raise WrongUse(f"Run {number} trained a {then.head} head, which has no epochs to go on from", "Train anew")
    start = TrainingState.load(runs.state_file(context.workspace.runs_directory, number))
    settings = trained_with(then, context.options)
    settings = replace(settings, epochs=start.epochs + settings.epochs)
    context.report.stage("train", f"going on with run {number} after {count(start.epochs, 'epoch')}")
    about = {"resumed": number, "epochs_before": start.epochs}
    resolved = _with_train(_as_then(context, earlier), settings)
    material = _unless_old(context, journal, catalog, _material(resolved, journal, catalog, earlier, about))
    return train_on(resolved, journal, material, start)


def labels_of(context: JobContext, journal: Journal, catalog: Catalog) -> Material:
    """Return the samples, labels and folds of the run of the option `labels_of`, to be trained with the settings of now.

    Raises:
        WrongUse: there is no such run, its samples are not kept, or their features are gone.
    """
    number = int(context.options["labels_of"])
    material = _material(context, journal, catalog, _record(journal, number), {"labels_of": number})
    return _unless_old(context, journal, catalog, material)


def _unless_old(context: JobContext, journal: Journal, catalog: Catalog, material: Material) -> Material:
    """Return it so that its model is kept aside where other samples have come or labels have changed since."""
    now = {one.identity: one.label for one in read_samples(context, journal, catalog)}
    same = due.fingerprint(now) == due.fingerprint(material.seen)
    return material if same else replace(material, aside="was trained on samples of an earlier run")


def _record(journal: Journal, number: int) -> dict[str, Any]:
    found = next((one for one in journal.runs() if one["run"] == number), None)
    if found is None:
        raise WrongUse(f"There is no run {number}", "'hyai runs list' shows them")
    if found.get("kind") == PREDICTION:
        raise WrongUse(
            f"Run {number} is no training: it predicted what a model says", "'hyai runs list' shows trainings"
        )
    if found.get("namespace"):
        again = f"hyai train --namespace {found['namespace']} --seed {found['seed']}"
        raise WrongUse(f"Run {number} learned tags, and the library's tags may be others by now", f"Use '{again}'")
    return found


def _settings(earlier: dict[str, Any]) -> TrainSettings:
    return from_dict({"train": earlier["settings"]}, f"run {earlier['run']}").train


def _with_train(context: JobContext, settings: TrainSettings) -> JobContext:
    workspace = context.workspace
    return replace(context, workspace=replace(workspace, settings=replace(workspace.settings, train=settings)))


def _as_then(context: JobContext, earlier: dict[str, Any]) -> JobContext:
    """Return the context with the precision that thresholds were chosen for then."""
    workspace = context.workspace
    tag = replace(workspace.settings.tag, precision=earlier.get("precision"))
    return replace(context, workspace=replace(workspace, settings=replace(workspace.settings, tag=tag)))


def _material(
    context: JobContext, journal: Journal, catalog: Catalog, earlier: dict[str, Any], about: dict[str, Any]
) -> Material:
    """Return what a run learned from.

    Raises:
        WrongUse: its samples are not kept, or their features are gone.
    """
    workspace, number = context.workspace, int(earlier["run"])
    samples = runs.read_samples(workspace.runs_directory, number)
    known = training_samples(journal, workspace.data)
    identities = [one.decode("ascii") for one in samples.identities.tolist()]
    contents = contents_of(catalog, earlier["source"], identities, known)
    directory = workspace.features_directory / earlier["encoder"]
    if not directory.is_dir():
        raise WrongUse(
            f"The features of {earlier['encoder']} are gone", "'hyai cache build' makes those of the encoder in use"
        )
    with FeatureStore.open(directory, int(earlier["dimension"]), read_only=True) as store:
        vectors, there = store.get([content or "" for content in contents])
    if not there.all():
        missing = int(np.count_nonzero(~there))
        raise WrongUse(
            f"{count(missing, 'sample')} of run {number} have no features any more",
            "'hyai cache build' makes those whose pictures are there; without all of them it is not the same run",
        )
    data = TrainingData(
        identities,
        samples.labels,
        samples.truth,
        vectors,
        samples.folds,
        samples.weights,
        samples.hinted,
        aware=samples.aware,
    )
    material = Material(
        data,
        EncoderStamp(earlier["encoder"], earlier["encoder"].rpartition("-")[0], vectors.shape[1]),
        earlier["source"],
        samples.seen,
        earlier.get("left_out", {}),
        about=about,
    )
    return with_copies(context, catalog, known, material)
