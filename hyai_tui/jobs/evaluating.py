"""What a report needs besides the model: parts of the library, baselines, and what the last labels changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.retraining import is_whole
from hyai_tui.learning import folds, reporting, runs
from hyai_tui.learning.labels import label_order
from hyai_tui.learning.metrics import Labels
from hyai_tui.samples.training import Sample, training_samples

_MOST_NAMESPACES = 8
_FREQUENT_TAGS, _MOST_TAGS = 200, 8


def parts_of(
    context: JobContext, files: Sequence[str], truth: Labels, predicted: Labels, classes: int
) -> dict[str, list[dict[str, Any]]]:
    """Return the figures of parts of the samples: by type, by size, by namespaces that their tags have, and by tag.

    Of the tags those are given on which the model is worst: the upper end of the accuracy's interval is lowest.
    """
    with context.workspace.open_catalog() as catalog:
        known = [catalog.file(file) for file in files]
    types = [None if one is None or one.mime is None else one.mime.partition("/")[2] for one in known]
    sizes = [None if one is None else reporting.size_group(one.size) for one in known]
    found = reporting.groups(truth, predicted, classes, {"type": types, "size": sizes})
    ours = ours_at_sight(context.workspace.settings.tag)
    tags = [
        {tag for tag in one.display_tags or one.tags if not ours(tag)} if one is not None else set() for one in known
    ]
    spaces = [{tag.partition(":")[0] for tag in own if ":" in tag} for own in tags]
    rows = _of_words(truth, predicted, classes, spaces)
    found["namespace"] = sorted(rows, key=lambda row: (-row["items"], row["group"]))[:_MOST_NAMESPACES]
    frequent = {tag for tag, _ in Counter(tag for own in tags for tag in own).most_common(_FREQUENT_TAGS)}
    rows = _of_words(truth, predicted, classes, [own & frequent for own in tags])
    found["tag"] = sorted(rows, key=lambda row: (row["interval"][1], -row["items"], row["group"]))[:_MOST_TAGS]
    return found


def _of_words(truth: Labels, predicted: Labels, classes: int, words: Sequence[Set[str]]) -> list[dict[str, Any]]:
    """Return the figures of the items that have each word."""
    rows = []
    for name in sorted(set().union(*words)):
        part = [name if name in own else None for own in words]
        rows += reporting.groups(truth, predicted, classes, {"word": part})["word"]
    return rows


def baseline(context: JobContext) -> dict[str, Any]:
    """Report how good labels are guessed without any training.

    Raises:
        NotNow: there are no samples with features yet.
    """
    context.report.stage("evaluate", "guessing labels without any training")
    workspace = context.workspace
    with workspace.open_journal() as journal:
        samples = training_samples(journal, workspace.data)
    labels = label_order(one.label for one in samples)
    found = compare_baselines(context, samples, labels)
    if found is None:
        raise NotNow(
            "There are no samples of two labels with features yet", "Label some pictures, then 'hyai cache build'"
        )
    best = max(("centroid", "neighbours"), key=lambda name: found[name]["macro_f1"])
    return {"n": len(samples), "labels": list(labels), "macro_f1": found[best]["macro_f1"], "baselines": found}


def compare_baselines(
    context: JobContext, samples: Sequence[Sample], labels: Sequence[str]
) -> dict[str, dict[str, float]] | None:
    """Return the figures of what needs no training, on the samples that have features; None without those."""
    workspace = context.workspace
    choice = choose(workspace)
    directory = features_directory(workspace, choice)
    if not samples or not directory.is_dir():
        return None
    with (
        workspace.open_journal() as journal,
        workspace.open_catalog() as catalog,
        FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store,
    ):
        sticky = journal.folds()
        identities = [one.identity for one in samples]
        contents = contents_of(catalog, workspace.settings.features.source, identities, samples)
        vectors, there = store.get([content or "" for content in contents])
    used = [one for one, here in zip(samples, there.tolist(), strict=True) if here]
    if len({one.label for one in used}) < 2:
        return None
    count = workspace.settings.train.folds
    truth = np.array([labels.index(one.label) for one in used], np.int64)
    given = [folds.in_use(sticky.get(one.identity, place), count) for place, one in enumerate(used)]
    return reporting.baselines(vectors[there], truth, np.array(given, np.int64), len(labels))


def last_batch(context: JobContext) -> dict[str, Any] | None:
    """Return what was labelled between the last two trainings, and what that changed on the same items."""
    workspace = context.workspace
    with workspace.open_journal() as journal:
        done = [one for one in journal.runs() if is_whole(one)]
    if len(done) < 2 or done[-1].get("compared") is None:
        return None
    try:
        before, after = (runs.read_samples(workspace.runs_directory, int(one["run"])).seen for one in done[-2:])
    except WrongUse:
        return None
    compared = done[-1]["compared"]
    return {
        "runs": [done[-2]["run"], done[-1]["run"]],
        "new": sum(one not in before for one in after),
        "corrected": sum(one in before and before[one] != label for one, label in after.items()),
        "removed": sum(one not in after for one in before),
        "items": compared["items"],
        "before": compared["previous"]["macro_f1"],
        "after": compared["metrics"]["macro_f1"],
        "interval": compared["interval"],
    }
