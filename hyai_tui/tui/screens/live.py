"""Asks for the word before decisions move files at once."""

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

WORD = "live"


class LiveScreen(ModalScreen[bool]):
    """Dismissed with True where the word was typed.

    Args:
        lines: what the key may and cannot do, and what a decision will do at once.
    """

    CSS_PATH = "panels.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "#live-word"

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(classes="panel-screen")
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Lay out what will happen, and the line for the word."""
        with Vertical(classes="panel") as panel:
            panel.border_title = "LIVE: decisions move files at once"
            yield Static(Content("\n").join([Content(visible(line)) for line in self._lines]), classes="panel-text")
            yield Static("")
            yield Input(id="live-word", placeholder=f"type {WORD} and Enter; Esc leaves it off", compact=True)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Only the word switches it on; anything else stays here."""
        message.stop()
        if message.value.strip().lower() == WORD:
            self.dismiss(True)
        else:
            message.input.value = ""

    def on_key(self, event: Key) -> None:
        """Escape leaves it off."""
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.dismiss(False)
