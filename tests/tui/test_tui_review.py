"""The review screen by keys, on a real workspace."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.screens.help import HelpScreen
from hyai_tui.tui.screens.idle import IdleScreen
from hyai_tui.tui.screens.jobs import JobsScreen
from hyai_tui.tui.screens.leaving import LeavingScreen
from hyai_tui.workspace import create_workspace
from tests.tui.tui_fixtures import (
    SCORES,
    Place,
    add_model,
    isolate,
    make_app,
    make_place,
    picture,
    press,
    running,
    settled,
    shown,
    until,
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return make_place(tmp_path, monkeypatch)


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
        assert "▼ trash · u" in screen_text(app)
        await press(pilot, app, "j")
        assert "▼ trash · u" in screen_text(app)
        await press(pilot, app, "s")
        assert "» skip · u" in screen_text(app)
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


async def test_without_a_model_the_review_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch, model=False)
    async with running(place.workspace) as (app, pilot):
        line = "no model yet: decide a few files of every label (a archive, t trash), then r trains"
        assert app.review.banner.told == line
        assert line in screen_text(app)
        await press(pilot, app, "t")
        assert list(place.decisions().values()) == ["trash"]
        await press(pilot, app, "escape")
        assert app.review.banner.told == ""


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
        assert "[bold]i2␛[31m.png" in screen_text(app)


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


async def test_the_command_line_runs_commands_and_says_what_it_does_not_know(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "colon")
        assert isinstance(app.focused, Input)
        await pilot.press(*"theme paper", "enter")
        await until(pilot, lambda: app.theme == "paper", "the theme")
        await press(pilot, app, "colon")
        await pilot.press(*"retrian", "enter")
        await until(pilot, lambda: "Did you mean :retrain?" in app.review.status.told, "the answer")
        assert place.decisions() == {}


async def test_tab_completes_a_command_and_shows_the_ways_where_there_are_several(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "colon")
        await pilot.press(*"them", "tab", *"pap", "tab", "enter")
        await until(pilot, lambda: app.theme == "paper", "the theme")
        await press(pilot, app, "colon")
        await pilot.press(*"ta", "tab")
        assert app.review.status.told == "tag  tags  take-over"
        await pilot.press("escape")


async def test_letters_typed_into_the_command_line_decide_nothing(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "colon")
        await pilot.press("a", "t", "u", "0", "escape")
        assert app.focused is None
        assert place.decisions() == {}


async def test_the_staged_mode_stages_and_the_panel_commits(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("mode staged")
        await until(pilot, lambda: app.review.desk.line.mode == "STAGED", "the mode")
        app.session.commands.run("queue mistakes:keep→trash")
        await until(pilot, lambda: settled(app.review), "the picture")
        assert app.review.desk.current is not None
        name = place.name(app.review.desk.current.file)
        await press(pilot, app, "t")
        assert app.review.status.told == "staged: will move to trash"
        await until(pilot, lambda: app.review.desk.line.staged == 1, "the count")
        assert (place.workspace.library_root / name).exists()
        app.session.commands.run("commit")
        await pilot.pause()
        await pilot.press("c")
        moved = place.workspace.library_root / "trash" / Path(name).name
        await until(pilot, moved.exists, "the move")


async def test_archive_on_a_trashed_file_stages_its_rescue_in_every_mode(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("queue mistakes:trash→keep")
        await until(pilot, lambda: settled(app.review), "the picture")
        await press(pilot, app, "a")
        await until(pilot, lambda: app.review.desk.line.rescues == 1, "the count")
        assert "rescued file still in trash" in screen_text(app)


async def test_forgetting_staged_changes_undoes_the_decisions_behind_them(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("mode staged")
        app.session.commands.run("queue mistakes:keep→trash")
        await until(pilot, lambda: app.review.desk.line.mode == "STAGED" and settled(app.review), "the mode")
        await press(pilot, app, "t")
        await until(pilot, lambda: app.review.desk.line.staged == 1, "the count")
        app.session.commands.run("commit")
        await pilot.pause()
        await pilot.press("f")
        await until(pilot, lambda: place.decisions() == {}, "the undo")


async def test_after_new_scores_nothing_moves_until_enter_takes_the_new_list(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        assert desk.walk is not None
        before = [desk.walk.file(at) for at in range(len(desk.walk))]
        scores = {place.files[name]: 0.02 if name.startswith("archive") else 0.98 for name in place.files}
        add_model(place.workspace, scores)
        app.session.rebuild()
        await until(pilot, lambda: desk.waiting is not None, "the new list")
        assert [desk.walk.file(at) for at in range(len(desk.walk))] == before
        assert desk.snapshot.model is not None
        assert desk.snapshot.model.number == 1
        assert "of your 5: 5 settled, 0 new" in app.review.banner.told
        await press(pilot, app, "enter")
        assert desk.snapshot.model.number == 2
        assert app.review.banner.told == ""
        assert place.decisions() == {}


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
        assert "1 decision" in screen_text(app)
        await pilot.press("escape")
        assert on_review(app)
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
        assert "F7 a" in screen_text(app)


async def test_the_palette_offers_the_commands(place: Place) -> None:
    async with running(place.workspace) as (app, _pilot):
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert {"retrain", "eval", "cache", "tag", "score", "scan", "commit", "undo", "quit", "help"} <= set(names)
        assert "theme paper" in names


async def test_jobs_open_and_close(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "J")
        assert isinstance(app.screen, JobsScreen)
        assert "no jobs yet" in screen_text(app)
        await pilot.press("escape")
        assert on_review(app)


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


async def test_the_key_that_wakes_the_idle_screen_acts_on_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch, "[privacy]\nidle_minutes = 30\n")
    async with running(place.workspace) as (app, pilot):
        app._last_input -= 31 * 60
        await until(pilot, lambda: isinstance(app.screen, IdleScreen), "the idle screen")
        assert "saved" not in screen_text(app)
        await pilot.press("t")
        assert on_review(app)
        assert place.decisions() == {}


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


def on_review(app: HyaiApp) -> bool:
    """Return whether nothing covers the review."""
    return app.screen is app.review


def screen_text(app: HyaiApp) -> str:
    """Return what stands on the screen, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join(line.text[:width] for line in lines[:height])


async def test_what_changed_most_is_shown_when_the_new_list_is_taken(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert not app.review.query_one("#changes").display
        scores = {**SCORES, "inbox/i0.png": 0.99, "archive/a2.png": 0.8, "inbox/i1.png": 0.62}
        add_model(place.workspace, {place.files[name]: score for name, score in scores.items()})
        app.session.rebuild()
        await until(pilot, lambda: app.review.desk.waiting is not None, "the new list")
        assert not app.review.query_one("#changes").display, "nothing moves before it is taken"
        await press(pilot, app, "enter")
        strip = next(line for line in screen_text(app).splitlines() if "changed most" in line)
        assert strip.index("▲ → ▼ .12→.80") < strip.index("▼ .50→.99")
        assert ".60→.62" not in strip, "too little to speak of"
        app.session.commands.run("queue changed")
        assert app.review.desk.current is not None
        assert place.name(app.review.desk.current.file) == "archive/a2.png"
        await press(pilot, app, "escape")
        assert not app.review.query_one("#changes").display
        assert app.screen is app.review


async def test_a_library_that_was_never_read_is_read_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch, tmp_path / "home")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(3):
        (pictures / f"{number}.png").write_bytes(picture(number))
    workspace = create_workspace(tmp_path / "art", f'[library]\npath = "{pictures}"\n')
    async with running(workspace) as (app, _pilot):
        assert app.review.desk.snapshot.files == 3
        assert app.review.desk.waiting is None
        assert app.review.banner.told.startswith("no model yet: decide a few files of every label (a archive, t trash)")


async def test_a_banner_that_comes_makes_the_picture_smaller_instead_of_lying_under_it(place: Place) -> None:
    async with running(place.workspace, size=(200, 20)) as (app, pilot):
        review = app.review
        height = review.picture.size.height
        drawn = review.picture.showing
        assert drawn is not None
        assert drawn.fit.rows == height, "the picture is as high as its room"
        review.banner.tell("something to be told")
        await until(pilot, lambda: review.picture.size.height < height, "the banner")
        await until(pilot, lambda: shown(review) and review.picture.showing not in (None, drawn), "another picture")
        assert review.picture.showing is not None
        assert review.picture.showing.fit.rows <= review.picture.size.height
