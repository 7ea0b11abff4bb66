"""The grid: a page of the open queue as tiles. Marks and whole pages are decided here, always after a question."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.journal.model import Kind
from hyai_tui.queues.base import QueueRow
from hyai_tui.tui.bulk import Plan, confirm_rest, decide_marked
from hyai_tui.tui.desk import Desk, Say, Sight
from hyai_tui.tui.drawing import Drawn
from hyai_tui.tui.marking import Marker
from hyai_tui.tui.messages import DecidedElsewhere, NotSaved, QueuesBuilt, Saved
from hyai_tui.tui.pagesight import PageSight
from hyai_tui.tui.paging import Layout, Page, lay_out, step
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import PictureBoard, picture_box
from hyai_tui.tui.widgets.captions import page_title, tiles
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp

_PLAIN: dict[str, Kind] = {"skip": "skip", "unsure": "unsure", "ignore": "ignore"}
_HINTS = {
    "mark": "mark",
    "mark_range": "range",
    "marked archive": "marked → archive",
    "marked trash": "marked → trash",
    "confirm_rest": "confirm the rest",
    "undo": "undo",
    "more_columns": "smaller",
    "fewer_columns": "larger",
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
        self._pictures: dict[str, TileLoaded] = {}
        self._token = 0
        self._skipped: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay the page out."""
        yield Static("", id="grid-title", markup=False)
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
    def coarse(self) -> bool:
        """True where a tile has too few dots to judge it."""
        drawn = [one.drawn for one in self._pictures.values() if isinstance(one.drawn, Drawn)]
        return any(one.coarse for one in drawn)

    def _say(self, said: Say) -> None:
        self.query_one(StatusLine).tell(said.text, said.kind)

    # Drawing

    def on_screen_resume(self) -> None:
        """The page is on top: now, and whenever a screen above has gone."""
        self.call_after_refresh(self._fit)

    def on_screen_suspend(self) -> None:
        """A screen above covers the page: nothing on it can be decided."""
        self.sight.clear()
        self.board.refresh()

    def on_resize(self) -> None:
        """The page has another size."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Divide the page for its size, and load what lies on it."""
        walk, loader = self.desk.walk, self._hyai.session.tiles
        size = self.board.size
        self._tiling = lay_out(size.width, size.height, self.columns, loader.cell if loader is not None else (1, 2))
        if walk is None or self._tiling is None:
            return
        if self.page is None or self.page.walk is not walk or self.page.size != self._tiling.size:
            self.page = Page(walk, self._tiling.size)
        self._turn()

    def _turn(self) -> None:
        """Another page: nothing on it has been seen yet."""
        self._token += 1
        self.marker.turn()
        self._pictures = {}
        self._draw()
        page, layout, loader = self.page, self._tiling, self._hyai.session.tiles
        if page is None or layout is None or loader is None or self._hyai.review.view == "nothing":
            return
        stop = min(len(page.walk), page.start + 2 * page.size)
        ahead = [page.walk.file(position) for position in range(page.start + len(page.rows), stop)]
        files = [row.file for row in page.rows]
        loader.ask(self._token, files, picture_box(layout.region(0)), self._hyai.review.view, self.post_message, ahead)

    def on_tile_loaded(self, message: TileLoaded) -> None:
        """A picture of the page came back, or why there is none; one of an earlier page is dropped."""
        if message.token == self._token:
            self._pictures[message.file] = message
            self._draw()

    def _draw(self) -> None:
        """Draw all tiles as they stand now; the board draws only what has changed."""
        page, layout, view = self.page, self._tiling, self._hyai.review.view
        if page is None or layout is None:
            return
        marks = self.desk.marks
        board = tiles(page, layout, self._pictures, marks.keys(), self._skipped, hidden=view == "nothing")
        self.board.show(self._page_name, board)
        self._draw_lines(page, marks)

    def _draw_lines(self, page: Page, marks: Mapping[str, QueueRow]) -> None:
        title = page_title(page, marks, coarse=self.coarse, mode=self.desk.line.mode)
        ghost = self._hyai.review.acts.ghost()
        self.query_one("#grid-title", Static).update(Content.assemble(title, "   ", ghost) if ghost else title)
        keymap = self._hyai.session.keymap
        self.query_one(KeyLine).show([(act, keymap.first_key(act), does) for act, does in _HINTS.items()])

    @property
    def _page_name(self) -> str:
        """Names the page and where its focus is, so that the terminal is asked again whenever one of them changes."""
        row = self.page.row if self.page is not None else None
        return f"{self._token} {row.file if row is not None else ''}"

    def on_picture_board_painted(self, message: PictureBoard.Painted) -> None:
        """The page's bytes went out: ask the terminal to confirm that it has them."""
        if message.page != self._page_name or self._hyai.review.view != "show":
            return
        now = time.monotonic()
        gate = self.sight.announced(message.page, message.names, now)
        if gate is not None:
            self._hyai.confirmations.drawn(gate, message.page, now)

    # What threads tell

    def on_saved(self, message: Saved) -> None:
        """Acts are on disk; an undone one is gone to."""
        self._say(Say(message.line))
        page = self.page
        if message.act == "undo":
            self._skipped = [file for file in self._skipped if file not in message.files]
        if page is not None and message.act == "undo" and len(message.files) == 1:
            page.anchor = None
            page.start = -1
            page.go(page.walk.position)
            self._turn()
        else:
            self._draw()

    def on_not_saved(self, message: NotSaved) -> None:
        """A commit failed: no more is taken."""
        self._say(Say(f"NOT SAVED: {message.error} · then :resume", "error"))
        self._draw()

    def on_decided_elsewhere(self, _message: DecidedElsewhere) -> None:
        """Another app or command decided: the tiles say so."""
        self._draw()

    def on_queues_built(self, _message: QueuesBuilt) -> None:
        """A new list waits; this page stays as it is."""
        self._say(Say(self._hyai.review.banner.told or "a new list is ready"))
        self._fit()

    # Keys

    def on_key(self, event: Key) -> None:
        """Move, mark, decide."""
        event.stop()
        event.prevent_default()
        act = self._hyai.session.keymap.act(event.key)
        by = step(event.key, act, self._tiling.columns if self._tiling is not None else 1)
        if by is not None:
            self._move(by, extend=event.key.startswith("shift+"))
        elif act is not None:
            self.do(act, event.key, event.time)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self.do(message.act, f"tap {message.act}", time.monotonic())

    def on_picture_board_picked(self, message: PictureBoard.Picked) -> None:
        """A click moves the focus, with shift it ends a range; it never decides."""
        page = self.page
        if page is None:
            return
        at = next((at for at, row in enumerate(page.rows) if row.file == message.name), page.focus)
        before = page.position
        page.go(page.start + at)
        if message.shift:
            anchor = before if page.anchor is None else page.anchor
            self._mark(lambda page: self.marker.between(page, anchor))
        elif message.ctrl:
            self._mark(self.marker.toggle)
        self._draw()

    def do(self, act: str, key: str, at: float) -> None:
        """Do an act of the keymap."""
        page = self.page
        if page is None:
            return
        moves = {"next": 1, "previous": -1, "page_down": page.size, "page_up": -page.size}
        here: dict[str, Callable[[], object]] = {
            "first": lambda: self._go(0),
            "last": lambda: self._go(len(page.walk) - 1),
            "mark": lambda: self._mark(self.marker.toggle),
            "mark_range": lambda: self._mark(self._mark_range),
            "mark_page": lambda: self._mark(self.marker.page),
            "confirm_rest": lambda: self._confirm_rest(at),
            "more_columns": lambda: self._resize(1),
            "fewer_columns": lambda: self._resize(-1),
            "undo": self.desk.undo if self._allowed() else lambda: None,
            "redo": self.desk.redo if self._allowed() else lambda: None,
            "blur": self._blur,
            "help": self._hyai.host.show_help,
            "back": self._back,
            "grid": lambda: self._leave(""),
            "take_list": lambda: self._leave(""),
        }
        if act in moves:
            self._move(moves[act])
        elif act in here:
            here[act]()
        elif act in _PLAIN:
            self._decide(_PLAIN[act], None, key, at)
        elif act.startswith("label "):
            if (label := self._hyai.review.acts.label_of(act, self._say)) is not None:
                self._decide("label", label, key, at)
        elif act.startswith("marked "):
            if (label := self._hyai.review.acts.label_of(act, self._say)) is not None:
                self.decide_marked(label)
        else:
            self._leave(act)

    def _allowed(self) -> bool:
        if self.desk.line.look_only:
            self._say(Say("looking only: another app decides · :take-over", "warn"))
        return not self.desk.line.look_only

    def _leave(self, act: str) -> None:
        """Back to the picture; what was skipped here goes to the end of the queue now, so that no page jumped."""
        walk = self.desk.walk
        if walk is not None and self._skipped:
            here = walk.file(walk.position)
            for file in self._skipped:
                if (position := walk.find(file)) is not None:
                    walk.position = position
                    walk.skip()
            walk.go(position if (position := walk.find(here)) is not None and here not in self._skipped else 0)
        self.dismiss(act)

    def _back(self) -> None:
        """Drop the range that was begun, then the marks, then the grid."""
        page, marks = self.page, self.desk.marks
        if page is not None and page.anchor is not None:
            page.anchor = None
        elif marks:
            self._say(Say(f"{len(marks):,} marks taken away"))
            marks.clear()
        else:
            self._leave("")
            return
        self._draw()

    def _blur(self) -> None:
        self._hyai.review.acts.blur()
        self._turn()

    def _resize(self, by: int) -> None:
        if self._tiling is not None:
            self.columns = max(1, self._tiling.columns + by)
            self._fit()

    # Moving and marking

    def _move(self, by: int, *, extend: bool = False) -> None:
        if self.page is None:
            return
        before = self.page.position
        if extend and self.page.anchor is None:
            self.page.anchor = before
        self._go(before + by)
        if extend:
            self._mark(lambda page: self.marker.between(page, before, keep=True))

    def _go(self, position: int) -> None:
        if self.page is not None and len(self.page.walk):
            if self.page.go(position):
                self._turn()
            else:
                self._draw()

    def _mark(self, how: Callable[[Page], Say]) -> None:
        """Mark in one of the marker's ways; nothing is marked while pictures are hidden."""
        if self.page is None:
            return
        hidden = self._hyai.review.view != "show"
        self._say(Say("pictures are hidden: nothing takes a mark", "warn") if hidden else how(self.page))
        self._draw()

    def _mark_range(self, page: Page) -> Say:
        return self.marker.range(page, self._hyai.session.keymap.first_key("mark_range"))

    # Deciding

    def _decide(self, kind: Kind, label: str | None, key: str, at: float) -> None:
        """Decide on the tile in focus."""
        page = self.page
        if page is None:
            return
        row = page.row
        file = self.sight.file(self._page_name, row.file, at) if row is not None else None
        seconds = self.sight.seconds(file, at) if file is not None else None
        said = self.desk.decide_shown(row, Sight(file, seconds, "grid"), kind, label, key, at)
        self._say(said)
        if said.kind == "say" and row is not None:
            if kind == "skip":
                self._skipped.append(row.file)
            page.advance()
        self._draw()

    def decide_marked(self, label: str) -> None:
        """Ask, then give all marked files a label."""
        page, marks = self.page, self.desk.marks
        if not marks:
            key = self._hyai.session.keymap.first_key("mark")
            self._say(Say(f"nothing is marked: {key} marks", "warn"))
        elif page is not None:
            self._ask(decide_marked(label, dict(marks), {row.file for row in page.rows}))

    def _confirm_rest(self, at: float) -> None:
        """Ask, then give each seen tile of this page its suggestion; marked ones are exceptions and stay."""
        page = self.page
        if page is None:
            return
        if self.coarse:
            self._say(
                Say("coarse view: whole pages are not confirmed here; look at each, or make tiles larger", "warn")
            )
            return
        plan = confirm_rest(page.rows, self.sight.files(at), self.desk.marks.keys(), page.walk.decided.keys())
        if plan.decisions:
            self._ask(plan)
        else:
            self._say(Say("nothing to confirm: no tile in view has a suggestion", "warn"))

    def _ask(self, plan: Plan) -> None:
        if (refusal := self.desk.closed()) is not None:
            self._say(refusal)
            return
        self._hyai.views.ask_plan(plan, "grid")
