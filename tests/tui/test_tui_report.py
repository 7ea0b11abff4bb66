"""The report in the app: what the model is worth, and exactly the samples behind an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.jobs import supervisor
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.journal.model import NewDecision
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.messages import JobEnded
from hyai_tui.tui.screens.report import ReportScreen
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from tests.tui.tui_fixtures import make_place, press, running, until
from tests.unit.test_learning_reporting import full_report


def judged(files: list[str]) -> JobView:
    """Return an evaluation that is done, with these samples behind its commonest error."""
    error = {"labelled": "archive", "predicted": "trash", "items": len(files), "files": files}
    result = {**full_report(), "common_errors": [error], "target": "Target .82 to .85: reached"}
    info = JobInfo("evaluate-1", "evaluate", "done", 0.0, 1.0, "", None, None, "files", "")
    return JobView(info, result=result)


def _told(app: HyaiApp, said: str) -> bool:
    return said in app.review.status.told


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The options of the jobs that were started."""
    return []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, options: list[dict[str, Any]]) -> list[str]:
    kinds: list[str] = []

    def start(_workspace: object, kind: str, chosen: Mapping[str, Any], **_: Any) -> supervisor.JobHandle:
        kinds.append(kind)
        options.append(dict(chosen))
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


async def test_the_report_goes_by_a_split_or_by_the_labels_of_an_import_which_can_be_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], options: list[dict[str, Any]]
) -> None:
    place = make_place(tmp_path, monkeypatch)
    with place.workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
        file = min(place.files.values())
        shown = {"import": {"labeler": "somebody", "source": "labels.csv"}}
        decided = journal.decide([NewDecision(file, "label", "trash", shown)], session="before", source="command")
    number = decided[0].act
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("evaluate")
        await until(pilot, lambda: options == [{}], "the job")
        screen = app.screen
        assert isinstance(screen, ReportScreen)
        await until(pilot, lambda: screen.imports == (number,), "the imports")
        await pilot.press("s")
        await until(pilot, lambda: options[-1] == {"split": "validation"})
        await pilot.press("i")
        await until(pilot, lambda: options[-1] == {"split": "validation", "label_run": number})
        hints = [does for _, _, does in screen.query_one(KeyLine).hints]
        assert {"split: validation", f"labels: import {number}", f"train on import {number}"} <= set(hints)
        info = JobInfo("evaluate-1", "evaluate", "failed", 0.0, 1.0, "", None, None, "files", "no sample", "Label some")
        app.post_message(JobEnded(JobView(info)))
        await until(pilot, lambda: "no sample · Label some" in screen.query_one(StatusLine).told, "why there is none")
        await pilot.press("t")
        await until(pilot, lambda: (asked[-1], options[-1]) == ("train", {"label_run": number}))


async def test_commands_name_the_import_the_split_and_the_part_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], options: list[dict[str, Any]]
) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with running(place.workspace) as (app, pilot):
        run = app.session.commands.run
        run("train --label-run 3 --subset 50% --where tag=a --where label=trash")
        wanted = {"label_run": 3, "subset": "50%", "where": ["tag=a", "label=trash"]}
        await until(pilot, lambda: (asked, options) == (["train"], [wanted]))
        for wrong, said in (
            ("train --label-run one", "--label-run takes a number"),
            ("train --subset", "does not take '--subset' like that"),
            ("train 3", "does not take '3' like that"),
            ("evaluate --split half", "no split 'half'"),
        ):
            run(wrong)
            await until(pilot, partial(_told, app, said), said)
        run("evaluate --split test --label-run 2")
        await until(pilot, lambda: options[-1] == {"split": "test", "label_run": 2})
        assert asked == ["train", "evaluate"]
