"""The grid: a page of the open queue as tiles. Marks and whole pages are decided here, always after a question."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.queues.base import QueueRow
from hyai_tui.tui.desk import Desk, Say
from hyai_tui.tui.drawing import Drawn
from hyai_tui.tui.grid_acts import GridActs
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.marking import Marker
from hyai_tui.tui.messages import DecidedElsewhere, NotSaved, QueuesBuilt, Saved
from hyai_tui.tui.pagesight import PageSight
from hyai_tui.tui.paging import Layout, Page, fitting, lay_out
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import PictureBoard, picture_box
from hyai_tui.tui.widgets.captions import page_title, tiles
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp

# Tiles that come back within this time are drawn together.
_GATHER_SECONDS = 0.05
_HINTS = {
    "mark": "mark",
    "mark_range": "range",
    "marked archive": "marked → archive",
    "marked trash": "marked → trash",
    "confirm_rest": "confirm the rest",
    "undo": "undo",
    "more_columns": "smaller",
    "fewer_columns": "larger",
    "similar": "similar",
    "sweep": "sweep",
    "grid": "picture",
    "help": "keys",
}


class GridScreen(Screen[str], inherit_bindings=False):
    """Tiles of the open queue, page by page. Dismissed with the act that the review is to do next, or an empty text.

    Args:
        app: its desk is worked at, its session loads pictures.
        columns: tiles side by side; 0 for what suits the width.
    """

    CSS_PATH = "grid.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, app: HyaiApp, columns: int) -> None:
        super().__init__()
        self._hyai = app
        self.columns = columns
        self.marker = Marker(app.review.desk, PageSight(app.new_gate))
        self.page: Page | None = None
        self._tiling: Layout | None = None
        # The board's size that the tiles were laid out for.
        self._fitted = Size(0, 0)
        self._pictures: dict[str, TileLoaded] = {}
        self._token = 0
        self._draws = False
        self.acts = GridActs(self, app)

    def compose(self) -> ComposeResult:
        """Lay the page out."""
        yield TitleLine(id="grid-title")
        yield PictureBoard(id="board")
        yield StatusLine(id="grid-status")
        yield KeyLine(id="grid-keys")

    # Parts

    @property
    def desk(self) -> Desk:
        """Where the person is, and what was decided."""
        return self._hyai.review.desk

    @property
    def sight(self) -> PageSight:
        """What the terminal has confirmed of this page."""
        return self.marker.sight

    @property
    def board(self) -> PictureBoard:
        """The tiles."""
        return self.query_one(PictureBoard)

    @property
    def told(self) -> str:
        """The line of what happened last."""
        return self.query_one(StatusLine).told

    @property
    def columns_now(self) -> int:
        """Tiles side by side, as they lie now; 1 before there are any."""
        return self._tiling.columns if self._tiling is not None else 1

    @property
    def coarse(self) -> bool:
        """True where a tile has too few dots to judge it."""
        drawn = [one.drawn for one in self._pictures.values() if isinstance(one.drawn, Drawn)]
        return any(one.coarse for one in drawn)

    def say(self, said: Say) -> None:
        """Show a line."""
        self.query_one(StatusLine).tell(said.text, said.kind)

    # Drawing

    def on_screen_resume(self) -> None:
        """The page is on top: now, and whenever a screen above has gone."""
        once_laid_out(self, self._fit)

    def on_screen_suspend(self) -> None:
        """A screen above covers the page: nothing on it can be decided."""
        self.sight.clear()
        self.board.refresh()

    def on_resize(self) -> None:
        """The page has another size."""
        once_laid_out(self, self._fit)

    def _fit(self) -> None:
        """Divide the page for its size, and load what lies on it."""
        walk, loader = self.desk.walk, self._hyai.session.tiles
        size = self.board.size
        cell = loader.cell if loader is not None else (1, 2)
        columns = self.columns or fitting(size.width, size.height, len(walk) if walk is not None else 0, cell)
        self._tiling = lay_out(size.width, size.height, columns, cell)
        if walk is None or self._tiling is None:
            return
        if self.page is None or self.page.walk is not walk or self.page.size != self._tiling.size:
            self.page = Page(walk, self._tiling.size)
        self._fitted = size
        self.turn()
        # What the keys do may take more lines than before there was a page.
        once_laid_out(self, self._fit_again)

    def _fit_again(self) -> None:
        if self.board.size != self._fitted:
            self._fit()

    def turn(self) -> None:
        """Another page: nothing on it has been seen yet."""
        self._token += 1
        self.marker.turn()
        self._pictures = {}
        self.draw()
        page, layout, loader = self.page, self._tiling, self._hyai.session.tiles
        if page is None or layout is None or loader is None or self._hyai.review.view == "nothing":
            return
        stop = min(len(page.walk), page.start + 2 * page.size)
        box, view = picture_box(layout.region(0)), self._hyai.review.view
        ahead = [(page.walk.file(position), box) for position in range(page.start + len(page.rows), stop)]
        wanted = [(row.file, box) for row in page.rows]
        loader.ask(self._token, wanted, view, self.post_message, ahead, of=layout.size)

    def on_tile_loaded(self, message: TileLoaded) -> None:
        """A picture of the page came back, or why there is none; one of an earlier page is dropped."""
        if message.token != self._token:
            return
        self._pictures[message.file] = message
        if not self._draws:
            # Several at once: with each tile, the pictures beside it are drawn again.
            self._draws = True
            self.set_timer(_GATHER_SECONDS, self.draw)

    def draw(self) -> None:
        """Draw all tiles as they stand now; the board draws only what has changed."""
        self._draws = False
        page, layout, view = self.page, self._tiling, self._hyai.review.view
        if page is None or layout is None:
            return
        marks = self.desk.marks
        board = tiles(page, layout, self._pictures, marks.keys(), self.acts.skipped, hidden=view == "nothing")
        self.board.show(self.page_name, board)
        self._draw_lines(page, marks)

    def _draw_lines(self, page: Page, marks: Mapping[str, QueueRow]) -> None:
        title = page_title(page, marks, coarse=self.coarse, mode=self.desk.line.mode)
        ghost = self._hyai.review.acts.ghost()
        self.query_one("#grid-title", Static).update(Content.assemble(title, "   ", ghost) if ghost else title)
        keymap = self._hyai.session.keymap
        labels = [(f"label {name}", name) for name in self.desk.snapshot.label_names]
        hints = [(act, keymap.first_key(act), does) for act, does in (*labels, *_HINTS.items())]
        self.query_one(KeyLine).show([one for one in hints if one[1]])

    @property
    def page_name(self) -> str:
        """Names the page and where its focus is, so that the terminal is asked again whenever one of them changes."""
        row = self.page.row if self.page is not None else None
        return f"{self._token} {row.file if row is not None else ''}"

    def on_picture_board_painted(self, message: PictureBoard.Painted) -> None:
        """The page's bytes went out: ask the terminal to confirm that it has them."""
        if message.page != self.page_name or self._hyai.review.view != "show":
            return
        now = time.monotonic()
        gate = self.sight.announced(message.page, message.names, now)
        if gate is not None:
            self._hyai.confirmations.drawn(gate, message.page, now)

    # What threads tell

    def on_saved(self, message: Saved) -> None:
        """Acts are on disk; an undone one is gone to."""
        self.say(Say(message.line))
        page = self.page
        if message.act == "undo":
            self.acts.skipped = [file for file in self.acts.skipped if file not in message.files]
        if page is not None and message.act == "undo" and len(message.files) == 1:
            page.anchor = None
            page.start = -1
            page.go(page.walk.position)
            self.turn()
        else:
            self.draw()

    def on_not_saved(self, message: NotSaved) -> None:
        """A commit failed: no more is taken."""
        self.say(Say(f"NOT SAVED: {message.error} · then :resume", "error"))
        self.draw()

    def on_decided_elsewhere(self, _message: DecidedElsewhere) -> None:
        """Another app or command decided: the tiles say so."""
        self.draw()

    def on_queues_built(self, _message: QueuesBuilt) -> None:
        """A new list waits; this page stays as it is."""
        self.say(Say(self._hyai.review.banner.told or "a new list is ready"))
        self._fit()

    def resize(self, by: int) -> None:
        """Lay out more or fewer columns."""
        if self._tiling is not None:
            self.columns = max(1, self._tiling.columns + by)
            self._fit()

    # Keys and clicks

    def on_key(self, event: Key) -> None:
        """Move, mark, decide."""
        event.stop()
        event.prevent_default()
        self.acts.key(event.key, event.time)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self.acts.do(message.act, f"tap {message.act}", time.monotonic())

    def on_picture_board_picked(self, message: PictureBoard.Picked) -> None:
        """A click moves the focus, with shift it ends a range, twice it looks closer; it never decides."""
        self.acts.click(message.name, shift=message.shift, ctrl=message.ctrl)
        if message.twice:
            self.acts.do("zoom", "click", time.monotonic())

    def on_picture_board_boxed(self, message: PictureBoard.Boxed) -> None:
        """A box drawn with the mouse marks what lies in it."""
        self.acts.box(message.names)
