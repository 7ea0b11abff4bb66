"""Asks before tags are written. Only a key pressed after the line was on the screen can say yes."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui.asking import Question
from hyai_tui.tui.confirming import Confirmations
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.tui.seen import RepeatGuard, SeenGate

# Nobody reads a line and answers it faster; a key that comes sooner was meant for what stood there before.
READING_SECONDS = 0.3
_LINE = "the question"


class AskScreen(PanelScreen):
    """Shows what would be written; Enter writes, Escape leaves.

    Args:
        question: what is asked.
        gate: tells when the line has been drawn; of this screen alone.
    """

    def __init__(self, question: Question, gate: SeenGate) -> None:
        super().__init__(question.title, [question.line], [("Enter", "write", "")])
        self.gate = gate
        self._line = question.line
        self._guard = RepeatGuard()

    def compose(self) -> ComposeResult:
        """Lay out the line, which names the keys itself."""
        with Vertical(classes="panel") as panel:
            panel.border_title = self._title
            yield Static(Content(visible(self._line)), classes="panel-text")

    def on_mount(self) -> None:
        """Ask the terminal for its confirmation after the first drawing."""
        once_laid_out(self, self._drawn)

    def _drawn(self) -> None:
        confirmations = getattr(self.app, "confirmations", None)
        if isinstance(confirmations, Confirmations):
            confirmations.drawn(self.gate, _LINE, time.monotonic())

    def on_key(self, event: Key) -> None:
        """Let keys pass to the panel once the line has been there for long enough to be read; Escape always."""
        held = self._guard.repeats(event.key, event.time)
        if event.key != "escape" and (held or self.gate.decidable(event.time - READING_SECONDS) is None):
            event.stop()
            event.prevent_default()
