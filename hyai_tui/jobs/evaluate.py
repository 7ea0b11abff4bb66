"""The evaluate job: how good the model in use is on the samples as they are labelled now."""

from __future__ import annotations

from typing import Any

from hyai_tui.jobs.changed import before_and_after
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.evaluating import baseline, compare_baselines, last_batch, parts_of
from hyai_tui.jobs.evaluating_tags import evaluate_namespace
from hyai_tui.jobs.judging import judge
from hyai_tui.jobs.zero_shot import zero_shot
from hyai_tui.learning import metrics, reporting, thresholds
from hyai_tui.learning.predictions import counts
from hyai_tui.learning.registry import Registry

KIND = "evaluate"
COMPUTE = False


def run(context: JobContext) -> dict[str, Any]:
    """Report on the model in use.

    Options:
        zero_shot: judge guesses from rules on tags (`rules`), or from what labels stand for, see `zero_shot`.
        baseline: judge what needs no training instead, see `reporting.baselines`; no model is needed.
        split: judge it by the samples of `train`, `validation` or `test` alone.
        label_run: judge it by the labels of this import, as the import gave them.
        namespace: judge the model of the tags of this namespace instead, see `evaluating_tags`.

    How each item is judged, see `judging`.

    Returns:
        What `hyai evaluate --json` gives: `metrics.report`, and `model`, `thresholds`, `verdict`, `splits` (items of each
        split, before one was chosen), `out_of_fold` and `unseen` (items of either sort), `coverage` (share that is sure enough for a tag), and the parts of `reporting`.

    Raises:
        ModelError: there is no model.
        NotNow: there is no item to judge it by.
    """
    workspace = context.workspace
    if context.options.get("zero_shot"):
        return zero_shot(context)
    if context.options.get("baseline"):
        return baseline(context)
    if context.options.get("namespace"):
        return evaluate_namespace(context)
    bundle = Registry(workspace.models_directory).require_current()
    context.report.stage("evaluate", f"judging #{bundle.number} on held-out samples")
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        judged = judge(context, journal, catalog, bundle)
        trained = before_and_after(workspace, journal, catalog, bundle)
    found, chosen = judged.predictions, judged.samples
    truth, probabilities = found.truth, found.probabilities
    context.check()
    guessed = metrics.predicted_labels(probabilities)
    files = [one.identity for one in chosen]
    inside = thresholds.effective(workspace.settings.tag, bundle.labels, bundle.thresholds)
    return {
        "model": bundle.id,
        **reporting.items_report(truth, probabilities, bundle.labels, inside, files),
        "split": context.options.get("split"),
        "label_run": context.options.get("label_run"),
        "splits": counts(judged.splits),
        "out_of_fold": int(judged.held_out.sum()),
        "unseen": int((~judged.held_out).sum()),
        "groups": parts_of(context, files, truth, guessed, len(bundle.labels)),
        "baselines": compare_baselines(context, chosen, bundle.labels),
        "last_batch": last_batch(context),
        **trained,
        "calibration": {"kind": bundle.calibration.kind, "losses": bundle.record.get("calibration_losses", {})},
    }
