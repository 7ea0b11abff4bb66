"""What the screens look like at four sizes, dark and light. The picture is a real one in half-cells.

Everything that is drawn is fixed: no times, no list that grows with the program.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from hyai_tui.checks import again, results
from hyai_tui.checks.base import CheckResult, Finding
from hyai_tui.jobs.changed import Changed
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.comparing import Move, SideBySide
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.probing import Probe
from hyai_tui.learning.promotion import Comparison
from hyai_tui.tui import words
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.commands import COMMANDS
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.keymap import ACTS
from hyai_tui.tui.screens.changes import ChangesScreen
from hyai_tui.tui.screens.checks import ChecksScreen
from hyai_tui.tui.screens.classes import ClassesScreen
from hyai_tui.tui.screens.findings import FindingsScreen
from hyai_tui.tui.screens.jobs import JobsScreen
from hyai_tui.tui.screens.thresholds import ThresholdsScreen
from tests.tui.tui_fixtures import calm, make_app, make_place, shown, until

SIZES = {"large": (200, 60), "wide": (120, 40), "narrow": (80, 24), "phone": (45, 35)}

Opener = Callable[[HyaiApp, Pilot[None], pytest.MonkeyPatch], Awaitable[None]]


async def review(_app: HyaiApp, _pilot: Pilot[None], _monkeypatch: pytest.MonkeyPatch) -> None:
    """Stay where the app begins."""


async def thresholds(app: HyaiApp, pilot: Pilot[None], _monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the thresholds and lower one."""
    app.session.commands.run("thresholds")
    await until(pilot, lambda: isinstance(app.screen, ThresholdsScreen) and app.screen.asked, "the counts")
    await pilot.press("j", "6", "0")


async def help_overlay(app: HyaiApp, _pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the keys, with a few of the acts and commands, so that a new one changes nothing here."""
    acts = ("unsure", "skip", "undo", "redo", "next", "previous", "take_list", "help", "back", "leave")
    monkeypatch.setattr("hyai_tui.tui.screens.help.ACTS", {name: ACTS[name] for name in acts})
    monkeypatch.setattr(
        "hyai_tui.tui.screens.help.COMMANDS", {name: COMMANDS[name] for name in ("train", "cancel", "theme")}
    )
    app.session.commands.run("help")


async def jobs(app: HyaiApp, _pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the jobs with one that runs, one that ended and one that failed."""
    monkeypatch.setattr("hyai_tui.tui.words.ago", lambda _then: "5 min ago")
    monkeypatch.setattr("hyai_tui.tui.widgets.job_pane.duration", lambda _seconds: "8 s")
    running = JobInfo("1-train-c0de", "train", "running", 1.0, None, "training", 3, 10, "epochs", "")
    done = JobInfo("1-scan-beef", "scan", "done", 1.0, 2.0, "", None, None, "files", "")
    failed = JobInfo(
        "1-tag-fade", "tag", "failed", 1.0, 2.0, "", None, None, "files", "The library is down", "Start it"
    )
    curves = {"loss": [0.9, 0.6, 0.4, 0.35], "accuracy": [0.5, 0.7, 0.8, 0.84]}
    app.push_screen(
        JobsScreen(
            (
                JobView(running, curves=curves, log=["12:00:00  training the head", "12:00:01  266 samples"], rate=1.5),
                JobView(failed),
                JobView(done, log=["11:59:00  9 files, 9 new, 0 gone"]),
            )
        )
    )


async def checks(app: HyaiApp, pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the checks after two runs."""
    fixed_findings(app, monkeypatch)
    app.session.commands.run("checks")
    await until(pilot, lambda: isinstance(app.screen, ChecksScreen) and app.screen.overview is not None, "the checks")


async def findings(app: HyaiApp, pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the review of findings at a pair that looks alike."""
    fixed_findings(app, monkeypatch)
    app.session.commands.run("findings")
    await until(pilot, lambda: isinstance(app.screen, FindingsScreen) and bool(app.screen.files), "the findings")
    screen = app.screen
    assert isinstance(screen, FindingsScreen)
    await until(pilot, lambda: screen.seen(time.monotonic()) is not None and screen.evidence is not None, "the pair")


def fixed_findings(app: HyaiApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write two runs of two checks; only a few checks are known, so that a new one changes nothing here."""
    monkeypatch.setattr("hyai_tui.tui.words.ago", lambda _then: "5 min ago")
    known = ("tags", "near-duplicates", "validation", "files", "balance")
    monkeypatch.setattr("hyai_tui.checks.registry.names", lambda *_: list(known))
    workspace = app.workspace
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        files = {one.paths[0]: one.sha256 for one in catalog.files()}
        marks = again.marks(workspace, catalog, journal)
    tags = [
        Finding(
            "tags", "incorrect-tag", files["trash/t0.png"], 0.94, "the library says trash, the model archive: 94 %"
        ),
        Finding(
            "tags",
            "missing-tag",
            files["archive/a0.png"],
            0.6,
            "it has series:one and no tag person:…",
            tags=("person:",),
        ),
    ]
    pair = Finding(
        "near-duplicates", "copies", files["archive/a1.png"], 0.97, "2 of 64 bits differ", other=files["archive/a2.png"]
    )
    # A run of long ago would be due again.
    now = time.time()
    for at, found in ((now - 2, [*tags, Finding("tags", "few-tags", "ab" * 32, 0.3, "it has 1 tag")]), (now - 1, tags)):
        results.keep(workspace, "tags", CheckResult(9, found, {}, ["Add the missing tags"]), at, marks)
        results.keep(workspace, "near-duplicates", CheckResult(9, [pair]), at, marks)
    results.keep_failure(workspace, "files", "timeout", "it took longer than 300 seconds", now)


async def classes(app: HyaiApp, pilot: Pilot[None], _monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the labels: five, of which one has a colour and a description of its own."""
    await until(pilot, lambda: app.session.library is not None, "the library")
    with app.workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash", "wallpaper", "to draw from", "later"])
        journal.colour_label("wallpaper", "#cc79a7")
        journal.describe_label("wallpaper", "wide enough for the desk, and calm")
    for label in ("archive", "trash", "wallpaper", "to draw from", "later"):
        (app.workspace.data / label).mkdir(parents=True, exist_ok=True)
    app.session.rebuild()
    await until(pilot, lambda: words.colour("wallpaper") == "#cc79a7", "the colour")
    app.session.commands.run("classes")
    await until(pilot, lambda: isinstance(app.screen, ClassesScreen) and app.screen.read is not None, "the labels")
    await pilot.press("j", "j")


async def changes(app: HyaiApp, pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Open what changed between two models."""
    monkeypatch.setattr("hyai_tui.jobs.changed.changed", lambda *_: two_models())
    app.session.commands.run("changes")
    await until(pilot, lambda: isinstance(app.screen, ChangesScreen) and app.screen.found is not None, "the lines")


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


@pytest.mark.parametrize("size", [SIZES["wide"], SIZES["narrow"]], ids=["wide", "narrow"])
@pytest.mark.parametrize("opened", [classes, changes], ids=["classes", "changes"])
def test_screen_for_learning(
    opened: Opener,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Callable[..., bool],
) -> None:
    drawn_alike(opened, size, "harbour", tmp_path, monkeypatch, snap_compare)


@pytest.mark.parametrize("theme", ["harbour", "paper"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize(
    "opened",
    [review, jobs, help_overlay, thresholds, checks, findings],
    ids=["review", "jobs", "help", "thresholds", "checks", "findings"],
)
def test_screen(
    opened: Opener,
    size: tuple[int, int],
    theme: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Callable[..., bool],
) -> None:
    drawn_alike(opened, size, theme, tmp_path, monkeypatch, snap_compare)


def drawn_alike(
    opened: Opener,
    size: tuple[int, int],
    theme: str,
    base: Path,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Callable[..., bool],
) -> None:
    """Compare a screen with what it looked like when somebody last looked at it."""
    place = make_place(base, monkeypatch)
    app = make_app(place.workspace, theme)

    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shown(app.review) and app.review.library.connected, "the picture")
        await opened(app, pilot, monkeypatch)
        await calm(pilot, app)

    try:
        assert snap_compare(app, terminal_size=size, run_before=ready)
    finally:
        app.session.stop()
