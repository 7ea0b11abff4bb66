"""Suggested tags on pictures with generated tags: precision@3 on tags that were held back, beside each source alone.

Pictures of a folder (`--pictures DIR`, sorted into folders or named kind-number; else those of the demo) get generated tags:
some follow what is on the picture, some follow each other (a creator's series), some follow nothing. They are scanned, encoded
(`HYAI_WEIGHTS=FILE` for MobileNetV2) and learnt by the real jobs. Plain yardsticks: a weighted vote of the neighbours, and
the mean share of files that have a tag beside those of the file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hyai_tui.jobs import cache, learn, scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import TagChange
from hyai_tui.library.folder_tags import FolderTags
from hyai_tui.patterns.mixing import TOP, WAYS, Held, learn_mix, precision_at
from hyai_tui.patterns.store import PatternStore
from hyai_tui.patterns.trial import held_out
from hyai_tui.workspace import Workspace, create_workspace

_SEEDS = (1, 2, 3, 4, 5)
_CREATORS, _SERIES, _NOISE = 40, 25, 8


def generated(kinds: dict[str, str], seed: int = 0) -> Iterator[TagChange]:
    """Yield tags for each file, by its kind."""
    random = np.random.default_rng(seed)
    names = sorted(set(kinds.values()))
    for file, kind in sorted(kinds.items()):
        tags = set()
        if random.random() < 0.85:
            tags.add(f"subject:{kind}")
        if random.random() < 0.5:
            tags.add(f"family:{names.index(kind) % 3}")
        if random.random() < 0.4:
            tags.add(f"{kind} {('plain', 'striped', 'worn')[int(random.integers(3))]}")
        if random.random() < 0.6:
            creator = int(random.zipf(1.5)) % _CREATORS
            tags.add(f"creator:{creator}")
            tags |= {f"series:{(creator * 7 + step) % _SERIES}" for step in (0, 3) if random.random() < 0.6}
        if random.random() < 0.3:
            tags.add(f"meta:{int(random.integers(_NOISE))}")
        yield TagChange(file, add=frozenset(tags))


def prepare(room: Path, pictures: Path) -> Workspace:
    """Make a workspace over the pictures, tag them, and learn."""
    workspace = create_workspace(room / "workspace", f'[library]\nkind = "folder"\npath = "{pictures}"\n')
    scan.run(JobContext(workspace))
    with workspace.open_catalog() as catalog:
        kinds = {one.sha256: _kind(one.paths[0]) for one in catalog.files() if one.paths}
    tags = FolderTags(workspace.root / "tags.db")
    tags.change(list(generated(kinds)))
    tags.close()
    scan.run(JobContext(workspace))
    cache.run(JobContext(workspace))
    learn.run(JobContext(workspace))
    return workspace


def plain(held: list[Held], column: int) -> float:
    """Return precision@3 of one column of the evidence turned into a share: the yardstick without any learning."""
    right = 0
    for one in held:
        share = (
            one.evidence.columns[:, 1] - np.logaddexp(0, one.evidence.columns[:, 1]) + one.evidence.columns[:, column]
        )
        right += int(one.right[np.argsort(-share, kind="stable")[:TOP]].sum())
    return right / (TOP * len(held))


def main() -> int:
    parser = argparse.ArgumentParser(prog="suggestions", description=__doc__)
    parser.add_argument("--pictures", type=Path, help="a folder of pictures; without it those of the demo")
    pictures = parser.parse_args().pictures
    with tempfile.TemporaryDirectory(prefix="hyai-suggestions-") as room:
        os.environ["XDG_RUNTIME_DIR"] = room
        workspace = prepare(Path(room), pictures.resolve() if pictures else _demo(Path(room)))
        store = PatternStore(workspace.patterns_directory)
        patterns, reference = store.load(), store.load_reference()
        assert reference is not None
        rows = []
        for seed in _SEEDS:
            held = held_out(patterns.known, reference, seed=seed)
            rest = held[1::2]
            mix = learn_mix(held)
            hidden = sum(one.hidden for one in rest)
            rows.append(
                {
                    **mix.trial["precision_at_3"],
                    "neighbours, plain vote": plain(rest, 2),
                    "co-occurrence, plain mean": plain(rest, 4),
                    "best possible": sum(min(TOP, one.hidden) for one in rest) / (TOP * len(rest)),
                    "files": len(rest),
                    "hidden": hidden,
                }
            )
            assert abs(precision_at(rest, mix, "both") - rows[-1]["both"]) < 0.1
        print(f"encoder {reference.encoder}, {len(reference):,} files", file=sys.stderr)
    means = {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]}
    alone = max(row_mean for name, row_mean in means.items() if name in WAYS and name != "both")
    always = all(row["both"] > max(row["neighbours"], row["co-occurrence"]) for row in rows)
    ok = means["both"] > alone and always
    print(
        json.dumps(
            {"benchmark": "suggestions", "seeds": len(_SEEDS), **means, "better_for_every_seed": always, "ok": ok}
        )
    )
    return 0 if ok else 1


def _kind(path: str) -> str:
    """Return what is on a picture: its folder, or the words that its name begins with."""
    name = Path(path)
    # A file's name may hold bytes that no tag can.
    parts = [part for part in name.stem.encode("ascii", "ignore").decode().split("-") if not part.isdigit()]
    return name.parent.name if not parts or name.parent.name not in {"inbox", "archive", "trash"} else "-".join(parts)


def _demo(room: Path) -> Path:
    """Draw the demo's pictures and return where they are."""
    command = [sys.executable, "-m", "hyai_tui", "demo", str(room / "demo"), "--no-app"]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=sys.stderr, check=True)
    return room / "demo" / "pictures"


if __name__ == "__main__":
    raise SystemExit(main())
