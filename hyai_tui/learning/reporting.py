"""The parts of a report beyond its headline: pure functions over true labels and probabilities, JSON-serialisable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.largest import largest
from hyai_tui.learning import metrics
from hyai_tui.learning.explorer import interval
from hyai_tui.learning.metrics import Floats, Labels
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.learning.verdict import action, target, verdict

MOST_ERRORS = 10
# A group of fewer items says nothing.
LEAST_OF_GROUP = 5
_RESAMPLES = 2000
_NEIGHBOURS = 15


def items_report(
    truth: Labels, probabilities: Floats, labels: Sequence[str], inside: Thresholds, files: Sequence[str]
) -> dict[str, Any]:
    """Return all of a report that the judged items alone tell: `metrics.report`, what it means, and how sure the model is.

    Args:
        truth: int64[n], places in `labels`.
        probabilities: float[n, k].
        labels: in the model's order.
        inside: thresholds in force.
        files: of each item, for the errors.
    """
    report = metrics.report(truth, probabilities, labels)
    guessed = metrics.predicted_labels(probabilities)
    errors = common_errors(truth, guessed, labels, files)
    commonest = f"{errors[0]['labelled']} → {errors[0]['predicted']}" if errors else None
    assigned = inside.assign(probabilities)
    sure = assigned >= 0
    return {
        **report,
        "thresholds": inside.as_dict(),
        "coverage": round(float(sure.mean()), 6),
        "precision_of_tags": round(float((assigned == truth)[sure].mean()), 6) if sure.any() else None,
        "intervals": intervals(truth, guessed, len(labels)),
        "common_errors": errors,
        "reliability": reliability(truth, probabilities),
        "histogram": histogram(truth, probabilities, labels),
        "verdict": verdict(report["macro_f1"]),
        "target": target(report["macro_f1"]),
        "action": action(report["macro_f1"], commonest),
    }


def reliability(truth: Labels, probabilities: Floats, bins: int = 10) -> list[dict[str, Any]]:
    """Return bins of confidence (the highest probability) with their mean confidence and accuracy; empty ones are left out.

    Perfect calibration has both equal in each bin.
    """
    confidence = probabilities.max(axis=1).astype(float)
    right = metrics.predicted_labels(probabilities) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    found = []
    for one in np.unique(place).tolist():
        inside = place == one
        low, high = interval(int(right[inside].sum()), int(inside.sum()))
        found.append(
            {
                "from": round(one / bins, 6),
                "to": round((one + 1) / bins, 6),
                "items": int(inside.sum()),
                "confidence": round(float(confidence[inside].mean()), 6),
                "accuracy": round(float(right[inside].mean()), 6),
                "interval": [round(low, 6), round(high, 6)],
            }
        )
    return found


def histogram(truth: Labels, probabilities: Floats, labels: Sequence[str], bins: int = 20) -> dict[str, Any]:
    """Return how many items of each true label have which score: of the last of two labels, else of their own label."""
    two = len(labels) == 2
    score = probabilities[:, 1] if two else probabilities[np.arange(len(truth)), truth]
    place = np.minimum((score.astype(float) * bins).astype(int), bins - 1)
    counts = {label: np.bincount(place[truth == index], minlength=bins).tolist() for index, label in enumerate(labels)}
    return {"score": f"probability of {labels[-1]}" if two else "probability of its own label", "counts": counts}


def common_errors(
    truth: Labels, predicted: Labels, labels: Sequence[str], files: Sequence[str], most: int = MOST_ERRORS
) -> list[dict[str, Any]]:
    """Return the commonest confusions, the most frequent first, each with exactly its files."""
    found: list[dict[str, Any]] = []
    for one in range(len(labels)):
        for other in range(len(labels)):
            rows = np.flatnonzero((truth == one) & (predicted == other)) if one != other else np.empty(0, np.int64)
            if len(rows):
                names = [files[row] for row in rows.tolist()]
                found.append({"labelled": labels[one], "predicted": labels[other], "items": len(rows), "files": names})
    found.sort(key=lambda error: (-error["items"], error["labelled"], error["predicted"]))
    return found[:most]


def intervals(truth: Labels, predicted: Labels, classes: int, seed: int = 0) -> dict[str, list[float]]:
    """Return 95 % intervals: of macro F1 by bootstrap over the items, of accuracy by Wilson's formula."""
    table = metrics.confusion(truth, predicted, classes)
    share = table.ravel() / max(1, table.sum())
    draws = np.random.default_rng(seed).multinomial(int(table.sum()), share, size=_RESAMPLES)
    f1 = metrics.f1_of_tables(draws.reshape(-1, classes, classes)).mean(axis=1)
    low, high = np.quantile(f1, [0.025, 0.975])
    return {
        "macro_f1": [round(float(low), 6), round(float(high), 6)],
        "accuracy": [round(one, 6) for one in interval(int(np.diag(table).sum()), int(table.sum()))],
    }


def groups(
    truth: Labels, predicted: Labels, classes: int, of_items: Mapping[str, Sequence[str | None]]
) -> dict[str, list[dict[str, Any]]]:
    """Return accuracy and macro F1 of parts of the items, the largest part first.

    Args:
        truth: int64[n].
        predicted: int64[n].
        classes: how many labels there are.
        of_items: a way to part the items (such as `type`), and each item's part; None for no part.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for kind, parts in of_items.items():
        names = np.array([part or "" for part in parts], np.str_)
        rows = []
        for name in np.unique(names).tolist():
            inside = names == name
            if name and inside.sum() >= LEAST_OF_GROUP:
                right = int((truth == predicted)[inside].sum())
                rows.append(
                    {
                        "group": name,
                        "items": int(inside.sum()),
                        "accuracy": round(right / int(inside.sum()), 6),
                        "interval": [round(one, 6) for one in interval(right, int(inside.sum()))],
                        "macro_f1": round(metrics.macro_f1(truth[inside], predicted[inside], classes), 6),
                    }
                )
        rows.sort(key=lambda row: (-row["items"], row["group"]))
        found[kind] = rows
    return found


def baselines(vectors: NDArray[np.float32], truth: Labels, folds: Labels, classes: int) -> dict[str, dict[str, float]]:
    """Return how good labels are guessed without any training, each fold from the others.

    `majority` gives the commonest label, `centroid` that of the nearest mean direction, `neighbours` that of most of the
    15 nearest samples. A model that is no better than these has learned nothing.
    """
    guesses = {name: np.zeros(len(truth), np.int64) for name in ("majority", "centroid", "neighbours")}
    centred = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    for fold in np.unique(folds):
        held, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if not len(train):
            continue
        own = np.eye(classes, dtype=np.float32)[truth[train]]
        counts = own.sum(axis=0)
        guesses["majority"][held] = int(counts.argmax())
        centroids = own.T @ unit[train] / np.maximum(counts, 1)[:, None]
        centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
        likeness = unit[held] @ centroids.T
        likeness[:, counts == 0] = -2
        guesses["centroid"][held] = likeness.argmax(axis=1)
        for start in range(0, len(held), 1024):
            rows = held[start : start + 1024]
            cosines = unit[rows] @ unit[train].T
            k = min(_NEIGHBOURS, len(train))
            near, _ = largest(cosines, k)
            guesses["neighbours"][rows] = own[near].sum(axis=1).argmax(axis=1)
    return {
        name: {
            "macro_f1": round(metrics.macro_f1(truth, guess, classes), 6),
            "accuracy": round(metrics.accuracy(truth, guess), 6),
        }
        for name, guess in guesses.items()
    }


def size_group(size: int | None) -> str | None:
    """Return the part by file size."""
    if size is None:
        return None
    for most, name in ((100_000, "under 100 kB"), (1_000_000, "100 kB to 1 MB"), (5_000_000, "1 to 5 MB")):
        if size < most:
            return name
    return "over 5 MB"
