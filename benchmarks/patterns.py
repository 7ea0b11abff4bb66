"""Learning from a million files of twenty tags: the first run, and a second one after 1,000 files have changed.

Makes a workspace with a synthetic catalog (tags drawn by Zipf's law; a third of the files archived, a third in the trash) and
synthetic vectors (`--vectors N` files have one) in a temporary directory, and runs the job of `hyai learn` in a process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.workspace import Workspace, create_workspace

FIRST_SECONDS, AGAIN_SECONDS, MEBIBYTES = 300.0, 10.0, 2_048
_STATES = (FileState.INBOX, FileState.ARCHIVE, FileState.TRASH)
_CHANGED = 1_000
_LEARN = """
import json
from hyai_tui.jobs import learn
from hyai_tui.jobs.context import JobContext
from hyai_tui.workspace import open_workspace
print(json.dumps(learn.run(JobContext(open_workspace()))))
"""


def listed(files: int, tags: int, vocabulary: int) -> Iterator[MediaFile]:
    """Yield files with so many tags drawn by Zipf's law; those met twice count once."""
    random = np.random.default_rng(0)
    share = 1 / np.arange(1, vocabulary + 1)
    ends = np.cumsum(share / share.sum())
    names = [f"tag:{number}" for number in range(vocabulary)]
    for start in range(0, files, 50_000):
        drawn = np.searchsorted(ends, random.random((min(50_000, files - start), tags)))
        for place, row in enumerate(drawn.tolist(), start):
            own = frozenset(names[min(one, vocabulary - 1)] for one in row)
            yield MediaFile(file_name(place), _STATES[place % 7 % 3], tags=own)


def file_name(number: int) -> str:
    """Return the SHA-256 of a file that does not exist."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def learn(workspace: Workspace) -> tuple[float, dict[str, object]]:
    """Run the job in a process that is waited for, so that its memory is known; return its seconds and what it found."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _LEARN],
        cwd=workspace.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        check=True,
    )
    return time.monotonic() - began, json.loads(done.stdout)


def change(workspace: Workspace, files: int) -> None:
    """Give so many files another tag list."""
    random = np.random.default_rng(1)
    with workspace.open_catalog() as catalog:
        for number in random.choice(files, min(files, _CHANGED), replace=False).tolist():
            name = file_name(number)
            tags = set(catalog.tags(name)) ^ {f"tag:{one}" for one in random.integers(0, 2_000, 3).tolist()}
            catalog.update_state(name, tags=tags)


def main() -> int:
    parser = argparse.ArgumentParser(prog="patterns", description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000, help="how many files the library has")
    parser.add_argument("--tags", type=int, default=20, help="tags of each file")
    parser.add_argument("--vocabulary", type=int, default=50_000, help="different tags")
    parser.add_argument("--vectors", type=int, default=100_000, help="files with a vector")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hyai-patterns-") as room:
        os.environ["XDG_RUNTIME_DIR"] = room
        (Path(room) / "pictures").mkdir()
        settings = '[library]\nkind = "folder"\npath = "../pictures"\n[features]\nencoder = "hog"\n'
        workspace = create_workspace(Path(room) / "workspace", settings)
        with workspace.open_catalog() as catalog:
            scan = catalog.begin_scan()
            catalog.put(listed(options.files, options.tags, options.vocabulary), scan)
            catalog.finish_scan(scan)
            catalog.keep([])
        encode(workspace, min(options.files, options.vectors))
        first, found = learn(workspace)
        change(workspace, options.files)
        again, second = learn(workspace)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        ok = first <= FIRST_SECONDS and again <= AGAIN_SECONDS and peak <= MEBIBYTES
        figures = {
            "files": options.files,
            "tags": found["tags"],
            "pairs": found["pairs"],
            "pairs_again": second["pairs"],
            "first_seconds": round(first, 2),
            "again_seconds": round(again, 2),
            "peak_mib": round(peak),
            "ok": ok,
        }
    print(json.dumps({"benchmark": "patterns", **figures}))
    return 0 if ok else 1


def encode(workspace: Workspace, files: int) -> None:
    """Store a random vector for so many files."""
    from hyai_tui.features.choosing import choose, features_directory
    from hyai_tui.features.store import FeatureStore

    choice = choose(workspace)
    random = np.random.default_rng(2)
    directory = features_directory(workspace, choice)
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version) as store:
        for start in range(0, files, 4_096):
            names = [file_name(number) for number in range(start, min(files, start + 4_096))]
            store.append(names, random.standard_normal((len(names), choice.version.dimension)).astype(np.float32))


if __name__ == "__main__":
    raise SystemExit(main())
