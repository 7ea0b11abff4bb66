"""What the options of a training do on photographs that it never saw: balance of rare labels, hard negatives, changed copies.

Reads features from a file and trains on parts of them with the default settings, five seeds; near duplicates never stand on
both sides. *Balance*: trash is made twenty times rarer than archive; how much of it is found on 1,000 held-out pictures.
*Hard*: a model of 400 labels errs on a pool, a person confirms 100 of its mistakes and 100 others, and it is trained again:
how many of the 1,000 held-out pictures that it first got wrong are wrong still. *Copies*: as many labels with and without two
changed copies of each, which are encoded here.

    python -m benchmarks training --features FILE.npz [--images DIR --weights FILE] [--only balance|hard|copies]

The arrays are those of `learning`, and `paths` below DIR for the copies. Without the file it says so and does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning import HELD_OUT, LABELS, SEEDS, Floats, Labels, Unwatched, grouped_splits
from hyai_tui.features.augment import PRESETS, changed
from hyai_tui.features.encoders.keras_networks import KerasEncoder
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.recipe import Recipe
from hyai_tui.learning import folds, metrics
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.run import train
from hyai_tui.learning.hard import close_opposites
from hyai_tui.settings import TrainSettings

PARTS = ("balance", "hard", "copies")
RATIO = 20
RARE = (30, 50, 70)
COPIES = 2
POOL = 800
LABELLED = (100, 300)

Table = dict[str, dict[str, float]]


class Pictures:
    """Features, labels and names, with what is asked of all measurements."""

    def __init__(self, table: dict[str, NDArray[Any]]) -> None:
        self.vectors: Floats = table["mobilenetv2"].astype(np.float16).astype(np.float32)
        self.truth: Labels = table["trash"].astype(np.int64)
        self.names = [str(one) for one in table["sha"]]
        self.paths = [str(one) for one in table["paths"]] if "paths" in table else []
        self.split = grouped_splits(self.vectors, HELD_OUT)

    def data(self, rows: Labels, seed: int) -> TrainingData:
        names = [self.names[row] for row in rows]
        labels = [LABELS[one] for one in self.truth[rows]]
        given = folds.assign(names, labels, self.vectors[rows], {}, folds=TrainSettings().folds, seed=seed)
        dealt = np.array([given[one] for one in names], np.int64)
        return TrainingData(names, LABELS, self.truth[rows], self.vectors[rows], dealt)


def fit(data: TrainingData, seed: int, **settings: Any) -> Bundle:
    chosen = replace(TrainSettings(), seed=seed + 1, **settings)
    return train(data, chosen, EncoderStamp("", "mobilenetv2", data.vectors.shape[1]), "file", Unwatched())


def balance(pictures: Pictures, seeds: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield what is found of a rare label, by kind of balance and number of its samples."""
    truth = pictures.truth
    for rare in RARE:
        for kind in ("none", "weighted", "focal"):
            found = []
            for seed in range(seeds):
                test, rest = pictures.split(seed)
                rows = thinned(truth, rest, rare, seed)
                seen = fit(pictures.data(rows, seed), seed, class_weights=kind).predict(pictures.vectors[test])
                # All held-out pictures tell what is found; as rare as in training they tell how sure the model may be.
                usual = thinned(truth, test, int((truth[test] == 0).sum() / RATIO), seed)
                alike = at(seen, test, usual)
                guessed, wanted = metrics.predicted_labels(seen), truth[test]
                found.append(
                    {
                        "rare_recall": float((guessed[wanted == 1] == 1).mean()),
                        "other_recall": float((guessed[wanted == 0] == 0).mean()),
                        "macro_f1": metrics.macro_f1(truth[usual], metrics.predicted_labels(alike), 2),
                        "ece": metrics.expected_calibration_error(truth[usual], alike),
                    }
                )
            yield f"{rare} of {rare * (RATIO + 1)}, {kind}", mean(found)


def thinned(truth: Labels, rows: Labels, rare: int, seed: int) -> Labels:
    """Return rows of which so many are trash, and twenty times as many archive, or as many as there are."""
    trash, archive = rows[truth[rows] == 1][:rare], rows[truth[rows] == 0][: rare * RATIO]
    return np.random.default_rng(seed).permutation(np.concatenate([trash, archive]))


def at(values: Floats, rows: Labels, wanted: Labels) -> Floats:
    """Return the values of some of the rows that they belong to."""
    order = np.argsort(rows)
    found: Floats = values[order[np.searchsorted(rows[order], wanted)]]
    return found


def hard(pictures: Pictures, seeds: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield errors on held-out pictures after corrections, by what counts twice."""
    truth, vectors = pictures.truth, pictures.vectors
    found: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        test, rest = pictures.split(seed)
        first, pool = rest[:400], rest[400:2000]
        before = fit(pictures.data(first, seed), seed)
        missed = metrics.predicted_labels(before.predict(vectors[pool])) != truth[pool]
        mistakes = pool[missed][:100]
        rows = np.concatenate([first, mistakes, pool[~missed][:100]])
        was_wrong = metrics.predicted_labels(before.predict(vectors[test])) != truth[test]
        confirmed, close = np.isin(rows, mistakes), close_opposites(vectors[rows], truth[rows])
        ways = {"off": 0 * close, "confirmed": confirmed, "close": close, "both": confirmed | close}
        for name, twice in ways.items():
            weights = np.where(twice, 2, 1).astype(np.float32)
            after = fit(replace(pictures.data(rows, seed), weights=weights), seed)
            wrong = metrics.predicted_labels(after.predict(vectors[test])) != truth[test]
            found.setdefault(name, []).append(
                {
                    "twice": float(twice.sum()),
                    "fixed_mistakes_wrong": float(wrong[was_wrong].mean()),
                    "others_wrong": float(wrong[~was_wrong].mean()),
                    "all_wrong": float(wrong.mean()),
                }
            )
    yield from ((name, mean(ones)) for name, ones in found.items())


def copies(
    pictures: Pictures, seeds: int, images: Path, encode: Callable[[NDArray[np.uint8]], Floats]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield how good a model is with and without copies, by preset and number of labels."""
    truth = pictures.truth
    test, rest = pictures.split(0)
    pool = rest[:POOL]
    read = [Recipe().pixels((images / pictures.paths[row]).read_bytes()) for row in pool]
    made = {
        preset: np.concatenate(
            [
                encode(np.stack([changed(one, preset, pictures.names[row], number) for number in range(COPIES)]))[None]
                for one, row in zip(read, pool, strict=True)
            ]
        )
        for preset in PRESETS[1:]
    }
    for size in LABELLED:
        for preset in PRESETS:
            found = []
            for seed in range(seeds):
                chosen = np.random.default_rng(seed).permutation(POOL)[:size]
                data = pictures.data(pool[chosen], seed)
                if preset in made:
                    data = doubled(data, made[preset][chosen])
                seen = fit(data, seed).predict(pictures.vectors[test])
                said = metrics.headline(truth[test], seen)
                found.append({name: float(said[name] or 0) for name in ("accuracy", "auc", "ece")})
            yield f"{size} labels, {preset}", mean(found)


def doubled(data: TrainingData, made: Floats) -> TrainingData:
    """Return the data with copies float32[n, copies, d] as further rows."""
    rows = np.repeat(np.arange(len(data.truth)), made.shape[1])
    halves = made.astype(np.float16).astype(np.float32).reshape(len(rows), -1)
    return replace(
        data,
        identities=[*data.identities, *(data.identities[row] for row in rows)],
        truth=np.concatenate([data.truth, data.truth[rows]]),
        vectors=np.concatenate([data.vectors, halves]),
        folds=np.concatenate([data.folds, data.folds[rows]]),
        copies=np.arange(len(data.truth) + len(rows)) >= len(data.truth),
    )


def mean(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def told(rows: Iterator[tuple[str, dict[str, float]]]) -> Table:
    """Say each line as it comes, and return them all."""
    table: Table = {}
    for name, numbers in rows:
        table[name] = numbers
        shown = "  ".join(f"{key} {value:.3f}" for key, value in numbers.items())
        print(f"{name:26} {shown}", file=sys.stderr, flush=True)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, default=os.environ.get("BENCH_FEATURES"))
    parser.add_argument("--images", type=Path, default=os.environ.get("BENCH_IMAGES"))
    parser.add_argument("--weights", type=Path, default=os.environ.get("BENCH_WEIGHTS"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--only", choices=PARTS, action="append")
    chosen = parser.parse_args()
    if chosen.features is None or not Path(chosen.features).is_file():
        print(json.dumps({"benchmark": "training", "skipped": "needs --features FILE.npz"}))
        return 0
    with np.load(chosen.features, allow_pickle=False) as loaded:
        pictures = Pictures({name: loaded[name] for name in loaded.files if name != "hog"})
    parts, found = chosen.only or PARTS, {}
    if "balance" in parts:
        found["balance"] = told(balance(pictures, chosen.seeds))
    if "hard" in parts:
        found["hard"] = told(hard(pictures, chosen.seeds))
    if "copies" in parts and chosen.images and chosen.weights:
        encoder = KerasEncoder(MOBILENETV2, Path(chosen.weights), 16, print)
        found["copies"] = told(copies(pictures, chosen.seeds, Path(chosen.images), encoder.encode))
    faults = []
    for name, numbers in found.get("balance", {}).items():
        without = found["balance"][f"{name.partition(',')[0]}, none"]
        faults += [name] if numbers["rare_recall"] < without["rare_recall"] else []
    print(json.dumps({"benchmark": "training", **found, "missed": faults, "ok": not faults}))
    return 0 if not faults else 1


if __name__ == "__main__":
    raise SystemExit(main())
