"""Predictions against what is known: the model against decisions, samples, archive and trash; pictures against existing tags.

Every prediction is counted. A *finding* is only a file whose label or tag is more likely wrong than the prediction: a model
that is right nine times of ten is itself wrong far more often than a careful person. So a label is doubted where two opinions
that err differently agree (`doubting`). For tags, how often a prediction is right is measured on the library itself.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from hyai_tui.checks.base import HIGH, MEDIUM, Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.checks.doubting import agreed, doubts
from hyai_tui.checks.judged import judgement
from hyai_tui.checks.unlike import Judged
from hyai_tui.learning import metrics
from hyai_tui.text import count

NAME: Final = "validation"
KEYS: Final = (
    "total_predictions",
    "correct_predictions",
    "accuracy",
    "missing_predictions_count",
    "incorrect_predictions_count",
)
_MOST_SHOWN = 1_000


def run(place: CheckPlace) -> CheckResult:
    """Compare every prediction with what is known of its file; a sample's prediction is out-of-fold.

    Kinds: `incorrect-prediction` (the model and labelled pictures like it against a label, each at `checks.confidence`),
    `missing-prediction` (no label at .5, with more than two of them), `other-tag` (a tag of a namespace where pictures like it
    have another) and `lacks-tag` (none where they have one), both at `checks.confidence`.
    """
    least = place.workspace.settings.checks.confidence
    facts, findings, known = _labels(place, least)
    tags = judgement(place, least)
    facts["namespaces"] = tags.namespaces
    findings += _of_tags(tags)
    facts["findings"] = len(findings)
    if not known and not tags.files:
        return CheckResult(0, (), facts, ("Nothing to compare yet: 'hyai retrain' makes scores",))
    return CheckResult(max(known, tags.files), surest_first(findings), facts, _advice(facts))


def _labels(place: CheckPlace, least: float) -> tuple[dict[str, Any], list[Finding], int]:
    """Return (figures, findings, files that were compared) of the model's labels."""
    context = place.context
    judged = doubts(place)
    places, truth, like, against = judged.places, judged.truth, judged.like, judged.against
    if not len(places):
        return _facts(0, 0, 0, 0, {}), [], 0
    probabilities = context.probabilities[places]
    predicted = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(places)), predicted]
    given = sure >= MEDIUM
    right = given & (predicted == truth)
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
