"""The grid by keys: only confirmed tiles take marks and decisions, and acts on several files are one act."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.pagesight import PageSight
from hyai_tui.tui.screens.confirm import ConfirmScreen
from hyai_tui.tui.screens.grid import GridScreen
from tests.tui.test_tui_history import answer
from tests.tui.tui_fixtures import Place, appears, make_app, press, running, screen_text, until


@pytest.fixture
def place(place: Place) -> Place:
    place.know("archive", "trash")
    return place


@asynccontextmanager
async def open_again(place: Place) -> AsyncIterator[tuple[HyaiApp, Pilot[None]]]:
    """Run the app, whatever screen it begins with."""
    app = make_app(place.workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        try:
            yield app, pilot
        finally:
            assert app.session.stop()


async def open_grid(pilot: Pilot[None], app: HyaiApp, queue: str = "all") -> GridScreen:
    """Open the grid on a queue and wait until all of its tiles have been seen."""
    app.host.open_queue(queue)
    await pilot.press("g")
    await until(pilot, lambda: isinstance(app.screen, GridScreen) and everything_seen(app.screen), "the page")
    assert isinstance(app.screen, GridScreen)
    # Half-cells on a small terminal are too coarse for whole pages; these tests are about what is done with them.
    return app.screen


def everything_seen(screen: GridScreen) -> bool:
    """Return whether every tile of the page, and the focus, has been confirmed."""
    page = screen.page
    if page is None or page.row is None:
        return False
    now = time.monotonic()
    return screen.sight.files(now) == {row.file for row in page.rows} and focused(screen) is not None


def focused(screen: GridScreen) -> str | None:
    """Return the file that a decision key belongs to now."""
    page = screen.page
    assert page is not None
    assert page.row is not None
    return screen.sight.file(screen.page_name, page.row.file, time.monotonic())


async def tap(pilot: Pilot[None], screen: GridScreen, *keys: str) -> None:
    """Press keys one by one, each after the focus of the one before has been seen."""
    for key in keys:
        await until(pilot, lambda: everything_seen(screen), "the page")
        await pilot.press(key)


async def test_the_grid_shows_the_open_queue_and_keys_move_the_focus(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        assert screen.page is not None
        assert len(screen.page.rows) == 9
        text = screen_text(app)
        assert "All files · page 1/1 · 1 of 9" in text
        assert "t0.png" in text
        start = screen.page.focus
        await tap(pilot, screen, "l", "right")
        assert screen.page.focus == start + 2
        await tap(pilot, screen, "home", "down")
        assert screen._tiling is not None
        assert screen.page.focus == min(8, screen._tiling.columns)
        chosen = screen.page.row
        await pilot.press("g")
        await until(pilot, lambda: app.screen is app.review)
        assert app.review.desk.current == chosen
        assert place.decisions() == {}


async def test_a_grid_that_is_not_laid_out_yet_can_be_left(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GridScreen, "_fit", lambda _screen: None)
    async with running(place.workspace) as (app, pilot):
        for key in ("g", "escape"):
            await pilot.press("g")
            await until(pilot, lambda: isinstance(app.screen, GridScreen), "the grid")
            await pilot.press(key)
            await until(pilot, lambda: app.screen is app.review, "the review")


async def test_a_label_key_decides_the_tile_in_focus_alone_and_undo_takes_it_back(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        assert screen.page is not None
        assert screen.page.row is not None
        first = place.name(screen.page.row.file)
        await tap(pilot, screen, "2")
        await until(pilot, lambda: place.decisions() == {first: "trash"}, "the decision")
        assert screen.page.row is not None
        assert place.name(screen.page.row.file) != first
        await until(pilot, lambda: screen.told.startswith("learned trash"), "the word")
        await tap(pilot, screen, "u")
        await until(pilot, lambda: place.decisions() == {}, "the undo")
        await until(
            pilot, lambda: screen.page is not None and place.name(screen.page.rows[screen.page.focus].file) == first
        )


async def test_a_key_before_the_terminal_confirmed_the_focus_decides_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        monkeypatch.setattr(screen.marker, "sight", PageSight(app.new_gate))
        await pilot.press("t")
        assert "not shown yet" in screen.told
        await pilot.press("space")
        assert "not shown yet" in screen.told
        await pilot.press("C")
        await pilot.pause()
        assert not isinstance(app.screen, ConfirmScreen)
        assert place.decisions() == {}
        assert app.review.desk.marks == {}


async def test_marked_files_are_decided_as_one_act_after_a_yes_and_undone_by_one_key(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        await tap(pilot, screen, "space", "l", "space", "l", "l", "m")
        assert screen.told == "3 marked"
        await appears(pilot, app, "3 marked")
        await pilot.press("A")
        assert "archive 3 marked? y/n" in await answer(pilot, app, "n")
        assert place.decisions() == {}
        assert len(app.review.desk.marks) == 3
        await tap(pilot, screen, "A")
        await answer(pilot, app, "y")
        await until(pilot, lambda: len(place.decisions()) == 3, "the act")
        assert app.review.desk.marks == {}
        await until(pilot, lambda: screen.told == "done: 3 archive · u undoes all 3" or "learned" in screen.told)
        with place.workspace.open_journal() as journal:
            assert [act.decisions for act in journal.acts(5)] == [3]
        await tap(pilot, screen, "u")
        await until(pilot, lambda: place.decisions() == {}, "the undo of all")


async def test_a_range_of_five_is_marked_by_v_and_by_shift(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        await tap(pilot, screen, "home", "v", "l", "l", "l", "l", "v")
        assert len(app.review.desk.marks) == 5
        await tap(pilot, screen, "escape")
        assert app.review.desk.marks == {}
        await tap(pilot, screen, "home", "shift+right", "shift+right", "shift+right", "shift+right")
        assert len(app.review.desk.marks) == 5
        assert isinstance(app.screen, GridScreen)


async def test_marks_stay_in_the_picture_view_and_act_there_after_the_question(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        await tap(pilot, screen, "space", "l", "space", "l", "g")
        await until(pilot, lambda: app.screen is app.review)
        assert len(app.review.desk.marks) == 2
        await pilot.press("T")
        assert "trash 2 marked, 2 not on this page? y/n" in await answer(pilot, app, "y")
        await until(pilot, lambda: list(place.decisions().values()) == ["trash", "trash"], "the act")
        await press(pilot, app, "u")
        await until(pilot, lambda: place.decisions() == {}, "the undo of both")


async def test_the_rest_of_a_page_is_confirmed_except_the_marked_ones(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GridScreen, "coarse", False)
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app, "mistakes")
        assert screen.page is not None
        rows = {place.name(row.file): row.suggested for row in screen.page.rows}
        assert len(rows) >= 5
        first = next(iter(rows))
        await tap(pilot, screen, "home", "space", "C")
        question = await answer(pilot, app, "y")
        assert "1 exception stays? y/n" in question
        expected = {name: label for name, label in rows.items() if name != first}
        await until(pilot, lambda: place.decisions() == expected, "the act")
        assert list(app.review.desk.marks) == [place.files[first]]
        await tap(pilot, screen, "u")
        await until(pilot, lambda: place.decisions() == {}, "the undo of all")


async def test_a_coarse_view_confirms_no_whole_page(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app, "mistakes")
        assert screen.coarse
        await tap(pilot, screen, "C")
        assert screen.told.startswith("coarse view")
        await appears(pilot, app, "coarse view")
        assert place.decisions() == {}


async def test_a_tile_without_a_picture_takes_no_mark_and_no_decision(place: Place) -> None:
    broken = place.workspace.library_root / "inbox" / "i1.png"
    broken.unlink()
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await pilot.press("g")
        file = place.files["inbox/i1.png"]

        def others_seen() -> bool:
            screen = app.screen
            return isinstance(screen, GridScreen) and len(screen.sight.files(time.monotonic())) == 8

        await until(pilot, others_seen, "the other tiles")
        screen = app.screen
        assert isinstance(screen, GridScreen)
        assert screen.page is not None
        at = next(at for at, row in enumerate(screen.page.rows) if row.file == file)
        await pilot.press("home", *["l"] * at)
        await pilot.pause(0.3)
        await pilot.press("t")
        assert "not shown yet" in screen.told
        await pilot.press("space")
        assert "no mark" in screen.told
        await pilot.press("asterisk")
        assert len(app.review.desk.marks) == 8
        assert file not in app.review.desk.marks
        assert place.decisions() == {}


async def test_a_hidden_view_takes_no_decision_and_shows_no_name(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        await tap(pilot, screen, "b")
        await pilot.pause(0.3)
        await pilot.press("t")
        assert "not shown yet" in screen.told
        await pilot.press("b")
        await until(pilot, lambda: "t0.png" not in screen_text(app), "the names to go")
        await pilot.press("t", "space", "asterisk")
        assert app.review.desk.marks == {}
        assert place.decisions() == {}


async def test_columns_come_and_go_with_plus_and_minus(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        assert screen._tiling is not None
        before = screen._tiling.columns
        await tap(pilot, screen, "plus")
        await until(pilot, lambda: screen.columns_now == before + 1)
        await tap(pilot, screen, "minus", "minus")
        await until(pilot, lambda: screen.columns_now == before - 1)


async def test_what_was_skipped_in_the_grid_goes_to_the_end_when_the_grid_closes(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        walk = app.review.desk.walk
        assert walk is not None
        await tap(pilot, screen, "home")
        first = walk.file(0)
        await tap(pilot, screen, "s")
        assert walk.file(0) == first
        await tap(pilot, screen, "g")
        await until(pilot, lambda: app.screen is app.review and walk.file(len(walk) - 1) == first)


@pytest.mark.parametrize("size", [(80, 24), (45, 35)])
async def test_small_terminals_have_a_grid_of_twelve(place: Place, size: tuple[int, int]) -> None:
    async with running(place.workspace, size=size) as (app, pilot):
        screen = await open_grid(pilot, app)
        assert screen._tiling is not None
        assert screen._tiling.size >= 12
        await tap(pilot, screen, "t")
        await until(pilot, lambda: list(place.decisions().values()) == ["trash"], "the decision")


async def test_queue_file_marks_and_view_are_there_again_after_an_end_that_nobody_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyai_tui.tui.app._PLACE_SECONDS", 0.1)
    async with running(place.workspace) as (app, pilot):
        screen = await open_grid(pilot, app)
        await tap(pilot, screen, "plus", "home", "right", "space", "right", "space", "right")
        marks = set(app.review.desk.marks)
        columns, current = screen.columns_now, app.review.desk.current
        assert len(marks) == 2

        def kept() -> bool:
            with place.workspace.open_journal() as journal:
                saved = journal.place()
            assert current is not None
            return saved.get("file") == current.file and set(saved.get("marks", {}).get("all", ())) == marks

        await until(pilot, kept, "the place in the journal")
    async with open_again(place) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, GridScreen) and everything_seen(app.screen), "the grid")
        assert isinstance(app.screen, GridScreen)
        assert app.review.desk.walk is not None
        assert app.review.desk.walk.entry.key == "all"
        assert app.review.desk.current == current
        assert set(app.review.desk.marks) == marks
        assert app.screen.columns_now == columns
