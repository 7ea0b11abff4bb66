"""Decisions while *next best* is ordered anew between them, through a pseudo-terminal: from the key to the next picture.

A person decides every 350 ms. After every fifth decision a light head learns from all labels and orders 4,000 waiting files
of 1,280 numbers, in the app's own process. Yardstick: the same keys in a queue that does not learn, in the same run.

What counts is the last byte of the next picture's own data. Counts, names and what was saved are drawn after it; when the
last of that came, and how long the app's main thread worked in all for one decision, is told beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.big_workspace import fill
from benchmarks.key_to_paint import _at, _until
from benchmarks.pty_screen import PtyProgram
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.store import FeatureStore
from hyai_tui.queues.prepared_file import write
from hyai_tui.workspace import Workspace

_PAUSE = 0.35
_P50_MS, _P99_MS = 10, 25


def main() -> int:
    """Measure and print one line of JSON; 1 if a budget is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks reranking")
    parser.add_argument("--files", type=int, default=4_200)
    parser.add_argument("--reps", type=int, default=100)
    chosen = parser.parse_args()
    found: dict[str, object] = {"benchmark": "reranking", "files": chosen.files, "decisions": chosen.reps}
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        _give_features(fill(directory / "big", chosen.files, pictures=chosen.files))
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "HYAI_HOME": ""}
        variables["HYAI_HOME"] = str(directory / "big" / "workspace")
        variables["XDG_CONFIG_HOME"] = str(directory / "config")
        for queue in ("next-best", "mistakes"):
            with PtyProgram([sys.executable, "-m", "hyai_tui"], variables, "sixel") as program:
                _until(program, "Allfiles")
                program.send(f":queue {queue}\r".encode())
                _until(program, f"{queue}1/")
                seen = list(_decided(program, chosen.reps))
            times = sorted(one.picture_ms for one in seen)
            found[queue] = {
                "p50_ms": _at(times, 0.5),
                "p99_ms": _at(times, 0.99),
                "shown": len(times),
                "last_byte_p50_ms": _at(sorted(one.last_ms for one in seen), 0.5),
                "main_thread_p50_ms": _at(sorted(one.worked_ms for one in seen), 0.5),
            }
            if queue == "next-best":
                found["reranked"] = "re-rankedafter" in program.text()
                met = _at(times, 0.5) <= _P50_MS and _at(times, 0.99) <= _P99_MS and bool(found["reranked"])
    print(json.dumps({**found, "met": met}))
    return int(not met)


@dataclass(frozen=True)
class _Decision:
    """Milliseconds from a key to its picture's last byte and to the last byte of all, and of the main thread's work."""

    picture_ms: float
    last_ms: float
    worked_ms: float


def _decided(program: PtyProgram, reps: int) -> Iterator[_Decision]:
    """Decide again and again; a decision without a next picture is left out."""
    for number in range(reps):
        began, worked, before = time.perf_counter(), _worked(program.pid), len(program.pictures)
        program.send(b"at"[number % 2 : number % 2 + 1])
        last = 0.0
        while (left := began + _PAUSE - time.perf_counter()) > 0:
            framed = program.framed
            if program.read(left) is not None and program.framed > framed:
                last = time.perf_counter() - began
        if pictures := program.pictures[before:]:
            # The picture that was just decided is drawn once more too, small, in its corner; and where a banner comes or goes,
            # the next one once more in the room that it has then.
            most = max(size for _, size in pictures)
            at = next(at for at, size in pictures if 2 * size >= most)
            yield _Decision((program.started + at - began) * 1000, last * 1000, _worked(program.pid) - worked)


def _worked(process: int) -> float:
    """Return the milliseconds of a processor that a process's main thread has had."""
    return int(Path(f"/proc/{process}/task/{process}/schedstat").read_text().split()[0]) / 1e6


def _give_features(workspace: Workspace) -> None:
    """Give every file a vector of 1,280 numbers that says a little of its label, and name 200 to label next."""
    choice = choose(workspace)
    with workspace.open_catalog() as catalog:
        files = [one.sha256 for one in catalog.files()]
    random = np.random.default_rng(0)
    with FeatureStore.open(
        features_directory(workspace, choice), choice.version.dimension, version=choice.version
    ) as store:
        store.append(files, random.normal(size=(len(files), choice.version.dimension)).astype(np.float32))
    write(workspace.queues_directory, "next-best", np.array(files[:200], "S64"), np.ones(200), {"model": ""})


if __name__ == "__main__":
    raise SystemExit(main())
