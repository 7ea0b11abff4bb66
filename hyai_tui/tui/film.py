"""The small pictures of the review: the strip of what comes next, and the picture decided last in its corner.

Both wait until nobody presses a key. The strip is drawn where the terminal keeps pictures that it was given once
(kitty); elsewhere each of its pictures would cost as many bytes with every key as the large one, so names and marks
stand in its place. The picture decided last is so small that every terminal can have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Region

from hyai_tui.queues.base import HIDES_MODEL, QueueRow
from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.drawing import Drawn
from hyai_tui.tui.resting import Rest
from hyai_tui.tui.sending import SMALL, Transmitter
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import PictureBoard, Tile, picture_box
from hyai_tui.tui.widgets.rows import opinion_share

if TYPE_CHECKING:
    from hyai_tui.tui.screens.review import ReviewScreen

# Columns and rows of one picture of the strip with its frame.
_TILE = (15, 7)
_STRIP = picture_box(Region(0, 0, *_TILE))
# The same of the picture decided last, where the pane of facts has room for it, and where it lies beside the large one.
_FRAMED, _CORNER = (20, 9), (8, 4)
# Nothing of this begins before nobody has pressed a key for so long: the next large picture comes first.
_REST_SECONDS = 0.4
# How often it is looked whether the terminal has the pictures that were sent to it.
_LOOK_SECONDS = 0.1
# Each of them takes as much as one picture of a page of this many.
_SHARE = 60


class Film:
    """Keeps both for one review.

    Args:
        screen: the review.
    """

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._token = 0
        self._rest = Rest(screen)
        self._pictures: dict[str, TileLoaded] = {}
        # How many pictures the strip had room for when they were asked for.
        self._asked = 0
        # What the terminal has yet to be given.
        self._offered: list[Drawn] = []
        # The file of the pane, and what stands under it.
        self._framed: tuple[str, str] = ("", "")

    @property
    def has_strip(self) -> bool:
        """True where the strip shows pictures, in place of names."""
        session = self._screen.session
        return session.terminal.protocol == "tgp" and not session.slow

    def corner(self) -> Drawn | None:
        """Return the picture decided last for the corner beside the large one; None where a pane has room for it."""
        return self._ghost() if not self._has_pane else None

    @property
    def _has_pane(self) -> bool:
        return bool(self._screen.query_one("#ghost", PictureBoard).size)

    @property
    def _ghost_box(self) -> tuple[int, int]:
        return picture_box(Region(0, 0, *_FRAMED)) if self._has_pane else _CORNER

    def _ghost(self) -> Drawn | None:
        """Return the picture decided last, if it is at hand and may be seen."""
        desk, tiles, view = self._screen.desk, self._screen.session.tiles, self._screen.view
        if not desk.last_file or tiles is None or view == "nothing" or self._screen.session.slow:
            return None
        drawn = tiles.at_hand(desk.last_file, self._ghost_box, view)
        return drawn if drawn is not None and self._is_there(drawn) else None

    def follow(self) -> None:
        """The place, the marks or the decisions changed: bring both up to date once nobody has pressed a key for a moment."""
        self._screen.set_class(self.has_strip, "-film")
        if self._framed[0] and self._framed != self._last:
            # The key that it names takes back something else by now, or nothing.
            self._frame(None)
        self._rest.wait(_REST_SECONDS, self._load)

    def loaded(self, message: TileLoaded) -> None:
        """A small picture came back; an old one is dropped."""
        if message.token != self._token:
            return
        if message.box == _STRIP:
            self._pictures[message.file] = message
        if message.drawn is not None and message.drawn.encoded.number:
            self._offered.append(message.drawn)
        self._rest.wait(_LOOK_SECONDS / 2, self.draw)

    def draw(self) -> None:
        """Draw both with the pictures that the terminal has; look again while it waits for some."""
        if not self._screen.is_mounted or self._screen.app.screen is not self._screen:
            return
        self._screen.set_class(self.has_strip, "-film")
        if self.has_strip:
            board = self._screen.query_one("#film", PictureBoard)
            board.show(str(self._token), self._tiles(board.size.width))
            if len(self._rows(board.size.width)) > self._asked > 0:
                # It was laid out, or grew, after they were asked for.
                self.follow()
                return
        self._draw_ghost()
        self._send()

    def _draw_ghost(self) -> None:
        self._screen.picture.show_ghost(self.corner())
        if not self._has_pane:
            return
        self._frame(self._ghost())

    @property
    def _last(self) -> tuple[str, str]:
        return self._screen.desk.last_file, self._screen.acts.ghost().markup

    def _frame(self, drawn: Drawn | None) -> None:
        """Draw the pane with the picture decided last, or empty."""
        self._framed, tiles = ("", ""), []
        if drawn is not None:
            self._framed = self._last
            tiles.append(Tile(self._framed[0], Region(0, 0, *_FRAMED), drawn, self._screen.acts.ghost(), "$frame"))
        self._screen.query_one("#ghost", PictureBoard).show(str(self._token), tiles)

    def _send(self) -> None:
        """Offer the terminal what it does not have yet, and look again in a moment."""
        transmitter = getattr(self._screen.app, "transmitter", None)
        self._offered = [drawn for drawn in self._offered if not self._is_there(drawn)]
        if isinstance(transmitter, Transmitter) and self._offered:
            transmitter.offer([drawn.encoded for drawn in self._offered], SMALL)
            self._rest.wait(_LOOK_SECONDS, self.draw)

    def _is_there(self, drawn: Drawn) -> bool:
        transmitter = getattr(self._screen.app, "transmitter", None)
        number = drawn.encoded.number
        return not number or not isinstance(transmitter, Transmitter) or transmitter.has(number)

    def pick(self, file: str) -> None:
        """Go to a picture that was clicked; it never decides."""
        walk = self._screen.desk.walk
        if walk is not None and (position := walk.find(file)) is not None and walk.go(position):
            self._screen.show_current()

    def _load(self) -> None:
        """Ask for the pictures of the strip, and for the shown one as the next to be decided."""
        screen, loader = self._screen, self._screen.session.tiles
        row = screen.desk.current
        if loader is None or row is None or screen.view == "nothing" or screen.app.screen is not screen:
            self.draw()
            return
        self._token += 1
        self._offered = []
        files = [one.file for one in self._rows(self._width)] if self.has_strip else []
        self._asked = len(files)
        self._pictures = {file: one for file, one in self._pictures.items() if file in files}
        wanted = [(file, _STRIP) for file in files]
        ahead: list[tuple[str, tuple[int, int]]] = []
        if not screen.session.slow:
            wanted = [(screen.desk.last_file, self._ghost_box), *wanted] if screen.desk.last_file else wanted
            ahead = [(row.file, self._ghost_box)]
        loader.ask(self._token, wanted, screen.view, screen.post_message, ahead, of=_SHARE)
        self.draw()

    @property
    def _width(self) -> int:
        return self._screen.query_one("#film", PictureBoard).size.width

    def _first(self, width: int) -> int:
        """Return the position of the first tile: the place is the second, but for the ends of the queue."""
        walk = self._screen.desk.walk
        if walk is None:
            return 0
        return max(0, min(walk.position - 1, len(walk) - max(1, width // _TILE[0])))

    def _rows(self, width: int) -> list[QueueRow]:
        walk, first = self._screen.desk.walk, self._first(width)
        if walk is None:
            return []
        return [walk.row(at) for at in range(first, min(len(walk), first + max(1, width // _TILE[0])))]

    def _tiles(self, width: int) -> list[Tile]:
        desk = self._screen.desk
        hidden, current = self._screen.view == "nothing", desk.current
        made = []
        for at, row in enumerate(self._rows(width)):
            got = self._pictures.get(row.file)
            drawn = got.drawn if got is not None and not hidden else None
            if drawn is not None and not self._is_there(drawn):
                drawn = None
            here = current is not None and row.file == current.file
            done = desk.decided.get(row.file)
            style = "$accent bold" if here else ("$warning" if row.file in desk.marks else "$frame")
            lines = ("hidden",) if hidden else ((got.failure or "…",) if got is not None else ("…",))
            region = Region(at * _TILE[0], 0, *_TILE)
            made.append(Tile(row.file, region, drawn, _caption(row, done, desk.marks), style, lines))
        return made


def _caption(row: QueueRow, done: str | None, marks: Mapping[str, QueueRow]) -> Content:
    """Return `◆ ▼ trash` of a decided file, `▲ 93 %` of another."""
    mark = Content.styled("◆ ", "$warning bold") if row.file in marks else Content("")
    if done:
        return Content.assemble(mark, (f"✓ {words.shape(done)} {visible(done)}", words.colour(done)))
    if row.kind == HIDES_MODEL or row.predicted is None or row.score is None:
        return mark
    share = words.percent(opinion_share(row))
    return Content.assemble(mark, (f"{words.shape(row.predicted)} {share}", words.colour(row.predicted)))
