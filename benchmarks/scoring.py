"""Scoring a large library against the head alone, in the same run; and the memory that it takes.

Makes a workspace with synthetic vectors (no pictures) in a temporary directory, and scores it with an mlp head of the default
width, or with `--head linear`. Yardstick: the same head over as many vectors that are in memory already, for the time until the
scores stand; the lists of the queues, which the same job prepares after that, are told apart and count for the whole. A linear
head has a budget in rows a second from warm memory: from the store's mapped shards to calibrated probabilities.
`--files 5800000` needs 17 GB of disk and 3 GB of memory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.room import FILE_BYTES, room
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.errors import Cancelled
from hyai_tui.features import choosing
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.keys import packed
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs import score
from hyai_tui.jobs.context import JobContext, SilentReporter
from hyai_tui.jobs.scoring import Crew
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.registry import Registry
from hyai_tui.library.base import FileState
from hyai_tui.locations import example_model
from hyai_tui.settings import TrainSettings
from hyai_tui.workspace import Workspace, create_workspace

LEAST_SHARE = 0.8
LEAST_LINEAR_ROWS = 1_000_000
MOST_CANCEL_SECONDS = 2.0
# 5.8 million files in ten minutes.
LEAST_ROWS = 5_800_000 / 600
_ROWS = 8192
_CACHE_KIB = 2_000_000


def fill(workspace: Workspace, files: int, kind: str) -> Bundle:
    """Fill catalog and store, and return the model in use."""
    keys = [hashlib.sha256(str(number).encode()).digest() for number in range(files)]
    list_files(workspace, keys)
    version = choose(workspace).version
    random = np.random.default_rng(0)
    rows = random.random((_ROWS, version.dimension), dtype=np.float32).astype(np.float16)
    directory = features_directory(workspace, choose(workspace))
    with FeatureStore.open(directory, version.dimension, version=version) as store:
        for start in range(0, files, _ROWS):
            part = keys[start : start + _ROWS]
            # Each is new, and nothing has to be rounded: what an append looks for besides is not looked for.
            with store.transaction():
                store.put_rows(part, np.roll(rows, start // _ROWS, axis=1)[: len(part)])
    hidden = TrainSettings().hidden
    shapes = ((version.dimension, hidden), (hidden, 1)) if kind == "mlp" else ((version.dimension, 1),)
    layers = [
        Layer(random.normal(size=shape).astype(np.float32) / 50, np.zeros(shape[1], np.float32), "relu")
        for shape in shapes
    ]
    head = Head(kind, (*layers[:-1], replace(layers[-1], activation="none")))
    bundle = replace(
        Bundle.load(example_model()), head=head, encoder=EncoderStamp(version.id, version.name, version.dimension)
    )
    return Registry(workspace.models_directory).add(bundle, promote=True)


def list_files(workspace: Workspace, keys: Sequence[bytes]) -> None:
    """Fill a new catalog with files of the inbox, as a scan would leave it.

    In one transaction with all of it in memory: hashes fall all over the index, and short ones write a page for nearly each.
    """
    with workspace.open_catalog() as catalog:
        catalog.finish_scan(catalog.begin_scan())
        with catalog._database.write() as connection:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            state = STATE_CODES[FileState.INBOX]
            connection.executemany("INSERT INTO files (sha256, state) VALUES (?, ?)", ((key, state) for key in keys))
        catalog.snapshot()


def head_alone(bundle: Bundle, files: int) -> float:
    """Return the seconds that the head takes for so many vectors, without reading any."""
    vectors = np.random.default_rng(1).random((_ROWS, bundle.head.dimension), dtype=np.float32)
    bundle.predict(vectors)
    began = time.monotonic()
    for start in range(0, files, _ROWS):
        bundle.predict(vectors[: files - start])
    return time.monotonic() - began


def rows_per_second(workspace: Workspace, bundle: Bundle, files: int) -> float:
    """Return rows a second from the store's mapped shards, already in memory, to probabilities."""
    choice = choose(workspace)
    keys = packed([hashlib.sha256(str(number).encode()).hexdigest() for number in range(min(files, 200_000))])
    found = np.empty((len(keys), len(bundle.labels)), np.float32)
    directory = features_directory(workspace, choice)
    best = 0.0
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
        blocks = list(store.visit(keys, _ROWS))
        for _ in range(4):
            began = time.perf_counter()
            with Crew(bundle, found) as crew:
                for at, bits in blocks:
                    crew.score(at, bits)
            best = max(best, len(keys) / (time.perf_counter() - began))
    return best


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


class _Clock(SilentReporter):
    """Notes when the scores stood: the first stage of the queues comes after them."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.scored: float | None = None

    def stage(self, name: str, about: str = "") -> None:
        if name == "queues" and self.scored is None:
            self.scored = time.monotonic() - self._began


class _Stopper(SilentReporter):
    """Asks the job to stop when half of the files are scored."""

    def __init__(self) -> None:
        self.asked: float | None = None

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        if total and done * 2 >= total and self.asked is None:
            self.asked = time.monotonic()

    def cancelled(self) -> bool:
        return self.asked is not None


def seconds_to_cancel(workspace: Workspace) -> float:
    """Return how long a scoring goes on after it was asked to stop at half of its files."""
    stopper = _Stopper()
    try:
        score.run(JobContext(workspace, {"again": True}, stopper, stopper.cancelled))
    except Cancelled:
        assert stopper.asked is not None
        return time.monotonic() - stopper.asked
    raise AssertionError("it was not stopped")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scoring", description=__doc__)
    parser.add_argument("--files", type=int, default=200_000, help="how many files the library has")
    parser.add_argument("--head", choices=("mlp", "linear"), default="mlp")
    parser.add_argument("--dimension", type=int, default=1280, help="numbers of a vector")
    parser.add_argument("--directory", type=Path, help="where to make it; the system's temporary directory without")
    options = parser.parse_args()
    files = options.files
    choosing.hog.VERSION = EncoderVersion("hog", "0" * 64, "benchmark", "fp32", options.dimension)  # type: ignore[misc]
    needed = files * (2 * options.dimension + FILE_BYTES)
    with room("scoring", options.directory, needed) as made:
        os.environ["XDG_RUNTIME_DIR"] = str(made)
        settings = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n'
        workspace = create_workspace(made / "workspace", settings)
        bundle = fill(workspace, files, options.head)
        alone = head_alone(bundle, files)
        memory = PeakMemory()
        memory.start()
        clock = _Clock()
        scored = score.run(JobContext(workspace, {}, clock))
        peak = memory.end()
        assert clock.scored is not None
        again = score.run(JobContext(workspace))
        cancel = seconds_to_cancel(workspace)
        warm = rows_per_second(workspace, bundle, files)
    share = alone / clock.scored
    enough = share >= LEAST_SHARE if options.head == "mlp" else warm >= LEAST_LINEAR_ROWS
    found = {
        "head": options.head,
        "files": scored["scored"],
        "scores_seconds": round(clock.scored, 2),
        "lists_seconds": round(scored["seconds"] - clock.scored, 2),
        "seconds": scored["seconds"],
        "rows_per_second": round(files / scored["seconds"]),
        "head_seconds": round(alone, 2),
        "share": round(share, 2),
        "warm_rows_per_second": round(warm),
        "seconds_with_nothing_new": again["seconds"],
        "peak_mib": round(peak),
        "seconds_to_cancel": round(cancel, 2),
        "ok": enough
        and scored["scored"] == files
        and files / scored["seconds"] >= LEAST_ROWS
        and cancel <= MOST_CANCEL_SECONDS,
    }
    print(json.dumps({"benchmark": "scoring", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
