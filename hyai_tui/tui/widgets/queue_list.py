"""The list of queues with their counts, on the left, or over the picture where there is no room for it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from rich.segment import Segment
from textual.content import Content
from textual.events import Click, Key
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hyai_tui.tui import words
from hyai_tui.tui.listing import Snapshot


@dataclass(frozen=True)
class _Line:
    key: str
    text: str
    count: str
    indent: int
    first: bool


class QueueList(Widget, can_focus=True):
    """Queues by name; the open one is marked, the cursor moves only while the list has the focus."""

    class Chosen(Message):
        """A queue was chosen."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Left(Message):
        """The person goes back to the picture without choosing."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._snapshot = Snapshot()
        self._counts: dict[str, int] = {}
        self._open = ""
        self._cursor = 0

    def show(self, snapshot: Snapshot, counts: dict[str, int], open_key: str) -> None:
        """Draw a snapshot; `counts` outrank the lengths of its entries."""
        if snapshot is self._snapshot and (counts, open_key) == (self._counts, self._open):
            return
        self._snapshot, self._counts, self._open = snapshot, counts, open_key
        keys = self._keys
        if not self.has_focus and open_key in keys:
            self._cursor = keys.index(open_key)
        self._cursor = min(self._cursor, max(0, len(keys) - 1))
        self.refresh()

    @property
    def _keys(self) -> list[str]:
        return [entry.key for entry in self._snapshot.entries]

    def _lines(self) -> list[_Line]:
        lines = []
        for entry in self._snapshot.entries:
            count = words.short_count(self._counts.get(entry.key, len(entry)))
            room = max(8, self.size.width - 3 - 2 * entry.indent - 1)
            pieces = textwrap.wrap(entry.title, room - len(count) - 1) or [entry.title]
            for at, piece in enumerate(pieces):
                last = at == len(pieces) - 1
                lines.append(_Line(entry.key, piece, count if last else "", entry.indent, at == 0))
        return lines

    def render_line(self, y: int) -> Strip:
        """Return one line of the list."""
        width, ground = self.size.width, self.visual_style
        lines = self._lines()
        if y >= len(lines):
            return Strip([Segment(" " * width, ground.rich_style)], width)
        line = lines[y]
        here = self.has_focus and self._keys[self._cursor : self._cursor + 1] == [line.key]
        is_open = line.key == self._open
        style = "bold $background on $primary" if here else ("bold $accent" if is_open else "")
        mark = "▸" if is_open and line.first else " "
        text = f"{mark} {'  ' * line.indent}{line.text}"
        count = f"{line.count} "
        padded = text + " " * max(1, width - len(text) - len(count)) + count
        content = Content.styled(padded, style) if style else _plain(padded, line)
        segments = [
            Segment(piece, of.rich_style)
            for piece, of in content.render(ground, end="", parse_style=self.app.stylesheet.parse_style)
        ]
        return Strip(segments).adjust_cell_length(width, ground.rich_style)

    def on_key(self, event: Key) -> None:
        """Move and choose; letters that decide do nothing here."""
        steps = {"down": 1, "j": 1, "up": -1, "k": -1}
        if event.key in steps and self._keys:
            self._cursor = (self._cursor + steps[event.key]) % len(self._keys)
            self.refresh()
        elif event.key in {"enter", "right", "l"} and self._keys:
            self.post_message(self.Chosen(self._keys[self._cursor]))
        elif event.key in {"escape", "tab", "left", "h"}:
            self.post_message(self.Left())
        elif event.key in {"colon", "question_mark", "f1"} or event.key.startswith("ctrl+"):
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: Click) -> None:
        """A click opens the queue."""
        lines = self._lines()
        if 0 <= event.y < len(lines):
            self.post_message(self.Chosen(lines[event.y].key))

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Take the cursor away."""
        self.refresh()


def _plain(padded: str, line: _Line) -> Content:
    """Return a line with its count in a quiet colour, and parts of a queue quieter than the queue."""
    return Content.styled(padded, "$muted") if line.indent else Content(padded)
