"""Cache build against the slower of decoding alone and encoding alone, in the same run; and what a vector costs on disk.

Budgets: a build reaches at least 0.9 of the slower limit, a file takes at most 2.7 kB. Decoding and encoding share the cores, so
with an encoder as quick as hog the sum of both is the real bound; it is printed too. Options: a folder of pictures of your
own, and MobileNetV2 weights to measure that encoder instead of hog.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.scoring import PeakMemory
from hyai_tui.features import runtimes
from hyai_tui.features.build import build_features, open_store
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoders import hog
from hyai_tui.features.encoders.loading import load
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.memory import pictures_a_step
from hyai_tui.features.weights import check_weights
from hyai_tui.jobs.context import JobContext, SilentReporter
from hyai_tui.jobs.runtimes import measure as compare
from hyai_tui.jobs.scan import run as scan
from hyai_tui.pictures.decode import encoder_pixels
from hyai_tui.workspace import Workspace, create_workspace

SPEED_BUDGET = 0.9
BYTES_BUDGET = 2_700
LITERT_BUDGET = 1.25


KINDS = {"mixed": (300, 800, 1200, 1600), "large": (4000,), "middle": (1200,), "thumbnail": (200,)}


def draw(directory: Path, count: int, kind: str) -> None:
    """Draw JPEGs like photographs, smooth shades with texture, as wide as their kind; large ones differ in a few bytes only."""
    rng = np.random.default_rng(1)
    for i in range(count):
        width = int(rng.choice(KINDS[kind]))
        if width >= 4000 and i >= 4:
            # Drawing takes longer than what is measured: the same picture with other bytes behind its end.
            (directory / f"{i}.jpg").write_bytes((directory / f"{i % 4}.jpg").read_bytes() + str(i).encode())
            continue
        shades = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
            (width, width * 3 // 4), Image.Resampling.BICUBIC
        )
        grain = rng.normal(0, 8, (width * 3 // 4, width, 1))
        pixels = np.clip(np.asarray(shades) + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(directory / f"{i}.jpg", quality=88)


def main() -> int:
    """Measure, print JSON, and return 1 if a budget is missed."""
    parser = argparse.ArgumentParser(prog="features", description=__doc__)
    parser.add_argument("--pictures", type=Path, help="a folder of pictures; drawn ones without")
    parser.add_argument("--count", type=int, default=600, help="how many to draw")
    parser.add_argument(
        "--kind", choices=KINDS, default="mixed", help="large is 4000×3000, middle 1200×900, thumbnail 200×150"
    )
    parser.add_argument("--weights", type=Path, help="MobileNetV2 weights; hog without")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hyai-bench-") as name:
        root = Path(name)
        # The network for LiteRT goes with the rest.
        os.environ["XDG_CACHE_HOME"] = str(root / "cache")
        pictures = options.pictures
        if pictures is None:
            pictures = root / "pictures"
            pictures.mkdir()
            draw(pictures, options.count, options.kind)
        text = f'[library]\nkind = "folder"\npath = {json.dumps(str(pictures.resolve()))}\n'
        return measure(create_workspace(root / "place", text), options.weights)


def measure(workspace: Workspace, weights: Path | None) -> int:
    """Measure one build on the library of a new workspace."""
    scan(JobContext(workspace))
    choice = EncoderChoice("hog", None, "", hog.VERSION)
    if weights is not None:
        choice = EncoderChoice("mobilenetv2", weights, "", MOBILENETV2.version(check_weights(weights)))
    batch_size = pictures_a_step(workspace.settings.features.batch_size)
    encoder = load(choice, batch_size=batch_size)
    encoder.encode(np.zeros((batch_size, 224, 224, 3), np.uint8))

    with workspace.open_catalog() as catalog:
        paths = [workspace.library_root / file.paths[0] for file in catalog.files() if not file.motion]
        began = time.perf_counter()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            pixels = list(pool.map(encoder_pixels, paths[:1000]))
        decode = len(pixels) / (time.perf_counter() - began)

        began = time.perf_counter()
        for start in range(0, len(pixels), batch_size):
            encoder.encode(np.stack(pixels[start : start + batch_size]))
        encode = len(pixels) / (time.perf_counter() - began)

        pixels.clear()
        memory = PeakMemory()
        memory.start()
        began = time.perf_counter()
        report = build_features(workspace, encoder, SilentReporter(), catalog=catalog)
        build = report.encoded / (time.perf_counter() - began)
        peak = memory.end()
        again = build_features(workspace, encoder, SilentReporter(), catalog=catalog)
    with open_store(workspace.features_directory, encoder) as store:
        bytes_each = store.size().bytes / max(1, report.encoded)
    ratio = build / min(decode, encode)
    litert = with_litert(choice, paths) if weights is not None and runtimes.is_installed() else {}
    result = {
        "encoder": choice.name,
        "pictures": report.encoded,
        "cores": os.cpu_count(),
        "decode_per_second": round(decode, 1),
        "encode_per_second": round(encode, 1),
        "build_per_second": round(build, 1),
        "of_the_slower_limit": round(ratio, 3),
        "of_what_both_leave_on_these_cores": round(build / shared_limit(decode, encode), 3),
        "bytes_per_file": round(bytes_each),
        "encoded_again": again.encoded,
        "peak_mib": round(peak),
        **litert,
    }
    print(json.dumps(result))
    missed = ratio < SPEED_BUDGET or bytes_each > BYTES_BUDGET or again.encoded > 0
    missed |= litert.get("litert_ratio", LITERT_BUDGET) < LITERT_BUDGET
    missed |= litert.get("litert_difference", 0) > runtimes.PARITY
    print("budget missed" if missed else "within budget", file=sys.stderr)
    return int(missed)


def with_litert(choice: EncoderChoice, paths: list[Path]) -> dict[str, float]:
    """Compare LiteRT with TensorFlow on the same pictures, in turn: the best time of each, and the largest difference."""
    pixels = np.stack([encoder_pixels(path) for path in paths[:64]])
    found = compare(choice, pixels, JobContext(workspace=None))  # type: ignore[arg-type]
    return {
        "tensorflow_per_second": round(found.tensorflow, 1),
        "litert_per_second": round(found.litert, 1),
        "litert_ratio": round(found.ratio, 3),
        "litert_difference": found.difference,
    }


def shared_limit(decode: float, encode: float) -> float:
    """Return pictures a second if decoding fills all cores and a picture's encoding is added to its decoding."""
    return 1 / (1 / decode + 1 / encode)


if __name__ == "__main__":
    raise SystemExit(main())
