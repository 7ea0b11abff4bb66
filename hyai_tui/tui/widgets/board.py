"""Several pictures in one widget: a page of a grid, a filmstrip, two side by side.

Whoever uses a board says where each tile lies and what it says; the board draws frames, captions and pictures in
whatever the terminal can do, and tells which tiles the terminal was given. A page changes as a whole: it is not
scrolled, because Sixel pictures do not scroll with their cells.

    board.show("page 3", [Tile("4f1c…", Region(0, 0, 20, 10), drawn, caption="▼ trash", frame="$accent"), …])
    box = picture_box(region)              # columns and rows to encode the picture of a tile for
    on_picture_board_painted(message)      # message.page, message.names: drawn, and now to be confirmed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual.content import Content
from textual.events import Click, MouseDown, MouseUp
from textual.filter import ANSIToTruecolor
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from hyai_tui.tui.drawing import Across, Drawn, side_by_side
from hyai_tui.tui.glass import Glass


@dataclass(frozen=True)
class Tile:
    """One picture of a board, with its frame.

    Attributes:
        name: of the file; unique on the board.
        region: cells inside the board, frame included. Tiles do not overlap, and stay inside.
        drawn: the picture, encoded for `picture_box(region)`; None while there is none.
        caption: one line in the lower edge of the frame; a text is drawn without markup.
        frame: style of the frame, such as `$accent bold`; empty for a tile that shows none.
        lines: text instead of a picture: a placeholder, why there is no picture. Such a tile is never `drawn`.
    """

    name: str
    region: Region
    drawn: Drawn | None = None
    caption: str | Content = ""
    frame: str = ""
    lines: tuple[str, ...] = ()


def picture_box(region: Region) -> tuple[int, int]:
    """Return the columns and rows for the picture of a tile: all but the frame, whose lower edge is the caption."""
    return max(0, region.width - 2), max(0, region.height - 2)


class PictureBoard(Widget, can_focus=False):
    """Draws tiles. Only those rows are drawn again in which a tile has changed."""

    class Painted(Message):
        """A page has gone out to the terminal, which has yet to confirm it.

        Attributes:
            page: as given to `show`.
            names: the tiles whose pictures were drawn; not those that show text.
        """

        def __init__(self, page: str, names: frozenset[str]) -> None:
            super().__init__()
            self.page = page
            self.names = names

    class Picked(Message):
        """A tile was clicked; a click never decides.

        Attributes:
            name: of the tile.
            shift: True with the shift key: the end of a range.
            ctrl: True with the control key.
            twice: True for the second click of a double click.
        """

        def __init__(self, name: str, *, shift: bool, ctrl: bool, twice: bool = False) -> None:
            super().__init__()
            self.name = name
            self.shift = shift
            self.ctrl = ctrl
            self.twice = twice

    class Boxed(Message):
        """A box was drawn with the mouse from one tile to another.

        Attributes:
            names: the tiles that it touches, row by row.
        """

        def __init__(self, names: tuple[str, ...]) -> None:
            super().__init__()
            self.names = names

    class Resized(Message):
        """The board has another size: its tiles want other places."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._page = ""
        self._tiles: dict[str, Tile] = {}
        self._announced: tuple[str, frozenset[str]] = ("", frozenset())
        self._glass = Glass(self)
        self._grip: Offset | None = None
        self._boxed = False

    def show(self, page: str, tiles: Sequence[Tile]) -> None:
        """Show these tiles and no others; `Painted` follows when new pictures have gone out.

        Args:
            page: names what is shown; a new name is announced even where the same tiles stay.
            tiles: all of them, also those that have not changed (compared by value; their pictures by identity).
        """
        before, self._tiles = self._tiles, {tile.name: tile for tile in tiles}
        self._page = page
        changed = [one.region for name, one in before.items() if self._tiles.get(name) != one]
        changed += [one.region for name, one in self._tiles.items() if before.get(name) != one]
        # Whole rows: pictures beside a changed tile lose what its row of cells is written over.
        bands = {Region(0, one.y, self.size.width, one.height) for one in changed}
        if bands:
            self.refresh(*bands)
        else:
            self.call_after_refresh(self._settle, self._visible)

    @property
    def names(self) -> frozenset[str]:
        """The tiles that were drawn when this page was announced last."""
        return self._announced[1] if self._announced[0] == self._page else frozenset()

    def tile_at(self, x: int, y: int) -> str | None:
        """Return the name of the tile at a cell of the board."""
        return next((tile.name for tile in self._tiles.values() if tile.region.contains(x, y)), None)

    @property
    def _visible(self) -> tuple[Tile, ...]:
        if not self.screen.is_active:
            return ()
        return tuple(tile for tile in self._tiles.values() if tile.drawn is not None)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of the crop; each picture's data follows the last row of its tile."""
        width, height = self.size
        visible = self._visible
        rows: list[list[tuple[int, Strip]]] = [[] for _ in range(height)]
        for tile in self._tiles.values():
            for at, strip in enumerate(self._tile_rows(tile, hidden=tile.drawn is not None and tile not in visible)):
                if 0 <= tile.region.y + at < height and tile.region.right <= width:
                    rows[tile.region.y + at].append((tile.region.x, strip))
        ground = self.visual_style.rich_style
        lines = [side_by_side(parts, width, Segment(" ", ground)) for parts in rows]
        for line_filter in self.get_line_filters():
            if not isinstance(line_filter, ANSIToTruecolor):
                lines = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in lines]
        for tile in visible:
            self._lay_over(tile, lines)
        self.call_after_refresh(self._settle, visible)
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def on_mouse_down(self, event: MouseDown) -> None:
        """A box may begin here."""
        self._grip = event.offset
        self._boxed = False

    def on_mouse_up(self, event: MouseUp) -> None:
        """A box ends where another tile is than it began at."""
        grip, self._grip = self._grip, None
        if grip is None or self.tile_at(*grip) == self.tile_at(event.x, event.y):
            return
        self._boxed = True
        box = Region.from_corners(
            min(grip.x, event.x), min(grip.y, event.y), max(grip.x, event.x) + 1, max(grip.y, event.y) + 1
        )
        if names := tuple(tile.name for tile in self._tiles.values() if tile.region.overlaps(box)):
            self.post_message(self.Boxed(names))

    def on_click(self, event: Click) -> None:
        """Say which tile was clicked; the end of a box is no click."""
        if (name := self.tile_at(event.x, event.y)) is not None and not self._boxed:
            self.post_message(self.Picked(name, shift=event.shift, ctrl=event.ctrl, twice=event.chain == 2))

    def on_resize(self) -> None:
        """Say that there is another room for tiles."""
        self.post_message(self.Resized())

    def on_unmount(self) -> None:
        """Take the pictures off the screen."""
        self._glass.settle(())

    def _settle(self, visible: tuple[Tile, ...]) -> None:
        """The frame has gone out."""
        if not self.is_attached:
            # The screen was left while its last frame was on its way.
            return
        self._glass.settle([tile.drawn for tile in visible if tile.drawn is not None])
        names = frozenset(tile.name for tile in visible)
        if (self._page, names) != self._announced and visible == self._visible:
            self._announced = (self._page, names)
            # Called by the screen; a message that its parent has sent would not bubble beyond it.
            self.post_message(self.Painted(self._page, names).set_sender(self))

    def _corner(self, tile: Tile, drawn: Drawn) -> Offset:
        """Return where the picture's corner lies on the board: in the middle of its box."""
        columns, rows = picture_box(tile.region)
        return Offset(
            tile.region.x + 1 + max(0, columns - drawn.fit.columns) // 2,
            tile.region.y + 1 + max(0, rows - drawn.fit.rows) // 2,
        )

    def _lay_over(self, tile: Tile, lines: list[Strip]) -> None:
        assert tile.drawn is not None
        self._glass.need(tile.drawn)
        last = tile.region.bottom - 1
        if tile.drawn.encoded.overlay and 0 <= last < len(lines):
            corner = self.screen.find_widget(self).region.offset + self._corner(tile, tile.drawn)
            over = self._glass.over(tile.drawn, corner.x, corner.y)
            lines[last] = Across([lines[last], Strip([over], 0)])

    def _tile_rows(self, tile: Tile, *, hidden: bool) -> list[Strip]:
        """Return the rows of one tile: upper edge, picture or text, lower edge with the caption."""
        columns, rows = picture_box(tile.region)
        if columns < 1 or rows < 1:
            return []
        across, down = ("─", "│") if tile.frame else (" ", " ")
        corners = "╭╮╰╯" if tile.frame else "    "
        ground = self.visual_style
        edge = ground + Style.parse(tile.frame, self.app.theme_variables) if tile.frame else ground
        frame, plain = edge.rich_style, ground.rich_style
        inside = [Strip([Segment(" " * columns, plain)], columns)] * rows
        if tile.drawn is not None and not hidden:
            inside = self._picture_rows(tile, tile.drawn, inside)
        elif tile.drawn is None:
            top = max(0, rows - len(tile.lines)) // 2
            for at, text in enumerate(tile.lines[: rows - top]):
                inside[top + at] = Strip([Segment(text.center(columns), plain)]).adjust_cell_length(columns, plain)
        side = Strip([Segment(down, frame)], 1)
        caption = self._caption(tile, columns, across, edge)
        return [
            Strip([Segment(corners[0] + across * columns + corners[1], frame)], columns + 2),
            *(Across([side, row, side]) for row in inside),
            Across([Strip([Segment(corners[2], frame)], 1), caption, Strip([Segment(corners[3], frame)], 1)]),
        ]

    def _picture_rows(self, tile: Tile, drawn: Drawn, inside: list[Strip]) -> list[Strip]:
        columns, rows = picture_box(tile.region)
        plain = self.visual_style.rich_style
        left = max(0, columns - drawn.fit.columns) // 2
        right = columns - left - drawn.fit.columns
        top = max(0, rows - drawn.fit.rows) // 2
        lines = list(inside)
        for at, row in enumerate(drawn.rows[: rows - top]):
            if right >= 0:
                lines[top + at] = Across(
                    [Strip([Segment(" " * left, plain)], left), row, Strip([Segment(" " * right, plain)], right)]
                )
        return lines

    def _caption(self, tile: Tile, columns: int, across: str, edge: Style) -> Strip:
        """Return the caption in the middle of the lower edge, cut to its width."""
        content = tile.caption if isinstance(tile.caption, Content) else Content(tile.caption)
        content = content.truncate(columns, ellipsis=True)
        drawn = content.render(self.visual_style, end="", parse_style=self.app.stylesheet.parse_style)
        parts = [Segment(text, style.rich_style) for text, style in drawn if text]
        free = max(0, columns - content.cell_length)
        left = Segment(across * (free // 2), edge.rich_style)
        right = Segment(across * (free - free // 2), edge.rich_style)
        return Strip([left, *parts, right]).adjust_cell_length(columns, self.visual_style.rich_style)
