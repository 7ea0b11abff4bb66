"""The list of queues with their counts, on the left, or over the picture where there is no room for it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache

from textual.content import Content
from textual.events import Click, Key
from textual.message import Message

from hyai_tui.tui import words
from hyai_tui.tui.listing import Snapshot
from hyai_tui.tui.widgets.swift import FramedLines


@dataclass(frozen=True)
class _Line:
    key: str
    text: str
    count: str
    indent: int
    first: bool


class QueueList(FramedLines, can_focus=True):
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
        self._lines: list[_Line] = []
        # The line that stands first in view.
        self._top = 0

    def show(self, snapshot: Snapshot, counts: dict[str, int], open_key: str) -> None:
        """Draw a snapshot; `counts` outrank the lengths of its entries."""
        if snapshot is self._snapshot and (counts, open_key) == (self._counts, self._open):
            return
        self._snapshot, self._counts, self._open = snapshot, counts, open_key
        keys = self._keys
        if not self.has_focus and open_key in keys:
            self._cursor = keys.index(open_key)
        self._cursor = min(self._cursor, max(0, len(keys) - 1))
        self._lay_out()

    @property
    def _keys(self) -> list[str]:
        return [entry.key for entry in self._snapshot.entries]

    def _lay_out(self) -> None:
        """Break the titles into lines of this width, and draw them."""
        self._lines = []
        for entry in self._snapshot.entries:
            count = words.short_count(self._counts.get(entry.key, len(entry)))
            room = max(8, self.size.width - 3 - 2 * entry.indent - 1)
            pieces = _pieces(entry.title, room - len(count) - 1)
            for at, piece in enumerate(pieces):
                last = at == len(pieces) - 1
                self._lines.append(_Line(entry.key, piece, count if last else "", entry.indent, at == 0))
        self._draw()

    def _draw(self) -> None:
        chosen = self._keys[self._cursor : self._cursor + 1]
        self._bring_in(*(chosen if self.has_focus else [self._open]))
        here = chosen if self.has_focus else []
        width = self.size.width
        self.show_lines(
            [
                _content(line, width, here=line.key in here, is_open=line.key == self._open)
                for line in self._lines[self._top :]
            ]
        )

    def _bring_in(self, key: str = "") -> None:
        """Move the lines as little as it takes to have those of a queue in view."""
        places = [at for at, line in enumerate(self._lines) if line.key == key]
        height = max(1, self.size.height)
        if places:
            self._top = min(max(self._top, places[-1] - height + 1), places[0])
        self._top = max(0, min(self._top, len(self._lines) - height))

    def on_resize(self) -> None:
        """Titles break elsewhere."""
        self._lay_out()

    def on_key(self, event: Key) -> None:
        """Move and choose; letters that decide do nothing here."""
        steps = {"down": 1, "j": 1, "up": -1, "k": -1}
        if event.key in steps and self._keys:
            self._cursor = (self._cursor + steps[event.key]) % len(self._keys)
            self._draw()
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
        at = event.get_content_offset(self)
        if at is not None and (line := self._top + at.y) < len(self._lines):
            self.post_message(self.Chosen(self._lines[line].key))

    def watch_has_focus(self, has_focus: bool) -> None:
        """Draw the cursor, or take it away."""
        super().watch_has_focus(has_focus)
        self._draw()


# Every decision changes a count or two: the other lines are kept as they were made.
@lru_cache(maxsize=256)
def _pieces(title: str, width: int) -> tuple[str, ...]:
    """Return a title in lines of this width."""
    return tuple(textwrap.wrap(title, width)) or (title,)


@lru_cache(maxsize=256)
def _content(line: _Line, width: int, *, here: bool, is_open: bool) -> Content:
    """Return a line with its count at the right: `▸ Mistakes      59 `."""
    mark = "▸" if is_open and line.first else " "
    text = f"{mark} {'  ' * line.indent}{line.text}"
    count = f"{line.count} "
    padded = text + " " * max(1, width - len(text) - len(count)) + count
    # Parts of a queue are quieter than the queue.
    quiet = "$muted" if line.indent else ""
    return Content.styled(padded, "bold $background on $primary" if here else "bold $accent" if is_open else quiet)
