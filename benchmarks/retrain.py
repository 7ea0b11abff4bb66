"""How long a retrain takes on real photographs, through the real commands, and how good the model is then.

Makes a workspace with 2,000 labelled samples through the real commands, trains, scores everything, and judges the
model on the pictures that were never labelled. Then 50 more are labelled and it trains again. Yardstick of the retrain:
one epoch the seed way, the backbone's forward pass over the same samples, from the cache build of the same run.

    python -m benchmarks retrain --images DIR --weights FILE     DIR holds clothing/<class>/<id>.jpg

Without both it says so and does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from hyai_tui.learning import metrics

KEPT = frozenset({"dress", "hat", "longsleeve", "outwear", "shoes"})
LEAST_F1 = 0.88
# Seconds of a retrain after 50 new labels, without TensorFlow's import: up to so many samples.
WARM_BUDGETS = ((2_000, 5.0), (20_000, 30.0))
EPOCHS_OF_THE_SEED = 10


def hyai(root: Path, weights: Path, *arguments: str) -> tuple[Any, float]:
    """Return (what a command printed as JSON, seconds)."""
    runtime = root.parent / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    environment = {**os.environ, "HYAI_WEIGHTS": str(weights), "XDG_RUNTIME_DIR": str(runtime)}
    began = time.monotonic()
    command = [sys.executable, "-m", "hyai_tui", *arguments, "--json"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"hyai {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout), time.monotonic() - began


def lay_out(images: Path, root: Path, samples: int, seed: int) -> tuple[dict[str, int], list[Path]]:
    """Fill library and training folders; return (true label by hash, pictures in the order of labelling)."""
    files = sorted(images.glob("clothing/*/*.jpg"))
    random.Random(seed).shuffle(files)
    (root / "pictures").mkdir(parents=True)
    truth = {}
    for place, path in enumerate(files):
        identity = hashlib.sha256(path.read_bytes()).hexdigest()
        truth[identity] = 0 if path.parent.name in KEPT else 1
        shutil.copyfile(path, root / "pictures" / f"{identity}.jpg")
        if place < samples:
            label(root, path, identity, truth[identity])
    return truth, files


def label(root: Path, path: Path, identity: str, truth: int) -> None:
    """Put a picture into its training folder."""
    folder = root / "data" / ("trash" if truth else "archive")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / f"{identity}.jpg")


def on_the_rest(root: Path, weights: Path, truth: dict[str, int]) -> dict[str, Any]:
    """Return the headline of the model's scores on pictures without a label."""
    rows, _ = hyai(root, weights, "files")
    labelled = {path.stem for path in (root / "data").glob("*/*.jpg")}
    rest = [row for row in rows if row["file"] not in labelled and row["score"] is not None]
    score = np.array([row["score"] for row in rest])
    known = np.array([truth[row["file"]] for row in rest], np.int64)
    return {"n": len(rest), **metrics.headline(known, np.stack([1 - score, score], axis=1))}


def measure(images: Path, weights: Path, samples: int, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hyai-retrain-") as room:
        root = Path(room) / "workspace"
        truth, files = lay_out(images, root, samples, seed)
        hyai(root, weights, "init", ".", "--library", "pictures")
        hyai(root, weights, "scan")
        built, build_seconds = hyai(root, weights, "cache", "build")
        again, _ = hyai(root, weights, "cache", "build")
        first, first_seconds = hyai(root, weights, "train")
        hyai(root, weights, "score")
        rest = on_the_rest(root, weights, truth)
        for path in files[samples : samples + 50]:
            identity = hashlib.sha256(path.read_bytes()).hexdigest()
            label(root, path, identity, truth[identity])
        second, second_seconds = hyai(root, weights, "train")
    warm = second_seconds - second["starting_seconds"]
    budget = next((most for samples_at_most, most in WARM_BUDGETS if samples <= samples_at_most), None)
    forward = build_seconds / max(1, built["encoded"])
    return {
        "samples": samples,
        "rest": rest,
        "out_of_fold": first["metrics"],
        "encoded": built["encoded"],
        "encoded_again": again["encoded"],
        "train_seconds": round(first["seconds"], 2),
        "train_wall_seconds": round(first_seconds, 2),
        "retrain_seconds": round(second["seconds"], 2),
        "retrain_wall_seconds": round(second_seconds, 2),
        "tensorflow_seconds": second["starting_seconds"],
        "retrain_warm_seconds": round(warm, 2),
        "message": second["message"],
        "seed_way_seconds": round(forward * samples * EPOCHS_OF_THE_SEED, 1),
        "times_faster": round(forward * samples * EPOCHS_OF_THE_SEED / second_seconds, 1),
        "ok": rest["macro_f1"] >= LEAST_F1 and again["encoded"] == 0 and (budget is None or warm <= budget),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, default=os.environ.get("BENCH_IMAGES"))
    parser.add_argument("--weights", type=Path, default=os.environ.get("BENCH_WEIGHTS"))
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.images is None or chosen.weights is None:
        print(json.dumps({"benchmark": "retrain", "skipped": "needs --images DIR and --weights FILE"}))
        return 0
    found = measure(Path(chosen.images), Path(chosen.weights).absolute(), chosen.samples, chosen.seed)
    print(json.dumps({"benchmark": "retrain", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
