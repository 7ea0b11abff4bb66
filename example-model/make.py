"""Make the example model again: `.venv/bin/python example-model/make.py`.

Draws demo libraries from seeds that no demo uses by default, encodes them with the small encoder, which needs no download, trains a
linear head on what the pictures were drawn as, tests it on the demo's own pictures (another seed), and writes the bundle and the
report in its model card: the lines that `hyai evaluate` would print. It needs no network and no GPU, and takes about a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import PictureError
from hyai_tui.features.encoders.small import VERSION, SmallEncoder
from hyai_tui.jobs.context import SilentReporter
from hyai_tui.learning import folds, metrics, reporting, thresholds
from hyai_tui.learning.bundle import Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.run import train
from hyai_tui.learning.report_lines import report_lines
from hyai_tui.library.demo import draw_library
from hyai_tui.locations import example_model
from hyai_tui.pictures.decode import encoder_pixels
from hyai_tui.settings import TagSettings, TrainSettings

SEEDS = (101, 102, 103)
TEST_SEED = 1
LABELS = ("archive", "trash")
LOOKS = {"keep": 0, "throw": 1}
CARD = "MODEL_CARD.md"
BEGINS, ENDS = "<!-- Written by make.py: -->", "<!-- Until here. -->"


class Unwatched:
    """Nobody watches, nobody cancels."""

    report = SilentReporter()

    def cancelled(self) -> bool:
        """Go on."""
        return False

    def check(self) -> None:
        """Go on."""


def drawn(seed: int, files: int) -> tuple[list[str], NDArray[np.int64], NDArray[np.float32]]:
    """Return (hashes, labels, vectors) of the clear pictures of one drawn library."""
    encoder = SmallEncoder()
    hashes, truth, vectors = [], [], []
    with tempfile.TemporaryDirectory(prefix="hyai-example-") as room:
        facts = draw_library(Path(room) / "pictures", seed=seed, files=files)
        for path, look in sorted(facts.looks.items()):
            if look not in LOOKS:
                continue
            content = (facts.root / path).read_bytes()
            try:
                pixels = encoder_pixels(content)
            except PictureError as error:
                sys.stderr.write(f"{path} is left out: {error}\n")
                continue
            hashes.append(hashlib.sha256(content).hexdigest())
            truth.append(LOOKS[look])
            vectors.append(encoder.encode(pixels[None])[0])
    return hashes, np.array(truth, np.int64), np.stack(vectors)


def make(files: int) -> tuple[Bundle, list[str]]:
    """Return the trained bundle, and its report as lines of Markdown."""
    parts = [drawn(seed, files) for seed in SEEDS]
    hashes = [one for names, _, _ in parts for one in names]
    truth = np.concatenate([labels for _, labels, _ in parts])
    vectors = np.concatenate([rows for _, _, rows in parts])
    settings = TrainSettings(head="linear")
    given = folds.assign(hashes, [LABELS[one] for one in truth], vectors, {}, folds=settings.folds, seed=settings.seed)
    data = TrainingData(hashes, LABELS, truth, vectors, np.array([given[one] for one in hashes], np.int64))
    bundle = train(data, settings, EncoderStamp(VERSION.id, VERSION.name, VERSION.dimension), "file", Unwatched())
    names, unseen, rows = drawn(TEST_SEED, files)
    probabilities = bundle.predict(rows)
    tested = metrics.report(unseen, probabilities, LABELS)
    seeds = f"seeds {SEEDS[0]} to {SEEDS[-1]}"
    seen = bundle.out_of_fold
    files_of = [one.decode() for one in seen.identities.tolist()]
    lines = [
        *shown(
            f"Out of fold, {seeds}",
            seen.truth,
            seen.probabilities,
            files_of,
            reporting.baselines(vectors, truth, data.folds, 2),
        ),
        *shown(f"The demo's own pictures, seed {TEST_SEED}, never seen", unseen, probabilities, names, {}),
    ]
    # Drawn pictures are in nobody's library: their out-of-fold predictions would be dead weight.
    record = {**bundle.record, "drawn": {"seeds": list(SEEDS), "files": files, "test_seed": TEST_SEED}, "test": tested}
    return replace(bundle, out_of_fold=OutOfFold.empty(2), record=record), lines


def shown(
    title: str,
    truth: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    files: Sequence[str],
    baselines: Mapping[str, Mapping[str, float]],
) -> Iterator[str]:
    """Yield what `hyai evaluate` says of these pictures, with a title above."""
    inside = thresholds.effective(TagSettings(), LABELS, None)
    report = {
        "model": "example",
        **reporting.items_report(truth, probabilities, LABELS, inside, files),
        "groups": {},
        "baselines": baselines,
        "last_batch": None,
    }
    yield from (f"### {title}", "", "```text")
    yield from (line.text.rstrip() for line in report_lines(report))
    yield from ("```", "")


def write_card(card: Path, lines: Sequence[str]) -> None:
    """Put the report into the model card, in place of the one before."""
    before, _, rest = card.read_text("utf-8").partition(BEGINS)
    after = rest.partition(ENDS)[2]
    card.write_text("\n".join([f"{before}{BEGINS}", "", *lines, f"{ENDS}{after}"]), "utf-8")


def main() -> None:
    """Make it, write it where the program looks for it, and print its report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=640, help="pictures a drawn library")
    parser.add_argument("--target", type=Path, default=example_model(), help="directory of the example model")
    arguments = parser.parse_args()
    bundle, lines = make(arguments.files)
    arguments.target.mkdir(parents=True, exist_ok=True)
    card = arguments.target / CARD
    if not card.exists():
        shutil.copyfile(example_model() / CARD, card)
    with tempfile.TemporaryDirectory(prefix="hyai-example-") as room:
        bundle.save(Path(room) / "model")
        for path in (Path(room) / "model").iterdir():
            shutil.copyfile(path, arguments.target / path.name)
    write_card(card, lines)
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
