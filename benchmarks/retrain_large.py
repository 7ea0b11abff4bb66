"""A retrain after 50 new labels at 20,000 samples, against the backbone in every epoch, in the same run.

Makes a workspace whose 20,000 samples have vectors in the store already (those of `--features FILE`, drawn again with a little
noise, or synthetic ones), trains by the real command, then labels 50 more and trains again: by the command (cold), and as the
app does it, by a worker that stays warm. Seconds are those of the clock, from the start to the result, with out-of-fold
metrics and the comparison with the model before. Yardstick: the backbone's forward pass alone, measured on 256 pictures by the
encoder of the program and scaled to ten epochs over all samples; what the original does besides in an epoch is left out.

    python -m benchmarks retrain_large --weights FILE [--features FILE.npz] [--samples N]

Without weights it says so and does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrain import EPOCHS_OF_THE_SEED, hyai, warm_seconds
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.store import FeatureStore
from hyai_tui.workspace import open_workspace

WARM_BUDGET = 30.0
LEAST_TIMES = 50.0
MORE = 50
ROUNDS = 5
_FORWARD = 256
_NOISE = 0.15


def drawn(features: Path | None, count: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return (float32[n, 1280], bool[n]): vectors and whether each is trash."""
    random = np.random.default_rng(1)
    if features is not None:
        with np.load(features) as kept:
            vectors, trash = kept["mobilenetv2"].astype(np.float32), kept["trash"].astype(bool)
        chosen = random.integers(0, len(vectors), count)
        noise = random.normal(0, _NOISE, (count, vectors.shape[1])).astype(np.float32) * vectors.std(axis=0)
        return np.maximum(vectors[chosen] + noise, 0), trash[chosen]
    trash = random.random(count) < 0.4
    middles = random.normal(0, 0.4, (2, 40, 1280)).astype(np.float32)
    kind = random.integers(0, 40, count)
    vectors = middles[trash.astype(int), kind] + random.normal(0, 1, (count, 1280)).astype(np.float32)
    return np.maximum(vectors, 0), trash


def lay_out(root: Path, trash: NDArray[np.bool_], samples: int) -> list[str]:
    """Write a library of files that stand for pictures, and the samples as links to them; return the contents by number."""
    (root / "pictures").mkdir(parents=True)
    contents = []
    for number in range(len(trash)):
        # Never decoded: each has its vector.
        content = b"\x89PNG\r\n\x1a\n" + str(number).encode()
        identity = hashlib.sha256(content).hexdigest()
        (root / "pictures" / f"{identity}.png").write_bytes(content)
        contents.append(identity)
    for number in range(samples):
        label(root, contents[number], bool(trash[number]))
    return contents


def label(root: Path, identity: str, trash: bool) -> None:
    """Put a file of the library into its training folder."""
    folder = root / "data" / ("trash" if trash else "archive")
    folder.mkdir(parents=True, exist_ok=True)
    os.link(root / "pictures" / f"{identity}.png", folder / f"{identity}.png")


def forward_seconds(weights: Path) -> float:
    """Return the seconds of the backbone's forward pass for one picture, the best of three rounds."""
    from hyai_tui.features.encoders.keras_networks import KerasEncoder
    from hyai_tui.features.encoders.networks import MOBILENETV2

    pixels = np.random.default_rng(2).integers(0, 256, (_FORWARD, 224, 224, 3), dtype=np.uint8)
    encoder = KerasEncoder(MOBILENETV2, weights, 16, print)
    encoder.encode(pixels[:32])
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        encoder.encode(pixels)
        best = min(best, time.perf_counter() - began)
    return best / _FORWARD


def measure(weights: Path, features: Path | None, samples: int) -> dict[str, Any]:
    """Make the workspace, train, and return what was measured."""
    with tempfile.TemporaryDirectory(prefix="hyai-retrain-large-") as room:
        root = Path(room) / "workspace"
        vectors, trash = drawn(features, samples + MORE * (ROUNDS + 1))
        contents = lay_out(root, trash, samples)
        hyai(root, weights, "init", ".", "--library", "pictures")
        hyai(root, weights, "config", "set", "features.encoder", "mobilenetv2")
        hyai(root, weights, "scan")
        os.environ.update({"HYAI_WEIGHTS": str(weights), "XDG_RUNTIME_DIR": str(root.parent / "run")})
        workspace = open_workspace(root)
        choice = choose(workspace)
        workspace.prepare_cache()
        with FeatureStore.open(
            features_directory(workspace, choice), choice.version.dimension, version=choice.version
        ) as store:
            for start in range(0, len(contents), 4096):
                store.append(contents[start : start + 4096], vectors[start : start + 4096])
        waiting: Iterator[int] = iter(range(samples, len(contents)))

        def more() -> None:
            for number in islice(waiting, MORE):
                label(root, contents[number], bool(trash[number]))

        first, _ = hyai(root, weights, "train")
        more()
        second, cold = hyai(root, weights, "train")
        warm = warm_seconds(root, more)
    forward = forward_seconds(weights)
    seed_way = forward * samples * EPOCHS_OF_THE_SEED
    times = seed_way / min(warm)
    return {
        "samples": samples,
        "out_of_fold": first["metrics"],
        "message": second["message"],
        "cold_seconds": round(cold, 2),
        "warm_seconds": [round(one, 2) for one in warm],
        "forward_ms": round(1000 * forward, 2),
        "seed_way_seconds": round(seed_way, 1),
        "times_faster": round(times, 1),
        "ok": min(warm) <= WARM_BUDGET and times >= LEAST_TIMES,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="retrain_large", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, default=os.environ.get("BENCH_WEIGHTS"))
    parser.add_argument("--features", type=Path, help="arrays `mobilenetv2` and `trash` of real pictures")
    parser.add_argument("--samples", type=int, default=20_000)
    chosen = parser.parse_args()
    if chosen.weights is None:
        print(json.dumps({"benchmark": "retrain_large", "skipped": "needs --weights FILE"}))
        return 0
    found = measure(Path(chosen.weights).absolute(), chosen.features, chosen.samples)
    print(json.dumps({"benchmark": "retrain_large", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
