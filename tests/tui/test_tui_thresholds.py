"""The thresholds: what may be typed, what is counted, and what is written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hyai_tui.errors import LibraryDown
from hyai_tui.jobs import tag
from hyai_tui.jobs.context import JobContext
from hyai_tui.settings import TagSettings
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.screens.thresholds import ThresholdsScreen
from hyai_tui.tui.thresholds import Draft
from hyai_tui.tui.widgets.lines import StatusLine
from hyai_tui.workspace import Workspace, open_workspace
from tests.tui.tui_fixtures import SCORES, Place, make_place, press, running, screen_text, until

TWO = ("archive", "trash")


def typed(draft: Draft, text: str) -> str:
    """Type characters one by one; returns what the last one was answered."""
    said = ""
    for character in text:
        said = draft.type(character)
    return said


@pytest.mark.parametrize(("text", "value"), [("7", 0.7), ("70", 0.7), (".705", 0.705), ("0.9", 0.9), ("1.0", 1.0)])
def test_a_number_may_be_typed_with_its_point_or_without(text: str, value: float) -> None:
    draft = Draft(TagSettings(), TWO)
    draft.choose(1)
    assert typed(draft, text) == ""
    assert draft.thresholds.values == (0.28, value)


def test_the_sides_never_cross() -> None:
    draft = Draft(TagSettings(), TWO)
    assert "begins at 0.78" in typed(draft, "90")
    assert draft.thresholds.values == (0.28, 0.78)
    draft.choose(1)
    assert "ends at 0.28" in typed(draft, "10")
    assert draft.changes == {}


def test_a_step_is_a_hundredth_and_only_what_changed_is_written() -> None:
    draft = Draft(TagSettings(archive_threshold=0.2), TWO)
    draft.choose(1)
    draft.move(-0.01)
    assert draft.thresholds.values == (0.2, 0.77)
    assert draft.changes == {"tag.trash_threshold": "0.77"}
    draft.forget()
    assert draft.changes == {}


def test_the_models_threshold_comes_back_with_the_default() -> None:
    draft = Draft(TagSettings(trash_threshold=0.6), TWO, {"archive": 0.31, "trash": 0.83})
    draft.choose(1)
    assert draft.thresholds.origins == ("model", "hyai.toml")
    draft.give_default()
    assert draft.thresholds.values == (0.31, 0.83)
    assert draft.changes == {"tag.trash_threshold": "none"}


def test_either_side_can_be_switched_off() -> None:
    draft = Draft(TagSettings(), TWO)
    draft.toggle()
    assert draft.changes == {"tag.mark_archive": "false"}
    draft.choose(1)
    draft.toggle()
    assert draft.changes == {"tag.mark_archive": "false", "tag.mark_trash": "false"}


def test_of_many_labels_each_has_a_threshold_and_a_switch_of_its_own() -> None:
    draft = Draft(TagSettings(), ("archive", "memes", "trash"), {"archive": 0.6, "memes": 0.5, "trash": 0.9})
    assert draft.shown(0) == pytest.approx(0.4), "the setting of archive is a score of trash"
    draft.move(-0.1)
    assert draft.thresholds.values == pytest.approx((0.7, 0.5, 0.9))
    draft.choose(1)
    draft.move(0.01)
    draft.toggle()
    assert draft.unmarked == {"memes"}
    assert draft.changes == {
        "tag.archive_threshold": "0.3",
        "tag.thresholds.memes": "0.51",
        "tag.marks.memes": "false",
    }
    draft.toggle()
    draft.give_default()
    assert draft.changes == {"tag.archive_threshold": "0.3"}


async def opened(pilot: Pilot[None], app: HyaiApp) -> ThresholdsScreen:
    """Open the screen by its command and wait for the library's answer."""
    app.session.commands.run("thresholds")
    await pilot.pause()
    screen = app.screen
    assert isinstance(screen, ThresholdsScreen)
    await until(pilot, lambda: screen.asked and bool(row_of(app, "▼ trash")), "the counts")
    return screen


def status(screen: ThresholdsScreen) -> str:
    return screen.query_one(StatusLine).told


async def test_a_lower_threshold_shows_at_once_how_many_more_files_it_takes(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await opened(pilot, app)
        assert f"{sum(score >= 0.78 for score in SCORES.values())} files" in row_of(app, "▼ trash")
        await press(pilot, app, "j", "6", "0")
        counted = f"{sum(score >= 0.6 for score in SCORES.values())} files"
        await until(pilot, lambda: counted in row_of(app, "▼ trash"), "the new count")
        assert tomllib.loads(place.workspace.settings_file.read_text()).get("tag") is None, "nothing is written yet"


def row_of(app: HyaiApp, start: str) -> str:
    return next((line for line in screen_text(app).splitlines() if start in line), "")


async def test_saved_thresholds_are_those_of_the_next_tagging_and_of_the_queues(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(pilot, app)
        await press(pilot, app, "j", "7", "0", "enter")
        await until(pilot, lambda: status(screen).startswith("saved: tag.trash_threshold = 0.7"), "it is saved")
        count = int(row_of(app, "▼ trash").split(" files")[0].split()[-1])
        assert open_workspace(place.workspace.root).settings.tag.trash_threshold == 0.7
        assert app.workspace.settings.tag.trash_threshold == 0.7, "a job that starts now goes by it"
        await press(pilot, app, "escape")
        await until(pilot, lambda: app.review.desk.waiting is not None, "the queues by the new band")
        assert "Low confidence .28–.70" in [entry.title for entry in app.review.desk.waiting.entries]  # type: ignore[union-attr]
    done = tag.run(JobContext(Workspace(place.workspace.root, app.workspace.settings), {"dry_run": True}))
    assert done["trash"] == count


async def test_leaving_without_saving_changes_nothing_and_says_so(place: Place) -> None:
    before = place.workspace.settings_file.read_text()
    async with running(place.workspace) as (app, pilot):
        await opened(pilot, app)
        await press(pilot, app, "o", "escape")
        assert app.review.status.told == "thresholds: nothing was changed"
    assert place.workspace.settings_file.read_text() == before


async def test_a_settings_file_that_cannot_be_written_is_told_and_the_change_stays_on_the_screen(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(pilot, app)
        place.workspace.settings_file.write_text("[tag\n")
        await press(pilot, app, "o", "enter")
        await until(pilot, lambda: "not valid TOML" in status(screen), "the reason")
        assert screen.draft is not None
        assert screen.draft.changes == {"tag.mark_archive": "false"}


async def test_the_environment_that_wins_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(pilot, app)
        monkeypatch.setenv("HYAI_TAG_TRASH_THRESHOLD", "0.9")
        await press(pilot, app, "j", "7", "0", "enter")
        await until(pilot, lambda: "the environment says otherwise" in status(screen), "the word")
        assert app.workspace.settings.tag.trash_threshold == 0.9


async def test_without_a_model_it_says_what_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch, model=False)
    async with running(place.workspace) as (app, _pilot):
        app.session.commands.run("thresholds")
        assert "no model yet" in app.review.status.told


async def test_where_the_library_does_not_answer_all_files_of_the_last_scan_are_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_arguments: object) -> list[str]:
        raise LibraryDown("The library does not answer", "Start it")

    monkeypatch.setattr("hyai_tui.jobs.exploring.candidates", down)
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("thresholds")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ThresholdsScreen)
        await until(pilot, lambda: status(screen).startswith("The library does not answer"), "the trouble")
        await until(pilot, lambda: f"{len(SCORES)} files of the last scan" in screen_text(app), "the counts")
        assert f"{sum(score >= 0.78 for score in SCORES.values())} files" in row_of(app, "▼ trash")


async def test_95_percent_takes_the_widest_thresholds_that_held_out_samples_allow(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(pilot, app)
        assert screen.explorer is not None
        chosen = screen.explorer.for_precision(0.95)
        await press(pilot, app, "p")
        assert screen.draft is not None
        assert screen.draft.thresholds.values == pytest.approx(chosen.values, abs=1e-4)


async def test_on_a_phone_the_keys_can_be_tapped(place: Place) -> None:
    async with running(place.workspace, size=(45, 35)) as (app, pilot):
        screen = await opened(pilot, app)
        keys = screen.query_one("#thresholds-keys")
        before = screen.draft.thresholds.values[0] if screen.draft is not None else 0
        assert await pilot.click(keys, offset=(12, 0))
        await until(pilot, lambda: screen.draft is not None and screen.draft.thresholds.values[0] < before, "the step")


async def test_the_files_at_an_edge_are_a_list_and_what_was_tried_waits(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(pilot, app)
        await press(pilot, app, "j", "6", "0", "e")
        await until(pilot, lambda: app.review.desk.aside, "the list of the edge")
        entry = app.review.desk.walk.entry  # type: ignore[union-attr]
        assert screen.explorer is not None
        near = screen.explorer.edge("trash", screen.explorer.moved({"trash": 0.6}))
        assert (entry.title, len(entry)) == ("edge of trash at 0.6", len(near))
        reason = app.review.desk.current.reason  # type: ignore[union-attr]
        assert reason.startswith("score of trash 0.6") or reason.startswith("score of trash 0.7"), reason
        assert reason.endswith("would get trash")
        again = await opened(pilot, app)
        assert again.draft is not None
        assert (again.draft.place, again.draft.thresholds.values) == (1, (0.28, 0.6))
        assert again.draft.changes == {"tag.trash_threshold": "0.6"}
