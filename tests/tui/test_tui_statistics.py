"""The statistics screen says what a count by hand says."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.tui.screens.statistics import StatisticsScreen
from tests.tui.tui_fixtures import make_place, press, running, screen_text, until


async def test_numbers_of_the_library_and_of_this_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch, "[review]\ngoal = 4\n")
    with place.workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
    async with running(place.workspace, size=(120, 70)) as (app, pilot):
        await press(pilot, app, "t", "a")
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, StatisticsScreen) and app.screen.read is not None)
        screen = app.screen
        assert isinstance(screen, StatisticsScreen)
        assert screen.read is not None
        found = screen.read.found
        assert (found.files, found.decided, found.labels) == (9, 2, {"archive": 1, "trash": 1})
        assert found.states == {"inbox": 3, "archive": 3, "trash": 3}
        # Of the scores of the fixture: 3 below .4 that are kept surely, and so on.
        assert found.bands == {"high": 6, "medium": 3, "low": 0}
        assert (screen.read.today.decided, screen.read.session.decided) == (2, 2)
        for expected in ("3 inbox, 3 archive, 3 trash", "of 4"):
            await until(pilot, lambda expected=expected: expected in screen_text(app), expected)  # type: ignore[misc]
        await pilot.press("b")
        await until(pilot, lambda: screen.read is not None and len(screen.read.found.scores.total) == 50)  # type: ignore[union-attr]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review)
