"""Whether an encoder that hyai could ship instead of HOG and colour would be worth it: accuracy on photographs that it never saw.

Half of the photographs, near duplicates never on both sides, may be taught on. 900 of the others are held out, labels are taken
from the rest, five seeds, logistic regression. Worth it is 4 points of accuracy more than HOG at 500 and at 2,000 labels.
Tried here is what needs no gradient, so that it takes minutes: words of patches (k-means on whitened 6×6 patches, Coates, Ng and
Lee 2011; two sizes of the picture, 4×4 cells) and HOG, of the picture and its mirror image, from which kernel ridge regression tells
MobileNetV2's components. Its settings are chosen by what it says of taught pictures that are left out one by one. Another
encoder's vectors are judged beside it with --candidate.

    python -m benchmarks small_encoder --features FILE.npz     arrays: paths, sha, trash (bool), mobilenetv2 (n, d)
                       --candidate FILE.npz     array: vectors (n, d) in the same order, taught on rows of `taught` (bool, n) only

Without the file it says so and does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning import logistic
from hyai_tui.features.encoders.hog import HogEncoder
from hyai_tui.learning import folds
from hyai_tui.pictures.decode import encoder_pixels

HELD_OUT = 900
SIZES = (500, 2000)
GAIN = 0.04
WORDS = 400
PATCH = 6
CELLS = 4
COMPONENTS = 256
# Noise of flat patches, and of directions that hardly vary.
CONTRAST_FLOOR, WHITENING_FLOOR = 10.0, 0.1

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class Words:
    """Patches of one size of the picture, as their nearness to the means of k-means."""

    def __init__(self, pictures: Floats, stride: int, seed: int) -> None:
        self._stride = stride
        random = np.random.default_rng(seed)
        chosen = random.choice(len(pictures), min(1000, len(pictures)), replace=False)
        parts = [self._patches(pictures[row]).reshape(-1, PATCH * PATCH * 3) for row in chosen]
        patches = np.concatenate([part[random.choice(len(part), 30, replace=False)] for part in parts])
        self._mean = patches.mean(axis=0)
        values, axes = np.linalg.eigh(np.cov((patches - self._mean).T))
        self._whitening = (axes / np.sqrt(values + WHITENING_FLOOR) @ axes.T).astype(np.float32)
        self._words = _k_means((patches - self._mean) @ self._whitening, random)

    def of(self, picture: Floats) -> Floats:
        """Return float32[cells² × words] of float32[h, h, 3]: square roots of how near patches of a cell are to each word."""
        patches = self._patches(picture)
        height, width, _ = patches.shape
        flat = (patches.reshape(height * width, -1) - self._mean) @ self._whitening
        squared = (flat**2).sum(axis=1)[:, None] + (self._words**2).sum(axis=1) - 2 * flat @ self._words.T
        distance = np.sqrt(np.maximum(squared, 0))
        near = np.maximum(distance.mean(axis=1, keepdims=True) - distance, 0).reshape(height, width, WORDS)
        edges = np.linspace(0, height, CELLS + 1).astype(int)[:-1]
        sums = np.add.reduceat(np.add.reduceat(near, edges, axis=0), edges, axis=1)
        return np.sqrt(sums * (CELLS * CELLS / (height * width))).astype(np.float32).ravel()

    def _patches(self, picture: Floats) -> Floats:
        windows = np.lib.stride_tricks.sliding_window_view(picture, (PATCH, PATCH), axis=(0, 1))
        flat = windows[:: self._stride, :: self._stride].reshape(
            *windows[:: self._stride, :: self._stride].shape[:2], -1
        )
        centred = flat - flat.mean(axis=-1, keepdims=True)
        return (centred / np.sqrt(centred.var(axis=-1, keepdims=True) + CONTRAST_FLOOR)).astype(np.float32)


def _k_means(points: Floats, random: np.random.Generator, rounds: int = 6) -> Floats:
    means = points[random.choice(len(points), WORDS, replace=False)]
    for _ in range(rounds):
        nearest = ((means**2).sum(axis=1) - 2 * points @ means.T).argmin(axis=1)
        count = np.bincount(nearest, minlength=WORDS)[:, None]
        sums = np.zeros_like(means)
        np.add.at(sums, nearest, points)
        means = np.where(count > 0, sums / np.maximum(count, 1), means).astype(np.float32)
    return means


def described(paths: list[Path], taught: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return HOG of each picture, HOG of it and its mirror image, and likewise words."""
    pixels = np.stack([encoder_pixels(path) for path in paths])
    encoder = HogEncoder()
    hog = np.concatenate([encoder.encode(step) for step in _steps(pixels)])
    mirrored = np.concatenate([encoder.encode(step[:, :, ::-1]) for step in _steps(pixels)])
    middle = np.concatenate([_means(step, 4) for step in _steps(pixels)])
    small = np.concatenate([_means(step, 8) for step in _steps(pixels)])
    parts = []
    for pictures, stride in ((middle, 2), (small, 1)):
        words = Words(pictures[taught], stride, seed=1)
        parts.append(np.stack([(words.of(one) + words.of(one[:, ::-1])) / 2 for one in pictures]))
    return hog, (hog + mirrored) / 2, np.hstack(parts)


def _steps(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, len(pixels), 32):
        yield pixels[start : start + 32]


def _means(pixels: NDArray[np.uint8], size: int) -> Floats:
    n, side = len(pixels), 224 // size
    return pixels.reshape(n, side, size, side, size, 3).mean(axis=(2, 4), dtype=np.float32)


def imitated(first: Floats, second: Floats, teacher: Floats, taught: Rows) -> tuple[Floats, dict[str, float]]:
    """Return float32[n, 256] that imitate the teacher's components, and how: taught rows as if each had been left out."""
    wanted = components(teacher, taught)
    distances = _distances(first, taught), _distances(second, taught)
    best: tuple[float, Floats, dict[str, float]] | None = None
    for share in (0.4, 0.6):
        for width in (1.5, 2.5):
            kernel = np.exp(-width * ((1 - share) * distances[0] + share * distances[1]))
            for ridge in (0.15, 0.3):
                inverse = np.linalg.inv(kernel[taught].astype(np.float64) + ridge * np.eye(len(taught)))
                weights = inverse @ wanted[taught]
                found = (kernel @ weights).astype(np.float32)
                found[taught] = wanted[taught] - weights / np.diag(inverse)[:, None]
                fit = explained(found[taught], wanted[taught])
                if best is None or fit > best[0]:
                    best = fit, found, {"share": share, "width": width, "ridge": ridge, "taught": fit}
    if best is None:
        raise AssertionError("at least one setting was tried")
    others = np.setdiff1d(np.arange(len(wanted)), taught)
    return best[1], {**best[2], "held_out": explained(best[1][others], wanted[others])}


def components(teacher: Floats, taught: Rows) -> Floats:
    """Return the teacher's principal components, each divided by the root of its deviation among the taught."""
    mean = teacher[taught].mean(axis=0)
    _, spread, axes = np.linalg.svd((teacher[taught] - mean).astype(np.float64), full_matrices=False)
    scale = np.sqrt(spread[:COMPONENTS] / np.sqrt(len(taught)))
    return ((teacher - mean) @ (axes[:COMPONENTS].T / scale)).astype(np.float32)


def explained(found: Floats, wanted: Floats) -> float:
    """Return the share of the variance that is told."""
    return float(1 - ((found - wanted) ** 2).sum() / ((wanted - wanted.mean(axis=0)) ** 2).sum())


def _distances(rows: Floats, taught: Rows) -> Floats:
    """Return float32[n, taught]: squared distances of standardised rows, in units of their median."""
    scaled = (rows - rows[taught].mean(axis=0)) / (rows[taught].std(axis=0) + 0.01)
    squares = (scaled**2).sum(axis=1)
    found = np.maximum(squares[:, None] + squares[taught] - 2 * scaled @ scaled[taught].T, 0)
    return (found / np.median(found[:, ::7])).astype(np.float32)


def groups_of(teacher: Floats) -> list[list[int]]:
    return folds._connected(folds._centred_unit(teacher), list(range(len(teacher))), folds.TWIN_COSINE)


def teaching_half(groups: list[list[int]], count: int) -> NDArray[np.bool_]:
    taught = np.zeros(count, bool)
    for place in np.random.default_rng(1).permutation(len(groups)):
        if taught.sum() < count // 2:
            taught[groups[place]] = True
    return taught


def accuracies(
    vectors: Floats, truth: Rows, parts: Callable[[int], tuple[Rows, Rows]], seeds: int
) -> dict[str, list[float]]:
    """Return the accuracy of each seed at each number of labels, from vectors in half precision as a workspace keeps them."""
    kept = vectors.astype(np.float16).astype(np.float32)
    found: dict[str, list[float]] = {}
    for size in SIZES:
        for seed in range(seeds):
            test, rest = parts(seed)
            predict = logistic(kept[rest[:size]], truth[rest[:size]], [], seed)
            right = (predict(kept[test])[:, 1] >= 0.5) == truth[test]
            found.setdefault(str(size), []).append(float(right.mean()))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, default=os.environ.get("BENCH_FEATURES"))
    parser.add_argument("--candidate", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.features is None or not Path(chosen.features).is_file():
        print(json.dumps({"benchmark": "small_encoder", "skipped": "needs --features FILE.npz"}))
        return 0
    with np.load(chosen.features, allow_pickle=False) as table:
        paths = [Path(one) for one in table["paths"].tolist()]
        truth, teacher = table["trash"].astype(np.int64), table["mobilenetv2"].astype(np.float32)
    groups = groups_of(teacher)
    taught = teaching_half(groups, len(truth))
    candidate = None
    if chosen.candidate is not None:
        with np.load(chosen.candidate, allow_pickle=False) as table:
            candidate, taught = table["vectors"].astype(np.float32), table["taught"].astype(bool)
    unseen = [group for group in groups if not taught[group].any()]

    def parts(seed: int) -> tuple[Rows, Rows]:
        random = np.random.default_rng(seed)
        test: list[int] = []
        for place in random.permutation(len(unseen)):
            if len(test) < HELD_OUT:
                test.extend(unseen[place])
        return np.array(test), random.permutation(np.setdiff1d(np.arange(len(truth)), test))

    began = time.monotonic()
    hog, both_ways, words = described(paths, taught)
    imitation, how = imitated(words, both_ways, teacher, np.flatnonzero(taught))
    print(f"described and imitated in {time.monotonic() - began:.0f} s: {how}", file=sys.stderr, flush=True)
    encoders = {
        "hog": hog,
        "hog, both ways": both_ways,
        "imitation": imitation,
        "hog, both ways, and imitation": np.hstack([both_ways, imitation]),
        "mobilenetv2": teacher,
    }
    if candidate is not None:
        encoders["candidate"] = candidate
    result: dict[str, Any] = {}
    for name, vectors in encoders.items():
        runs = accuracies(vectors, truth, parts, chosen.seeds)
        means = {size: float(np.mean(one)) for size, one in runs.items()}
        gains = {size: means[size] - result["hog"]["accuracy"][size] if result else 0.0 for size in means}
        result[name] = {"accuracy": means, "gain": gains, "worth_it": min(gains.values()) >= GAIN}
        shown = "  ".join(f"{size}: {means[size]:.3f} ({gains[size]:+.3f})" for size in means)
        print(f"{name:30} {shown}", file=sys.stderr, flush=True)
    print(json.dumps({"benchmark": "small_encoder", "encoders": result, "imitation": how}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
