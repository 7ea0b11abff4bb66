"""Asks for a word before an act that goes far: LIVE mode, the clearing of all our tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from hyai_tui.text import visible
from hyai_tui.tui.widgets.fitted import Fitted


class TypedScreen(ModalScreen[bool]):
    """Dismissed with True where the word was typed.

    Args:
        title: on the border.
        lines: what will happen.
        word: what is to be typed, in lower case.
        otherwise: what Escape does.
    """

    CSS_PATH = "panels.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "#typed-word"

    def __init__(self, title: str, lines: Sequence[str], word: str, otherwise: str) -> None:
        super().__init__(classes="panel-screen")
        self._title = title
        self._lines = lines
        self._word = word
        self._otherwise = otherwise

    def compose(self) -> ComposeResult:
        """Lay out what will happen, and the line for the word."""
        with Vertical(classes="panel") as panel:
            panel.border_title = visible(self._title)
            with Fitted():
                yield Static(Content("\n").join([Content(visible(line)) for line in self._lines]), classes="panel-text")
            yield Static("")
            asked = f"type {self._word}, Enter; Esc {self._otherwise}"
            yield Input(id="typed-word", placeholder=asked, compact=True)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Only the word does it; anything else stays here."""
        message.stop()
        if message.value.strip().lower() == self._word:
            self.dismiss(True)
        else:
            message.input.value = ""

    def on_resize(self) -> None:
        """There may be other rows for the lines now."""
        self.query_one(Fitted).fit()

    def on_key(self, event: Key) -> None:
        """Escape leaves; keys that the line for the word does not take scroll what will happen."""
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.dismiss(False)
        elif event.key in {"up", "down", "pageup", "pagedown"}:
            self.query_one(Fitted).scroll_by_key(event.key)
