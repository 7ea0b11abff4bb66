"""How good a tag model is: pure functions over arrays of which tags files have and how likely each was held to be.

`truth` is bool[n, K]: which of K tags each of n files has, any number of them; `probabilities` is float[n, K], each on its
own, rows sum to nothing in particular. Unless said otherwise a value lies in 0 … 1 and higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.metrics import Floats, area_under_curve

Tagged = NDArray[np.bool_]

# Probabilities of exactly 0 or 1 would make the log loss of one wrong tag infinite.
_SMALLEST = 1e-7
_HALF = 0.5


def average_precision(truth: Tagged, scores: Floats) -> float | None:
    """Return the mean of the precision at each item that has the tag, ranked by score; ties count as they average out.

    None if no item has it. A random ranking gives about the share of items that have it.
    """
    positive = int(truth.sum())
    if not positive:
        return None
    values, place = np.unique(-scores.astype(np.float64), return_inverse=True)
    hits = np.bincount(place, weights=truth, minlength=len(values))
    items = np.bincount(place, minlength=len(values))
    precision = np.cumsum(hits) / np.cumsum(items)
    return float((precision * hits).sum() / positive)


def best_threshold(truth: Tagged, probabilities: Floats) -> float:
    """Return the probability from which on giving the tag has the highest F1; .5 where no item has it.

    It lies half-way to the next lower probability, so that it does not hang on the last digit of one item.
    """
    positive = int(truth.sum())
    if not positive:
        return _HALF
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order].astype(np.float64)
    given = np.arange(1, len(ranked) + 1)
    f1 = 2 * np.cumsum(truth[order]) / (given + positive)
    # Equal probabilities get the tag together.
    last = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.argmax(np.where(last, f1, -1)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def choose_thresholds(truth: Tagged, probabilities: Floats) -> NDArray[np.float64]:
    """Return float64[K]: `best_threshold` of each tag."""
    return np.array([best_threshold(truth[:, tag], probabilities[:, tag]) for tag in range(truth.shape[1])])


def given_out_of_fold(truth: Tagged, probabilities: Floats, folds: NDArray[np.int64]) -> Tagged:
    """Return bool[n, K]: which tags each item gets, by thresholds that were chosen on the items of the other folds."""
    given = np.zeros(truth.shape, bool)
    for fold in np.unique(folds):
        held = folds == fold
        given[held] = probabilities[held] >= choose_thresholds(truth[~held], probabilities[~held])
    return given


def f1_of(hits: NDArray[Any], given: NDArray[Any], having: NDArray[Any]) -> NDArray[np.float64]:
    """Return F1 = 2·hits / (given + having), element by element; 0 where a tag is neither given nor had."""
    total = (given + having).astype(np.float64)
    found: NDArray[np.float64] = np.divide(2 * hits, total, out=np.zeros_like(total), where=total > 0)
    return found


def log_loss(truth: Tagged, probabilities: Floats) -> float:
    """Return the mean over all items and tags of -ln(probability of what is so); lower is better. 0.0 for no items."""
    if not truth.size:
        return 0.0
    own = np.where(truth, probabilities, 1 - probabilities).astype(np.float64)
    return float(-np.log(np.clip(own, _SMALLEST, 1.0)).mean())


def report(
    truth: Tagged, probabilities: Floats, given: Tagged, thresholds: Sequence[float], tags: Sequence[str]
) -> dict[str, Any]:
    """Return the whole report, JSON-serialisable.

    Args:
        truth: bool[n, K].
        probabilities: float[n, K].
        given: bool[n, K], the tags that are given.
        thresholds: of each tag, as the model will use them.
        tags: their names.

    Returns:
        `n`, `macro_f1`, `micro_f1`, `weighted_f1`, `mean_average_precision` (over tags that an item has), `exact` (share of
        items that get precisely their tags), `log_loss`, and `per_label`: tag to `precision`, `recall`, `f1`,
        `average_precision`, `auc` (None where undefined), `support` (items that have it) and `threshold`.
    """
    hits, claimed, having = (truth & given).sum(axis=0), given.sum(axis=0), truth.sum(axis=0)
    precision = np.divide(hits, claimed, out=np.zeros(len(tags)), where=claimed > 0)
    recall = np.divide(hits, having, out=np.zeros(len(tags)), where=having > 0)
    f1 = f1_of(hits, claimed, having)
    ranked = [average_precision(truth[:, tag], probabilities[:, tag]) for tag in range(len(tags))]
    areas = [area_under_curve(truth[:, tag], probabilities[:, tag]) for tag in range(len(tags))]
    known = [one for one in ranked if one is not None]
    return {
        "n": len(truth),
        "macro_f1": _round(f1.mean()) if len(tags) else 0.0,
        "micro_f1": _round(f1_of(hits.sum(), claimed.sum(), having.sum())),
        "weighted_f1": _round(f1 @ having / max(1, having.sum())),
        "mean_average_precision": _round(np.mean(known)) if known else None,
        "exact": _round((truth == given).all(axis=1).mean()) if len(truth) else 0.0,
        "log_loss": _round(log_loss(truth, probabilities)),
        "per_label": {
            tag: {
                "precision": _round(precision[place]),
                "recall": _round(recall[place]),
                "f1": _round(f1[place]),
                "average_precision": _round(ranked[place]),
                "auc": _round(areas[place]),
                "support": int(having[place]),
                "threshold": _round(thresholds[place]),
            }
            for place, tag in enumerate(tags)
        },
    }


def _round(value: Any) -> float | None:
    return None if value is None else round(float(value), 6)
