"""What changed with the newest model, in the app: its lines open as lists, and probes are pinned from the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyai_tui.learning.bundle import OutOfFold
from hyai_tui.tui.screens.changes import ChangesScreen
from hyai_tui.tui.widgets.lines import StatusLine
from hyai_tui.tui.widgets.title_line import TitleLine
from tests.tui.tui_fixtures import Place, add_model, make_place, running, screen_text, until

# Path in the library to the score of trash that the second model gives it.
AFTER = {"inbox/i0.png": 0.10, "inbox/i1.png": 0.58, "inbox/[bold]i2\x1b[31m.png": 0.90}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Two models with their scores; on the same twenty samples the second mends two mistakes and makes a new one."""
    made = make_place(tmp_path, monkeypatch, model=False)
    first = {"inbox/i0.png": 0.60, "inbox/i1.png": 0.55, "inbox/[bold]i2\x1b[31m.png": 0.40}
    names = [f"{number:064x}" for number in range(20)]
    truth = np.arange(20) % 2
    right = np.stack([1 - truth, truth], axis=1) * 0.8 + 0.1
    with made.workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
    for scores, wrong in ((first, [0, 1, 2]), (AFTER, [2, 5])):
        seen = right.copy()
        seen[wrong] = seen[wrong][:, ::-1]
        learned = OutOfFold.of(names, seen.astype(np.float32), truth, np.zeros(20, np.int64))
        add_model(made.workspace, {made.files[name]: score for name, score in scores.items()}, learned=learned)
    return made


async def test_flipped_files_and_mistakes_are_counted_and_open_as_lists(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("changes")
        await until(pilot, lambda: isinstance(app.screen, ChangesScreen) and app.screen.found is not None)
        screen = app.screen
        assert isinstance(screen, ChangesScreen)
        assert "#1 → #2 · F1 .85→.90" in screen.query_one(TitleLine).title.plain
        lines = [line.text.strip() for line in screen.report.lines]
        for expected in ("on the same 20 held-out samples:", "2 mistakes fixed", "1 new mistake"):
            assert expected in lines
        assert "moved most, of 3 files that neither was trained on" in lines
        flipped = lines.index("2 of them get another label")
        while screen.report.cursor < flipped:
            await pilot.press("j")
        await pilot.press("enter")
        await until(pilot, lambda: app.review.desk.walk is not None and app.review.desk.walk.entry.key == "samples")
        walk = app.review.desk.walk
        assert walk is not None
        rows = [walk.row(at) for at in range(len(walk))]
        # The widest move first, each with its reason.
        assert [place.name(row.file)[:6] for row in rows] == ["inbox/", "inbox/"]
        assert {row.reason for row in rows} == {
            "trash before, archive now; moved 0.50",
            "archive before, trash now; moved 0.50",
        }
        await pilot.press("escape")
        await until(pilot, lambda: walk is not app.review.desk.walk, "the queue")


async def test_a_line_without_files_says_so(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("changes")
        await until(pilot, lambda: isinstance(app.screen, ChangesScreen) and app.screen.found is not None)
        await pilot.press("home", "enter")
        await until(pilot, lambda: "no files behind this line" in app.screen.query_one(StatusLine).told, "the reason")


async def test_without_a_model_before_it_the_screen_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with running(place.workspace) as (app, pilot):
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, ChangesScreen), "the screen")
        await until(pilot, lambda: "There is only one model" in screen_text(app), "what is missing")


async def test_probe_pins_the_shown_file_and_takes_it_out_again(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        row = app.review.desk.current
        assert row is not None
        app.session.commands.run("probe")
        await until(pilot, lambda: "pinned: 1 probe" in app.review.status.told, "the pin")
        with place.workspace.open_journal() as journal:
            assert journal.probes() == [row.file]
        app.session.commands.run("probe")
        await until(pilot, lambda: "unpinned: 0 probes left" in app.review.status.told, "no pin")
        with place.workspace.open_journal() as journal:
            assert journal.probes() == []
