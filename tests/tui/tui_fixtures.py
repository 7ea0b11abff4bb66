"""A small real workspace for the app: drawn pictures in a folder library, a model, and its scores."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from textual.pilot import Pilot

from hyai_tui.learning.bundle import Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import ScanOptions
from hyai_tui.locations import bundled_themes
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui import keymap, themes
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.facts import LibraryLine
from hyai_tui.tui.screens.ask import READING_SECONDS, AskScreen
from hyai_tui.tui.screens.review import ReviewScreen
from hyai_tui.workspace import Workspace, create_workspace

# Path in the library to the score of trash that the model gives it: mistakes, sure ones, and ones between.
SCORES = {
    "trash/t0.png": 0.04,
    "trash/t1.png": 0.10,
    "trash/t2.png": 0.16,
    "archive/a0.png": 0.97,
    "archive/a1.png": 0.91,
    "archive/a2.png": 0.12,
    "inbox/i0.png": 0.50,
    "inbox/i1.png": 0.60,
    "inbox/[bold]i2\x1b[31m.png": 0.40,
}


@dataclass(frozen=True)
class Place:
    """A workspace, and the SHA-256 of each file of its library by path."""

    workspace: Workspace
    files: dict[str, str]

    def name(self, file: str) -> str:
        """Return the path of a file."""
        return next(name for name, sha in self.files.items() if sha == file)

    def know(self, *labels: str) -> None:
        """Give the journal these labels, in this order."""
        with self.workspace.open_journal() as journal:
            journal.add_labels(labels)

    def decisions(self) -> dict[str, str]:
        """Return what the journal says, by path: the label, or the kind of the decision in force."""
        with self.workspace.open_journal() as journal:
            return {self.name(file): one.label or one.kind for file, one in journal.effective().items()}

    def samples(self) -> set[str]:
        """Return the samples as `label/stem-of-the-library-file`."""
        by_sha = {sha: Path(name).stem for name, sha in self.files.items()}
        found = self.workspace.data.glob("*/*.png")
        return {f"{path.parent.name}/{by_sha[path.stem]}" for path in found if path.stem in by_sha}


def isolate(monkeypatch: pytest.MonkeyPatch, home: Path) -> dict[str, str]:
    """Give the process a home of its own; returns what a subprocess needs."""
    home.mkdir(parents=True, exist_ok=True)
    runtime = home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    variables = {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HYAI_HOME", "HYAI_READ_ONLY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def picture(number: int, size: tuple[int, int] = (160, 120)) -> bytes:
    """Return a PNG of its own for each number."""
    image = Image.new("RGB", size, ((number * 67) % 256, (number * 131) % 256, (number * 29) % 256))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 90, 90), fill=(255, 210, 60))
    draw.rectangle((100, 60, 150, 110), fill=(40, 40, 160))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def make_place(base: Path, monkeypatch: pytest.MonkeyPatch, settings: str = "", *, model: bool = True) -> Place:
    """Make the workspace, scan it, and give it a model with the scores above."""
    isolate(monkeypatch, base / "home")
    library = base / "pictures"
    contents = {name: picture(number) for number, name in enumerate(SCORES)}
    for name, content in contents.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_bytes(content)
    workspace = create_workspace(base / "art", f'[library]\npath = "{library}"\n{settings}')
    scan(workspace)
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    if model:
        add_model(workspace, {files[name]: score for name, score in SCORES.items()})
    return Place(workspace, files)


def scan(workspace: Workspace) -> None:
    """Read the library into the catalog."""
    library = workspace.open_library()
    try:
        with workspace.open_catalog() as catalog:
            number = catalog.begin_scan()
            catalog.put(library.scan(ScanOptions()), number)
            catalog.finish_scan(number)
    finally:
        library.close()


def add_model(
    workspace: Workspace, scores: dict[str, float], macro_f1: float = 0.91, learned: OutOfFold | None = None
) -> Bundle:
    """Register a model that gives each file its score of trash; `learned` is what it said of its samples."""
    head = Head("linear", (Layer(np.zeros((4, 1), np.float32), np.zeros(1, np.float32)),))
    bundle = Bundle(
        head,
        ("archive", "trash"),
        EncoderStamp("e", "hog", 4),
        "file",
        metrics={"macro_f1": macro_f1},
        out_of_fold=learned or OutOfFold.empty(2),
    )
    bundle = Registry(workspace.models_directory).add(bundle, promote=True)
    with workspace.open_catalog() as catalog:
        numbers = {one.sha256: one.number for one in catalog.files()}
        table = np.full((max(numbers.values()) + 1, 2), np.nan, np.float32)
        for file, score in scores.items():
            table[numbers[file]] = (1 - score, score)
        ScoreTable.write(workspace.scores_directory, bundle, table, catalog.identity)
    return bundle


SILENT = Terminal(answered=False)


def make_app(workspace: Workspace, theme: str = themes.DEFAULT_THEME, terminal: Terminal = SILENT) -> HyaiApp:
    """Return the app as `hyai` opens it, by default on a terminal that answers nothing."""
    return HyaiApp(
        workspace,
        terminal=terminal,
        keymap=keymap.load(),
        themes=themes.load(bundled_themes()),
        theme=theme,
    )


@asynccontextmanager
async def running(
    workspace: Workspace, size: tuple[int, int] = (120, 40), terminal: Terminal = SILENT
) -> AsyncIterator[tuple[HyaiApp, Pilot[None]]]:
    """Run the app until its library is open and its first picture is shown; closes the session afterwards."""
    app = make_app(workspace, terminal=terminal)
    async with app.run_test(size=size) as pilot:
        try:
            await until(pilot, lambda: app.review.library != LibraryLine(), "the library")
            await until(pilot, lambda: shown(app.review), "the first picture")
            await calm(pilot, app)
            yield app, pilot
        finally:
            assert app.session.stop()


def shown(review: ReviewScreen) -> bool:
    """Return whether the current file's picture takes decisions."""
    row = review.desk.current
    return row is not None and review.desk.gate.shown == row.file and review.showing.facts is not None


async def until(pilot: Pilot[Any], true: Callable[[], bool], what: str = "") -> None:
    """Wait until something is true; a screen is never expected to be quick, only to get there."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        if true():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"never happened: {what or true}")


async def calm(pilot: Pilot[None], app: HyaiApp, what: str = "") -> None:
    """Wait until all that was set off has been done and drawn, but for what waits until somebody rests (timers)."""
    quiet = 0

    def still() -> bool:
        nonlocal quiet
        covered = app.screen is not app.review
        quiet = quiet + 1 if not at_work(app) and (covered or settled(app.review)) else 0
        # Twice: what a thread told last goes through the app to its screen, and may ask for more there.
        return quiet > 2

    await until(pilot, still, what or "calm")


def at_work(app: HyaiApp) -> bool:
    """Return whether a thread of the session has not done yet what it was asked for."""
    session = app.session
    owners = (session.pictures, session.tiles, session.previews, session.filters, session.gatherer, session.reranker)
    parts = [one for one in (*owners, session._facts, session.writer, session.writer._carrier) if one is not None]
    threads = [session._queues, session._views, session._work, *(part._thread for part in parts)]
    return any(thread is not None and thread.busy for thread in threads)


async def press(pilot: Pilot[None], app: HyaiApp, *keys: str) -> None:
    """Press keys one by one, as a person does: each one after the picture of the one before has been seen.

    Afterwards everything that the keys set off has been done and drawn, but for what waits until somebody rests.
    """
    for key in keys:
        await calm(pilot, app, f"calm before {key}")
        if app.screen is app.review:
            await until(pilot, lambda: decidable(app.review), f"the picture to decide on with {key}")
        else:
            await pilot.pause(0.1)
        await pilot.press(key)
        await calm(pilot, app, f"the screen after {key}")


async def answered(pilot: Pilot[None], app: HyaiApp, key: str) -> None:
    """Press a key on a question once it has been there for long enough to be read."""
    await until(pilot, lambda: isinstance(app.screen, AskScreen), "the question")
    screen = app.screen
    assert isinstance(screen, AskScreen)
    await until(pilot, lambda: screen.gate.decidable(time.monotonic() - READING_SECONDS) is not None, "time to read it")
    await pilot.press(key)
    await until(pilot, lambda: app.screen is not screen, f"what follows {key}")


def decidable(review: ReviewScreen) -> bool:
    """Return whether a decision key would be taken now, or there is no picture to decide on."""
    gate = review.desk.gate
    return gate.shown is None or gate.decidable(time.monotonic()) is not None


def settled(review: ReviewScreen) -> bool:
    """Return whether all is saved and shown."""
    return review.desk.unsaved == 0 and (review.desk.current is None or review.view != "show" or shown(review))


def screen_text(app: HyaiApp) -> str:
    """Return what stands on the screen, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join(line.text[:width] for line in lines[:height])


async def appears(pilot: Pilot[Any], app: HyaiApp, text: str) -> None:
    """Wait until a text stands on the screen: what follows a key is drawn when the app gets to it."""
    await until(pilot, lambda: text in screen_text(app), f"{text!r} on the screen")
