"""What is hidden, by a key, from the start or after a rest: no name of it is drawn, and no key decides on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.tui.screens.idle import IdleScreen
from tests.tui.tui_fixtures import Place, make_app, make_place, press, running, screen_text, until


async def test_a_picture_that_is_hidden_takes_no_decision(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        for view in ("mosaic", "nothing"):
            await press(pilot, app, "b")
            assert app.review.view == view
            await press(pilot, app, "t")
            assert "decided nothing" in app.review.status.told
        assert place.decisions() == {}
        await press(pilot, app, "b", "t")
        assert len(place.decisions()) == 1


async def test_nothing_of_a_name_or_tag_is_on_the_screen_while_it_is_hidden(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "b", "b")
        assert app.review.desk.current is not None
        name = Path(place.name(app.review.desk.current.file)).name
        assert name not in screen_text(app)


async def test_a_workspace_that_starts_hidden_shows_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch, '[privacy]\nstart = "nothing"\n')
    app = make_app(place.workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.review.desk.current is not None, "the queues")
        await pilot.press("t")
        await pilot.pause(0.2)
        assert place.decisions() == {}
        assert app.review.picture.showing is None
        app.session.stop()


async def test_the_key_that_wakes_the_idle_screen_acts_on_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch, "[privacy]\nidle_minutes = 30\n")
    async with running(place.workspace) as (app, pilot):
        app._last_input -= 31 * 60
        await until(pilot, lambda: isinstance(app.screen, IdleScreen), "the idle screen")
        assert "saved" not in screen_text(app)
        await pilot.press("t")
        assert app.screen is app.review
        assert place.decisions() == {}
