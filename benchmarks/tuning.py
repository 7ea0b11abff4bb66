"""What tuning a network's last blocks does on photographs that it never saw, beside the same head on the network as it came.

Tunes MobileNetV2 as `hyai train --unfreeze-last-k K` does, with its default settings: of five folds one chooses the epoch, one is
never shown to the network, and the head is then trained on all of them. 1,000 pictures are held out from everything, near duplicates
never on both sides. Where the tuning itself says that it made the network no better, the network as it came counts, as in the product.

    python -m benchmarks tuning --features FILE.npz --images DIR --weights FILE [--sizes N…] [--blocks K…] [--seeds N]

The arrays are those of `learning`, and `paths` below DIR. Without the files it says so and does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning import SEEDS, Floats, Labels, Unwatched
from benchmarks.training import Pictures, fit, mean
from hyai_tui.errors import NotNow
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.recipe import Recipe
from hyai_tui.jobs.tuning import CHOOSING_FOLD
from hyai_tui.learning import metrics
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.tuning import Tuning, TuningData, tune
from hyai_tui.learning.predictions import VALIDATION_FOLD
from hyai_tui.settings import TrainSettings

if TYPE_CHECKING:
    from hyai_tui.features.encoders.tunable import TunableNetwork

SIZES = (500, 2000)
BLOCKS = (1, 2, 3)
_STEP = 64

Maps = NDArray[np.float16]


class Photographs:
    """What comes out of the network below each cut, for every picture once.

    Args:
        pictures: features, labels and names.
        images: the folder of their paths.
        weights: of MobileNetV2.
        blocks: how many of the last blocks are to learn.
    """

    def __init__(self, pictures: Pictures, images: Path, weights: Path, blocks: tuple[int, ...]) -> None:
        self.pictures = pictures
        self.weights = weights
        most = max(blocks)
        deepest = self.network(most, 0)
        paths = [images / one for one in pictures.paths]
        maps: list[Maps] = []
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for start in range(0, len(paths), _STEP):
                pixels = pool.map(lambda path: Recipe().pixels(path.read_bytes()), paths[start : start + _STEP])
                maps.append(deepest.maps(np.stack(list(pixels))))
                print(f"{start + _STEP:,} of {len(paths):,} pictures", file=sys.stderr, flush=True)
        self.maps = {most: np.concatenate(maps)}
        self.maps |= {one: between(deepest, most, one, self.maps[most]) for one in blocks if one != most}

    def network(self, blocks: int, seed: int) -> TunableNetwork:
        from hyai_tui.features.encoders.tunable import TunableNetwork

        usual = Tuning(blocks)
        return TunableNetwork(MOBILENETV2, self.weights, blocks, 2, (usual.rate, usual.backbone_rate), seed)


def between(network: TunableNetwork, blocks: int, fewer: int, maps: Maps) -> Maps:
    """Return the maps below the last few blocks, of those below more of them."""
    import keras

    from hyai_tui.features.encoders.tunable import block_starts

    layers = network._model.layers
    starts = block_starts([layer.name for layer in layers if layer.weights])
    begin, end = (network._model.get_layer(starts[-count]).input for count in (blocks, fewer))
    part = keras.Model(begin, end)
    rows = [maps[start : start + _STEP].astype(np.float32) for start in range(0, len(maps), _STEP)]
    return np.concatenate([np.asarray(part(one, training=False)).astype(np.float16) for one in rows])


def vectors(network: TunableNetwork, maps: Maps) -> Floats:
    """Return float32[n, d] as a store would give them."""
    rows = [maps[start : start + _STEP].astype(np.float32) for start in range(0, len(maps), _STEP)]
    found = np.concatenate([np.asarray(network._above(one, training=False)) for one in rows])
    return found.astype(np.float16).astype(np.float32)


def tuned(
    shown: Photographs, data: TrainingData, rows: Labels, blocks: int, seed: int
) -> tuple[TunableNetwork | None, dict[str, float]]:
    """Tune on labelled rows; return the network, None where it became no better, and what the tuning says of itself."""
    seen = data.folds
    learn = np.flatnonzero((seen != VALIDATION_FOLD) & (seen != CHOOSING_FOLD))
    choose = np.flatnonzero(seen == CHOOSING_FOLD)
    maps = shown.maps[blocks][rows]
    network = shown.network(blocks, seed + 1)
    weights = np.ones(len(rows), np.float32)
    try:
        record = tune(
            network,
            TuningData(maps, data.truth, weights, learn, choose),
            replace(Tuning(blocks), seed=seed + 1),
            Unwatched(),
        )
    except NotNow:
        return None, {"kept": 0.0}
    return network, {"kept": 1.0, "loss_before": record["loss_before"], "loss_after": record["loss_after"]}


def measured(
    shown: Photographs, sizes: tuple[int, ...], blocks: tuple[int, ...], seeds: int
) -> Iterator[dict[str, Any]]:
    """Yield what one head is worth, as it came (no blocks) or tuned, on the 1,000 held-out pictures of a seed."""
    pictures = shown.pictures
    for seed in range(seeds):
        test, rest = pictures.split(seed)
        for size in sizes:
            rows = rest[:size]
            data = pictures.data(rows, seed)
            said = fit(data, seed).predict(pictures.vectors[test])
            came = judged(pictures.truth[test], said)
            yield {"seed": seed, "labels": size, "blocks": 0, **came}
            for count in blocks:
                network, record = tuned(shown, data, rows, count, seed)
                found = came
                if network is not None:
                    aware = data.folds != VALIDATION_FOLD
                    own = replace(data, vectors=vectors(network, shown.maps[count][rows]), aware=aware)
                    said = fit(own, seed).predict(vectors(network, shown.maps[count][test]))
                    found = judged(pictures.truth[test], said)
                gain = found["accuracy"] - came["accuracy"]
                yield {"seed": seed, "labels": size, "blocks": count, **found, **record, "gain": gain}


def judged(truth: Labels, probabilities: Floats) -> dict[str, float]:
    said = metrics.headline(truth, probabilities)
    return {name: float(said[name] or 0) for name in ("accuracy", "auc", "ece")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, default=os.environ.get("BENCH_FEATURES"))
    parser.add_argument("--images", type=Path, default=os.environ.get("BENCH_IMAGES"))
    parser.add_argument("--weights", type=Path, default=os.environ.get("BENCH_WEIGHTS"))
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many labels")
    parser.add_argument("--blocks", type=int, nargs="+", default=BLOCKS, help="how many of the last blocks learn")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    chosen = parser.parse_args()
    if not all(one and Path(one).exists() for one in (chosen.features, chosen.images, chosen.weights)):
        print(
            json.dumps({"benchmark": "tuning", "skipped": "needs --features FILE.npz, --images DIR and --weights FILE"})
        )
        return 0
    assert TrainSettings().folds > 2
    with np.load(chosen.features, allow_pickle=False) as loaded:
        pictures = Pictures({name: loaded[name] for name in loaded.files if name != "hog"})
    blocks = tuple(chosen.blocks)
    shown = Photographs(pictures, Path(chosen.images), Path(chosen.weights), blocks)
    found: dict[tuple[int, int], list[dict[str, float]]] = {}
    for row in measured(shown, tuple(chosen.sizes), blocks, chosen.seeds):
        numbers = "  ".join(f"{name} {value:.3f}" for name, value in row.items() if isinstance(value, float))
        print(
            f"seed {row['seed']}  {row['labels']:5} labels  {row['blocks']} blocks  {numbers}",
            file=sys.stderr,
            flush=True,
        )
        found.setdefault((row["labels"], row["blocks"]), []).append(
            {name: float(row.get(name, 0)) for name in ("accuracy", "auc", "ece", "kept", "gain")}
        )
    table = {f"{labels} labels, {count} blocks": mean(ones) for (labels, count), ones in found.items()}
    print(json.dumps({"benchmark": "tuning", **table}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
