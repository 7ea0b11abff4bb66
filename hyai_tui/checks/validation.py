"""The model's opinion against what is known to be true: decisions, samples, and the library's own archive and trash."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from hyai_tui.checks.base import HIGH, MEDIUM, Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.learning import metrics
from hyai_tui.queues.near_duplicates import known_label

NAME: Final = "validation"
_MOST_SHOWN = 100


def run(place: CheckPlace) -> CheckResult:
    """Compare every prediction with the known label of its file; a sample's prediction is out-of-fold.

    A *prediction* is a label at .5 or more. A file whose known label the model does not give is `incorrect-prediction`;
    one that gets no label at .5 is `missing-prediction` (only with more than two labels).
    """
    context = place.context
    truth = known_label(context)
    known = context.scored & (truth >= 0) & (truth < len(context.labels))
    places = np.flatnonzero(known)
    if not len(places):
        return CheckResult(0, (), _facts(0, 0, 0, 0, {}), ("Nothing to compare yet: 'hyai retrain' makes scores",))
    probabilities = context.probabilities[places]
    predicted = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(places)), predicted]
    given = sure >= MEDIUM
    right = given & (predicted == truth[places])
    findings = []
    for at in np.flatnonzero(given & ~right).tolist():
        label, meant = context.labels[int(truth[places[at]])], context.labels[int(predicted[at])]
        file = context.file(int(places[at]))
        reason = f"it is {label}, the model says {meant}: {sure[at]:.0%}"
        findings.append(
            Finding(NAME, "incorrect-prediction", file, float(sure[at]), reason, tags=(label, meant), suggested=meant)
        )
    for at in np.flatnonzero(~given).tolist():
        label = context.labels[int(truth[places[at]])]
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
    facts = _facts(int(given.sum()), int(right.sum()), int((~given).sum()), int((given & ~right).sum()), bands)
    facts["report"] = metrics.report(truth[places], probabilities, context.labels)
    return CheckResult(len(places), surest_first(findings), facts, _advice(facts))


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
    if facts["accuracy"] is not None and facts["accuracy"] < 0.8:
        return ["The model is wrong on more than a fifth: label some of its mistakes, then 'hyai retrain'"]
    return []


CHECK: Final = Check(NAME, "the model's opinion against decisions, samples, archive and trash", run)
