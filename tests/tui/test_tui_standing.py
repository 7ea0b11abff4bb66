"""The app says when a retrain is due and why, and how many more labels are worth it; it starts one only if asked to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.message import Message

from hyai_tui.checks import results
from hyai_tui.checks.base import CheckResult, Finding
from hyai_tui.jobs.training_hints import training_hints
from hyai_tui.journal.pace import Pace
from hyai_tui.learning import due, runs
from hyai_tui.learning.runs import RunSamples
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.settings import RetrainSettings, Settings
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.messages import StandingKnown
from hyai_tui.tui.screens.leaving import LeavingScreen, pace_line
from hyai_tui.tui.standing import Standing, StandingWatcher, read_standing
from hyai_tui.tui.widgets.header import HeaderLine, header_content
from hyai_tui.workspace import Workspace
from tests.tui.tui_fixtures import SCORES, Place, add_model, make_place, picture, press, running, screen_text, until

OLD = {"e" * 64: "archive", "f" * 64: "trash"}


def trained(workspace: Workspace, **record: Any) -> int:
    """Note a training on samples of long ago, and return its number."""
    samples = RunSamples(
        runs.of_texts(sorted(OLD)),
        ("archive", "trash"),
        np.array([0, 1]),
        np.zeros(2, np.int64),
        np.ones(2, np.float32),
        np.zeros(2, bool),
        OLD,
    )
    kept = {"kind": "train", "began": 4e9, "fingerprint": due.fingerprint(OLD), **record}
    with workspace.open_journal() as journal:
        number = journal.add_run(kept)
        runs.write(workspace.runs_directory, number, kept, samples)
    return number


async def test_the_banner_says_that_a_retrain_is_due_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch, "[retrain]\nnew_labels = 2\ncorrections = 0\n")
    number = trained(place.workspace)
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "a")
        await until(pilot, lambda: app.session.standing._settled >= 1, "the first sample")
        assert "due" not in app.review.banner.told
        await press(pilot, app, "a")
        await until(pilot, lambda: "retrain due" in app.review.banner.told, "the second sample")
        assert app.review.banner.told == f"retrain due: 2 new since run {number} · r retrains"


async def test_samples_put_into_the_folders_by_hand_count_when_the_app_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch, "[retrain]\nnew_labels = 3\ncorrections = 0\n")
    number = trained(place.workspace)
    for one in (71, 72, 73):
        (place.workspace.data / "trash" / f"{one}.png").write_bytes(picture(one))
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: "retrain due" in app.review.banner.told, "the samples by hand")
        assert app.review.banner.told.startswith(f"retrain due: 3 new since run {number}")


def test_before_the_first_training_nothing_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    with place.workspace.open_journal() as journal, place.workspace.open_catalog() as catalog:
        assert read_standing(place.workspace, journal, catalog) == Standing(look_after=5)


def test_what_is_due_and_how_far_the_plateau_is_are_read_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch, "[retrain]\nnew_labels = 12\n")
    for samples, kappa in ((100, 0.91), (200, 0.93), (300, 0.95)):
        number = trained(place.workspace, samples={"archive": samples}, agreement={"kappa": kappa})
    with place.workspace.open_journal() as journal, place.workspace.open_catalog() as catalog:
        found = read_standing(place.workspace, journal, catalog)
    # Both samples of the run are gone: two corrections of the 25 that make it due.
    assert found == Standing("", "at the plateau", number, 12)


def test_advice_is_the_first_to_go_where_the_header_is_narrow() -> None:
    line = HeaderLine(session=SessionLine(today=212), rate=31.0, advice="≈14 to plateau", queue="all", length=9)
    drawn = [header_content(line, width).plain for width in range(120, 50, -1)]
    assert "212 today · 31/min · ≈14 to plateau" in drawn[0]
    kept = [("31/min" in text, "plateau" in text) for text in drawn]
    assert (True, False) in kept
    assert (False, True) not in kept


class FakeSession:
    """Counts what it is asked for."""

    def __init__(self, *, auto: bool) -> None:
        settings = replace(Settings(), retrain=RetrainSettings(auto=auto))
        self.workspace = Workspace(Path("nowhere"), settings)
        self.asked = 0

    def work(self, _task: Callable[..., None]) -> None:
        self.asked += 1

    def send(self, message: Message) -> None:
        assert isinstance(message, StandingKnown)


def test_a_retrain_starts_by_itself_only_where_the_settings_say_so_and_once_a_training() -> None:
    for auto, wanted in ((False, []), (True, ["500 new", "9 new"])):
        watcher, started = StandingWatcher(FakeSession(auto=auto)), []  # type: ignore[arg-type, var-annotated]
        known = ((Standing("", run=1), True), (Standing("500 new", run=1), False), (Standing("500 new", run=1), True))
        for standing, may_start in (*known, known[-1], (Standing("9 new", run=2), True)):
            watcher.known(standing, may_start=may_start, start=started.append)
        assert started == wanted


def test_it_looks_again_once_enough_was_decided_to_change_anything() -> None:
    session = FakeSession(auto=False)
    watcher = StandingWatcher(session)  # type: ignore[arg-type]
    watcher.look()
    watcher.known(Standing(run=1, look_after=3), may_start=True, start=lambda reason: None)
    for settled in (1, 2, 3):
        watcher.counted(SessionLine(settled=settled))
    assert session.asked == 2


async def test_files_with_scores_of_an_older_model_are_counted_until_they_are_scored_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch, "[retrain]\nnew_labels = 0\ncorrections = 0\n")
    trained(place.workspace)
    scores = {place.files[name]: score for name, score in SCORES.items()}
    # A second model that has scored four of the nine files that the first one scored.
    newest = add_model(place.workspace, dict(list(scores.items())[:4]))
    async with running(place.workspace) as (app, pilot):
        line = "5 files still carry scores of an older model · R scores them anew"
        await until(pilot, lambda: app.review.banner.told == line, "the count")
        with place.workspace.open_catalog() as catalog:
            numbers = {one.sha256: one.number for one in catalog.files()}
            table = np.full((max(numbers.values()) + 1, 2), 0.5, np.float32)
            ScoreTable.write(place.workspace.scores_directory, newest, table, catalog.identity)
        app.session.standing.look()
        await until(pilot, lambda: app.review.standing.old_scores == 0 and not app.review.banner.told, "none any more")


def counted(place: Place, sizes: dict[str, int]) -> None:
    """Put so many different pictures into the folders of the labels."""
    number = 100
    for label, amount in sizes.items():
        (place.workspace.data / label).mkdir(parents=True, exist_ok=True)
        for _ in range(amount):
            number += 1
            (place.workspace.data / label / f"{number}.png").write_bytes(picture(number, (16, 16)))


async def test_a_first_run_shows_its_balance_and_says_what_to_label_more_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch, model=False)
    counted(place, {"archive": 18, "trash": 2})
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: "so far" in app.review.banner.told, "the balance")
        told = app.review.banner.told
        assert "so far 18 archive, 2 trash" in told
        assert told.endswith("The labels are lopsided, 90% of the samples are archive: label more of trash")


async def test_a_hint_is_given_once_and_goes_with_escape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    monkeypatch.setattr(StandingWatcher, "look", lambda _self: None)
    async with running(place.workspace) as (app, pilot):
        hinted = Standing(run=1, hints=("label more of trash",))
        app.review.post_message(StandingKnown(hinted))
        await until(pilot, lambda: app.review.banner.told == "label more of trash · L shows the labels", "the hint")
        app.review.post_message(StandingKnown(replace(hinted, advice="≈9 to plateau")))
        await until(pilot, lambda: app.review.standing.advice == "≈9 to plateau", "the next look")
        assert app.review.banner.told == "label more of trash · L shows the labels"
        await press(pilot, app, "escape")
        app.review.post_message(StandingKnown(replace(hinted, advice="≈8 to plateau")))
        await until(pilot, lambda: app.review.standing.advice == "≈8 to plateau", "one more look")
        assert app.review.banner.told == ""


def test_hints_name_what_the_checks_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    broken = Finding("files", "unreadable", "a" * 64, 0.9, "it cannot be read")
    results.keep(place.workspace, "files", CheckResult(9, [broken]), 1.0)
    assert training_hints(place.workspace, {"archive": 30, "trash": 30}) == [
        "1 finding on damaged or odd files: what cannot be read teaches nothing"
    ]
    assert training_hints(place.workspace, {"archive": 3, "trash": 0}) == []


async def test_the_summary_at_the_end_has_the_goal_the_advice_and_the_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch, "[review]\ngoal = 3\n")
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "a", "t")
        await until(pilot, lambda: app.review.desk.line.today == 2, "the count")
        app.review.standing = replace(app.review.standing, advice="≈140 to plateau", due="2 new since run 1")
        await press(pilot, app, "escape")
        await until(pilot, lambda: isinstance(app.screen, LeavingScreen), "the question")
        for expected in (
            "2 decisions in",
            "1 archive, 1 trash",
            "Today's goal: 2 of 3, 1 to go.",
            "Labelling: ≈140 to plateau.",
            "A retrain is due: 2 new since run 1.",
        ):
            await until(pilot, partial(seen, app, expected), expected)


def seen(app: HyaiApp, text: str) -> bool:
    return text in screen_text(app)


def test_the_pace_of_a_session_is_a_line() -> None:
    assert pace_line(Pace()) == ""
    told = pace_line(Pace(41, {"archive": 24, "trash": 17}, 31.2, 80.0, 5, 20))
    assert told == "24 archive, 17 trash; 31 a minute, 20 without a pause."
