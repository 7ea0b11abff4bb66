"""A run of predictions: what the model in use says of labelled items of a split or a label run, kept row by row.

It touches no score and no tag: the items are judged by models that never saw them, and a score table is not.
"""

from __future__ import annotations

import time
from typing import Any

from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.judging import judge
from hyai_tui.learning import metrics, runs
from hyai_tui.learning.predictions import counts
from hyai_tui.learning.registry import Registry
from hyai_tui.text import count

KIND = "predict"
HEADLINE = ("macro_f1", "accuracy", "auc", "ece")


def predict(context: JobContext) -> dict[str, Any]:
    """Predict the items of the options `split` and `label_run`, and record that as a run of its own.

    Returns:
        `run`, `model`, `scored` (items), `correct`, `splits` (items of each split), `metrics`, `message`, `seconds`.

    Raises:
        ModelError: there is no model.
        WrongUse: there is no such split or label run.
        NotNow: there is no such item.
    """
    began = time.time()
    workspace, options = context.workspace, context.options
    bundle = Registry(workspace.models_directory).require_current()
    context.report.stage("score", f"predicting labelled items with #{bundle.number}")
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        judged = judge(context, journal, catalog, bundle)
        found = judged.predictions
        context.report.progress(len(found), len(found), "items")
        report = metrics.report(found.truth, found.probabilities, found.labels)
        right = int(found.correct.sum())
        which = [str(options["split"])] if options.get("split") else []
        which += [f"label run {options['label_run']}"] if options.get("label_run") is not None else []
        message = f"#{bundle.number} is right on {right:,} of {count(len(found), 'item')}: {', '.join(which) or 'all samples'}"
        context.report.log(message)
        fields = {
            "kind": KIND,
            "began": began,
            "seconds": round(time.time() - began, 3),
            "model": bundle.id,
            "split": options.get("split"),
            "label_run": options.get("label_run"),
            "samples": {label: one["support"] for label, one in report["per_class"].items()},
            "correct": right,
            "splits": counts(found.split),
            "metrics": {name: report[name] for name in HEADLINE},
            "status": "finished",
            "message": message,
        }
        number = journal.add_run(fields)
        runs.write(workspace.runs_directory, number, fields)
        found.save(runs.folder(workspace.runs_directory, number))
    return {
        "run": number,
        "model": bundle.id,
        "scored": len(found),
        "correct": right,
        "splits": fields["splits"],
        "metrics": fields["metrics"],
        "message": message,
        "seconds": fields["seconds"],
    }
