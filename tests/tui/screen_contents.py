"""What is put on screens to be looked at: findings, two models, three jobs."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from hyai_tui.checks import again, results
from hyai_tui.checks.base import CheckResult, Finding
from hyai_tui.jobs.changed import Changed
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.comparing import Move, SideBySide
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.probing import Probe
from hyai_tui.learning.promotion import Comparison
from hyai_tui.tui.jobview import JobView
from tests.tui.tui_fixtures import Place


def keep_findings(place: Place) -> None:
    """Write two runs of two checks."""
    workspace, files = place.workspace, place.files
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        marks = again.marks(workspace, catalog, journal)
    sides = "the library says trash, the model archive: 94 %"
    lacks = "it has series:one and no tag person:…"
    tags = [
        Finding("tags", "incorrect-tag", files["trash/t0.png"], 0.94, sides),
        Finding("tags", "missing-tag", files["archive/a0.png"], 0.6, lacks, tags=("person:",)),
    ]
    pair = Finding(
        "near-duplicates", "copies", files["archive/a1.png"], 0.97, "2 of 64 bits differ", other=files["archive/a2.png"]
    )
    now = time.time()
    for at, found in ((now - 2, [*tags, Finding("tags", "few-tags", "ab" * 32, 0.3, "it has 1 tag")]), (now - 1, tags)):
        results.keep(workspace, "tags", CheckResult(9, found, {}, ["Add the missing tags"]), at, marks)
        results.keep(workspace, "near-duplicates", CheckResult(9, [pair]), at, marks)
    results.keep_failure(workspace, "files", "timeout", "it took longer than 300 seconds", now)


def two_models() -> Changed:
    """Return two models side by side, the second a little better."""
    head = Head("linear", (Layer(np.zeros((4, 1), np.float32), np.zeros(1, np.float32)),))
    models = [
        replace(Bundle(head, ("archive", "trash"), EncoderStamp("e", "hog", 4), "file"), id=f"m000{number}-00000000")
        for number in (7, 8)
    ]
    numbers: dict[str, float | None] = {"macro_f1": 0.842, "accuracy": 0.85, "auc": 0.912, "ece": 0.041}
    better: dict[str, float | None] = {"macro_f1": 0.911, "accuracy": 0.913, "auc": 0.955, "ece": 0.025}
    moves = [Move(f"{at:x}" * 64, "archive", "trash", 0.9 - at / 10) for at in range(6)]
    found = SideBySide(
        Comparison(266, better, numbers, 0.01, 0.02, 0.12),
        tuple(moves[:3]),
        tuple(moves[3:4]),
        1204,
        tuple(moves),
        tuple(moves[:5]),
    )
    probes = (Probe("a" * 64, "archive", 0.62, "trash", 0.71, 0.33), Probe("b" * 64, None, 0.0, "trash", 0.93, 0.0))
    return Changed(models[0], models[1], models[1].id, "#8 F1 .84→.91 on the same items", found, probes, True)


def three_jobs() -> tuple[JobView, ...]:
    """Return one that runs, one that failed and one that ended."""
    running = JobInfo("1-train-c0de", "train", "running", 1.0, None, "training", 3, 10, "epochs", "")
    done = JobInfo("1-scan-beef", "scan", "done", 1.0, 2.0, "", None, None, "files", "")
    failed = JobInfo(
        "1-tag-fade", "tag", "failed", 1.0, 2.0, "", None, None, "files", "The library is down", "Start it"
    )
    curves = {"loss": [0.9, 0.6, 0.4, 0.35], "accuracy": [0.5, 0.7, 0.8, 0.84]}
    view = JobView(running, curves=curves, log=["12:00:00  training the head", "12:00:01  266 samples"], rate=1.5)
    ended = JobView(done, log=["11:59:00  9 files, 9 new, 0 gone"])
    return view, JobView(failed), ended
