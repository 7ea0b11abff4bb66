"""Tags are written only after a dry run has been shown and answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hyai_tui.jobs.listing import JobInfo, jobs
from hyai_tui.tui.asking import AskFirst, Question
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.screens import ask
from hyai_tui.tui.screens.ask import AskScreen
from hyai_tui.tui.screens.typed import TypedScreen
from hyai_tui.tui.seen import SeenGate
from tests.tui.tui_fixtures import Place, answered, running, screen_text, until

CHANGES = {"differences": 1245, "added": {"archive": 1204}, "removed": {"trash": 310}, "change_sides": 41}
QUESTION = Question("tag", "+1 archive · Enter writes, Esc leaves", "tag", {})


class Started:
    """Jobs that were started, numbered."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, dict[str, Any]]] = []

    def __call__(
        self, kind: str, options: Mapping[str, Any], *, said: str = "", started: Callable[[str], object] | None = None
    ) -> None:
        self.jobs.append((kind, dict(options)))
        assert started is not None
        started(str(len(self.jobs)))


def ended(job: int, state: str = "done", result: dict[str, Any] | None = None) -> JobView:
    return JobView(JobInfo(str(job), "tag", state, 0.0, 1.0, "", None, None, "files", "", ""), result=result)


def test_tag_begins_with_a_dry_run_and_the_question_shows_its_counts() -> None:
    started = Started()
    ask = AskFirst(started)
    ask.begin("tag", {"again": True})
    assert started.jobs == [("tag", {"again": True, "dry_run": True})]
    question = ask.ended(ended(1, result=CHANGES))
    assert isinstance(question, Question)
    assert question.line == "+1,204 archive, −310 trash, 41 change sides · Enter writes, Esc leaves"
    assert (question.kind, question.options) == ("tag", {"again": True})


def test_eval_scores_before_its_dry_run() -> None:
    started = Started()
    ask = AskFirst(started)
    ask.begin("eval", {})
    assert started.jobs == [("score", {})]
    assert ask.ended(ended(1)) == ""
    assert started.jobs[1] == ("tag", {"dry_run": True})
    assert isinstance(ask.ended(ended(2, result=CHANGES)), Question)


def test_untag_asks_with_the_number_of_files() -> None:
    started = Started()
    ask = AskFirst(started)
    ask.begin("untag", {})
    assert started.jobs == [("untag", {"dry_run": True})]
    question = ask.ended(ended(1, result={"cleared": 1204, "tags": {"hyai:trash": 1204}, "dry_run": True}))
    assert isinstance(question, Question)
    assert question.line == "all our tags off 1,204 files: 1,204 hyai:trash"
    assert (question.kind, question.options, question.word) == ("untag", {}, "untag")


def test_the_undo_of_a_clearing_asks_with_the_number_of_files_too() -> None:
    started = Started()
    ask = AskFirst(started)
    ask.begin("untag", {"undo": True})
    assert started.jobs == [("untag", {"undo": True, "dry_run": True})]
    question = ask.ended(ended(1, result={"restored": 2, "tags": {"hyai:trash": 2}, "changed": 0, "dry_run": True}))
    assert isinstance(question, Question)
    assert question.line == "our tags back on 2 files: 2 hyai:trash · Enter writes, Esc leaves"
    assert (question.kind, question.options) == ("untag", {"undo": True})


async def test_all_our_tags_go_only_after_the_word_was_typed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(place.workspace) as (app, pilot):
        begun: list[str] = []
        monkeypatch.setattr(app.session.errands, "start_job", lambda kind, _options: begun.append(kind))
        app.host.ask(Question("untag: nothing cleared yet", "all our tags off 7 files", "untag", {}, word="untag"))
        await until(pilot, lambda: isinstance(app.screen, TypedScreen), "the question")
        await until(pilot, lambda: "all our tags off 7 files" in screen_text(app), "the line")
        await pilot.press("enter", *"yes", "enter")
        assert isinstance(app.screen, TypedScreen)
        assert begun == []
        await pilot.press(*"untag", "enter")
        await until(pilot, lambda: begun == ["untag"], "the job")


@pytest.mark.parametrize(("kind", "result"), [("tag", {"differences": 0}), ("untag", {"cleared": 0})])
def test_nothing_to_do_is_told_and_not_asked(kind: str, result: dict[str, Any]) -> None:
    ask = AskFirst(Started())
    ask.begin(kind, {})
    told = ask.ended(ended(1, result=result))
    assert isinstance(told, str)
    assert told.startswith(f"{kind}: nothing to ")


@pytest.mark.parametrize("state", ["failed", "died", "cancelled"])
def test_a_dry_run_that_did_not_end_well_asks_nothing_and_starts_nothing(state: str) -> None:
    started = Started()
    ask = AskFirst(started)
    ask.begin("eval", {})
    assert ask.ended(ended(1, state)) is None
    assert len(started.jobs) == 1


def test_a_job_that_nobody_asked_about_is_left_to_others() -> None:
    assert AskFirst(Started()).ended(ended(7, result=CHANGES)) is None


async def test_tags_are_written_after_enter_and_the_facts_of_the_shown_file_show_them(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("tag")
        await until(pilot, lambda: isinstance(app.screen, AskScreen), "the question")
        await until(pilot, lambda: "Enter writes, Esc leaves" in screen_text(app), "the line")
        assert [one.kind for one in jobs(place.workspace)] == ["tag"]
        await answered(pilot, app, "enter")
        await until(pilot, lambda: app.review.status.told.startswith("tag: archive"), "the counts")
        assert len(jobs(place.workspace)) == 2
        await until(pilot, lambda: "hyai:" in screen_text(app), "the tag beside the picture")


async def test_escape_writes_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(place.workspace) as (app, pilot):
        begun: list[str] = []
        monkeypatch.setattr(app.session.errands, "start_job", lambda kind, _options: begun.append(kind))
        app.host.ask(QUESTION)
        await until(pilot, lambda: isinstance(app.screen, AskScreen), "the question")
        await pilot.press("escape")
        await until(pilot, lambda: app.review.status.told == "nothing was written", "the end")
        assert begun == []


async def test_a_key_before_the_line_is_on_the_screen_confirms_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(place.workspace) as (app, pilot):
        gate = SeenGate(answers=True)
        app.confirmations.answers = True
        app.confirmations.answer(0, 0, time.monotonic())
        answers: list[str | None] = []
        app.push_screen(AskScreen(QUESTION, gate), answers.append)
        await until(pilot, lambda: gate.shown is not None, "the drawing")
        await pilot.press("enter")
        assert answers == []
        # On the screen, but nobody can have read it yet.
        monkeypatch.setattr(ask, "READING_SECONDS", 3600.0)
        gate.answered(time.monotonic())
        await pilot.press("enter")
        assert answers == []
        monkeypatch.setattr(ask, "READING_SECONDS", 0.0)
        await pilot.press("enter")
        await until(pilot, lambda: answers == ["write"], "the answer")


async def test_the_question_waits_until_a_command_has_been_typed(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await pilot.press("colon")
        app.host.ask(QUESTION)
        await pilot.press(*"help", "enter")
        assert not isinstance(app.screen, AskScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, AskScreen), "the question")
        await pilot.press("escape")
