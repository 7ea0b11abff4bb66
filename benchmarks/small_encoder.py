"""What the small encoder is good for beside HOG and colour, on photographs that it was not taught on, and what it costs.

Photographs: 900 of the half that is not in benchmarks/teaching/taught.txt are held out, near duplicates never on both sides; labels are
taken from the rest, five seeds. Drawn pictures: labels from the demo's libraries of seeds 101 and 102, tested on that of seed 1; the
lessons drew seed 201. Heads are logistic regression and our own with default settings.

    python -m benchmarks small_encoder --features FILE.npz     arrays: paths, sha, trash (bool), mobilenetv2 (n, d)

Without the file only drawn pictures and speed are measured. Wanted: on photographs with logistic regression at least 4 points of
accuracy more than HOG at 500 and at 2,000 labels.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import twin_groups
from benchmarks.learning import judged, logistic, ours
from hyai_tui.errors import PictureError
from hyai_tui.features.encoder import Encoder
from hyai_tui.features.encoders.hog import HogEncoder
from hyai_tui.features.encoders.small import SmallEncoder
from hyai_tui.library.demo import draw_library
from hyai_tui.pictures.decode import encoder_pixels

HELD_OUT = 900
SIZES = (500, 2000)
GAIN = 0.04
TAUGHT = Path(__file__).parent / "teaching" / "taught.txt"
SEEDS = 5

Floats = NDArray[np.float32]
Fit = Callable[[Floats, NDArray[np.int64], list[str], int], Callable[[Floats], Floats]]
HEADS: dict[str, Fit] = {"logistic": logistic, "hyai": lambda *data: ours(*data).predict}


def encoded(encoder: Encoder, paths: Sequence[Path]) -> Floats:
    """Return the vectors of picture files as a workspace stores them, in half precision."""
    rows = [encoder.encode(encoder_pixels(path)[None])[0] for path in paths]
    return np.stack(rows).astype(np.float16).astype(np.float32)


def compared(
    vectors: dict[str, Floats],
    truth: NDArray[np.int64],
    names: list[str],
    parts: Callable[[int], Any],
    sizes: Sequence[int],
    seeds: int,
) -> dict[str, dict[str, dict[str, float]]]:
    """Return, by encoder and head, the numbers at each size."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for encoder, rows_of in vectors.items():
        for head, fit in HEADS.items():
            for size in sizes:
                runs = []
                for seed in range(seeds):
                    test, rest = parts(seed)
                    rows = rest[:size]
                    predict = fit(rows_of[rows], truth[rows], [names[row] for row in rows], seed + 1)
                    runs.append(judged(truth[test], predict(rows_of[test])))
                means = {key: float(np.mean([one[key] for one in runs])) for key in runs[0]}
                found.setdefault(f"{encoder}, {head}", {})[str(size)] = means
                shown = "  ".join(f"{key} {value:.3f}" for key, value in means.items())
                print(f"{size:5}  {encoder:12} {head:9} {shown}", file=sys.stderr, flush=True)
    return found


def photographs(file: Path, seeds: int) -> dict[str, Any]:
    with np.load(file, allow_pickle=False) as table:
        paths, names = [Path(one) for one in table["paths"].tolist()], table["sha"].tolist()
        truth, teacher = table["trash"].astype(np.int64), table["mobilenetv2"].astype(np.float32)
    taught = set(TAUGHT.read_text("ascii").split())
    seen = np.array([name[:16] in taught for name in names])
    groups = twin_groups.groups(teacher)
    unseen = [group for group in groups if not seen[group].any()]

    def parts(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        random = np.random.default_rng(seed)
        test: list[int] = []
        for place in random.permutation(len(unseen)):
            if len(test) < HELD_OUT:
                test.extend(unseen[place])
        return np.array(test), random.permutation(np.setdiff1d(np.arange(len(names)), test))

    vectors = {"hog": encoded(HogEncoder(), paths), "small": encoded(SmallEncoder(), paths), "mobilenetv2": teacher}
    return compared(vectors, truth, names, parts, SIZES, seeds)


def drawn(seed: int, files: int = 640) -> tuple[dict[str, Floats], NDArray[np.int64], list[str]]:
    with tempfile.TemporaryDirectory(prefix="hyai-benchmark-") as room:
        facts = draw_library(Path(room) / "pictures", seed=seed, files=files)
        paths, truth = [], []
        for path, look in sorted(facts.looks.items()):
            try:
                if look in ("keep", "throw") and encoder_pixels(facts.root / path).size:
                    paths.append(facts.root / path)
                    truth.append(int(look == "throw"))
            except PictureError:
                # Awkward files of the demo are no pictures on purpose.
                continue
        vectors = {"hog": encoded(HogEncoder(), paths), "small": encoded(SmallEncoder(), paths)}
    return vectors, np.array(truth, np.int64), [f"{seed}/{path.name}" for path in paths]


def drawings(seeds: int) -> dict[str, Any]:
    taught = [drawn(seed) for seed in (101, 102)]
    tested = drawn(1)
    everything = [*taught, tested]
    vectors = {name: np.concatenate([one[0][name] for one in everything]) for name in ("hog", "small")}
    truth = np.concatenate([one[1] for one in everything])
    names = [name for one in everything for name in one[2]]
    first = len(names) - len(tested[2])

    def parts(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.arange(first, len(names)), np.random.default_rng(seed).permutation(first)

    return compared(vectors, truth, names, parts, (100, 500), seeds)


def speed() -> dict[str, float]:
    """Return pictures a second of each encoder, in turns."""
    pixels = np.random.default_rng(1).integers(0, 256, (64, 224, 224, 3), dtype=np.uint8)
    encoders: dict[str, Encoder] = {"hog": HogEncoder(), "small": SmallEncoder()}
    best = dict.fromkeys(encoders, 0.0)
    for _ in range(5):
        for name, encoder in encoders.items():
            began = time.perf_counter()
            encoder.encode(pixels)
            best[name] = max(best[name], len(pixels) / (time.perf_counter() - began))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, default=os.environ.get("BENCH_FEATURES"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    chosen = parser.parse_args()
    pace = speed()
    result: dict[str, Any] = {
        "pictures_a_second": pace,
        "ratio": pace["small"] / pace["hog"],
        "drawn": drawings(chosen.seeds),
    }
    faults = []
    if chosen.features is not None and Path(chosen.features).is_file():
        found = photographs(Path(chosen.features), chosen.seeds)
        gains = {
            size: found["small, logistic"][size]["accuracy"] - found["hog, logistic"][size]["accuracy"]
            for size in map(str, SIZES)
        }
        faults = [f"{size} labels: {gain:+.3f}" for size, gain in gains.items() if gain < GAIN]
        result |= {"photographs": found, "gain": gains}
    print(json.dumps({"benchmark": "small_encoder", **result, "missed": faults, "ok": not faults}))
    return 0 if not faults else 1


if __name__ == "__main__":
    raise SystemExit(main())
