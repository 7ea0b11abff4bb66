"""Terminals without room, resizes in the middle of things, pictures that are none: nothing breaks, and nothing is decided."""

from __future__ import annotations

import time

import pytest

from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui.screens.compare import CompareScreen
from hyai_tui.tui.screens.grid import GridScreen
from hyai_tui.tui.screens.preview import PreviewScreen
from tests.tui.tui_fixtures import Place, press, running, screen_text, shown, until

KITTY = Terminal(protocol="tgp", answered=False)


@pytest.mark.parametrize("terminal", [KITTY, Terminal(answered=False)], ids=["kitty", "half cells"])
async def test_a_terminal_of_no_columns_shows_the_picture_again_when_there_is_room(
    place: Place, terminal: Terminal
) -> None:
    async with running(place.workspace, terminal=terminal) as (app, pilot):
        for opened, kind in (("", None), ("z", PreviewScreen), ("c", CompareScreen), ("g", GridScreen)):
            if kind is not None:
                await press(pilot, app, "home")
                await pilot.press(opened)
                await until(pilot, lambda kind=kind: isinstance(app.screen, kind), opened)  # type: ignore[misc]
            for size in ((0, 24), (1, 1), (80, 0), (3, 2), (120, 40)):
                await pilot.resize_terminal(*size)
                await pilot.press("j" if kind is None else "right")
            await pilot.pause()
            if kind is not None:
                await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.review and shown(app.review), "the picture")
        assert place.decisions() == {}
        await press(pilot, app, "t")
        await until(pilot, lambda: list(place.decisions().values()) == ["trash"], "the decision")


async def test_many_resizes_while_pictures_are_encoded_end_with_one_that_fits(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        for step in range(12):
            await pilot.resize_terminal(120 - 6 * step, 40 - step)
            await pilot.press("j", "k")
        view = app.review.picture
        await until(pilot, lambda: view.showing is not None and shown(app.review), "the picture")
        assert view.showing is not None
        assert view.showing.fit.columns <= view.size.width
        assert view.showing.fit.rows <= view.size.height


async def test_a_picture_that_fails_says_why_takes_no_decision_and_lets_others_be_seen(place: Place) -> None:
    broken = place.files["archive/a2.png"]
    (place.workspace.library_root / "archive/a2.png").write_bytes(b"nothing to decode")
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        app.session.commands.run(f"go {broken[:10]}")
        await until(pilot, lambda: app.review.desk.current is not None and app.review.desk.current.file == broken)
        await until(pilot, lambda: "no picture" in screen_text(app), "the card")
        await pilot.pause(0.2)
        await pilot.press("t")
        assert "not shown yet" in app.review.status.told
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, GridScreen) and app.screen.page is not None, "the grid")
        assert isinstance(app.screen, GridScreen)
        tiles = app.screen.board
        await until(pilot, lambda: sum(tile.drawn is not None for tile in tiles._tiles.values()) == 8, "the others")
        assert tiles._tiles[broken].drawn is None
        assert broken not in app.screen.sight.files(time.monotonic())
        assert place.decisions() == {}
