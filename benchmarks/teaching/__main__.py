"""Make the small encoder again: `python -m benchmarks.teaching --pictures DIR --weights FILE`.

DIR holds the photographs that `taught.txt` lists by the beginning of their SHA-256 (clothing-dataset-small, CC0), FILE
MobileNetV2's weights without top, the teacher. Writes the weights where the program reads them and prints their SHA-256, which has to
stand in `hyai_tui/features/encoders/small.py`. About an hour on two cores; the same seed gives the same lessons, and
weights that differ by the rounding of the machine. `python -m benchmarks small_encoder` measures the result on the other half.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np

from hyai_tui.features.encoders.small import WEIGHTS

HERE = Path(__file__).parent
COMPONENTS = 256


def taught(pictures: Path) -> list[Path]:
    """Return the photographs of the teaching half, in the order of the list."""
    found = {hashlib.sha256(path.read_bytes()).hexdigest()[:16]: path for path in sorted(pictures.rglob("*.jpg"))}
    names = (HERE / "taught.txt").read_text("ascii").split()
    missing = [name for name in names if name not in found]
    if missing:
        raise SystemExit(f"{len(missing)} photographs of taught.txt are not in {pictures}, the first is {missing[0]}…")
    return [found[name] for name in names]


def main() -> None:
    """Teach, write, and print the hash."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True, help="directory of the photographs")
    parser.add_argument("--weights", type=Path, required=True, help="MobileNetV2's weights without top")
    parser.add_argument("--crops", type=int, default=5, help="cropped views of each photograph")
    parser.add_argument("--steps", type=int, default=5000, help="steps of 64 views")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", type=Path, default=WEIGHTS)
    chosen = parser.parse_args()
    if missing := [str(one) for one in (chosen.pictures, chosen.weights) if not one.exists()]:
        raise SystemExit(
            f"{' and '.join(missing)} must be there: the small encoder is taught on photographs by MobileNetV2"
        )
    from benchmarks.teaching.student import folded, teach
    from benchmarks.teaching.views import Teacher, lessons

    given = lessons(taught(chosen.pictures), Teacher(chosen.weights, COMPONENTS), chosen.crops, chosen.seed)
    sys.stderr.write(f"{len(given.pixels)} views\n")
    model = teach(given, chosen.steps, chosen.seed)
    arrays = folded(model)
    np.savez(chosen.target, **arrays)
    content = chosen.target.read_bytes()
    sys.stdout.write(f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}\n")


if __name__ == "__main__":
    main()
