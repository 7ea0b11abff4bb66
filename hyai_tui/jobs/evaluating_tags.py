"""How good the tag model of a namespace is, on the library's tags as they are now."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyai_tui.errors import NotNow
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning import tag_metrics
from hyai_tui.learning.namespace_tags import read_namespace
from hyai_tui.learning.tag_opinions import opinions
from hyai_tui.learning.tag_registry import TagRegistry, clean_namespace


def evaluate_namespace(context: JobContext) -> dict[str, Any]:
    """Report on the tag model of the option `namespace`.

    A file that it learned from is judged by its out-of-fold prediction, another by the model itself. What is true is what
    the library says now; files without any tag of the namespace say nothing.

    Returns:
        `tag_metrics.report`, and `namespace`, `model`, `out_of_fold` and `unseen` (files of either sort).

    Raises:
        ModelError: there is no such model.
        NotNow: no file has such a tag and features.
    """
    workspace = context.workspace
    namespace = clean_namespace(str(context.options["namespace"]))
    bundle = TagRegistry.of(workspace).require(namespace)
    context.report.stage("evaluate", f"judging {namespace} #{bundle.number} on the library's tags")
    with workspace.open_catalog() as catalog:
        tagged = read_namespace(catalog, namespace, workspace.settings.tag)
        rows = tagged.having
        files, truth = tagged.identities(rows), tagged.truth(rows, bundle.tags)
        said = opinions(workspace, catalog, bundle, files)
    judged = ~np.isnan(said.probabilities[:, 0]) if len(files) else np.zeros(0, bool)
    if not judged.any():
        raise NotNow(f"No file has both a tag {namespace}:… and features", "Run 'hyai scan', then 'hyai cache build'")
    truth, probabilities = truth[judged], said.probabilities[judged]
    folds = np.array([bundle.seen.folds[bundle.seen.place[one]] if one in bundle.seen.place else -1 for one in files])
    thresholds = np.array(bundle.thresholds)
    given = probabilities >= thresholds
    # The model's thresholds were chosen on the files that it learned from: those are judged by the thresholds of other folds.
    held_out = folds[judged] >= 0
    given[held_out] = tag_metrics.given_out_of_fold(truth[held_out], probabilities[held_out], folds[judged][held_out])
    report = tag_metrics.report(truth, probabilities, given, thresholds.tolist(), bundle.tags)
    return {
        "namespace": namespace,
        "model": bundle.id,
        **report,
        "out_of_fold": int(said.out_of_fold[judged].sum()),
        "unseen": int((~said.out_of_fold)[judged].sum()),
    }
