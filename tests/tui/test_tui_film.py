"""The small pictures of the review: the strip of what comes next, and the picture decided last."""

from __future__ import annotations

import pytest

from hyai_tui.pictures.terminal.encoding import Budget
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.tiles import page_budget
from hyai_tui.tui.widgets.board import PictureBoard, Tile
from hyai_tui.tui.widgets.rows import RowList
from tests.tui.tui_fixtures import Place, press, running, until

KITTY = Terminal(protocol="tgp", answered=False)


def strip(app: HyaiApp) -> list[Tile]:
    """Return the tiles of the strip, from the left."""
    tiles = app.review.query_one("#film", PictureBoard)._tiles.values()
    return sorted(tiles, key=lambda tile: tile.region.x)


def whole(app: HyaiApp) -> bool:
    """Return whether every tile of the strip has its picture."""
    return bool(strip(app)) and all(tile.drawn is not None for tile in strip(app))


def ghost(app: HyaiApp) -> list[Tile]:
    """Return the picture decided last, in the pane of facts."""
    return list(app.review.query_one("#ghost", PictureBoard)._tiles.values())


async def test_where_the_terminal_keeps_pictures_a_strip_shows_what_comes_next(place: Place) -> None:
    async with running(place.workspace, terminal=KITTY) as (app, pilot):
        await until(pilot, lambda: whole(app), "the strip")
        walk = app.review.desk.walk
        assert walk is not None
        shown = [tile.name for tile in strip(app)]
        assert shown == [walk.file(at) for at in range(len(shown))]
        assert not app.review.query_one(RowList).display
        await press(pilot, app, "j", "j")
        await until(pilot, lambda: strip(app)[1].name == walk.file(walk.position) and whole(app), "the strip to follow")
        assert strip(app)[1].frame == "$accent bold"


async def test_a_click_on_the_strip_goes_to_that_picture_and_decides_nothing(place: Place) -> None:
    async with running(place.workspace, terminal=KITTY) as (app, pilot):
        await until(pilot, lambda: whole(app), "the strip")
        third = strip(app)[2]
        await pilot.click("#film", offset=(third.region.x + 3, 2))
        current = app.review.desk.current
        await until(pilot, lambda: app.review.desk.current is not None and app.review.desk.current.file == third.name)
        assert current is not None
        assert place.decisions() == {}


async def test_elsewhere_names_and_marks_stand_in_its_place(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await pilot.pause(0.3)
        assert app.review.query_one(RowList).display
        assert not app.review.query_one("#film").display


async def test_a_slow_line_gets_names_instead_of_the_strip(place: Place) -> None:
    async with running(place.workspace, terminal=KITTY) as (app, pilot):
        await until(pilot, lambda: whole(app), "the strip")
        app.session.commands.run("slow")
        await until(pilot, lambda: app.review.query_one(RowList).display, "the names")
        app.session.commands.run("slow")
        await until(pilot, lambda: app.review.query_one("#film").display, "the strip")


@pytest.mark.parametrize("terminal", [KITTY, Terminal(protocol="sixel", answered=False)], ids=["kitty", "sixel"])
async def test_the_picture_decided_last_stays_small_until_it_is_taken_back(place: Place, terminal: Terminal) -> None:
    async with running(place.workspace, terminal=terminal) as (app, pilot):
        first = app.review.desk.current
        assert first is not None
        await press(pilot, app, "t")
        await until(pilot, lambda: [tile.name for tile in ghost(app)] == [first.file], "the picture decided last")
        assert "▼ trash · u" in str(ghost(app)[0].caption)
        await press(pilot, app, "j")
        await pilot.pause(0.3)
        assert [tile.name for tile in ghost(app)] == [first.file]
        await press(pilot, app, "u")
        await until(pilot, lambda: not ghost(app), "the corner to be empty")


async def test_it_lies_beside_the_picture_where_there_is_no_pane(place: Place) -> None:
    async with running(place.workspace, size=(80, 24)) as (app, pilot):
        await press(pilot, app, "t")
        view = app.review.picture
        await until(pilot, lambda: view._ghost_shown is not None, "the picture decided last")
        await press(pilot, app, "u")
        await until(pilot, lambda: view._ghost_shown is None, "the corner to be empty")


async def test_hidden_pictures_leave_no_small_ones_behind(place: Place) -> None:
    async with running(place.workspace, terminal=KITTY) as (app, pilot):
        await press(pilot, app, "t")
        await until(pilot, lambda: bool(ghost(app)) and whole(app), "the small pictures")
        await pilot.press("b", "b")
        await until(pilot, lambda: {tile.lines for tile in strip(app)} == {("hidden",)}, "the strip to hide them")
        await until(pilot, lambda: not ghost(app), "the corner to be empty")
        assert all(tile.drawn is None for tile in strip(app))


def test_a_page_of_many_pictures_takes_no_more_bytes_than_one_of_a_few() -> None:
    whole_page = page_budget(Budget(), 2).sixel * 2
    for pictures in (8, 12, 24, 60):
        assert page_budget(Budget(), pictures).sixel * pictures <= whole_page
    assert page_budget(Budget(), 60).sixel < Budget().sixel < page_budget(Budget(), 2).sixel
