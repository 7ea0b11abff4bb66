"""Keys and commands, read from the live keymap and the live table of commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui.commands import COMMANDS
from hyai_tui.tui.keymap import ACTS, Keymap

_LOOP = (
    "The loop: look at the mistakes, decide with one key each, retrain, take the new list. A decision outranks every "
    "score, for ever. It copies the picture into data/<label>/ to learn from, and asks for a tag in the library; files "
    "stay where they are unless the mode is STAGED and you commit.",
    "How it learns: each picture is reduced to 224 by 224 pixels and becomes 1280 numbers, made by a network that has "
    "seen the 1000 classes of ImageNet (or by edges and colours where its weights are not at hand). A small head on top "
    "of these numbers learns your labels in seconds. Its quality is always measured on pictures that it was not trained on.",
)


class HelpScreen(ModalScreen[None]):
    """The overlay of keys."""

    CSS_PATH = "panels.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ".scroll"

    def __init__(self, keymap: Keymap, labels: Mapping[int, str]) -> None:
        super().__init__(classes="panel-screen")
        self._keymap = keymap
        self._labels = labels

    def compose(self) -> ComposeResult:
        """Lay out keys, commands and the loop."""
        with VerticalScroll(classes="panel scroll") as panel:
            panel.border_title = f"Keys: {self._keymap.preset}"
            panel.border_subtitle = "Esc closes, ↑↓ scroll"
            yield Static(Content("\n").join(self._lines()), classes="panel-text")

    def _lines(self) -> list[Content]:
        lines = [
            Content.assemble((f"{' '.join(self._keymap.keys(act)):18}", "bold $accent"), self._about(act))
            for act in ACTS
            if self._keymap.keys(act) and self._about(act)
        ]
        lines += [Content.styled(f"clash: {visible(clash)}", "$warning") for clash in self._keymap.clashes]
        lines += [Content(""), Content.styled("Commands", "bold $primary")]
        lines += [Content.assemble((f"{one.usage:34}", "bold $accent"), one.about) for one in COMMANDS.values()]
        lines += [Content(""), *(Content(text) for text in _LOOP)]
        return lines

    def _about(self, act: str) -> str:
        """Return what an act does; empty for labels that do not exist."""
        if not act.startswith("label "):
            return ACTS[act]
        name = act.removeprefix("label ")
        if name.isdecimal():
            label = self._labels.get(int(name))
            return f"decide: {visible(label)}" if label is not None else ""
        return ACTS[act] if name in self._labels.values() else ""

    def on_key(self, event: Key) -> None:
        """Close on Escape and on the keys that opened it."""
        if event.key in {"escape", "q"} or self._keymap.act(event.key) == "help":
            event.stop()
            event.prevent_default()
            self.dismiss(None)
