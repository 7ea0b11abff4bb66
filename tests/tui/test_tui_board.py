"""A page of pictures in one widget: what is drawn, what is announced, what is taken away again."""

from __future__ import annotations

import re

import pytest
from PIL import Image
from rich.console import Console
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import ModalScreen

from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui.drawing import Drawing, Drawn
from hyai_tui.tui.sending import Transmitter
from hyai_tui.tui.widgets.board import PictureBoard, Tile, picture_box

LEFT, RIGHT, BELOW = Region(0, 0, 20, 8), Region(20, 0, 20, 8), Region(0, 8, 20, 8)


class Shown(App[None]):
    """A board alone, with all that was said and written."""

    CSS = "PictureBoard { width: 60; height: 20; }"

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.transmitter = Transmitter(self.written.append)
        self.board = PictureBoard()
        self.painted: list[PictureBoard.Painted] = []
        self.picked: list[PictureBoard.Picked] = []

    def compose(self) -> ComposeResult:
        yield self.board

    def on_picture_board_painted(self, message: PictureBoard.Painted) -> None:
        self.painted.append(message)

    def on_picture_board_picked(self, message: PictureBoard.Picked) -> None:
        self.picked.append(message)

    @property
    def rows(self) -> list[str]:
        return [strip.text for strip in self.screen._compositor.render_strips()]

    @property
    def drawn_text(self) -> str:
        console = Console(color_system="truecolor", force_terminal=True)
        return "".join(strip.render(console) for strip in self.screen._compositor.render_strips())


def draw(protocol: str = "halfcell", region: Region = LEFT, colour: str = "red") -> Drawn:
    made = Drawing(Terminal(protocol=protocol)).draw(Image.new("RGB", (300, 200), colour), picture_box(region))
    assert made is not None
    return made


async def painted(app: Shown, pilot: Pilot[None], count: int) -> None:
    for _ in range(600):
        if len(app.painted) >= count:
            return
        await pilot.pause(0.05)
    raise AssertionError("the board never said that it was painted")


async def test_tiles_have_a_frame_a_caption_and_a_picture() -> None:
    app = Shown()
    async with app.run_test(size=(60, 20)) as pilot:
        app.board.show(
            "one",
            [
                Tile("a", LEFT, draw(), caption="▼ trash", frame="$accent"),
                Tile("b", RIGHT, draw(), caption=Content.styled("[plain]", "bold")),
                Tile("c", BELOW, lines=("no picture",), caption="x" * 40, frame="red"),
            ],
        )
        await painted(app, pilot, 1)
        rows = app.rows
        assert rows[0].startswith("╭" + "─" * 18 + "╮" + " " * 20)
        assert rows[7].startswith("╰─────▼ trash──────╯")
        assert "[plain]" in rows[7]
        assert rows[11].startswith("│    no picture    │")
        assert rows[15].startswith("╰" + "x" * 17 + "…╯")
        assert "48;2;255;0;0" in app.drawn_text


async def test_a_page_is_announced_once_with_the_tiles_that_show_a_picture() -> None:
    app = Shown()
    async with app.run_test(size=(60, 20)) as pilot:
        tiles = [Tile("a", LEFT, draw()), Tile("b", RIGHT, lines=("…",))]
        app.board.show("one", tiles)
        await painted(app, pilot, 1)
        app.board.refresh()
        app.board.show("one", tiles)
        await pilot.pause(0.1)
        assert [(one.page, one.names) for one in app.painted] == [("one", frozenset("a"))]
        app.board.show("one", [tiles[0], Tile("b", RIGHT, draw())])
        assert app.board.names == {"a"}
        await painted(app, pilot, 2)
        assert app.painted[-1].names == app.board.names == {"a", "b"}
        app.board.show("two", [tiles[0], Tile("b", RIGHT, draw())])
        assert app.board.names == frozenset()
        await painted(app, pilot, 3)
        assert app.painted[-1].page == "two"


async def test_the_data_of_a_sixel_tile_follows_its_last_row_and_begins_in_its_corner() -> None:
    app = Shown()
    async with app.run_test(size=(60, 20)) as pilot:
        wide = draw("sixel")
        app.board.show("one", [Tile("a", LEFT, wide), Tile("b", BELOW, wide)])
        await painted(app, pilot, 1)
        strips = app.screen._compositor.render_strips()
        places = []
        for at, strip in enumerate(strips):
            places += [(at, move[1], move[2]) for move in re.finditer(r"\x1b7\x1b\[(\d+);(\d+)H\x1bP", strip.text)]
        left = 2 + (18 - wide.fit.columns) // 2
        top = (6 - wide.fit.rows) // 2
        assert places == [(7, str(2 + top), str(left)), (15, str(10 + top), str(left))]


async def test_a_panel_over_the_page_takes_kitty_pictures_off_the_glass_and_brings_them_back() -> None:
    app = Shown()
    async with app.run_test(size=(60, 20)) as pilot:
        one, two = draw("tgp"), draw("tgp")
        app.board.show("one", [Tile("a", LEFT, one), Tile("b", RIGHT, two)])
        await painted(app, pilot, 1)
        assert all("".join(each.encoded.transmission) in "".join(app.written) for each in (one, two))
        assert one.encoded.overlay in app.drawn_text
        app.push_screen(ModalScreen())
        for _ in range(100):
            if app.written[-1].count("d=i,i=") == 2:
                break
            await pilot.pause(0.05)
        assert one.encoded.withdrawal in app.written[-1]
        app.pop_screen()
        await painted(app, pilot, 2)
        assert one.encoded.overlay in app.drawn_text
        assert "".join(app.written).count("a=t,") == 2


async def test_a_tile_that_goes_is_withdrawn_and_may_be_freed() -> None:
    app = Shown()
    async with app.run_test(size=(60, 20)) as pilot:
        one, two = draw("tgp"), draw("tgp")
        app.board.show("one", [Tile("a", LEFT, one), Tile("b", RIGHT, two)])
        await painted(app, pilot, 1)
        app.transmitter.free([one.encoded.number])
        assert "d=I" not in "".join(app.written)
        app.board.show("two", [Tile("b", RIGHT, two)])
        await painted(app, pilot, 2)
        assert app.written[-1] == one.encoded.withdrawal
        app.transmitter.free([one.encoded.number])
        assert app.written[-1] == one.encoded.removal
        await app.board.remove()
        assert app.written[-1] == two.encoded.withdrawal


async def test_only_the_rows_of_a_changed_tile_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Shown()
    async with app.run_test(size=(60, 20)) as pilot:
        app.board.show("one", [Tile("a", LEFT, draw()), Tile("b", BELOW, draw())])
        await painted(app, pilot, 1)
        asked: list[Region] = []
        monkeypatch.setattr(app.board, "refresh", lambda *regions: asked.extend(regions))
        app.board.show("one", [Tile("a", LEFT, app.board._tiles["a"].drawn), app.board._tiles["b"]])
        app.board.show("one", [app.board._tiles["a"], Tile("b", BELOW, app.board._tiles["b"].drawn, frame="red")])
        assert asked == [Region(0, 8, 60, 8)]


async def test_a_click_names_its_tile_and_one_beside_them_nothing() -> None:
    app = Shown()
    async with app.run_test(size=(60, 20)) as pilot:
        app.board.show("one", [Tile("a", LEFT, draw()), Tile("b", RIGHT, draw())])
        await painted(app, pilot, 1)
        await pilot.click(PictureBoard, offset=(25, 3), shift=True)
        await pilot.click(PictureBoard, offset=(50, 15))
        for _ in range(600):
            if app.picked:
                break
            await pilot.pause(0.05)
        assert [(one.name, one.shift, one.ctrl) for one in app.picked] == [("b", True, False)]
