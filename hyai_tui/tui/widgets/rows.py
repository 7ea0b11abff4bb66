"""What comes next: the queue around the place, as one virtual list over a walk of any length."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp

from hyai_tui.queues.base import HIDES_MODEL, MISTAKES, QueueRow
from hyai_tui.text import short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.listing import Walk
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.swift import SwiftLines

# Cells of a kind of mistake.
_KIND = 10


class RowList(SwiftLines):
    """The rows of a walk around its place, with a bar that says where in the queue they are."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._walk: Walk | None = None
        self._called: Callable[[str], str] = short_hash
        self._top = 0
        self._opinions = False
        self._kinds = False
        self.hidden = False
        self._made: dict[tuple[object, ...], Content] = {}

    def show_walk(self, walk: Walk | None, name: Callable[[str], str]) -> None:
        """Draw another walk, or the same one after it has changed, with its place in view; `name` may be empty."""
        self._called = name
        self._walk = walk
        self._top = max(0, walk.position - 1) if walk is not None else 0
        self._draw()

    def on_resize(self) -> None:
        """More or fewer rows fit."""
        self._draw()

    def on_click(self, event: Click) -> None:
        """A click picks a row; it never decides."""
        if self._walk is not None and 0 <= (position := self._top + event.y) < len(self._walk):
            self.post_message(LineList.Picked(position))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Look further down without moving the place."""
        self._look(1)
        event.stop()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Look further up."""
        self._look(-1)
        event.stop()

    def _look(self, by: int) -> None:
        length = len(self._walk) if self._walk is not None else 0
        self._top = max(0, min(self._top + by, length - self.size.height))
        self._draw()

    def _draw(self) -> None:
        walk, height, width = self._walk, self.size.height, self.size.width - 1
        if walk is None or self.hidden or width < 2 or height < 1:
            self.show_lines([])
            return
        self._top = max(0, min(self._top, len(walk) - height))
        bar = scroll_bar(self._top, len(walk), height)
        before, self._made = self._made, {}
        # A kind of mistake takes less room than a reason; before there is a model, its column is room for names.
        self._kinds = bool(len(walk)) and walk.row(0).kind in MISTAKES
        self._opinions = any(
            walk.row(at).predicted is not None for at in range(self._top, min(self._top + height, len(walk)))
        )
        self.show_lines([self._line(walk, self._top + at, shade, width, before) for at, shade in enumerate(bar)])

    def _line(
        self, walk: Walk, position: int, shade: str, width: int, before: Mapping[tuple[object, ...], Content]
    ) -> Content:
        """Return a row with its piece of the bar; the one that was there, where it says the same."""
        opinions, kinds = self._opinions, self._kinds
        known: tuple[object, ...] = (shade, width)
        if position < len(walk):
            row = walk.row(position)
            done = walk.decided.get(row.file)
            inks = words.colour(done) if done else "", words.colour(row.predicted) if row.predicted else ""
            known = (row, position == walk.position, done, self._called(row.file), *inks, shade, width, opinions, kinds)
        if (made := before.get(known)) is None:
            line = Content("")
            if position < len(walk):
                names = _name_width(width - 4 - 16 * opinions, kinds=kinds)
                line = _line(walk, position, row, self._called, names, opinions=opinions)
                line = line.truncate(width, ellipsis=True)
            made = Content.assemble(line, " " * (width - line.cell_length), Content.styled(shade, "$muted"))
        self._made[known] = made
        return made


def scroll_bar(top: int, length: int, height: int) -> str:
    """Return one character a row: where the window stands in a list of that length; blank where all of it shows."""
    if length <= height:
        return " " * height
    size = max(1, round(height * height / length))
    start = round((height - size) * top / max(1, length - height))
    return "".join("█" if start <= at < start + size else "│" for at in range(height))


def _line(
    walk: Walk, position: int, row: QueueRow, name: Callable[[str], str], names: int, *, opinions: bool
) -> Content:
    """Return `▸ ▼ archive 93 %  sunset.png  trash→keep`, with the hash where the name is not known."""
    here = position == walk.position
    done = walk.decided.get(row.file)
    mark = Content.styled(f"{words.shape(done)} ", words.colour(done)) if done else Content("  ")
    base = "bold" if here else ("$muted" if done else "")
    parts = [
        Content.styled("▸ " if here else "  ", "$accent bold"),
        mark,
        _opinion(row) if opinions else Content(""),
        _padded(visible(name(row.file)) or short_hash(row.file), names),
        Content.styled(row.kind if row.kind in MISTAKES else visible(row.reason), base),
    ]
    return Content("").join(parts)


def _name_width(room: int, *, kinds: bool) -> int:
    """Return the cells of a name where so many are left for it and the reason, no more than names need.

    Beside a kind of mistake that is the rest, beside a sentence two fifths.
    """
    return max(9, min(40, room - _KIND - 3 if kinds else room * 2 // 5))


def _padded(text: str, width: int) -> Content:
    """Return a text in a column of a width, cut with an ellipsis where it is longer."""
    content = Content.styled(text, "$muted").truncate(width, ellipsis=True)
    return Content.assemble(content, " " * (width - content.cell_length + 2))


def _opinion(row: QueueRow) -> Content:
    """Return what the model says, padded to a column: `▲ archive 93 %  `."""
    if row.predicted is None or row.score is None or row.kind == HIDES_MODEL:
        return Content("—".ljust(16))
    share = opinion_share(row)
    text = f"{words.shape(row.predicted)} {visible(row.predicted)[:8]:8}{words.percent(share):>5}"
    return Content.styled(text.ljust(16), words.colour(row.predicted))


def opinion_share(row: QueueRow) -> float:
    """Return how sure the model is of the label that it predicts, 0 to 1. A score is of trash in the binary case."""
    assert row.score is not None
    return 1 - row.score if row.predicted == "archive" else row.score
