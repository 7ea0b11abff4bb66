"""Jobs as the app follows them: from their files, whoever started them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import pytest

from hyai_tui.errors import LibraryDown
from hyai_tui.jobs.events import EventWriter
from hyai_tui.jobs.listing import LOCK_FILE, JobInfo
from hyai_tui.jobs.locks import Lock
from hyai_tui.jobs.spec import JobSpec
from hyai_tui.library.base import MediaFile
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.tui.following import JobWatcher
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.screens.jobs import JobsScreen, usual_seconds
from hyai_tui.tui.verdicts import counts, verdict, while_away
from hyai_tui.tui.widgets.job_pane import JobPane, job_words
from hyai_tui.tui.widgets.title_line import TitleLine
from hyai_tui.workspace import Workspace
from tests.tui.tui_fixtures import Place, appears, press, running, screen_text, until


class Work:
    """A job that this test pretends to be: it holds the lock and writes events."""

    def __init__(self, workspace: Workspace, kind: str = "train") -> None:
        workspace.prepare_cache()
        spec = JobSpec.new(kind, workspace.settings, {})
        self.id = spec.id
        self.directory = workspace.jobs_directory / spec.id
        self.directory.mkdir(parents=True)
        spec.write(self.directory)
        self.lock = Lock.take(self.directory / LOCK_FILE, spec.id)
        self.events = EventWriter(self.directory)

    def end(self) -> None:
        self.events.close()
        self.lock.close()


def view(kind: str, state: str, result: dict[str, object]) -> JobView:
    info = JobInfo("id", kind, state, 0.0, 1.0, "", None, None, "files", "No label", "Label some")
    return JobView(info, result=result)


async def test_a_running_job_that_another_process_started_is_shown_with_its_numbers(place: Place) -> None:
    job = Work(place.workspace)
    job.events.write("stage", name="training", about="training the head")
    for step, loss in enumerate((0.9, 0.6, 0.4), 1):
        job.events.write("metric", name="loss", value=loss, step=step, steps=10)
    job.events.write("progress", stage="training", done=3, total=10, unit="epochs")
    job.events.write("log", text="half way [bold]there[/bold]")
    try:
        async with running(place.workspace) as (app, pilot):
            await until(pilot, lambda: "train" in screen_text(app).splitlines()[0], "the job in the header")
            await press(pilot, app, "J")
            for expected in ("running", "3 of 10 epochs", "epoch 3/10", "0.400", "half way [bold]there[/bold]"):
                await until(pilot, lambda expected=expected: expected in screen_text(app), expected)  # type: ignore[misc]
            assert len(app.screen.query(JobPane)) == 1
            job.events.write("progress", stage="training", done=10, total=10, unit="epochs")
            await until(pilot, lambda: "10 of 10 epochs" in screen_text(app), "the progress")
    finally:
        job.end()


def says(line: TitleLine, text: str) -> bool:
    return text in str(line.content)


async def test_a_training_is_followed_from_whatever_screen_is_open(place: Place) -> None:
    job = Work(place.workspace)
    job.events.write("stage", name="train", about="training 5 folds side by side")
    job.events.write("metric", name="macro_f1", value=0.84, step=2, steps=30)
    try:
        async with running(place.workspace) as (app, pilot):
            await until(pilot, lambda: "epoch 2/30 · F1 .84" in screen_text(app).splitlines()[0], "the header")
            for view in ("classes", "stats"):
                app.session.commands.run(view)
                await until(pilot, lambda: app.screen is not app.review and bool(app.screen.query(TitleLine)), view)
                whole = "training 5 folds side by side · epoch 2/30 · F1 .84"
                await until(pilot, partial(says, app.screen.query_one(TitleLine), whole), f"the epoch over {view}")
                app.screen.dismiss(None)
                await until(pilot, lambda: app.screen is app.review, "the review")
            app.session.commands.run("stats")
            await until(pilot, lambda: app.screen is not app.review and bool(app.screen.query(TitleLine)), "numbers")
            line = app.screen.query_one(TitleLine)
            job.events.write("metric", name="macro_f1", value=0.86, step=3, steps=30)
            await until(pilot, lambda: "epoch 3/30 · F1 .86" in str(line.content), "the next epoch")
            job.events.write("failed", what="stopped", fix="", exit=1)
            await until(pilot, lambda: "epoch" not in str(line.content), "the end")
    finally:
        job.end()


def test_a_title_gives_way_to_nothing_and_the_job_takes_the_room_that_is_left() -> None:
    info = JobInfo("1-train-c0de", "train", "running", 1.0, None, "train", 7, 30, "epochs", "training 5 folds")
    told = job_words(JobView(info, curves={"accuracy": [0.9, 0.91]}, rate=2.0, step=7, steps=30))
    assert told[0] == "⟳ train · training 5 folds · epoch 7/30 · accuracy .91 · 12 s left"
    assert told[-1] == "⟳ train 23 %"
    assert [len(one) for one in told] == sorted((len(one) for one in told), reverse=True)
    scan = JobInfo("1-scan-c0de", "scan", "running", 1.0, None, "reading", 5, 10, "files", "")
    assert job_words(JobView(scan)) == ["⟳ scan reading 50 %", "⟳ scan 50 %"]


def test_jobs_say_how_long_they_usually_take() -> None:
    done = [
        JobInfo(f"{at}", "train", "done", 0.0, seconds, "", None, None, "files", "")
        for at, seconds in enumerate((4.0, 9.0, 5.0))
    ]
    failed = JobInfo("f", "scan", "failed", 0.0, 3.0, "", None, None, "files", "")
    assert usual_seconds([*map(JobView, done), JobView(failed)]) == {"train": 5.0}


async def test_a_job_that_waits_for_a_busy_library_says_so_in_a_banner_until_it_goes_on(place: Place) -> None:
    job = Work(place.workspace, "scan")
    job.events.write("waiting", text="Hydrus is busy: Hydrus has locked its database")
    try:
        async with running(place.workspace) as (app, pilot):
            sentence = "Hydrus is busy: Hydrus has locked its database · the scan waits and goes on by itself"
            await until(pilot, lambda: sentence in screen_text(app), "the banner")
            await press(pilot, app, "J")
            await until(
                pilot,
                lambda: len(app.screen.query(JobPane)) == 1 and "Hydrus has locked its database" in screen_text(app),
                "the pane",
            )
            await press(pilot, app, "escape")
            job.events.write("waiting", text="")
            await until(pilot, lambda: "Hydrus is busy" not in screen_text(app), "no banner")
            job.events.write("waiting", text="Hydrus is busy: Hydrus has locked its database")
            await until(pilot, lambda: sentence in screen_text(app), "the banner again")
            job.events.write("failed", what="stopped", fix="", exit=1)
            await until(pilot, lambda: "Hydrus is busy" not in screen_text(app), "no banner of a job that ended")
    finally:
        job.end()


async def test_writes_that_wait_for_a_busy_library_are_named_in_a_banner(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup, down = FolderLibrary.lookup, [True]

    def busy(library: FolderLibrary, hashes: Sequence[str]) -> dict[str, MediaFile]:
        if down[0]:
            raise LibraryDown("the disk is away", "Wait")
        return lookup(library, hashes)

    monkeypatch.setattr(FolderLibrary, "lookup", busy)
    monkeypatch.setattr("hyai_tui.tui.carrying._AFTER_FAILURE_SECONDS", 0.2)
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: app.review.desk.current is not None, "a file")
        await press(pilot, app, "a")
        await until(
            pilot, lambda: "The library is busy: the disk is away · 1 write waits" in screen_text(app), "the banner"
        )
        down[0] = False
        await until(pilot, lambda: "The library is busy" not in screen_text(app), "no banner")


async def test_a_training_that_ends_builds_the_queues_again_and_brings_the_banner(place: Place) -> None:
    job = Work(place.workspace)
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: any(one.running for one in app.review.jobs), "the job")
        result = {"promoted": True, "model": "m0002-aa", "message": "#2 F1 .91→.92 on the same 266 items"}
        job.events.write("result", result=result)
        job.end()
        await until(pilot, lambda: "Enter take the new list" in app.review.banner.told, "the banner")
        assert app.review.banner.told.startswith("#2 ready: F1 .91→.92 on the same 266 items")


async def test_leaving_while_a_job_runs_asks_and_the_job_goes_on(place: Place) -> None:
    job = Work(place.workspace)
    try:
        async with running(place.workspace) as (app, pilot):
            await until(pilot, lambda: any(one.running for one in app.review.jobs), "the job")
            await press(pilot, app, "q")
            await appears(pilot, app, "The train job goes on in the background.")
            await pilot.press("escape")
    finally:
        job.end()


async def test_cancel_names_the_chosen_job(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Work(place.workspace)
    asked: list[str | None] = []
    try:
        async with running(place.workspace) as (app, pilot):
            monkeypatch.setattr(app.host, "cancel_job", asked.append)
            await until(pilot, lambda: any(one.running for one in app.review.jobs), "the job")
            await press(pilot, app, "J")
            await until(pilot, lambda: isinstance(app.screen, JobsScreen), "the screen")
            await pilot.press("c")
            await until(pilot, lambda: asked == [job.id], "the cancel")
            await pilot.press("escape")
    finally:
        job.end()


def test_a_job_that_was_over_before_the_app_started_does_not_count_as_ended_now(place: Place) -> None:
    job = Work(place.workspace)
    job.events.write("result", result={"promoted": False, "message": "#2 worse by .004, kept #1"})
    job.end()
    seen: list[tuple[JobView, ...]] = []
    ended: list[JobView] = []
    watcher = JobWatcher(place.workspace, seen.append, ended.append)
    watcher.start()
    until_time = time.monotonic() + 30
    while not seen and time.monotonic() < until_time:
        time.sleep(0.02)
    watcher.stop()
    assert [one.info.state for one in seen[-1]] == ["done"]
    assert ended == []


async def test_a_training_that_ended_while_nobody_looked_is_told_at_the_next_start(place: Place) -> None:
    async with running(place.workspace):
        pass
    job = Work(place.workspace)
    job.events.write("result", result={"promoted": True, "message": "#2 F1 .80→.81 on the same 266 items"})
    job.end()
    line = "while you were away: train done, #2 F1 .80→.81 on the same 266 items"
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: app.review.status.told == line, "the line")
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: bool(app.review.jobs), "the jobs")
        await pilot.pause(0.1)
        assert "away" not in app.review.status.told


def test_a_failure_while_nobody_looked_says_what_to_do_unless_the_next_try_made_it_good() -> None:
    failed, good = view("score", "failed", {}), view("score", "done", {})
    assert while_away([failed], 0.5) == ("while you were away: score failed: No label · Label some", "warn")
    assert while_away([good, failed], 0.5) == ("", "say")
    assert while_away([failed], 2.0) == ("", "say")


def test_a_model_that_was_not_better_says_so_in_the_words_of_the_promotion() -> None:
    said = "#8 worse by .004, kept #7; your labels are safe"
    assert verdict(view("train", "done", {"promoted": False, "message": said})) == said
    assert verdict(view("scan", "done", {"files": 3})) == ""


@pytest.mark.parametrize(
    ("kind", "result", "line"),
    [
        (
            "tag",
            {"archive": 412, "trash": 1130, "unsure": 58, "written": 96},
            "tag: archive 412, trash 1,130, unsure 58 · 96 files changed",
        ),
        (
            "tag",
            {"archive": 4, "trash": 1, "unsure": 0, "written": 0, "differences": 5, "dry_run": True},
            "tag --dry-run: 5 files would change · nothing was written",
        ),
        ("scan", {"files": 640, "added": 3, "gone": 1}, "scan: 640 files, 3 new, 1 gone"),
        ("untag", {"cleared": 7}, "untag: 7 cleared · ':untag --undo' puts them back"),
        ("cache", {}, "cache done"),
    ],
)
def test_a_finished_job_tells_its_counts(kind: str, result: dict[str, object], line: str) -> None:
    assert counts(view(kind, "done", result)) == line


def test_a_failed_job_says_what_to_do() -> None:
    assert counts(view("train", "failed", {})) == "train failed: No label · Label some"
