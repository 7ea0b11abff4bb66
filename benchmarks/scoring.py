"""Scoring a large library against the head alone, in the same run; and the memory that it takes.

Makes a workspace with synthetic vectors (no pictures) in a temporary directory, about 2 kB a file, and scores it with an
mlp head of the default width. Yardstick: the same head over as many vectors that are in memory already.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs import score
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.registry import Registry
from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.locations import example_model
from hyai_tui.settings import TrainSettings
from hyai_tui.workspace import Workspace, create_workspace

LEAST_SHARE = 0.8
_ROWS = 8192


def fill(workspace: Workspace, files: int) -> Bundle:
    """Fill catalog and store, and return the model in use."""
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(files)]
    with workspace.open_catalog() as catalog:
        scan = catalog.begin_scan()
        catalog.put((MediaFile(name, FileState.INBOX) for name in names), scan)
        catalog.finish_scan(scan)
    version = choose(workspace).version
    random = np.random.default_rng(0)
    rows = random.random((_ROWS, version.dimension), dtype=np.float32)
    directory = features_directory(workspace, choose(workspace))
    with FeatureStore.open(directory, version.dimension, version=version) as store:
        for start in range(0, files, _ROWS):
            part = names[start : start + _ROWS]
            store.append(part, np.roll(rows, start // _ROWS, axis=1)[: len(part)])
    hidden = TrainSettings().hidden
    first, last = (
        random.normal(size=shape).astype(np.float32) / 50 for shape in ((version.dimension, hidden), (hidden, 1))
    )
    zeros = np.zeros(hidden, np.float32), np.zeros(1, np.float32)
    head = Head("mlp", (Layer(first, zeros[0], "relu"), Layer(last, zeros[1])))
    return Registry(workspace.models_directory).add(replace(Bundle.load(example_model()), head=head), promote=True)


def head_alone(bundle: Bundle, files: int) -> float:
    """Return the seconds that the head takes for so many vectors, without reading any."""
    vectors = np.random.default_rng(1).random((_ROWS, bundle.head.dimension), dtype=np.float32)
    bundle.predict(vectors)
    began = time.monotonic()
    for start in range(0, files, _ROWS):
        bundle.predict(vectors[: files - start])
    return time.monotonic() - began


class PeakMemory(threading.Thread):
    """Watches the memory of this process that is not a mapped file, in MiB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.05):
            lines = Path("/proc/self/status").read_text("ascii").splitlines()
            found = [int(line.split()[1]) for line in lines if line.startswith("RssAnon")]
            self.peak = max([self.peak, *(kib / 1024 for kib in found)])

    def end(self) -> float:
        self._ended.set()
        self.join()
        return self.peak


def main() -> int:
    parser = argparse.ArgumentParser(prog="scoring", description=__doc__)
    parser.add_argument("--files", type=int, default=200_000, help="how many files the library has")
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory(prefix="hyai-scoring-") as room:
        os.environ["XDG_RUNTIME_DIR"] = room
        settings = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n'
        workspace = create_workspace(Path(room) / "workspace", settings)
        bundle = fill(workspace, files)
        alone = head_alone(bundle, files)
        memory = PeakMemory()
        memory.start()
        scored = score.run(JobContext(workspace))
        peak = memory.end()
    share = alone / scored["seconds"]
    found = {
        "files": scored["scored"],
        "seconds": scored["seconds"],
        "head_seconds": round(alone, 2),
        "share": round(share, 2),
        "peak_mib": round(peak),
        "ok": share >= LEAST_SHARE and scored["scored"] == files,
    }
    print(json.dumps({"benchmark": "scoring", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
