"""Scan of a large Hydrus client: rate, memory, and how much faster the next scan is after 1,000 changes.

Starts a fake client whose files are made up when asked for, in a process of its own, and scans it through the job.
The fake is as fast as the fastest real client that was measured, and a little faster; `--rows-per-second 0` lets it be as
fast as it can. Yardstick for the rate: a client that asks for the same metadata four at a time and looks at none of it, before and after
the scan. The second scan follows 800 changes of files (state, trash, our tags), 100 new and 100 lost ones. Then a queue
is built and tags are planned (`tag --dry-run`) over random scores. Each step runs in a process of its own, as jobs do;
its memory growth is that of the peak over what it held after its imports.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

LEAST_SHARE, LEAST_SPEEDUP, MOST_GROWTH_MIB = 0.8, 50.0, 1024.0
REAL_ROWS_PER_SECOND = 8_000
"""A real client (Hydrus 682, two cores) delivered 3,500 to 6,600 rows of full metadata a second: this is more."""
KEY = "ab" * 32
_HEADERS = {"Hydrus-Client-API-Access-Key": KEY}
_MY_TAGS, _MEDIA = b"local tags".hex(), b"all local media".hex()
_BATCH, _BESIDE = 256, 4


@contextmanager
def fake_client(files: int, rows_per_second: int, *more: str) -> Iterator[str]:
    """Yield the address of a fake client of so many files and that speed."""
    command = [sys.executable, "-m", "tests.fake_hydrus", "--port", "0", "--generated", str(files)]
    command += ["--rows-per-second", str(rows_per_second), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def delivered(url: str, files: int) -> float:
    """Return the rows a second that the client delivers to somebody who looks at none."""
    batches = [list(range(start + 1, start + 1 + _BATCH)) for start in range(0, files - _BATCH, _BATCH)]
    sessions = [requests.Session() for _ in range(_BESIDE)]

    def ask(work: tuple[int, list[int]]) -> None:
        number, ids = work
        query = {"file_ids": json.dumps(ids), "include_services_object": "false"}
        answer = sessions[number % _BESIDE].get(f"{url}/get_files/file_metadata", params=query, headers=_HEADERS)
        answer.raise_for_status()

    began = time.monotonic()
    with ThreadPoolExecutor(_BESIDE) as pool:
        list(pool.map(ask, enumerate(batches)))
    return len(batches) * _BATCH / (time.monotonic() - began)


def change(url: str, files: int) -> None:
    """Make a thousand changes, all over the library."""

    def tell(path: str, **body: Any) -> None:
        requests.post(url + path, json=body, headers=_HEADERS, timeout=60).raise_for_status()

    step = max(files // 1000, 1)
    # Of ten files in a row five are in the inbox; the oldest hundred go.
    inbox = [number for number in range(201, files, step) if (number - 1) % 10 < 5][:400]
    tell("/add_files/archive_files", file_ids=inbox[:200])
    tell("/add_files/delete_files", file_ids=inbox[200:400], file_service_keys=[_MEDIA], reason="benchmark")
    for start, tag in ((2, "hyai:archive"), (3, "hyai:trash")):
        tagged = [number + start for number in range(201, files - 9, step)][:200]
        tell("/add_tags/add_tags", file_ids=tagged, service_keys_to_tags={_MY_TAGS: [tag]})
    tell("/fake/come_and_go", come=100, go=100)


def child(step: str, workspace: Path) -> dict[str, Any]:
    """Run one step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.hydrus_scan", "--step", step, "--workspace", str(workspace)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env={**os.environ, "HYAI_HYDRUS_KEY": KEY}, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a step here and return what it says, with its seconds and the growth of memory at its peak."""
    before = anonymous_mib()
    peak, ended = [before], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            peak[0] = max(peak[0], anonymous_mib())

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.monotonic()
    said = step()
    seconds = time.monotonic() - began
    ended.set()
    watching.join()
    return {**said, "seconds": round(seconds, 2), "growth_mib": round(peak[0] - before, 1)}


def anonymous_mib() -> float:
    """Return the memory of this process that is not a mapped file, in MiB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def run_step(step: str, root: Path) -> dict[str, Any]:
    """Run one step; imports come before the measurement begins."""
    from hyai_tui.jobs import scan, tag
    from hyai_tui.jobs.context import JobContext, SilentReporter
    from hyai_tui.library.hydrus import library as _imported
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.registry import queue_kind
    from hyai_tui.workspace import open_workspace

    assert _imported
    workspace = open_workspace(root)
    said: list[str] = []

    class Heard(SilentReporter):
        def log(self, text: str, *, in_result: bool = False) -> None:
            said.append(text)

        def warning(self, text: str) -> None:
            said.append(text)

    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "scan": lambda: scan.run(JobContext(workspace, {}, Heard())),
        "queue": lambda: {"rows": len(queue_kind("low-confidence").build(load_context(workspace)))},
        "plan": lambda: tag.run(JobContext(workspace, {"dry_run": True}, Heard())),
    }
    if step == "scores":
        return scores(workspace)
    return {**measured(steps[step]), "said": said[:4]}


def scores(workspace: Any) -> dict[str, Any]:
    """Give every file a random score of the example model."""
    import numpy as np

    from hyai_tui.learning.bundle import Bundle
    from hyai_tui.learning.registry import Registry
    from hyai_tui.learning.scores import ScoreTable
    from hyai_tui.locations import example_model

    bundle = Registry(workspace.models_directory).add(Bundle.load(example_model()), promote=True)
    with workspace.open_catalog() as catalog:
        numbers = catalog.snapshot().number
        random = np.random.default_rng(0).random(int(numbers[-1]) + 1, dtype=np.float32)
        mark = catalog.mark_numbers(bundle.id)
        ScoreTable.write(workspace.scores_directory, bundle, np.stack([1 - random, random], axis=1), mark)
    return {"scored": len(numbers)}


def main() -> int:
    """Print the figures as one line of JSON; 1 if a budget is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument(
        "--rows-per-second", type=int, default=REAL_ROWS_PER_SECOND, help="speed of the client; 0: its own"
    )
    parser.add_argument("--step")
    parser.add_argument("--workspace", type=Path)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(run_step(options.step, options.workspace)))
        return 0
    from hyai_tui.workspace import create_workspace

    sample = min(options.files, 40_000)
    with (
        tempfile.TemporaryDirectory(prefix="hyai-benchmark-") as directory,
        fake_client(options.files, options.rows_per_second) as url,
    ):
        root = Path(directory) / "workspace"
        create_workspace(root, f'[library]\nkind = "hydrus"\nurl = "{url}"\n')
        before = delivered(url, sample)
        first = child("scan", root)
        after = delivered(url, sample)
        change(url, options.files)
        second = child("scan", root)
        child("scores", root)
        queue, plan = child("queue", root), child("plan", root)
    rate, yardstick = options.files / first["seconds"], (before + after) / 2
    growth = max(one["growth_mib"] for one in (first, second, queue, plan))
    result = {
        "benchmark": "hydrus_scan",
        "files": options.files,
        "said": first["said"],
        "rows_per_second": round(rate),
        "delivered_per_second": [round(before), round(after)],
        "share": round(rate / yardstick, 2),
        "first_seconds": first["seconds"],
        "second_seconds": second["seconds"],
        "speedup": round(first["seconds"] / second["seconds"], 1),
        "second": {name: second[name] for name in ("files", "added", "gone", "changed")},
        "queue_seconds": queue["seconds"],
        "queue_rows": queue["rows"],
        "plan_seconds": plan["seconds"],
        "planned": {name: plan[name] for name in ("archive", "trash", "unsure", "differences")},
        "growth_mib": {
            "scan": first["growth_mib"],
            "second": second["growth_mib"],
            "queue": queue["growth_mib"],
            "plan": plan["growth_mib"],
        },
    }
    ok = result["share"] >= LEAST_SHARE and result["speedup"] >= LEAST_SPEEDUP and growth < MOST_GROWTH_MIB
    print(json.dumps({**result, "ok": ok}))
    return 0 if ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
