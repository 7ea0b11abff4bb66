"""A training of the tags of one namespace: gather, train, compare on the same files, keep, record.

The model of labels, its pointer and its scores are never touched, and such a run says nothing about whether a retrain of
that model is due.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.tagged_files import LEAST_FILES, gather_tagged
from hyai_tui.jobs.training_options import for_this_run
from hyai_tui.learning import runs, tag_promotion
from hyai_tui.learning.bundle import EncoderStamp
from hyai_tui.learning.fit.multilabel import train_tags
from hyai_tui.learning.tag_bundle import TagBundle
from hyai_tui.learning.tag_registry import TagRegistry, clean_namespace

KIND = "train-tags"
KEPT_MODELS = 10
HEADLINE = ("macro_f1", "micro_f1", "weighted_f1", "mean_average_precision", "exact")
_OF_LABELS = (
    "data",
    "repeat",
    "resume",
    "labels_of",
    "label_run",
    "until_stopped",
    "hints",
    "hard_negatives",
    "kernel",
    "balance",
    "target",
    "augment",
    "copies",
)


def train_namespace(context: JobContext) -> dict[str, Any]:
    """Train the model of the tags of the option `namespace`, and use it unless it is worse.

    Options:
        namespace: such as `series`.
        least_files: a tag is learned if so many files have it.
        subset, where, force_promote, encoder, and those of `training_options` that make a network: as for labels.

    Returns:
        `run`, `model`, `namespace`, `promoted`, `previous_model`, `files`, `rare`, `left_out`, `samples` (files of each
        tag), `metrics` (see `HEADLINE`), `per_label`, `compared`, `message`, `status`, `seconds`.

    Raises:
        WrongUse: no tag of the namespace is on enough files, or an option is of labels only.
        Cancelled: before the first epoch was complete.
    """
    began = time.time()
    context = for_this_run(context)
    workspace, options = context.workspace, context.options
    namespace = clean_namespace(str(options["namespace"]))
    if unfit := [name for name in _OF_LABELS if options.get(name)]:
        name = f"--{unfit[0].replace('_', '-')}" if unfit[0] != "data" else "DATA"
        raise WrongUse(f"{name} is about labels, and --namespace learns tags", "Leave one of them out")
    if options.get("head") not in (None, "mlp"):
        raise WrongUse("Tags are learned by an mlp only", "Leave --head out")
    registry = TagRegistry.of(workspace)
    previous = _previous(context, registry, namespace)
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        gathered = gather_tagged(context, journal, catalog, namespace, previous)
        version = gathered.choice.version
        settings = replace(workspace.settings.train, head="mlp")
        bundle = train_tags(
            gathered.data,
            settings,
            EncoderStamp(version.id, version.name, version.dimension),
            workspace.settings.features.source,
            context,
        )
        comparison = None if previous is None else tag_promotion.compare(previous, bundle)
        forced = bool(options.get("force_promote"))
        partial = previous is not None and bool(options.get("subset") or options.get("where"))
        promoted = forced or (not partial and (comparison is None or comparison.promote))
        kept = registry.add(bundle, promoted)
        said = tag_promotion.message(kept, previous, comparison, promoted, forced)
        if kept.record["status"] == "stopped":
            said += f"; {kept.record['stop']}"
        registry.shelf(namespace).prune(KEPT_MODELS, keep={previous.id} if previous else set())
        result = {
            "namespace": namespace,
            "model": kept.id,
            "promoted": promoted,
            "previous_model": previous.id if previous else None,
            "files": gathered.files,
            "rare": gathered.rare,
            "left_out": gathered.left_out,
            "samples": gathered.data.counts,
            "metrics": {name: kept.metrics[name] for name in HEADLINE},
            "compared": None
            if comparison is None
            else {
                "items": comparison.items,
                "tags": comparison.tags,
                "macro_f1": round(comparison.new, 6),
                "previous": round(comparison.previous, 6),
                "worse": round(comparison.worse, 4),
            },
            "message": said,
        }
        record = {
            "kind": KIND,
            "began": began,
            **result,
            "least_files": int(options.get("least_files") or LEAST_FILES),
            "subset": options.get("subset"),
            "where": list(options.get("where") or ()),
            "n": len(gathered.data.identities),
            "encoder": version.id,
            "dimension": version.dimension,
            "source": kept.source,
            **kept.record,
            "seconds": round(time.time() - began, 3),
        }
        number = journal.add_run({key: value for key, value in record.items() if key != "history"})
        runs.write(workspace.runs_directory, number, {**record, "per_label": kept.metrics["per_label"]})
    return {
        "run": number,
        **result,
        "n": record["n"],
        "per_label": kept.metrics["per_label"],
        "status": record["status"],
        "seconds": record["seconds"],
    }


def _previous(context: JobContext, registry: TagRegistry, namespace: str) -> TagBundle | None:
    """Return the model in use; a damaged one is named and counts as none, so that a training mends the workspace."""
    try:
        return registry.current(namespace)
    except ModelError as error:
        context.report.warning(f"{error.what}; the new model takes its place")
        return None
