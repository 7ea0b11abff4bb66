"""A panel's answers are in view on a low terminal, however much it says; what does not fit scrolls."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widget import Widget
from textual.widgets import Input

from hyai_tui.effects import first_write
from hyai_tui.library.base import Rights
from hyai_tui.library.hydrus.rights import shortcomings
from hyai_tui.settings import Settings
from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.tui.screens.typed import TypedScreen
from hyai_tui.tui.widgets.fitted import Fitted
from tests.tui.tui_fixtures import make_place, running, until

MUCH = [
    *first_write.panel(Settings(), Rights(False, False, False, cannot=tuple(shortcomings(frozenset(), True)))),
    "",
] * 2
ANSWERS = [("Enter", "write", "go on"), ("s", "small", "go on, with small copies"), ("Esc", "", "not now")]


def whole(widget: Widget) -> bool:
    """Return whether every row of a widget is on the screen and inside its panel."""
    panel = widget.parent
    assert isinstance(panel, Widget)
    return widget.size.height > 0 and all(one.region.contains_region(widget.region) for one in (widget.screen, panel))


@pytest.mark.parametrize("size", [(80, 24), (45, 20), (120, 16)])
async def test_the_answers_stay_on_the_screen_and_the_lines_scroll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with running(place.workspace, size) as (app, pilot):
        given: list[str | None] = []
        panel = PanelScreen("Before the first write", MUCH, ANSWERS)
        app.push_screen(panel, given.append)
        await until(pilot, lambda: bool(panel.query(Fitted)), "the panel")
        lines, answers = panel.query_one(Fitted), panel.query(".panel-text").last()
        await until(pilot, lambda: whole(answers) and lines.max_scroll_y > 0, "the answers in view")
        assert "more" in str(lines.parent.border_subtitle)  # type: ignore[union-attr]
        await pilot.press("down", "j")
        await until(pilot, lambda: lines.scroll_y == 2, "the lines two rows on")
        await pilot.press(*["pagedown"] * 40)
        await until(pilot, lambda: lines.scroll_y == lines.max_scroll_y, "the last line")
        await pilot.press("s")
        await until(pilot, lambda: given == ["small"], "the answer")


async def test_a_higher_terminal_shows_all_of_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with running(place.workspace, (80, 20)) as (app, pilot):
        panel = PanelScreen("Before the first write", MUCH, ANSWERS)
        app.push_screen(panel)
        await until(pilot, lambda: bool(panel.query(Fitted)), "the panel")
        lines = panel.query_one(Fitted)
        await until(pilot, lambda: lines.max_scroll_y > 0, "lines that scroll")
        await pilot.resize_terminal(80, 70)
        await until(pilot, lambda: lines.max_scroll_y == 0 and not lines.parent.border_subtitle, "all of them")  # type: ignore[union-attr]


async def test_the_line_for_a_word_stays_on_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with running(place.workspace, (80, 20)) as (app, pilot):
        typed = TypedScreen("LIVE", MUCH, "live", "leaves it off")
        app.push_screen(typed)
        await until(pilot, lambda: bool(typed.query(Input)), "the panel")
        word = typed.query_one(Input)
        await until(pilot, lambda: whole(word) and typed.query_one(Fitted).max_scroll_y > 0, "the line in view")
        await pilot.press("down")
        await until(pilot, lambda: typed.query_one(Fitted).scroll_y == 1, "the lines a row on")
