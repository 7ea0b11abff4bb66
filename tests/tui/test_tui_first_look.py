"""The first minutes beside a Hydrus client: one question, and mistakes to look at, before anything was scanned."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.opening import opened
from hyai_tui.jobs import scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.registry import Registry
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.first_look import FirstLook
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.workspace import Workspace, create_workspace, open_workspace
from tests.contract.hydrus_fixtures import add_files
from tests.fake_hydrus import Client, FakeHydrus, file_from_bytes
from tests.tui.tui_fixtures import isolate, make_app, until

SETTINGS = """
[features]
encoder = "hog"
[train]
head = "linear"
"""


@pytest.fixture
def fake() -> Iterator[FakeHydrus]:
    with FakeHydrus(Client()) as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeHydrus) -> Workspace:
    isolate(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("HYAI_HYDRUS_KEY", fake.key.key)
    return create_workspace(tmp_path / "art", f'[library]\nkind = "hydrus"\nurl = "{fake.url}"\n{SETTINGS}')


def question(app: HyaiApp) -> str:
    return str(app.screen._lines[0]) if isinstance(app.screen, PanelScreen) else ""


async def test_one_yes_leads_to_mistakes_and_writes_nothing_to_the_client(
    fake: FakeHydrus, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_files(fake.client, 66, ("archive", "trash", "inbox"))
    app = make_app(workspace)
    # What follows runs for as long as the library is large; it has a test of its own.
    monkeypatch.setattr(FirstLook, "_rest", lambda _: None)
    async with app.run_test(size=(120, 40)) as pilot:
        try:
            await until(pilot, lambda: bool(question(app)), "the question")
            assert question(app).startswith(
                "Hydrus 682 knows 22 archived and 22 in trash. Learn from 22 + 22 of them by"
            )
            await pilot.press("y")
            await until(pilot, lambda: app.review.desk.snapshot.model is not None, "the first model")
            assert app.review.desk.walk is not None
            assert app.review.desk.walk.entry.key == "mistakes"
        finally:
            assert app.session.stop()
    read_again = open_workspace(workspace.root)
    assert read_again.settings.train.hints
    assert read_again.settings.features.source == "thumbnail"
    assert Registry(workspace.models_directory).require_current().source == "thumbnail"
    assert fake.writes == []
    assert list((workspace.root / "data").glob("*/*")) == []


async def test_with_too_little_trash_one_yes_leads_to_next_best(fake: FakeHydrus, workspace: Workspace) -> None:
    add_files(fake.client, 30, ("archive", "archive", "inbox", "trash"))
    app = make_app(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        try:
            await until(pilot, lambda: bool(question(app)), "the question")
            assert "That is too little to learn from. Look at up to 2,000 files by thumbnail" in question(app)
            await pilot.press("y")
            desk = app.review.desk
            await until(pilot, lambda: desk.walk is not None and desk.walk.entry.key == "next-best", "the first list")
            assert desk.snapshot.model is None
            assert desk.current is not None
        finally:
            assert app.session.stop()
    read_again = open_workspace(workspace.root)
    assert not read_again.settings.train.hints
    assert read_again.settings.features.source == "thumbnail"
    assert fake.writes == []


async def test_before_the_first_copy_the_panel_says_how_large_it_is_and_takes_small_ones(
    fake: FakeHydrus, workspace: Workspace
) -> None:
    grain = np.random.default_rng(1).integers(0, 255, (600, 900, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(grain).save(out, "JPEG")
    file = file_from_bytes(fake.client, out.getvalue(), "inbox").sha256
    scan.run(JobContext(workspace))
    with opened(workspace) as parts:
        decider = Decider(workspace, parts.journal, parts.catalog, parts.library, session="s", source="command")
        decider.decide(file, "archive")
    app = make_app(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        try:
            await until(pilot, lambda: isinstance(app.screen, PanelScreen), "the question")
            assert isinstance(app.screen, PanelScreen)
            assert "Originals take" in " ".join(map(str, app.screen._lines))
            assert list(workspace.data.glob("*/*")) == []
            await pilot.press("s")
            await until(pilot, lambda: len(list(workspace.data.glob("archive/*.jpg"))) == 1, "the copy")
            await until(pilot, lambda: bool(fake.writes), "the tag")
        finally:
            assert app.session.stop()
    assert open_workspace(workspace.root).settings.library.sample_pixels == 512
    with Image.open(workspace.data / "archive" / f"{file}.jpg") as picture:
        assert max(picture.size) == 512


def pretended_app(start_job: Callable[..., None]) -> HyaiApp:
    """Return as much of an app as following jobs needs."""
    errands = SimpleNamespace(start_job=start_job)
    session = SimpleNamespace(errands=errands, parts=None, post=lambda _: None)
    review = SimpleNamespace(desk=SimpleNamespace(asked_for=""))
    return cast("HyaiApp", SimpleNamespace(session=session, review=review, tell=lambda _: None))


def test_after_the_first_mistakes_the_rest_is_read_and_then_scored() -> None:
    begun: list[tuple[str, Any]] = []

    def start_job(kind: str, options: Any, *, said: str, started: Callable[[str], object]) -> None:
        begun.append((kind, options))
        started(f"job {len(begun)}")

    look = FirstLook(pretended_app(start_job))
    look._first()
    look.ended(cast("JobView", SimpleNamespace(info=SimpleNamespace(id="job 1", state="done"))))
    assert begun == [("retrain", {"hints": True, "no_cache": True})]
    look.scanned()
    look.scanned()
    assert begun[1:] == [("score", {})]


def test_a_first_training_that_failed_is_followed_by_nothing() -> None:
    begun: list[str] = []

    def start_job(kind: str, _: Any, *, said: str, started: Callable[[str], object]) -> None:
        begun.append(kind)
        started("one")

    look = FirstLook(pretended_app(start_job))
    look._first()
    look.ended(cast("JobView", SimpleNamespace(info=SimpleNamespace(id="one", state="failed"))))
    assert begun == ["retrain"]


def test_while_a_library_is_read_its_beginning_is_listed_once_and_the_whole_takes_its_place() -> None:
    rebuilt: list[int] = []
    seen = {"files": 255, "scanned": None}
    catalog = SimpleNamespace(
        last_scan=lambda: seen["scanned"], holds_at_least=lambda files: (seen["files"] or 0) >= files
    )
    desk = SimpleNamespace(asked_for="", current=None, walk=SimpleNamespace(entry=SimpleNamespace(key="unscored")))
    session = SimpleNamespace(catalog=catalog, rebuild=lambda: rebuilt.append(1), parts=None, post=lambda _: None)
    app = SimpleNamespace(session=session, review=SimpleNamespace(desk=desk), tell=lambda _: None)
    look = FirstLook(cast("HyaiApp", app))
    scanning = (cast("JobView", SimpleNamespace(running=True, info=SimpleNamespace(kind="scan"))),)

    look.progressed(scanning)
    assert rebuilt == [], "too few to begin with"
    seen["files"] = 256
    look.progressed(())
    assert rebuilt == [], "nothing is being read"
    look.progressed(scanning)
    look.progressed(scanning)
    assert rebuilt == [1]

    look.scanned()
    assert desk.asked_for == "unscored", "who has decided nothing yet is given the whole of the open list"
