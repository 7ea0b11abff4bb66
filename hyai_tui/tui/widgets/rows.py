"""One virtual list over a walk of any length: a line is made when it is drawn, never a widget a row."""

from __future__ import annotations

from rich.segment import Segment
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hyai_tui.queues.base import QueueRow
from hyai_tui.text import short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.listing import Walk


class RowList(ScrollView, can_focus=False):
    """What comes next: the queue around the place."""

    class Picked(Message):
        """A row was clicked: go there."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._walk: Walk | None = None
        self.hidden = False

    def show_walk(self, walk: Walk | None) -> None:
        """Draw another walk, or the same one after it has changed, with its place in view."""
        self._walk = walk
        size = Size(self.size.width, len(walk) if walk is not None else 0)
        if size != self.virtual_size:
            self.virtual_size = size
        if walk is not None:
            self.scroll_to(y=max(0, walk.position - 1), animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the line at a row of the window."""
        position = self.scroll_offset.y + y
        width = self.size.width
        ground = self.visual_style
        if self._walk is None or position >= len(self._walk) or self.hidden:
            return Strip([Segment(" " * width, ground.rich_style)], width)
        content = _line(self._walk, position, width)
        drawn = content.render(ground, end="", parse_style=self.app.stylesheet.parse_style)
        return Strip([Segment(text, of.rich_style) for text, of in drawn]).adjust_cell_length(width, ground.rich_style)

    def on_click(self, event: Click) -> None:
        """A click moves there; it never decides."""
        if self._walk is not None and 0 <= (position := self.scroll_offset.y + event.y) < len(self._walk):
            self.post_message(self.Picked(position))


def _line(walk: Walk, position: int, width: int) -> Content:
    """Return `▸ ▼ 93 %  trash→keep  4f1c…9a  9 of 10 nearest…`."""
    row = walk.row(position)
    here = position == walk.position
    done = walk.decided.get(row.file)
    mark = Content.styled(f"{words.shape(done)} ", words.colour(done)) if done else Content("  ")
    base = "bold" if here else ("$muted" if done else "")
    parts = [
        Content.styled("▸ " if here else "  ", "$accent bold"),
        mark,
        _opinion(row),
        Content.styled(f"{short_hash(row.file)}  ", "$muted"),
        Content.styled(row.kind if "→" in row.kind else visible(row.reason), base),
    ]
    return Content("").join(parts).truncate(max(1, width), ellipsis=True)


def _opinion(row: QueueRow) -> Content:
    """Return what the model says, padded to a column: `▲ archive 93 %  `."""
    if row.predicted is None or row.score is None:
        return Content("—".ljust(16))
    share = opinion_share(row)
    text = f"{words.shape(row.predicted)} {visible(row.predicted)[:8]:8}{words.percent(share):>5}"
    return Content.styled(text.ljust(16), words.colour(row.predicted))


def opinion_share(row: QueueRow) -> float:
    """Return how sure the model is of the label that it predicts, 0 to 1. A score is of trash in the binary case."""
    assert row.score is not None
    return 1 - row.score if row.predicted == "archive" else row.score
