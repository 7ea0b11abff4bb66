"""The review screen by keys, on a real workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.screens.help import HelpScreen
from hyai_tui.tui.screens.jobs import JobsScreen
from hyai_tui.tui.screens.leaving import LeavingScreen
from tests.tui.tui_fixtures import Place, appears, make_app, press, running, screen_text, settled, until


async def test_the_mistakes_come_first_and_the_surest_one_is_shown(place: Place) -> None:
    async with running(place.workspace) as (app, _pilot):
        desk = app.review.desk
        assert desk.walk is not None
        assert desk.walk.entry.key == "mistakes"
        assert desk.current is not None
        assert place.name(desk.current.file) in {"trash/t0.png", "archive/a0.png"}
        keys = [entry.key for entry in desk.snapshot.entries]
        assert keys[:5] == [
            "mistakes",
            "mistakes:trash→keep",
            "mistakes:keep→trash",
            "mistakes:sample",
            "low-confidence",
        ]
        assert {entry.key: len(entry) for entry in desk.snapshot.entries}["mistakes:trash→keep"] == 3


async def test_a_key_decides_on_the_shown_picture_and_it_is_on_disk_when_the_screen_says_saved(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        first = place.name(app.review.desk.current.file)
        await press(pilot, app, "t")
        assert place.decisions() == {first: "trash"}
        assert app.review.status.told.startswith("learned trash · tag hyai:trash")
        assert app.review.desk.current is not None
        assert place.name(app.review.desk.current.file) != first


async def test_a_decision_copies_the_picture_into_the_training_folder(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        stem = Path(place.name(app.review.desk.current.file)).stem
        await press(pilot, app, "t")
        await until(pilot, lambda: place.samples() == {f"trash/{stem}"}, "the sample")


async def test_undo_takes_the_decision_back_and_shows_that_file_again(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        first = app.review.desk.current.file
        await press(pilot, app, "a", "t", "u")
        assert list(place.decisions().values()) == ["archive"]
        await press(pilot, app, "u")
        assert place.decisions() == {}
        assert app.review.desk.current.file == first
        await until(pilot, lambda: place.samples() == set(), "the samples to go")
        await press(pilot, app, "U")
        await until(pilot, lambda: list(place.decisions().values()) == ["archive"], "the decision again")


async def test_what_was_decided_last_stays_in_a_corner_with_the_key_that_takes_it_back(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert "· u" not in screen_text(app)
        await press(pilot, app, "t")
        await appears(pilot, app, "▼ trash · u")
        await press(pilot, app, "j")
        await appears(pilot, app, "▼ trash · u")
        await press(pilot, app, "s")
        await appears(pilot, app, "» skip · u")
        await press(pilot, app, "u")
        assert "· u" not in screen_text(app)


async def test_the_pane_of_the_last_decision_never_names_a_key_that_takes_back_another(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "t")
        await until(pilot, lambda: screen_text(app).count("▼ trash · u") == 2, "the pane with the picture")
        await press(pilot, app, "s")
        assert "▼ trash · u" not in screen_text(app)
        await until(pilot, lambda: screen_text(app).count("» skip · u") == 2, "the pane with the picture")
        await press(pilot, app, "u")
        assert "· u" not in screen_text(app)


async def test_a_key_while_the_workspace_opens_decides_nothing_and_says_so(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(place.workspace)
    monkeypatch.setattr(app.session, "start", lambda: None)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        assert app.review.status.told == "still opening: that key decided nothing"
        app.review.desk.line = SessionLine(look_only=True)
        await pilot.press("a")
        assert app.review.status.told.startswith("looking only")


async def test_digits_decide_by_label_and_an_unknown_digit_decides_nothing(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "2")
        assert list(place.decisions().values()) == ["trash"]
        await press(pilot, app, "7")
        assert len(place.decisions()) == 1
        assert "no label for that key" in app.review.status.told


async def test_skip_goes_to_the_end_and_unsure_and_ignore_are_decisions_of_their_own(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        assert desk.walk is not None
        assert desk.current is not None
        skipped = desk.current.file
        await press(pilot, app, "s")
        assert desk.walk.file(len(desk.walk) - 1) == skipped
        assert place.decisions() == {}
        await press(pilot, app, "0", "i")
        assert sorted(place.decisions().values()) == ["ignore", "unsure"]


async def test_an_undone_skip_comes_back_to_its_place(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        first = app.review.desk.current.file
        await press(pilot, app, "s", "u")
        assert app.review.desk.current.file == first


async def test_moving_records_nothing(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "j", "j", "k", "l", "h", "right", "left", "end", "home", "pagedown")
        assert place.decisions() == {}


async def test_enter_never_decides(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "enter")
        assert place.decisions() == {}
        assert "Enter decides nothing" in app.review.status.told


async def test_a_failed_picture_shows_why_and_takes_no_decision(place: Place) -> None:
    broken = place.workspace.library_root / "trash/t2.png"
    broken.write_bytes(broken.read_bytes()[:60])
    async with running(place.workspace) as (app, pilot):
        review = app.review
        assert review.desk.walk is not None
        while review.desk.current is not None and place.name(review.desk.current.file) != "trash/t2.png":
            await pilot.press("j")
            await pilot.pause(0.1)
        await until(pilot, lambda: "no picture" in screen_text(app), "the card")
        await pilot.press("t")
        await pilot.pause(0.2)
        assert place.decisions() == {}


async def test_the_name_of_a_file_can_neither_style_nor_steer_the_screen(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("queue low-confidence")
        strange = "inbox/[bold]i2\x1b[31m.png"
        for _ in range(4):
            if app.review.desk.current is not None and place.name(app.review.desk.current.file) == strange:
                break
            await press(pilot, app, "j")
        await until(pilot, lambda: settled(app.review), "the facts")
        await appears(pilot, app, "[bold]i2␛[31m.png")


async def test_tab_chooses_a_queue_and_letters_that_decide_do_nothing_there(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "tab")
        await pilot.press("a", "t", "0")
        assert place.decisions() == {}
        await pilot.press("j")
        await pilot.press("enter")
        walk = "mistakes:trash→keep"
        await until(
            pilot, lambda: app.review.desk.walk is not None and app.review.desk.walk.entry.key == walk, "the queue"
        )
        await until(pilot, lambda: settled(app.review), "the picture")


async def test_the_place_is_restored_at_the_next_start(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "j", "j")
        assert app.review.desk.current is not None
        here = app.review.desk.current.file
        await pilot.press("q")
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        assert app.review.desk.current.file == here


async def test_escape_asks_with_the_summary_of_the_session_and_stays(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "t", "u", "escape")
        assert isinstance(app.screen, LeavingScreen)
        await appears(pilot, app, "1 decision")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review, "the review")
        assert app.is_running


async def test_help_lists_the_live_keys_and_the_labels_that_exist(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = screen_text(app)
        assert "decide: archive" in text
        assert "the label of digit" not in text
        await pilot.press("escape")
        app.session.commands.run("keys hydrus")
        await press(pilot, app, "question_mark")
        await appears(pilot, app, "F7 a")


async def test_jobs_open_and_close(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "J")
        assert isinstance(app.screen, JobsScreen)
        await appears(pilot, app, "no jobs yet")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review, "the review")


async def test_an_unused_key_that_deletes_elsewhere_says_so_and_does_nothing(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "delete")
        assert app.review.status.told == "Delete does nothing here: t decides trash"
        assert place.decisions() == {}


async def test_a_commit_that_fails_returns_the_file_and_stops_taking_decisions(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hyai_tui.journal.errors import JournalError
    from hyai_tui.journal.journal import Journal

    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        assert desk.current is not None
        first = desk.current.file

        def full(*_arguments: object, **_names: object) -> None:
            raise JournalError("The disk is full", "Free some space")

        with monkeypatch.context() as patch:
            patch.setattr(Journal, "decide", full)
            await press(pilot, app, "t")
            await until(pilot, lambda: bool(desk.blocked), "the refusal")
        assert desk.current is not None
        assert desk.current.file == first
        assert place.decisions() == {}
        assert "NOT SAVED: The disk is full" in app.review.status.told
        await press(pilot, app, "t")
        assert place.decisions() == {}
        app.session.commands.run("resume")
        await press(pilot, app, "t")
        assert list(place.decisions().values()) == ["trash"]
