"""Predictions against what is known: the model against decisions, samples, archive and trash; pictures against existing tags.

Every prediction is counted. A *finding* is only a file whose label or tag is more likely wrong than the prediction: a model
that is right nine times of ten is itself wrong far more often than a careful person. So a label is doubted where two opinions
that err differently agree: the model's, out-of-fold and calibrated, and that of a regression on likeness to labelled pictures
(`votes`), which never saw the file either. For tags, how often a prediction is right is measured on the library itself.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.base import HIGH, MEDIUM, Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.checks.unlike import Judged, judge
from hyai_tui.checks.votes import label_scores, reduced
from hyai_tui.learning import metrics
from hyai_tui.queues.near_duplicates import known_label
from hyai_tui.queues.vectors import open_vectors
from hyai_tui.text import count

NAME: Final = "validation"
# Of a label with fewer known files nothing can be said about how sure the model is of it.
LEAST_KNOWN: Final = 20
KEYS: Final = (
    "total_predictions",
    "correct_predictions",
    "accuracy",
    "missing_predictions_count",
    "incorrect_predictions_count",
)
_MOST_SHOWN = 1_000
# No score by likeness rules a label out for certain.
_LEAST_LIKE = 0.01


def run(place: CheckPlace) -> CheckResult:
    """Compare every prediction with what is known of its file; a sample's prediction is out-of-fold.

    Kinds: `incorrect-prediction` (the model and labelled pictures like it against a label, each at `checks.confidence`),
    `missing-prediction` (no label at .5, with more than two of them), `other-tag` (a tag of a namespace where pictures like it
    have another) and `lacks-tag` (none where they have one), both at `checks.confidence`.
    """
    least = place.workspace.settings.checks.confidence
    facts, findings, known = _labels(place, least)
    tags = judge(place, least)
    facts["namespaces"] = tags.namespaces
    findings += _of_tags(tags)
    facts["findings"] = len(findings)
    if not known and not tags.files:
        return CheckResult(0, (), facts, ("Nothing to compare yet: 'hyai retrain' makes scores",))
    return CheckResult(max(known, tags.files), surest_first(findings), facts, _advice(facts))


def _labels(place: CheckPlace, least: float) -> tuple[dict[str, Any], list[Finding], int]:
    """Return (figures, findings, files that were compared) of the model's labels."""
    context = place.context
    truth = known_label(context)
    places = np.flatnonzero(context.scored & (truth >= 0) & (truth < len(context.labels)))
    if not len(places):
        return _facts(0, 0, 0, 0, {}), [], 0
    truth = truth[places]
    probabilities = context.probabilities[places]
    predicted = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(places)), predicted]
    given = sure >= MEDIUM
    right = given & (predicted == truth)
    like = _likeness_to_labelled(place, places, truth)
    against = doubt(probabilities, truth, like)
    findings = []
    for at in np.flatnonzero(given & ~right & (against >= agreed(least))).tolist():
        label, meant = context.labels[int(truth[at])], context.labels[int(predicted[at])]
        said = "" if np.isnan(like[at, 0]) else ", and so do the labelled pictures like it"
        reason = f"it is {label}, the model says {meant}: {sure[at]:.0%}{said}"
        file = context.file(int(places[at]))
        findings.append(
            Finding(
                NAME, "incorrect-prediction", file, float(against[at]), reason, tags=(label, meant), suggested=meant
            )
        )
    for at in np.flatnonzero(~given).tolist():
        label = context.labels[int(truth[at])]
        reason = f"it is {label}, and the model gives no label half of its trust"
        findings.append(
            Finding(NAME, "missing-prediction", context.file(int(places[at])), float(sure[at]), reason, tags=(label,))
        )
    bands = {
        name: {"predictions": int(inside.sum()), "right": int((inside & right).sum())}
        for name, inside in (
            ("high", sure >= HIGH),
            ("medium", (sure >= MEDIUM) & (sure < HIGH)),
            ("low", sure < MEDIUM),
        )
    }
    facts = _facts(len(places), int(right.sum()), int((~given).sum()), int((given & ~right).sum()), bands)
    facts["report"] = metrics.report(truth, probabilities, context.labels)
    return facts, findings, len(places)


def agreed(least: float) -> float:
    """Return how sure two opinions are together that are each as sure as this: .94 for .8."""
    return least**2 / (least**2 + (1 - least) ** 2)


def doubt(
    probabilities: NDArray[np.float32], truth: NDArray[np.int64], like: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return float64[n]: how much speaks for the predicted label and against the known one, 0 … 1.

    The odds of both labels by the model and by likeness are multiplied, as of two opinions that err independently. Without
    likeness the model alone, and only where it is at least as sure as it is, on average, of files that do have the predicted
    label (the threshold of confident learning: Northcutt et al., 2021). 0 where the known label is predicted, and for labels of
    which fewer than `LEAST_KNOWN` files are known.

    Args:
        probabilities: float32[n, K], out-of-fold.
        truth: int64[n].
        like: float32[n, K], scores by likeness, about 0 … 1; NaN where there are none.
    """
    at, classes = np.arange(len(truth)), probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    known = np.bincount(truth, minlength=classes)
    sure = probabilities[at, predicted].astype(np.float64)
    own = probabilities[at, truth].astype(np.float64)
    mean = np.bincount(truth, own, classes) / np.maximum(known, 1)
    alone = np.where(sure >= mean[predicted], sure, 0.0)
    scores = np.clip(like, _LEAST_LIKE, 1 - _LEAST_LIKE).astype(np.float64)
    one, other = sure * scores[at, predicted], own * scores[at, truth]
    both = one / np.maximum(one + other, 1e-12)
    judged = (predicted != truth) & (known[truth] >= LEAST_KNOWN) & (known[predicted] >= LEAST_KNOWN)
    return np.where(judged, np.where(np.isnan(scores[:, 0]), alone, both), 0.0)


def _likeness_to_labelled(
    place: CheckPlace, places: NDArray[np.int64], truth: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return float32[n, K]: scores by likeness of files with known labels; NaN of those that have no features."""
    found = np.full((len(places), len(place.context.labels)), np.nan, np.float32)
    with open_vectors(place.workspace, place.context, place.catalog, place.journal) as vectors:
        if vectors is None:
            return found
        there, rows = reduced(vectors, places)
    at = np.searchsorted(places, there)
    scores = label_scores(rows, truth[at], len(place.context.labels))
    if scores is not None:
        found[at] = scores
    return found


def _of_tags(judged: Judged) -> list[Finding]:
    chosen = sorted((one for one in judged.unlike if one.namespace), key=lambda one: (-one.chance, one.file))
    return [
        Finding(
            NAME,
            "other-tag" if one.instead else "lacks-tag",
            one.file,
            one.chance,
            one.reason,
            tags=(*one.instead[:1], one.given[0]),
        )
        for one in chosen[:_MOST_SHOWN]
    ]


def _facts(total: int, right: int, missing: int, wrong: int, bands: dict[str, Any]) -> dict[str, Any]:
    return {
        "total_predictions": total,
        "correct_predictions": right,
        "accuracy": round(right / total, 6) if total else None,
        "missing_predictions_count": missing,
        "incorrect_predictions_count": wrong,
        "bands": bands,
    }


def _advice(facts: dict[str, Any]) -> list[str]:
    said = []
    if facts["accuracy"] is not None and facts["accuracy"] < 0.8:
        said.append("The model is wrong on more than a fifth: label some of its mistakes, then 'hyai retrain'")
    weak = [
        name
        for name, one in facts["namespaces"].items()
        if one["incorrect_predictions_count"] + one["missing_predictions_count"]
    ]
    if weak:
        named = ", ".join(weak[:3]) + (f" and {count(len(weak) - 3, 'more namespace')}" if len(weak) > 3 else "")
        said.append(f"Pictures and tags disagree in {named}: 'hyai findings report validation --namespace {weak[0]}'")
    return said


CHECK: Final = Check(NAME, "predictions against decisions, samples, states and the tags of every namespace", run)
