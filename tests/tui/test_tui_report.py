"""The report in the app: what the model is worth, and exactly the samples behind an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hyai_tui.jobs import supervisor
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.messages import JobEnded
from hyai_tui.tui.screens.report import ReportScreen
from hyai_tui.tui.widgets.lines import StatusLine
from tests.tui.tui_fixtures import make_place, press, running, until
from tests.unit.test_learning_reporting import full_report


def judged(files: list[str]) -> JobView:
    """Return an evaluation that is done, with these samples behind its commonest error."""
    error = {"labelled": "archive", "predicted": "trash", "items": len(files), "files": files}
    result = {**full_report(), "common_errors": [error], "target": "Target .82 to .85: reached"}
    info = JobInfo("evaluate-1", "evaluate", "done", 0.0, 1.0, "", None, None, "files", "")
    return JobView(info, result=result)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    kinds: list[str] = []

    def start(_workspace: object, kind: str, *_: Any, **__: Any) -> supervisor.JobHandle:
        kinds.append(kind)
        return supervisor.JobHandle("evaluate-1", Path("evaluate-1"))

    monkeypatch.setattr(supervisor, "start", start)
    return kinds


async def test_enter_on_an_error_of_the_report_opens_exactly_its_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    place = make_place(tmp_path, monkeypatch)
    files = sorted(place.files.values())[:3]
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("evaluate")
        await until(pilot, lambda: asked == ["evaluate"], "the job")
        app.post_message(JobEnded(judged(files)))
        screen = app.screen
        assert isinstance(screen, ReportScreen)
        await until(pilot, lambda: len(screen.report.lines) > 0, "the report")
        shown = [line.text for line in screen.report.lines]
        # What it means comes first.
        assert "macro F1" in shown[0]
        assert [line for line in shown[:5] if line.startswith("Target")]
        assert shown[screen.report.cursor] == "archive → trash: 3 errors"
        await pilot.press("k", "enter")
        assert "no samples behind" in screen.query_one(StatusLine).told
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.review.desk.walk is not None and app.review.desk.walk.entry.key == "samples")
        walk = app.review.desk.walk
        assert walk is not None
        assert [walk.row(at).file for at in range(len(walk))] == files
        assert walk.row(0).reason == "archive → trash: 3 errors"


async def test_samples_that_are_not_in_the_library_are_counted_not_dropped_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    place = make_place(tmp_path, monkeypatch)
    known = min(place.files.values())
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("evaluate")
        await until(pilot, lambda: asked == ["evaluate"], "the job")
        app.post_message(JobEnded(judged([known, "f" * 64])))
        screen = app.screen
        assert isinstance(screen, ReportScreen)
        await until(pilot, lambda: len(screen.report.lines) > 0, "the report")
        await press(pilot, app, "enter")
        await until(pilot, lambda: app.review.desk.walk is not None and app.review.desk.walk.entry.key == "samples")
        assert app.review.desk.walk is not None
        assert len(app.review.desk.walk) == 1


async def test_without_a_model_there_is_nothing_to_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch, model=False)
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("evaluate")
        await until(pilot, lambda: "no model yet to report on" in app.review.status.told)
