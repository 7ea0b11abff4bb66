"""Every queue of a large scored library: the first page and all counts, as the commands give them, and the memory.

Makes a workspace with a synthetic catalog (a third of the files tagged), a model and a score table in a temporary directory, and
runs `hyai queue NAME --limit 20` and `hyai queues` in processes of their own. Yardstick: reading the catalog's arrays once.
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
from dataclasses import replace
from pathlib import Path

import numpy as np

from hyai_tui.jobs.scan import arrange
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.locations import example_model
from hyai_tui.queues.context import load_context
from hyai_tui.queues.registry import QUEUES
from hyai_tui.workspace import Workspace, create_workspace

PAGE_SECONDS, COUNTS_SECONDS = 2.0, 5.0
_STATES = (FileState.INBOX, FileState.ARCHIVE, FileState.TRASH)


def fill(workspace: Workspace, files: int) -> None:
    """Fill the catalog, and write a score for every file."""
    random = np.random.default_rng(0)
    score = random.beta(0.5, 0.5, files).astype(np.float32)

    def listed() -> Iterator[MediaFile]:
        for number in range(files):
            tag = "hyai:trash" if score[number] > 0.5 else "hyai:archive"
            tags = frozenset({tag, "series:one", "person:two"}) if number % 3 == 0 else frozenset({"series:one"})
            name = hashlib.sha256(str(number).encode()).hexdigest()
            yield MediaFile(name, _STATES[number % 7 % 3], tags=tags)

    with workspace.open_catalog() as catalog:
        scan = catalog.begin_scan()
        catalog.put(listed(), scan)
        catalog.finish_scan(scan)
        bundle = Registry(workspace.models_directory).add(replace(Bundle.load(example_model())), promote=True)
        table = np.full((files + 1, 2), np.nan, np.float32)
        table[1:] = np.stack([1 - score, score], axis=1)
        ScoreTable.write(workspace.scores_directory, bundle, table, catalog.mark_numbers(bundle.id))
        # As the end of a scan does.
        arrange(workspace, catalog)


def command(workspace: Workspace, *arguments: str) -> float:
    """Return the seconds that a command takes, start of Python included."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "hyai_tui", *arguments],
        cwd=workspace.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(prog="queues", description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000, help="how many files the library has")
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory(prefix="hyai-queues-") as room:
        os.environ["XDG_RUNTIME_DIR"] = room
        workspace = create_workspace(Path(room) / "workspace", '[library]\nkind = "folder"\npath = "pictures"\n')
        fill(workspace, files)
        pages = {name: round(command(workspace, "queue", name, "--limit", "20"), 2) for name in QUEUES}
        counts = command(workspace, "queues", "--json")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        began = time.monotonic()
        with workspace.open_catalog() as catalog:
            catalog.snapshot()
        alone = time.monotonic() - began
        began = time.monotonic()
        context = load_context(workspace)
        loading = time.monotonic() - began
        building = {}
        for name, kind in QUEUES.items():
            began = time.monotonic()
            kind.build(context).rows(0, 20)
            building[name] = round(time.monotonic() - began, 3)
    slowest = max(pages.values())
    found = {
        "files": files,
        "first_page": pages,
        "counts_seconds": round(counts, 2),
        "catalog_alone": round(alone, 2),
        "loading": round(loading, 2),
        "building": building,
        "peak_mib": round(peak),
        "ok": slowest <= PAGE_SECONDS and counts <= COUNTS_SECONDS,
    }
    print(json.dumps({"benchmark": "queues", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
