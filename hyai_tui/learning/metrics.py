"""How good a model is: pure functions over arrays of true labels and probabilities.

Labels are indices 0 … K-1 into the model's label order; `truth` and `predicted` are int64[n]; `probabilities` is
float[n, K] with rows that sum to 1. Unless said otherwise a value lies in 0 … 1 and higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

# Probabilities of exactly 0 or 1 would make the log loss of one wrong item infinite.
_SMALLEST = 1e-7


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """One label's precision, recall, F1 (each 0 … 1) and support (true items)."""

    precision: float
    recall: float
    f1: float
    support: int


def predicted_labels(probabilities: Floats) -> Labels:
    """Return the most probable label of each row; at a tie the earlier one."""
    best: Labels = probabilities.argmax(axis=1).astype(np.int64)
    return best


def confusion(truth: Labels, predicted: Labels, classes: int) -> Labels:
    """Return int64[K, K]: row = true label, column = predicted label, value = items."""
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def accuracy(truth: Labels, predicted: Labels) -> float:
    """Return the share of items whose predicted label is true; 0.0 for no items."""
    return float(np.mean(truth == predicted)) if len(truth) else 0.0


def per_class(table: Labels) -> list[ClassMetrics]:
    """Return each label's metrics from a confusion table.

    A label that is never predicted has precision 0, one without true items recall 0 (scikit-learn's
    `zero_division=0`).
    """
    hits = np.diag(table).astype(float)
    claimed, support = table.sum(axis=0), table.sum(axis=1)
    precision = np.divide(hits, claimed, out=np.zeros_like(hits), where=claimed > 0)
    recall = np.divide(hits, support, out=np.zeros_like(hits), where=support > 0)
    f1 = f1_of_tables(table[None])[0]
    return [
        ClassMetrics(float(p), float(r), float(f), int(n))
        for p, r, f, n in zip(precision, recall, f1, support, strict=True)
    ]


def f1_of_tables(tables: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[m, K]: F1 = 2·hits / (claimed + support) of each label, for m confusion tables [m, K, K]."""
    hits = np.diagonal(tables, axis1=1, axis2=2).astype(float)
    total = tables.sum(axis=1) + tables.sum(axis=2)
    found: NDArray[np.float64] = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    return found


def macro_f1(truth: Labels, predicted: Labels, classes: int) -> float:
    """Return the mean of all labels' F1: a rare label counts as much as a frequent one."""
    return float(f1_of_tables(confusion(truth, predicted, classes)[None])[0].mean())


def area_under_curve(truth: NDArray[np.bool_], scores: Floats) -> float | None:
    """Return the area under the ROC curve of one label: the chance that a true item scores above another.

    Computed from ranks (Mann-Whitney U), ties counting half. .5 is guessing. None if one side has no items.
    """
    positive = int(truth.sum())
    negative = len(truth) - positive
    if positive == 0 or negative == 0:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean_rank = ends - (counts - 1) / 2
    rank_sum = float(mean_rank[place][truth].sum())
    return (rank_sum - positive * (positive + 1) / 2) / (positive * negative)


def auc(truth: Labels, probabilities: Floats) -> float | None:
    """Return the area under the ROC curve: of the last label for two labels, else the mean of one against the rest.

    None where it is not defined: no label has items on both sides.
    """
    classes = probabilities.shape[1]
    wanted = [classes - 1] if classes == 2 else range(classes)
    areas = [area_under_curve(truth == label, probabilities[:, label]) for label in wanted]
    defined = [area for area in areas if area is not None]
    return float(np.mean(defined)) if defined else None


def expected_calibration_error(truth: Labels, probabilities: Floats, bins: int = 15) -> float:
    """Return the mean gap between confidence and accuracy over equal-width bins of confidence, weighted by items.

    Lower is better; 0 says that of all items predicted with 80 % about 80 % are right. Guo et al., "On Calibration of
    Modern Neural Networks", 2017. 0.0 for no items.
    """
    if not len(truth):
        return 0.0
    confidence = probabilities.max(axis=1).astype(float)
    right = predicted_labels(probabilities) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(truth))


def log_loss(truth: Labels, probabilities: Floats) -> float:
    """Return the mean of -ln(probability of the true label); 0 is perfect, lower is better. 0.0 for no items."""
    if not len(truth):
        return 0.0
    own = probabilities[np.arange(len(truth)), truth].astype(float)
    return float(-np.log(np.clip(own, _SMALLEST, 1.0)).mean())


def headline(truth: Labels, probabilities: Floats) -> dict[str, float | None]:
    """Return the four numbers of a training: macro_f1, accuracy, auc (None where undefined) and ece."""
    predicted = predicted_labels(probabilities)
    area = auc(truth, probabilities)
    return {
        "macro_f1": round(macro_f1(truth, predicted, probabilities.shape[1]), 6),
        "accuracy": round(accuracy(truth, predicted), 6),
        "auc": None if area is None else round(area, 6),
        "ece": round(expected_calibration_error(truth, probabilities), 6),
    }


def _weighted_f1(table: Labels) -> float:
    """Return the mean of all labels' F1, each counted by its true items."""
    support = table.sum(axis=1)
    return float(f1_of_tables(table[None])[0] @ support / max(1, support.sum()))


def report(truth: Labels, probabilities: Floats, labels: Sequence[str]) -> dict[str, Any]:
    """Return the whole report, JSON-serialisable: the headline, log loss, each label and the confusion table."""
    table = confusion(truth, predicted_labels(probabilities), len(labels))
    return {
        "n": len(truth),
        **headline(truth, probabilities),
        "weighted_f1": round(_weighted_f1(table), 6),
        # Each item has one label, so the mean over all items of precision and of recall are the same number.
        "micro_f1": round(accuracy(truth, predicted_labels(probabilities)), 6),
        "log_loss": round(log_loss(truth, probabilities), 6),
        "per_class": {
            label: {
                "precision": round(one.precision, 6),
                "recall": round(one.recall, 6),
                "f1": round(one.f1, 6),
                "support": one.support,
            }
            for label, one in zip(labels, per_class(table), strict=True)
        },
        "confusion": {"labels": list(labels), "rows": table.tolist()},
    }
