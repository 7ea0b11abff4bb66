"""Write down which photographs the small encoder is taught on: half of them, near duplicates never on both sides.

python -m benchmarks.teaching.split --features FILE.npz      arrays: sha, mobilenetv2 (n, 1280)
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np

from benchmarks import twin_groups


def main() -> None:
    """Deal groups of near duplicates out by a hash of their first picture until half of all are taught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True)
    chosen = parser.parse_args()
    with np.load(chosen.features, allow_pickle=False) as table:
        names, vectors = table["sha"].tolist(), table["mobilenetv2"].astype(np.float32)
    groups = twin_groups.groups(vectors)
    groups.sort(key=lambda group: hashlib.sha256(min(names[one] for one in group).encode()).hexdigest())
    taught: list[str] = []
    for group in groups:
        if len(taught) < len(names) // 2:
            taught.extend(names[one][:16] for one in group)
    (Path(__file__).parent / "taught.txt").write_text("\n".join(sorted(taught)) + "\n", "ascii")


if __name__ == "__main__":
    main()
