"""How long a retrain takes on real photographs, cold and warm, and how good the model is then.

Makes a workspace with 2,000 labelled samples through the real commands, trains, scores everything, and judges the
model on the pictures that were never labelled. Then 50 more are labelled and it trains again: by the command (cold), and
as the app does it, by a worker that stays warm. Seconds are those of the clock, from the start to the result, with
out-of-fold metrics and the comparison with the model before. Yardstick: epochs the seed way, the backbone's forward pass
over the same samples, from the cache build of the same run. `--classes` gives each kind of picture a label of its own.

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
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from hyai_tui.jobs import supervisor
from hyai_tui.learning import metrics
from hyai_tui.workspace import open_workspace

KEPT = frozenset({"dress", "hat", "longsleeve", "outwear", "shoes"})
LEAST_F1 = 0.88
# Seconds of a retrain after 50 new labels.
COLD_BUDGET, WARM_BUDGET, WARM_BUDGET_OF_CLASSES = 25.0, 5.0, 8.0
_WARM_ROUNDS = 3
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


def lay_out(images: Path, root: Path, samples: int, seed: int, *, classes: bool) -> tuple[dict[str, str], list[Path]]:
    """Fill library and training folders; return (true label by hash, pictures in the order of labelling)."""
    files = sorted(images.glob("clothing/*/*.jpg"))
    random.Random(seed).shuffle(files)
    (root / "pictures").mkdir(parents=True)
    truth = {}
    for place, path in enumerate(files):
        identity = hashlib.sha256(path.read_bytes()).hexdigest()
        truth[identity] = path.parent.name if classes else "archive" if path.parent.name in KEPT else "trash"
        shutil.copyfile(path, root / "pictures" / f"{identity}.jpg")
        if place < samples:
            label(root, path, identity, truth[identity])
    return truth, files


def label(root: Path, path: Path, identity: str, truth: str) -> None:
    """Put a picture into its training folder."""
    folder = root / "data" / truth
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / f"{identity}.jpg")


def on_the_rest(root: Path, weights: Path, truth: dict[str, str]) -> dict[str, Any]:
    """Return the headline of the model's scores on pictures without a label."""
    rows, _ = hyai(root, weights, "files")
    labelled = {path.stem for path in (root / "data").glob("*/*.jpg")}
    rest = [row for row in rows if row["file"] not in labelled and row["score"] is not None]
    score = np.array([row["score"] for row in rest])
    known = np.array([truth[row["file"]] == "trash" for row in rest], np.int64)
    return {"n": len(rest), **metrics.headline(known, np.stack([1 - score, score], axis=1))}


def warm_seconds(root: Path, more: Callable[[], None]) -> list[float]:
    """Return the seconds of retrains by a worker that is warm, 50 new labels before each."""
    workspace = open_workspace(root)
    found = []
    with workspace.open_journal() as journal:
        journal.take_lease("benchmark")
        for _ in range(_WARM_ROUNDS + 1):
            more()
            journal.renew_lease("benchmark")
            began = time.monotonic()
            job = supervisor.start(workspace, "train", stays_warm=True)
            supervisor.result_of(supervisor.follow(job), lambda event: None)
            found.append(time.monotonic() - began)
        journal.release_lease("benchmark")
    # The first one starts the worker.
    return found[1:]


def measure(images: Path, weights: Path, samples: int, seed: int, *, classes: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="hyai-retrain-") as room:
        root = Path(room) / "workspace"
        truth, files = lay_out(images, root, samples, seed, classes=classes)
        waiting = iter(files[samples:])

        def more() -> None:
            for path in islice(waiting, 50):
                identity = hashlib.sha256(path.read_bytes()).hexdigest()
                label(root, path, identity, truth[identity])

        hyai(root, weights, "init", ".", "--library", "pictures")
        hyai(root, weights, "scan")
        built, build_seconds = hyai(root, weights, "cache", "build")
        again, _ = hyai(root, weights, "cache", "build")
        first, _ = hyai(root, weights, "train")
        hyai(root, weights, "score")
        rest = {} if classes else on_the_rest(root, weights, truth)
        more()
        second, cold = hyai(root, weights, "train")
        # The worker of the warm rounds takes settings and places from this process' environment.
        os.environ.update({"HYAI_WEIGHTS": str(weights), "XDG_RUNTIME_DIR": str(root.parent / "run")})
        warm = warm_seconds(root, more)
    seed_way = build_seconds / max(1, built["encoded"]) * samples * EPOCHS_OF_THE_SEED
    budget = WARM_BUDGET_OF_CLASSES if classes else WARM_BUDGET
    good = not rest or rest["macro_f1"] >= LEAST_F1
    return {
        "samples": samples,
        "labels": len(set(truth.values())),
        "rest": rest,
        "out_of_fold": first["metrics"],
        "encoded": built["encoded"],
        "encoded_again": again["encoded"],
        "cold_seconds": round(cold, 2),
        "warm_seconds": [round(one, 2) for one in warm],
        "training_seconds": second["seconds"],
        "message": second["message"],
        "seed_way_seconds": round(seed_way, 1),
        "times_faster": round(seed_way / min(warm), 1),
        "ok": good and again["encoded"] == 0 and cold <= COLD_BUDGET and min(warm) <= budget,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, default=os.environ.get("BENCH_IMAGES"))
    parser.add_argument("--weights", type=Path, default=os.environ.get("BENCH_WEIGHTS"))
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--classes", action="store_true", help="one label for each kind of picture")
    chosen = parser.parse_args()
    if chosen.images is None or chosen.weights is None:
        print(json.dumps({"benchmark": "retrain", "skipped": "needs --images DIR and --weights FILE"}))
        return 0
    found = measure(
        Path(chosen.images), Path(chosen.weights).absolute(), chosen.samples, chosen.seed, classes=chosen.classes
    )
    print(json.dumps({"benchmark": "retrain", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
