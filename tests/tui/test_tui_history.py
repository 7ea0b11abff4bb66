"""The history: who did what and when, and any act taken back from it, also after a restart."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from hyai_tui.journal.model import NewDecision
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.screens.confirm import ConfirmScreen
from hyai_tui.tui.screens.history import HistoryScreen
from hyai_tui.tui.widgets.act_list import what, who
from tests.tui.tui_fixtures import Place, answered, appears, press, running, screen_text, until


@pytest.fixture
def place(place: Place) -> Place:
    place.know("archive", "trash")
    return place


def decide(place: Place, label: str, *names: str, session: str = "app-earlier") -> int:
    """Record one act as an earlier app did; returns its number."""
    new = [NewDecision(place.files[name], label=label, shown={"queue": "mistakes", "view": "grid"}) for name in names]
    with place.workspace.open_journal() as journal:
        return journal.decide(new, session=session, source="app")[0].act


async def open_history(pilot: Pilot[None], app: HyaiApp, acts: int) -> HistoryScreen:
    await pilot.press("H")
    await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and len(app.screen.acts.acts) == acts)
    assert isinstance(app.screen, HistoryScreen)
    return app.screen


async def answer(pilot: Pilot[None], app: HyaiApp, key: str) -> str:
    """Answer a question, after the time that reading it takes; returns its line."""
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and "y/n" in screen_text(app), "the question")
    text = screen_text(app)
    await answered(pilot, app, key)
    return text


async def test_the_history_tells_who_decided_what_and_when_newest_first(place: Place) -> None:
    decide(place, "trash", "inbox/i0.png", "inbox/i1.png")
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "a")
        screen = await open_history(pilot, app, 2)
        newest, oldest = screen.acts.acts
        assert (who(newest, app.session.id), what(newest)) == ("this session", "archive")
        assert (who(oldest, app.session.id), what(oldest)) == ("the app", "2 trash")
        lines = [screen.acts.make_line(at, 118).plain for at in range(2)]
        assert "▲ archive" in lines[0]
        assert "mistakes · picture" in lines[0]
        assert "▼ trash 2" in lines[1]
        assert "mistakes · grid" in lines[1]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review)


async def test_a_whole_bulk_act_of_an_earlier_session_is_undone_after_a_yes_and_redone(place: Place) -> None:
    decide(place, "trash", "inbox/i0.png", "inbox/i1.png")
    async with running(place.workspace) as (app, pilot):
        screen = await open_history(pilot, app, 1)
        await pilot.press("u")
        assert "undo 2 decisions at once (2 trash)? y/n" in await answer(pilot, app, "n")
        assert len(place.decisions()) == 2
        await pilot.press("u")
        await answer(pilot, app, "y")
        await until(pilot, lambda: place.decisions() == {}, "the undo")
        await until(pilot, lambda: screen.acts.acts[0].undone == 2, "the list to tell it")
        await until(pilot, lambda: screen.told == "undone: 2 decisions · U redoes", "the word")
        assert "undone" in screen.acts.make_line(0, 118).plain
        await pilot.press("U")
        await answer(pilot, app, "y")
        await until(pilot, lambda: len(place.decisions()) == 2, "the redo")


async def test_one_old_decision_is_taken_back_by_a_key_and_the_redo_key_of_the_review_brings_it_again(
    place: Place,
) -> None:
    decide(place, "trash", "inbox/i0.png")
    decide(place, "archive", "inbox/i1.png")
    async with running(place.workspace) as (app, pilot):
        screen = await open_history(pilot, app, 2)
        await pilot.press("j")
        await pilot.press("u")
        await until(pilot, lambda: place.decisions() == {"inbox/i1.png": "archive"}, "the undo")
        await until(pilot, lambda: screen.acts.acts[1].undone == 1, "the list to tell it")
        await pilot.press("u")
        assert "undone already" in screen.told
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review)
        await press(pilot, app, "U")
        await until(pilot, lambda: len(place.decisions()) == 2, "the redo")


async def test_enter_shows_the_file_of_an_act_and_f_only_what_was_done_to_it(place: Place) -> None:
    decide(place, "trash", "archive/a2.png")
    decide(place, "archive", "archive/a2.png")
    decide(place, "archive", "inbox/i1.png")
    async with running(place.workspace) as (app, pilot):
        screen = await open_history(pilot, app, 3)
        await pilot.press("j", "f")
        await until(pilot, lambda: len(screen.acts.acts) == 2, "the acts of one file")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.review and app.review.desk.gate.shown is not None)
        assert app.review.desk.current is not None
        assert place.name(app.review.desk.current.file) == "archive/a2.png"


async def test_no_key_in_the_history_decides_and_looking_only_takes_nothing_back(place: Place) -> None:
    decide(place, "trash", "inbox/i0.png")
    async with running(place.workspace) as (app, pilot):
        screen = await open_history(pilot, app, 1)
        await pilot.press("a", "t", "1", "2", "0", "i", "s", "A", "T")
        app.session.writer.set_look_only(True)
        await until(pilot, lambda: app.session.writer.look_only)
        await pilot.press("u")
        assert screen.told.startswith("looking only")
        assert place.decisions() == {"inbox/i0.png": "trash"}


async def test_a_long_history_is_read_page_by_page_and_keeps_its_place(place: Place) -> None:
    with place.workspace.open_journal() as journal, journal.transaction():
        for number in range(450):
            name = "inbox/i0.png" if number % 2 else "inbox/i1.png"
            journal.decide([NewDecision(place.files[name], label="trash")], session="before", source="command")
    async with running(place.workspace, size=(80, 24)) as (app, pilot):
        screen = await open_history(pilot, app, 200)
        await appears(pilot, app, "older ones follow")
        await pilot.press("end")
        await until(pilot, lambda: len(screen.acts.acts) == 400, "the next page")
        assert screen.acts.cursor == 199
        await pilot.press("end")
        await until(pilot, lambda: len(screen.acts.acts) == 450, "the last page")
        await pilot.press("end")
        assert screen.acts.cursor == 449
        chosen = screen.acts.chosen
        await pilot.press("u")
        await until(pilot, lambda: screen.acts.acts[449].undone == 1, "the undo")
        assert screen.acts.chosen is not None
        assert chosen is not None
        assert screen.acts.chosen.id == chosen.id
