"""The pane around the picture: a new title draws its edge, and nothing inside."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from hyai_tui.tui.widgets.pane import TitledPane
from tests.tui.tui_fixtures import until


class Inside(Widget):
    """Counts how often it is drawn."""

    drawn = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.drawn += 1
        return super().render_lines(crop)


class Framed(App[None]):
    CSS = "TitledPane { border: round white; }"

    def compose(self) -> ComposeResult:
        with TitledPane():
            yield Inside()


def edge(app: Framed) -> str:
    return app.screen._compositor.render_strips()[0].text


async def test_a_new_title_stands_in_the_edge_and_what_is_inside_is_not_drawn_again() -> None:
    app = Framed()
    async with app.run_test(size=(40, 10)) as pilot:
        pane, inside = app.query_one(TitledPane), app.query_one(Inside)
        before = 0
        while before != inside.drawn or not before:
            before = inside.drawn
            await pilot.pause(0.1)
        pane.show_title(Content("trash · u"))
        await pilot.pause(0.1)
        assert inside.drawn == before
        # Looking at the screen draws it, so what it shows is looked at after that.
        await until(pilot, lambda: "trash · u" in edge(app), "the title")
        pane.show_title(Content(""))
        await until(pilot, lambda: "trash" not in edge(app), "the title to go")
