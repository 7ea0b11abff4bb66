"""How good models are on photographs that they never saw, beside reference heads, and how well wrong labels are found.

Reads features from a file and trains on parts of them with the default settings; nothing is encoded, nothing is tuned.
1,000 pictures are held out, near duplicates never on both sides; five seeds. Then 5 % and 10 % of the labels are turned
round, and the ranking of doubtful labels is compared with cleanlab's on the same predictions (`uv sync --group bench`).

    python -m benchmarks learning --features FILE.npz      arrays: sha, trash (bool), mobilenetv2 (n, d), hog (n, d)

Without the file it says so and does nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray

from benchmarks import twin_groups
from hyai_tui.jobs.context import SilentReporter
from hyai_tui.learning import folds, metrics
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.disagreement import doubt
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.run import train
from hyai_tui.settings import TrainSettings

LABELS = ("archive", "trash")
HELD_OUT = 1000
SIZES = (50, 500, 2000)
SEEDS = 5
# What a model has to reach, mean of the seeds: at least, but for ECE.
WANTED = {
    50: {"accuracy": 0.79},
    500: {"accuracy": 0.865, "ece": 0.035},
    2000: {"accuracy": 0.895, "auc": 0.965, "ece": 0.025, "coverage": 0.86},
}
WANTED_WRONG = {0.05: {"ap": 0.75, "p50": 0.94}, 0.10: {"ap": 0.79, "p50": 0.94}}
PRECISION = 0.95

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
Fit = Callable[[Floats, Labels, list[str], int], Callable[[Floats], Floats]]


class Unwatched:
    """Nobody watches, nobody cancels."""

    report = SilentReporter()

    def cancelled(self) -> bool:
        return False

    def check(self) -> None:
        pass


def ours(vectors: Floats, truth: Labels, names: list[str], seed: int, **settings: Any) -> Bundle:
    chosen = replace(TrainSettings(), seed=seed, **settings)
    given = folds.assign(names, [LABELS[one] for one in truth], vectors, {}, folds=chosen.folds, seed=seed)
    data = TrainingData(names, LABELS, truth, vectors, np.array([given[one] for one in names], np.int64))
    return train(data, chosen, EncoderStamp("", "mobilenetv2", vectors.shape[1]), "file", Unwatched())


def logistic(vectors: Floats, truth: Labels, _names: list[str], _seed: int) -> Callable[[Floats], Floats]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000)).fit(vectors, truth)
    return lambda rows: model.predict_proba(rows).astype(np.float32)


def original(vectors: Floats, truth: Labels, _names: list[str], seed: int) -> Callable[[Floats], Floats]:
    """The original classifier's head: Dense(1024), dropout, ten epochs, no calibration."""
    import keras

    keras.utils.set_random_seed(seed)
    layers = [
        keras.Input((vectors.shape[1],)),
        keras.layers.Dense(1024, activation="relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy")
    model.fit(vectors, truth, epochs=10, batch_size=256, verbose=0)

    def predict(rows: Floats) -> Floats:
        score = np.asarray(model.predict_on_batch(rows))[:, 0]
        return np.stack([1 - score, score], axis=1).astype(np.float32)

    return predict


def coverage(truth: Labels, probabilities: Floats, precision: float = PRECISION) -> float:
    """Return the largest share of items, the surest first, of which so many are right."""
    order = np.argsort(-probabilities.max(axis=1), kind="stable")
    right = (metrics.predicted_labels(probabilities) == truth)[order]
    enough = np.flatnonzero(np.cumsum(right) >= precision * np.arange(1, len(right) + 1))
    return float(enough[-1] + 1) / len(right) if len(enough) else 0.0


def judged(truth: Labels, probabilities: Floats) -> dict[str, float]:
    found = metrics.headline(truth, probabilities)
    numbers = {name: float(found[name] or 0) for name in ("accuracy", "auc", "ece")}
    return {**numbers, "coverage": coverage(truth, probabilities)}


def grouped_splits(vectors: Floats, held_out: int) -> Callable[[int], tuple[Labels, Labels]]:
    """Return a function from a seed to (rows of the test, rows to learn from in random order)."""
    groups = twin_groups.groups(vectors)

    def split(seed: int) -> tuple[Labels, Labels]:
        random = np.random.default_rng(seed)
        test: list[int] = []
        rest: list[int] = []
        for place in random.permutation(len(groups)):
            (test if len(test) < held_out else rest).extend(groups[place])
        return np.array(test), random.permutation(np.array(rest))

    return split


def quality(table: dict[str, NDArray[Any]], seeds: int) -> dict[str, dict[int, dict[str, float]]]:
    truth, names = table["trash"].astype(np.int64), table["sha"].tolist()
    vectors = {one: table[one].astype(np.float16).astype(np.float32) for one in ("mobilenetv2", "hog")}
    heads: dict[str, tuple[str, Fit]] = {
        "hyai": ("mobilenetv2", lambda *data: ours(*data).predict),
        "mlp alone": ("mobilenetv2", lambda *data: ours(*data, kernel=False).predict),
        "original head": ("mobilenetv2", original),
        "logistic": ("mobilenetv2", logistic),
        "HOG, logistic": ("hog", logistic),
    }
    split = grouped_splits(vectors["mobilenetv2"], HELD_OUT)
    found: dict[str, dict[int, dict[str, float]]] = defaultdict(dict)
    for size in SIZES:
        for name, (encoder, fit) in heads.items():
            runs = []
            began = time.monotonic()
            for seed in range(seeds):
                test, rest = split(seed)
                rows = rest[:size]
                predict = fit(vectors[encoder][rows], truth[rows], [names[row] for row in rows], seed + 1)
                runs.append(judged(truth[test], predict(vectors[encoder][test])))
            found[name][size] = {key: float(np.mean([one[key] for one in runs])) for key in runs[0]}
            say(size, name, found[name][size], (time.monotonic() - began) / seeds)
    return found


def say(size: int, name: str, numbers: dict[str, float], seconds: float) -> None:
    shown = "  ".join(f"{key} {value:.3f}" for key, value in numbers.items())
    print(f"{size:5}  {name:14} {shown}  {seconds:5.1f} s", file=sys.stderr, flush=True)


def average_precision(wrong: NDArray[np.bool_], score: NDArray[Any]) -> float:
    ranked = wrong[np.argsort(-score, kind="stable")]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())


def wrong_labels(table: dict[str, NDArray[Any]], rate: float, seeds: int) -> dict[str, dict[str, float]]:
    names, right = table["sha"].tolist(), table["trash"].astype(np.int64)
    vectors = table["mobilenetv2"].astype(np.float16).astype(np.float32)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for seed in range(seeds):
        wrong = np.zeros(len(right), bool)
        wrong[np.random.default_rng(1000 + seed).choice(len(right), round(rate * len(right)), replace=False)] = True
        given = np.where(wrong, 1 - right, right)
        bundle = ours(vectors, given, names, seed + 1)
        rows = bundle.out_of_fold.places(names)
        probabilities = bundle.out_of_fold.probabilities[rows]
        own, disagreement = probabilities[np.arange(len(given)), given], bundle.out_of_fold.disagreement[rows]
        scores = {"hyai": doubt(own, disagreement), "model alone": -own, "neighbours alone": disagreement}
        for name, score in {**scores, **cleanlab_scores(given, probabilities)}.items():
            top = wrong[np.argsort(-score, kind="stable")[:50]]
            found[name].append((average_precision(wrong, score), float(top.mean())))
    means = {name: np.mean(one, axis=0) for name, one in found.items()}
    return {name: {"ap": float(one[0]), "p50": float(one[1])} for name, one in means.items()}


def cleanlab_scores(given: Labels, probabilities: Floats) -> dict[str, NDArray[Any]]:
    """Return cleanlab's ranks, higher for more doubtful; nothing where it is not installed."""
    if importlib.util.find_spec("cleanlab") is None:
        return {}
    from cleanlab.rank import get_label_quality_scores

    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    return {
        f"cleanlab {method}": -get_label_quality_scores(given, exact, method=method, adjust_pred_probs=adjust)
        for method, adjust in (
            ("self_confidence", True),
            ("normalized_margin", True),
            ("confidence_weighted_entropy", False),
        )
    }


def missed(found: dict[str, float], wanted: dict[str, float]) -> list[str]:
    return [key for key, value in wanted.items() if (found[key] > value if key == "ece" else found[key] < value)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, default=os.environ.get("BENCH_FEATURES"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    chosen = parser.parse_args()
    if chosen.features is None or not Path(chosen.features).is_file():
        print(json.dumps({"benchmark": "learning", "skipped": "needs --features FILE.npz"}))
        return 0
    with np.load(chosen.features, allow_pickle=False) as loaded:
        table = {name: loaded[name] for name in ("sha", "trash", "mobilenetv2", "hog")}
    heads = quality(table, chosen.seeds)
    faults = [f"{size} labels: {one}" for size, wanted in WANTED.items() for one in missed(heads["hyai"][size], wanted)]
    doubts = {}
    for rate, wanted in WANTED_WRONG.items():
        doubts[rate] = wrong_labels(table, rate, chosen.seeds)
        for name, numbers in doubts[rate].items():
            print(
                f"{rate:5.0%}  {name:32} AP {numbers['ap']:.3f}  P@50 {numbers['p50']:.3f}", file=sys.stderr, flush=True
            )
        faults += [f"{rate:.0%} wrong: {one}" for one in missed(doubts[rate]["hyai"], wanted)]
        others = [one["ap"] for name, one in doubts[rate].items() if name.startswith("cleanlab")]
        faults += [f"{rate:.0%} wrong: cleanlab"] if others and max(others) >= doubts[rate]["hyai"]["ap"] else []
    compared = importlib.util.find_spec("cleanlab") is not None
    result = {"heads": heads, "wrong_labels": doubts, "cleanlab": compared, "missed": faults, "ok": not faults}
    print(json.dumps({"benchmark": "learning", **result}))
    return 0 if not faults else 1


if __name__ == "__main__":
    raise SystemExit(main())
