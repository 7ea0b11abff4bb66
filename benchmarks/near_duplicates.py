"""Near duplicates: how many of twelve kinds of copies are found among other pictures, and the time that a large library takes.

`--images DIR` is a folder of pictures (any depth), `--weights FILE` encodes them with MobileNetV2, else the small encoder.
500 pictures are copied in twelve ways; recall is the share of (picture, copy) pairs found, precision the share of found pairs
that are of the same picture. Pictures that resemble each other in the folder itself count against precision, as they would for
a person who looks for copies. Without pictures only the time is measured: `--files N` synthetic vectors and hashes.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from benchmarks.scoring import fill
from hyai_tui.checks import near_duplicates, twins
from hyai_tui.checks.running import run_check
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoders import small
from hyai_tui.features.encoders.loading import load
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.phashes import FILE, PerceptualHashes
from hyai_tui.features.weights import check_weights
from hyai_tui.pictures.decode import encoder_pixels, open_picture
from hyai_tui.pictures.perceptual import perceptual_hash
from hyai_tui.workspace import create_workspace

ORIGINALS, BATCH = 500, 32
RECALL, PRECISION, SECONDS_100K = 0.94, 0.93, 180


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    stream = BytesIO()
    picture.convert("RGB").save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def _crop(picture: Image.Image, share: float) -> Image.Image:
    width, height = picture.size
    x, y = int(width * share / 2), int(height * share / 2)
    return picture.crop((x, y, width - x, height - y))


TRANSFORMS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg 30": lambda one: Image.open(BytesIO(_jpeg(one, 30))),
    "half size": lambda one: one.resize((max(1, one.width // 2), max(1, one.height // 2))),
    "third size, jpeg 50": lambda one: Image.open(
        BytesIO(_jpeg(one.resize((max(1, one.width // 3), max(1, one.height // 3))), 50))
    ),
    "crop 5 %": lambda one: _crop(one, 0.05),
    "crop 10 %": lambda one: _crop(one, 0.1),
    "brighter": lambda one: ImageEnhance.Brightness(one).enhance(1.25),
    "darker": lambda one: ImageEnhance.Brightness(one).enhance(0.75),
    "more contrast": lambda one: ImageEnhance.Contrast(one).enhance(1.3),
    "less colour": lambda one: ImageEnhance.Color(one).enhance(0.4),
    "blurred": lambda one: one.filter(ImageFilter.GaussianBlur(1.5)),
    "framed": lambda one: ImageOps.expand(one, max(2, one.width // 40), "white"),
    "turned 2°": lambda one: one.rotate(2, Image.Resampling.BICUBIC, fillcolor="white"),
}


def quality(images: Path, weights: Path | None, limit: int | None) -> dict[str, object]:
    """Return recall and precision, and the recall of each transform."""
    paths = sorted(path for path in images.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})
    paths = paths[:limit] if limit else paths
    choice = (
        EncoderChoice("small", None, "", small.VERSION)
        if weights is None
        else EncoderChoice("mobilenetv2", weights, "", MOBILENETV2.version(check_weights(weights)))
    )
    encoder = load(choice, batch_size=16)
    chosen = np.random.default_rng(0).choice(len(paths), min(ORIGINALS, len(paths)), replace=False)
    of, kind = list(range(len(paths))), [-1] * len(paths)
    vectors: list[NDArray[np.float32]] = []
    hashes: list[int | None] = []
    pixels: list[NDArray[np.uint8]] = []

    def take(one: NDArray[np.uint8] | None) -> None:
        if one is not None:
            pixels.append(one)
            hashes.append(perceptual_hash(one))
        if pixels and (one is None or len(pixels) == BATCH):
            vectors.append(encoder.encode(np.stack(pixels)))
            pixels.clear()

    for path in paths:
        take(encoder_pixels(path))
    for place in chosen.tolist():
        picture = open_picture(paths[place])
        for number, change in enumerate(TRANSFORMS.values()):
            take(encoder_pixels(_jpeg(change(picture), 92)))
            of.append(place)
            kind.append(number)
    take(None)
    rows = np.concatenate(vectors)
    rows = twins.unit_rows(rows, rows.mean(axis=0))
    one, other, _ = twins.pairs_by_cosine(lambda at: rows[at], len(rows))
    known = np.flatnonzero([value is not None for value in hashes])
    values = np.array([value or 0 for value in hashes], np.int64).view(np.uint64)[known]
    first, second, _ = twins.pairs_by_hash(values)
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    pairs |= set(zip(known[first].tolist(), known[second].tolist(), strict=True))
    right = [pair for pair in pairs if of[pair[0]] == of[pair[1]]]
    with_original = {pair[1] for pair in right if kind[pair[0]] == -1}
    copies = range(len(paths), len(of))
    by_kind = {
        name: round(float(np.mean([place in with_original for place in copies if kind[place] == number])), 3)
        for number, name in enumerate(TRANSFORMS)
    }
    return {
        "pictures": len(paths),
        "copies": len(copies),
        "recall": round(len(with_original) / len(copies), 4),
        "precision": round(len(right) / len(pairs), 4),
        "by_kind": by_kind,
    }


def seconds_for(files: int) -> float:
    """Return how long the whole check takes for so many synthetic files, vectors and hashes on disk."""
    with tempfile.TemporaryDirectory(prefix="hyai-twins-") as room:
        os.environ["XDG_RUNTIME_DIR"] = room
        settings = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n'
        workspace = create_workspace(Path(room) / "workspace", settings)
        (workspace.root / "pictures").mkdir()
        fill(workspace, files, "linear")
        random = np.random.default_rng(2)
        with workspace.open_catalog() as catalog, PerceptualHashes(workspace.cache / FILE) as store:
            names = [one.decode("ascii") for one in catalog.snapshot().sha256.tolist()]
            values = random.integers(-(2**63), 2**63 - 1, len(names), np.int64).tolist()
            store.put(zip(names, values, strict=True))
        began = time.monotonic()
        run_check(workspace, near_duplicates.NAME)
        return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(prog="near_duplicates", description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--weights", type=Path, help="weights of MobileNetV2")
    parser.add_argument("--limit", type=int, help="take no more pictures")
    parser.add_argument("--files", type=int, default=100_000, help="size of the synthetic library; 0 for none")
    arguments = parser.parse_args()
    found: dict[str, object] = {}
    ok = True
    if arguments.images is not None:
        found = quality(arguments.images, arguments.weights, arguments.limit)
        ok = found["recall"] >= RECALL and found["precision"] >= PRECISION  # type: ignore[operator]
    if arguments.files:
        took = seconds_for(arguments.files)
        found |= {"files": arguments.files, "seconds": round(took, 1)}
        ok = ok and took <= SECONDS_100K * max(1, arguments.files / 100_000)
    print(json.dumps({"benchmark": "near_duplicates", **found, "ok": ok}))
    return 0 if ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
