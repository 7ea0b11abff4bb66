"""A panel over the review: a few lines and one key for each answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui.widgets.columns import Columns, Row
from hyai_tui.tui.widgets.fitted import Fitted


class PanelScreen(ModalScreen[str]):
    """Asks one question; dismissed with the name of the answer, or with an empty text.

    The answers are on the screen whatever there is to know: where the terminal is too low for all lines, these scroll.

    Args:
        title: on the border.
        lines: what there is to know; a text is drawn without markup.
        answers: (key, name, what it does); the name is what the screen is dismissed with.
    """

    CSS_PATH = "panels.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, title: str, lines: Sequence[str | Content], answers: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(classes="panel-screen")
        self._title = title
        self._lines = lines
        self._answers = answers

    def compose(self) -> ComposeResult:
        """Lay out the question and its answers."""
        with Vertical(classes="panel") as panel:
            panel.border_title = self._title
            with Fitted():
                yield Static(
                    Content("\n").join(
                        [line if isinstance(line, Content) else Content(visible(line)) for line in self._lines]
                    ),
                    classes="panel-text",
                )
            yield Static("")
            yield Columns([Row(f" {key}", does) for key, _name, does in self._answers], classes="panel-text")

    def on_resize(self) -> None:
        """There may be other rows for the lines now."""
        for lines in self.query(Fitted):
            lines.fit()

    def on_key(self, event: Key) -> None:
        """Answer, or scroll the lines; Escape answers nothing, every other key does nothing."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss("")
            return
        for key, name, _does in self._answers:
            if event.key == key.lower() or event.character == key:
                self.dismiss(name)
                return
        for lines in self.query(Fitted):
            lines.scroll_by_key(event.key)
