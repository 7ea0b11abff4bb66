"""The evaluate job: how good the model in use is on the samples as they are labelled now."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import NotNow
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.evaluating import baseline, compare_baselines, last_batch, parts_of
from hyai_tui.jobs.evaluating_tags import evaluate_namespace
from hyai_tui.learning import metrics, reporting, thresholds
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.verdict import action, target, verdict
from hyai_tui.samples.training import Sample, training_samples

KIND = "evaluate"
COMPUTE = False


def run(context: JobContext) -> dict[str, Any]:
    """Report on the model in use.

    Options:
        baseline: judge what needs no training instead, see `reporting.baselines`; no model is needed.
        namespace: judge the model of the tags of this namespace instead, see `evaluating_tags`.

    An item that the model was trained on is judged by its out-of-fold prediction, another by the model itself, which
    has never seen it. The true label is the one that the sample has now.

    Returns:
        What `hyai evaluate --json` gives: `metrics.report`, and `model`, `thresholds`, `verdict`, `out_of_fold` and
        `unseen` (items of either sort), `coverage` (share that is sure enough for a tag), and the parts of `reporting`.

    Raises:
        ModelError: there is no model.
        NotNow: there is no item to judge it by.
    """
    workspace = context.workspace
    if context.options.get("baseline"):
        return baseline(context)
    if context.options.get("namespace"):
        return evaluate_namespace(context)
    bundle = Registry(workspace.models_directory).require_current()
    context.report.stage("evaluate", f"judging #{bundle.number} on held-out samples")
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        samples = [one for one in training_samples(journal, workspace.data) if one.label in bundle.label_index]
        places = bundle.out_of_fold.places([one.identity for one in samples])
        probabilities = np.full((len(samples), len(bundle.labels)), np.nan, np.float32)
        held_out = places >= 0
        probabilities[held_out] = bundle.out_of_fold.probabilities[places[held_out]]
        unseen = np.flatnonzero(~held_out)
        probabilities[unseen] = _predicted(context, catalog, bundle, [samples[row] for row in unseen.tolist()])
    judged = ~np.isnan(probabilities[:, 0])
    if not judged.any():
        raise NotNow("There is no sample to judge the model by", "Label some pictures, then 'hyai train'")
    truth = np.array([bundle.label_index[one.label] for one in samples], np.int64)[judged]
    probabilities = probabilities[judged]
    context.check()
    report = metrics.report(truth, probabilities, bundle.labels)
    chosen = [one for one, there in zip(samples, judged.tolist(), strict=True) if there]
    predicted = metrics.predicted_labels(probabilities)
    files = [one.identity for one in chosen]
    errors = reporting.common_errors(truth, predicted, bundle.labels, files)
    commonest = f"{errors[0]['labelled']} → {errors[0]['predicted']}" if errors else None
    inside = thresholds.effective(workspace.settings.tag, bundle.labels, bundle.thresholds)
    assigned = inside.assign(probabilities)
    sure = assigned >= 0
    return {
        "model": bundle.id,
        **report,
        "thresholds": inside.as_dict(),
        "coverage": round(float(sure.mean()), 6),
        "precision_of_tags": round(float((assigned == truth)[sure].mean()), 6) if sure.any() else None,
        "out_of_fold": int(held_out[judged].sum()),
        "unseen": int((~held_out)[judged].sum()),
        "intervals": reporting.intervals(truth, predicted, len(bundle.labels)),
        "common_errors": errors,
        "reliability": reporting.reliability(truth, probabilities),
        "histogram": reporting.histogram(truth, probabilities, bundle.labels),
        "groups": parts_of(context, files, truth, predicted, len(bundle.labels)),
        "baselines": compare_baselines(context, chosen, bundle.labels),
        "last_batch": last_batch(context),
        "calibration": {"kind": bundle.calibration.kind, "losses": bundle.record.get("calibration_losses", {})},
        "verdict": verdict(report["macro_f1"]),
        "target": target(report["macro_f1"]),
        "action": action(report["macro_f1"], commonest),
    }


def _predicted(context: JobContext, catalog: Catalog, bundle: Bundle, samples: list[Sample]) -> NDArray[np.float32]:
    """Return float32[n, K] of samples that the model has not seen; NaN for those without features."""
    found = np.full((len(samples), len(bundle.labels)), np.nan, np.float32)
    directory = context.workspace.features_directory / bundle.encoder.id
    if not samples or not directory.is_dir():
        return found
    contents = contents_of(catalog, bundle.source, [one.identity for one in samples], samples)
    known = [row for row, content in enumerate(contents) if content is not None]
    with FeatureStore.open(directory, bundle.encoder.dimension, read_only=True) as store:
        vectors, there = store.get([contents[row] or "" for row in known])
    rows = np.array(known, np.int64)[there]
    if len(rows):
        found[rows] = bundle.predict(vectors[there])
    return found
