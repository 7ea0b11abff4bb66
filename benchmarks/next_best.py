"""Labels until a model is as good as one trained on everything: a simulated labeller going through each queue.

Takes the vectors of labelled pictures from `--vectors FILE.npz` (arrays `vectors` or `mobilenetv2` float[n, d], and `labels`
or `trash`). A part is held out; batches of 50 labels are taken in the order of each queue, and a linear head is trained on all
labels so far. Random order is the yardstick, in the same run. Without vectors it says so and does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.principal import principal
from hyai_tui.queues.ordering import light_head
from hyai_tui.queues.ordering.diverse import farthest_first
from hyai_tui.queues.ordering.next_best import cold_start, pick, unit
from hyai_tui.queues.ordering.outliers import LocalOutliers
from hyai_tui.queues.uncertain import margin

BATCH, HELD_OUT, MOST = 50, 1000, 1000
SHARE = 0.98
MOST_LABELS, LEAST_RATIO, LEAST_AT_50 = 400, 1.6, 0.79
STEPS = 300
Vectors = NDArray[np.float32]


class Labeller:
    """One run: what is labelled, what is left, and the head that has learned from it."""

    def __init__(self, vectors: Vectors, truth: NDArray[np.int64], seed: int) -> None:
        order = np.random.default_rng(seed).permutation(len(vectors))
        held = min(HELD_OUT, len(order) // 3)
        self.vectors, self.truth = vectors, truth
        self.test, self.left = order[:held], order[held:]
        self.pool = self.left.copy()
        self.done: list[int] = []
        self.random = np.random.default_rng(seed + 100)
        self.close = unit(vectors - vectors.mean(axis=0))
        self.chances: Vectors | None = None

    def accuracy(self, rows: NDArray[np.int64] | list[int]) -> float:
        classes = int(self.truth.max()) + 1
        head = light_head.fit(self.vectors[rows], self.truth[rows], classes, steps=STEPS)
        self.chances = head.probabilities(self.vectors[self.left]) if len(set(self.truth[rows].tolist())) > 1 else None
        return float((head.probabilities(self.vectors[self.test]).argmax(1) == self.truth[self.test]).mean())

    def label(self, rows: NDArray[np.int64]) -> float:
        self.done += self.left[rows].tolist()
        self.left = np.delete(self.left, rows)
        return self.accuracy(self.done)


def _random(run: Labeller) -> NDArray[np.int64]:
    return run.random.permutation(len(run.left))


def _next_best(run: Labeller) -> NDArray[np.int64]:
    if run.chances is None:
        rows = run.vectors[run.left]
        return cold_start(principal(rows).of(rows), BATCH, run.random).rows
    return pick(run.close[run.left], run.chances, BATCH, run.random).rows


def _by_chances(key: Callable[[Vectors], NDArray[np.float64]]) -> Callable[[Labeller], NDArray[np.int64]]:
    def order(run: Labeller) -> NDArray[np.int64]:
        return _random(run) if run.chances is None else np.argsort(key(run.chances), kind="stable")

    return order


def _diverse(run: Labeller) -> NDArray[np.int64]:
    return farthest_first(run.close[run.left], run.close[run.done], BATCH)[0]


def _oddities(run: Labeller) -> NDArray[np.int64]:
    rows = principal(run.vectors[run.left]).of(run.vectors[run.left])
    return np.argsort(-LocalOutliers(rows).factors(rows, own=True), kind="stable")


QUEUES: dict[str, Callable[[Labeller], NDArray[np.int64]]] = {
    "random": _random,
    "next-best": _next_best,
    "uncertain": _by_chances(margin),
    "band": _by_chances(lambda chances: np.abs(chances[:, -1] - 0.5).astype(float)),
    "certain": _by_chances(lambda chances: -chances.max(axis=1).astype(float)),
    "diverse": _diverse,
    "oddities": _oddities,
}


def _read(arguments: argparse.Namespace) -> tuple[Vectors, NDArray[np.int64]] | None:
    if arguments.vectors is None or not Path(arguments.vectors).is_file():
        return None
    with np.load(arguments.vectors, allow_pickle=False) as arrays:
        usual = "vectors" if "vectors" in arrays else "mobilenetv2"
        vectors = arrays[arguments.array or usual]
        labels = arrays["labels"] if "labels" in arrays else arrays["trash"]
        if arguments.half is not None:
            # Whole subjects, so that no picture of one half looks like those on which constants were chosen.
            chosen = np.unique(arrays["cls"], return_inverse=True)[1] % 2 == arguments.half
            vectors, labels = vectors[chosen], labels[chosen]
    return vectors.astype(np.float32), np.unique(labels, return_inverse=True)[1].astype(np.int64)


def main() -> int:
    parser = argparse.ArgumentParser(prog="next_best", description=__doc__)
    parser.add_argument("--vectors", default=os.environ.get("HYAI_BENCHMARK_VECTORS"), help="an .npz of vectors")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each queue")
    parser.add_argument("--first-seed", type=int, default=0, help="the seed of the first run")
    parser.add_argument("--only", nargs="*", default=list(QUEUES), choices=list(QUEUES), help="these orders")
    parser.add_argument("--array", help="name of the vectors in the file")
    parser.add_argument("--half", type=int, choices=(0, 1), help="every other subject (array `cls`) alone")
    arguments = parser.parse_args()
    read = _read(arguments)
    if read is None:
        print(json.dumps({"benchmark": "next_best", "skipped": "no vectors: give --vectors FILE.npz"}))
        return 0
    vectors, truth = read
    queues = {name: QUEUES[name] for name in dict.fromkeys(("random", "next-best", *arguments.only))}
    curves: dict[str, list[list[float]]] = {name: [] for name in queues}
    needed: dict[str, list[int]] = {name: [] for name in queues}
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for name, order in queues.items():
            run = Labeller(vectors, truth, seed)
            full = run.accuracy(run.pool)
            run.chances = None
            curve: list[float] = []
            while len(run.done) < min(MOST, len(run.pool)) and (
                len(run.done) < 500 or (curve and max(curve) < SHARE * full)
            ):
                curve.append(run.label(order(run)[:BATCH]))
            reached = [at for at, value in enumerate(curve) if value >= SHARE * full]
            curves[name].append(curve)
            needed[name].append((reached[0] + 1) * BATCH if reached else MOST + BATCH)
    table = {
        name: {
            "labels": float(np.median(needed[name])),
            "at_50": round(float(np.mean([curve[0] for curve in curves[name]])), 3),
            "curve": [round(float(np.mean([curve[at] for curve in curves[name]])), 3) for at in range(10)],
        }
        for name in queues
    }
    best, yardstick = table["next-best"], table["random"]
    ratio = yardstick["labels"] / best["labels"]  # type: ignore[operator]
    ok = best["labels"] <= MOST_LABELS and ratio >= LEAST_RATIO and best["at_50"] >= LEAST_AT_50  # type: ignore[operator]
    found = {
        "pictures": len(vectors),
        "seeds": arguments.seeds,
        "random_needs": round(ratio, 2),
        "queues": table,
        "ok": ok,
    }
    print(json.dumps({"benchmark": "next_best", **found}))
    return 0 if ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
