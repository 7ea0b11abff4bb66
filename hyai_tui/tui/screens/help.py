"""Keys and commands, read from the live keymap and the live table of commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen

from hyai_tui.text import visible
from hyai_tui.tui.commands import COMMANDS
from hyai_tui.tui.keymap import ACTS, Keymap
from hyai_tui.tui.widgets.columns import Columns, Row

# Cells of the first column; of that of keys on a phone.
_KEYS, _COMMANDS, _FEW = 18, 35, 11
_LOOP = (
    "The loop: look at the mistakes, decide with one key each, retrain, take the new list. A decision outranks every "
    "score, for ever. It copies the picture into data/<label>/ to learn from, and asks for a tag in the library; files "
    "stay where they are unless the mode is STAGED and you commit.",
    "How it learns: each picture is reduced to 224 by 224 pixels and becomes 1280 numbers, made by a network that has "
    "seen the 1000 classes of ImageNet (where its weights are not at hand, 512 numbers, by a smaller one that comes with "
    "hyai). A small head on top of these numbers learns your labels in seconds. Its quality is always measured on pictures that it was not trained on.",
)


class HelpScreen(ModalScreen[None]):
    """The overlay of keys."""

    CSS_PATH = "panels.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ".scroll"

    def __init__(self, keymap: Keymap, labels: Mapping[int, str], own: Sequence[tuple[str, str]] = ()) -> None:
        """Keys of the review, or of another screen.

        Args:
            keymap: the live one.
            labels: by digit.
            own: (keys, what they do) of the other screen; empty for the review.
        """
        super().__init__(classes="panel-screen")
        self._keymap = keymap
        self._labels = labels
        self._own = own

    def compose(self) -> ComposeResult:
        """Lay out keys, commands and the loop."""
        with VerticalScroll(classes="panel scroll") as panel:
            panel.border_title = "Keys here" if self._own else f"Keys: {self._keymap.preset}"
            panel.border_subtitle = "Esc closes, ↑↓ scroll"
            yield Columns(list(self._lines()), classes="panel-text")

    def _lines(self) -> Iterator[Row]:
        if self._own:
            yield from (Row(keys, visible(does), _KEYS, least=_FEW) for keys, does in self._own)
            review = next(iter(self._keymap.keys("help")), ":help")
            yield Row("", "")
            yield Row("", f"{review} in the review lists all keys and commands.", style="$muted")
            return
        yield from (Row(" ".join(keys), does, _KEYS, least=_FEW) for keys, does in self._rows())
        yield from (Row("", f"⚠ {visible(clash)}", style="$warning") for clash in self._keymap.clashes)
        yield Row("", "")
        yield Row("", "Commands", style="bold $primary")
        yield from (Row(one.usage, one.about, _COMMANDS) for one in COMMANDS.values())
        for text in _LOOP:
            yield Row("", "")
            yield Row("", text)

    def _rows(self) -> Iterator[tuple[list[str], str]]:
        """Yield the keys of each act that has some, and what it does; a label comes once, with its digit."""
        for digit, label in sorted(self._labels.items()):
            keys = [*self._keymap.keys(f"label {label}"), *self._keymap.keys(f"label {digit}")]
            if keys:
                yield keys, f"decide: {visible(label)}"
        for act, about in ACTS.items():
            if not act.startswith("label ") and (keys := self._keymap.keys(act)):
                yield keys, about

    def on_key(self, event: Key) -> None:
        """Close on Escape and on the keys that opened it."""
        if event.key in {"escape", "q"} or self._keymap.act(event.key) == "help":
            event.stop()
            event.prevent_default()
            self.dismiss(None)
