"""The strip of the files that changed most with a new model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from hyai_tui.text import short_hash
from hyai_tui.tui import words

if TYPE_CHECKING:
    from hyai_tui.queues.changes import Change


class ChangesStrip(Static):
    """One line: each file with what was said of it, and what is said now; a tap shows the file."""

    class Picked(Message):
        """A file was tapped: show it."""

        def __init__(self, file: str) -> None:
            super().__init__()
            self.file = file

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._changes: Sequence[Change] = ()
        self._spots: list[tuple[int, int, str]] = []

    def show(self, changes: Sequence[Change], key: str) -> bool:
        """Show these files, or hide the strip without any; returns whether there is something to see.

        Args:
            changes: the widest first.
            key: the command that walks through them.
        """
        self._changes = changes
        self.display = bool(changes)
        self._draw(key)
        return bool(changes)

    def on_click(self, event: Click) -> None:
        """Show the file that was tapped."""
        for start, end, file in self._spots:
            if start <= event.x < end:
                self.post_message(self.Picked(file))

    def _draw(self, key: str) -> None:
        line = Content.assemble((" changed most  ", "$muted"))
        self._spots = []
        for one in self._changes:
            part = change_content(one)
            self._spots.append((line.cell_length, line.cell_length + part.cell_length, one.file))
            line = Content.assemble(line, part, "   ")
        self.update(Content.assemble(line, (f"{key} shows them", "$muted")))


def change_content(change: Change) -> Content:
    """Return `▲ → ▼ .12→.93 4f1c…9a`: what was said, what is said, how sure of that before and now."""
    turned = change.before_label != change.after_label
    before = Content.styled(f"{words.shape(change.before_label)} → ", words.colour(change.before_label))
    return Content.assemble(
        before if turned else "",
        (words.shape(change.after_label), words.colour(change.after_label)),
        f" {words.fraction(change.before)}→{words.fraction(change.after)} ",
        (short_hash(change.file), "$muted"),
    )
