"""One virtual list of any length: a line is made when it is drawn, never a widget a row."""

from __future__ import annotations

import textwrap

from rich.segment import Segment
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hyai_tui.text import visible


def nothing_lines(text: str, width: int) -> list[Content]:
    """Return what stands where there is nothing to show: quiet, below a blank line, wrapped."""
    pieces = textwrap.wrap(visible(text), max(12, width - 4))
    return [Content(""), *(Content.styled(f"  {piece}", "$muted") for piece in pieces)]


class LineList(ScrollView, can_focus=False):
    """Draws the lines in its window; what a line says is for `make_line`."""

    class Picked(Message):
        """A line was clicked."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    DEFAULT_CSS = """
    LineList {
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow-x: hidden;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.length = 0
        self.hidden = False
        self.nothing = ""

    def say_nothing(self, text: str) -> None:
        """Say what stands in place of the lines while there are none: what is awaited, or what makes some."""
        if text != self.nothing:
            self.nothing = text
            self.refresh()

    def make_line(self, position: int, width: int) -> Content:
        """Return the line at a position, 0 to `length - 1`."""
        raise NotImplementedError

    def set_length(self, length: int) -> None:
        """Say how many lines there are, and draw again."""
        self.length = length
        size = Size(self.size.width, length)
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def bring_in(self, position: int, before: int = 1) -> None:
        """Scroll as little as it takes to have a position, and a few lines around it, in the window."""
        height, top = max(1, self.size.height), self.scroll_offset.y
        before = min(before, height // 2)
        if position - before < top:
            top = position - before
        elif position + before > top + height - 1:
            top = position + before - height + 1
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """Return the line at a row of the window."""
        position = self.scroll_offset.y + y
        width = self.size.width
        ground = self.visual_style
        # The scroll bar lies over the last cell.
        room = max(1, self.scrollable_content_region.width)
        if not self.length and not self.hidden:
            content = (
                nothing_lines(self.nothing, room)[y] if y < len(nothing_lines(self.nothing, room)) else Content("")
            )
        elif position >= self.length or self.hidden:
            content = Content("")
        else:
            content = self.make_line(position, room).truncate(room, ellipsis=True)
        drawn = content.render(ground, end="", parse_style=self.app.stylesheet.parse_style)
        return Strip([Segment(text, of.rich_style) for text, of in drawn]).adjust_cell_length(width, ground.rich_style)

    def on_click(self, event: Click) -> None:
        """A click picks a line; it never decides."""
        if 0 <= (position := self.scroll_offset.y + event.y) < self.length:
            self.post_message(self.Picked(position))
