"""Every key of the live keymap does what the help says of it, on the review and in the grid."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from hyai_tui.tui import keymap
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.keymap import ACTS
from hyai_tui.tui.screens.changes import ChangesScreen
from hyai_tui.tui.screens.classes import ClassesScreen
from hyai_tui.tui.screens.compare import CompareScreen
from hyai_tui.tui.screens.grid import GridScreen
from hyai_tui.tui.screens.help import HelpScreen
from hyai_tui.tui.screens.history import HistoryScreen
from hyai_tui.tui.screens.jobs import JobsScreen
from hyai_tui.tui.screens.leaving import LeavingScreen
from hyai_tui.tui.screens.map import MapScreen
from hyai_tui.tui.screens.preview import PreviewScreen
from hyai_tui.tui.screens.statistics import StatisticsScreen
from hyai_tui.tui.widgets.queue_list import QueueList
from tests.tui.test_tui_grid import everything_seen, open_grid
from tests.tui.tui_fixtures import Place, press, running, settled, until


@pytest.fixture
def place(place: Place) -> Place:
    place.know("archive", "trash")
    return place


@pytest.mark.parametrize("preset", keymap.presets())
async def test_every_key_of_a_preset_reaches_its_act_on_the_review_and_in_the_grid(
    place: Place, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    async with running(place.workspace) as (app, pilot):
        app.host.set_keys(preset)
        # These two are taken before any screen has them, and so out of order; the next test presses them.
        live = {key: act for key, act in app.session.keymap.acts.items() if act not in {"help", "palette"}}
        screen = await open_grid(pilot, app)
        monkeypatch.setattr(screen.acts, "do", lambda act, key, at: done.append(act))
        monkeypatch.setattr(screen.acts, "_move", lambda by, *, extend: done.append(f"move {by}"))
        await press_all(pilot, app, live, done)
        steps = {"next", "previous", "skip", "undo"}
        assert [
            (key, act, what)
            for (key, act), what in zip(live.items(), done, strict=True)
            if what != act and not (act in steps and what.startswith("move"))
        ] == []
        screen.dismiss("")
        await until(pilot, lambda: app.screen is app.review, "the review")
        monkeypatch.setattr(app.review.acts, "do", lambda act, key, at: done.append(act))
        await press_all(pilot, app, live, done)
        assert dict(zip(live, done, strict=True)) == dict(live)


async def press_all(pilot: Pilot[None], app: HyaiApp, live: Mapping[str, str], done: list[str]) -> None:
    """Press every key, one behind the other, and wait until each has been looked up."""
    done.clear()
    for key in live:
        app.post_message(Key(key, None))
    await until(pilot, lambda: len(done) == len(live), "all of the keys")


@dataclass
class Seen:
    """The app, with what leaves it kept on paper."""

    app: HyaiApp
    pilot: Pilot[None]
    place: Place
    jobs: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    left: list[bool] = field(default_factory=list)
    gathered: list[str] = field(default_factory=list)

    @property
    def position(self) -> int:
        walk = self.app.review.desk.walk
        assert walk is not None
        return walk.position

    @property
    def line(self) -> str:
        return self.app.review.query_one("#command-line", Input).value

    def on(self, kind: type[Screen[Any]]) -> bool:
        return isinstance(self.app.screen, kind)

    def told(self, text: str) -> bool:
        return text in self.app.review.status.told

    def decided(self, word: str) -> bool:
        return word in self.place.decisions().values()


# Act to what is seen after its key on the review; each begins on the fourth file of nine, with nothing open.
EFFECTS: dict[str, Callable[[Seen], bool]] = {
    "label archive": lambda seen: seen.decided("archive"),
    "label trash": lambda seen: seen.decided("trash"),
    "label 1": lambda seen: seen.decided("archive"),
    "label 2": lambda seen: seen.decided("trash"),
    **{f"label {digit}": lambda seen: seen.told("there is no label for that key") for digit in range(3, 10)},
    # The list of all files suggests nothing.
    "suggested": lambda seen: seen.told("nothing is suggested for this file"),
    "pick": lambda seen: seen.line == "label ",
    "tags": lambda seen: seen.line == "tags ",
    "unsure": lambda seen: seen.decided("unsure"),
    "skip": lambda seen: len(seen.app.review.desk.skipped) == 1,
    "ignore": lambda seen: seen.decided("ignore"),
    "undo": lambda seen: seen.told("nothing to undo"),
    "redo": lambda seen: seen.told("redo"),
    "zoom": lambda seen: seen.on(PreviewScreen),
    "compare": lambda seen: seen.on(CompareScreen),
    "open": lambda seen: len(seen.outside) == 1,
    "filter": lambda seen: seen.line == "/",
    "sort": lambda seen: seen.app.review.desk.query is not None,
    "go": lambda seen: seen.line == "go ",
    "grid": lambda seen: seen.on(GridScreen),
    "mark": lambda seen: len(seen.app.review.desk.marks) == 1,
    **dict.fromkeys(
        ("mark_range", "mark_page", "confirm_rest", "more_columns", "fewer_columns"),
        lambda seen: seen.told("that key works in the grid"),
    ),
    "marked archive": lambda seen: seen.told("nothing is marked"),
    "marked trash": lambda seen: seen.told("nothing is marked"),
    "history": lambda seen: seen.on(HistoryScreen),
    "next": lambda seen: seen.position == 4,
    "previous": lambda seen: seen.position == 2,
    "first": lambda seen: seen.position == 0,
    "last": lambda seen: seen.position == 8,
    "page_down": lambda seen: seen.position == 8,
    "page_up": lambda seen: seen.position == 0,
    "next_queue": lambda seen: open_queue(seen.app) == "mistakes",
    "previous_queue": lambda seen: open_queue(seen.app) not in {"all", "mistakes"},
    "queues": lambda seen: isinstance(seen.app.focused, QueueList),
    "take_list": lambda seen: seen.told("no new list waits"),
    "blur": lambda seen: seen.app.review.view == "mosaic",
    "score": lambda seen: "score" in seen.jobs,
    "retrain": lambda seen: "retrain" in seen.jobs,
    "jobs": lambda seen: seen.on(JobsScreen),
    "similar": lambda seen: seen.gathered == ["similar"],
    "sweep": lambda seen: seen.gathered == ["similar", "sweep"],
    "map": lambda seen: seen.on(MapScreen),
    "statistics": lambda seen: seen.on(StatisticsScreen),
    "changes": lambda seen: seen.on(ChangesScreen),
    "classes": lambda seen: seen.on(ClassesScreen),
    "command": lambda seen: isinstance(seen.app.focused, Input) and not seen.line,
    "palette": lambda seen: seen.on(CommandPalette),
    "help": lambda seen: seen.on(HelpScreen),
    "back": lambda seen: seen.on(LeavingScreen),
    "leave": lambda seen: bool(seen.left),
}


def open_queue(app: HyaiApp) -> str:
    """Return the key of the open queue."""
    walk = app.review.desk.walk
    assert walk is not None
    return walk.entry.key


async def home(seen: Seen) -> None:
    """Put away what the last key opened, take back what it did, and go to the fourth file of all."""
    app, pilot = seen.app, seen.pilot
    while app.screen is not app.review:
        app.screen.dismiss(None)
        await pilot.pause()
    app.review.acts.close_command()
    app.review.acts.close_queues()
    app.review.desk.marks.clear()
    if app.review.view != "show":
        app.review.view = "show"
    if app.review.desk.made > app.review.desk.undone:
        app.host.do_act("undo")
        await until(pilot, lambda: "undone" in app.review.status.told, "the undo")
    app.review.desk.drop_filter()
    app.review.desk.open_entry("all")
    app.session.commands.run("go 4")
    app.review.status.tell("")
    gate = app.review.desk.gate
    await until(
        pilot,
        lambda: settled(app.review) and seen.position == 3 and gate.decidable(time.monotonic()) is not None,
        "the fourth file",
    )


def test_every_act_of_the_help_has_something_to_be_seen_here() -> None:
    assert [act for act in ACTS if act not in EFFECTS] == []


async def test_every_act_of_the_help_is_seen_to_be_done(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(place.workspace) as (app, pilot):
        seen = Seen(app, pilot, place)
        monkeypatch.setattr(app.session.errands, "start_job", lambda kind, options: seen.jobs.append(kind))
        monkeypatch.setattr(app.session.errands, "open_outside", seen.outside.append)
        monkeypatch.setattr(app.host, "gather", lambda what, arguments: seen.gathered.append(what))
        leave = app.host.leave
        monkeypatch.setattr(app.host, "leave", lambda *, ask: leave(ask=True) if ask else seen.left.append(True))
        for act in ACTS:
            key = next((key for key, of in app.session.keymap.acts.items() if of == act), None)
            # Digits without a label do the same as the first of them.
            if key is None or act in {f"label {digit}" for digit in range(4, 10)}:
                continue
            await home(seen)
            await pilot.press(key)
            await until(pilot, lambda act=act: EFFECTS[act](seen), f"what {key} does: {act}")  # type: ignore[misc]


async def test_closer_looks_from_the_grid_come_back_to_the_grid(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    outside: list[str] = []
    async with running(place.workspace) as (app, pilot):
        grid = await open_grid(pilot, app)
        monkeypatch.setattr(app.session.errands, "open_outside", outside.append)
        await pilot.press("home", "right")
        for key, kind in (("z", PreviewScreen), ("c", CompareScreen)):
            await pilot.press(key)
            await until(pilot, lambda kind=kind: isinstance(app.screen, kind), key)  # type: ignore[misc]
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is grid and everything_seen(grid), "the grid again")
        await pilot.press("o")
        assert grid.page is not None
        assert grid.page.row is not None
        assert outside == [grid.page.row.file]


async def test_a_box_drawn_with_the_mouse_marks_the_tiles_that_it_touches(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        grid = await open_grid(pilot, app)
        first, last = grid.board._tiles.values(), [*grid.board._tiles.values()][6]
        begin = next(iter(first)).region
        await pilot.mouse_down("#board", offset=(begin.x + 3, begin.y + 2))
        await pilot.hover("#board", offset=(last.region.x + 3, last.region.y + 2))
        await pilot.mouse_up("#board", offset=(last.region.x + 3, last.region.y + 2))
        columns = grid.columns_now
        await until(pilot, lambda: bool(app.review.desk.marks), "the marks")
        assert grid.page is not None
        wanted = {
            row.file for at, row in enumerate(grid.page.rows) if at % columns <= 6 % columns and at // columns <= 1
        }
        assert set(app.review.desk.marks) == wanted
        assert place.decisions() == {}


async def test_two_clicks_look_closer_and_one_decides_nothing(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await pilot.click("#picture", times=2)
        await until(pilot, lambda: isinstance(app.screen, PreviewScreen), "the original")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review, "the review")
        grid = await open_grid(pilot, app)
        await pilot.click("#board", offset=(5, 3), times=2)
        await until(pilot, lambda: isinstance(app.screen, PreviewScreen), "the original")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is grid, "the grid")
        assert place.decisions() == {}


async def test_a_failed_look_from_the_grid_is_told_in_the_grid(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        grid = await open_grid(pilot, app)
        app.review.view = "nothing"
        await press(pilot, app, "z")
        assert grid.told == "pictures are hidden"
