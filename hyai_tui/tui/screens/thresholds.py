"""Thresholds: where archive ends and trash begins, with the files on each side counted as you move them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.messages import SettingsSaved, ThresholdsKnown
from hyai_tui.tui.thresholds import Draft, Edge, edge_of
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from hyai_tui.tui.widgets.sides import about_lines, histogram, side_lines
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.learning.explorer import Explorer
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.tui.session import Session

_STEPS = {"l": 0.01, "right": 0.01, "h": -0.01, "left": -0.01, "L": 0.1, "H": -0.1, "shift+right": 0.1}
_STEPS |= {"shift+left": -0.1, "plus": 0.01, "minus": -0.01}
_PRECISION = 0.95
_HINTS = (
    ("choose", "j k", "side"),
    ("less", "h", "less"),
    ("more", "l", "more"),
    ("type", "0–9", "type"),
    ("save", "Enter", "save"),
    ("toggle", "o", "on/off"),
    ("precision", "p", "95 % right"),
    ("edge", "e", "edge"),
    ("default", "d", "default"),
    ("forget", "u", "undo"),
    ("leave", "Esc", "back"),
)


class ThresholdsScreen(Screen[str | Edge], inherit_bindings=False):
    """Both fields, live counts, and the switch of each side; dismissed with a line to tell, none, or files to look at.

    Args:
        session: reads the scores and writes the settings, in threads.
        tried: what was tried before it was left to look at files.
    """

    CSS_PATH = "thresholds.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-wide")]  # noqa: RUF012 - Textual's declaration
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, session: Session, tried: Draft | None = None) -> None:
        super().__init__()
        self._session = session
        self.explorer: Explorer | None = None
        self._known: QueueContext | None = None
        self.asked = False
        self._model = 0
        self._tried = tried
        self.draft: Draft | None = None
        self._acts: dict[str, Callable[[], object]] = {
            "choose": lambda: self._change(lambda draft: draft.choose(1)),
            "less": lambda: self._change(lambda draft: draft.move(-0.01)),
            "more": lambda: self._change(lambda draft: draft.move(0.01)),
            "type": lambda: self._tell("type 78 for .78, then Enter saves"),
            "toggle": lambda: self._change(Draft.toggle),
            "default": lambda: self._change(Draft.give_default),
            "precision": self._for_precision,
            "edge": self._show_edge,
            "forget": lambda: self._change(Draft.forget),
            "save": self._save,
            "leave": self._leave,
        }

    def compose(self) -> ComposeResult:
        """Lay out scores, fields and counts."""
        yield TitleLine("Thresholds", id="thresholds-title")
        with VerticalScroll(id="thresholds-body", can_focus=False):
            yield Static("reading the scores …", id="thresholds-text", markup=False)
        yield StatusLine(id="thresholds-status")
        yield KeyLine(id="thresholds-keys")

    def on_mount(self) -> None:
        """Read the scores; `ThresholdsKnown` follows, twice where the library answers."""
        self.query_one(KeyLine).show(_HINTS)
        self._session.errands.read_thresholds(self.post_message)

    def on_resize(self) -> None:
        """Columns come and go with the width."""
        once_laid_out(self, self._draw)

    # From threads

    def on_thresholds_known(self, message: ThresholdsKnown) -> None:
        """The scores are there, or the library could not be asked."""
        if message.explorer is not None:
            self.explorer, self.asked, self._model = message.explorer, message.asked, message.model
            self._known = message.known
            if self.draft is None:
                self.draft = Draft(self._session.workspace.settings.tag, message.explorer.labels, message.chosen)
                self._take_up(self.draft)
        if message.trouble:
            self._tell(message.trouble, "warn" if self.explorer is not None else "error")
        self._draw()

    def on_settings_saved(self, message: SettingsSaved) -> None:
        """The settings file was written, or not."""
        if message.error:
            self._tell(message.error, "error")
            return
        if self.draft is not None:
            wanted, self.draft.saved = self.draft.tag, self._session.workspace.settings.tag
            self.draft.tag = self.draft.saved
            if wanted != self.draft.saved:
                self._tell("written to hyai.toml, but the environment says otherwise and wins", "warn")
            else:
                said = ", ".join(f"{name} = {text}" for name, text in message.values.items())
                self._tell(f"saved: {said} · nothing is tagged before :tag")
        self._draw()

    # Keys

    def on_key(self, event: Key) -> None:
        """Choose, move, type, switch, save, go back."""
        event.stop()
        event.prevent_default()
        if event.key in {"escape", "q"}:
            self._leave()
        elif event.key in {"j", "down", "tab"}:
            self._change(lambda draft: draft.choose(1))
        elif event.key in {"k", "up", "shift+tab"}:
            self._change(lambda draft: draft.choose(-1))
        elif event.key in _STEPS:
            self._change(lambda draft: draft.move(_STEPS[event.key]))
        elif event.key == "backspace" or (event.character or "") in set("0123456789."):
            typed = event.character if event.key != "backspace" else "backspace"
            self._change(lambda draft: draft.type(typed or ""))
        elif event.key in {"o", "space"}:
            self._acts["toggle"]()
        elif event.key == "d":
            self._acts["default"]()
        elif event.key == "p":
            self._for_precision()
        elif event.key == "e":
            self._show_edge()
        elif event.key == "u":
            self._acts["forget"]()
        elif event.key in {"enter", "s"}:
            self._save()

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self._acts[message.act]()

    def _change(self, change: Callable[[Draft], str | None]) -> None:
        if self.draft is None:
            return
        refused = change(self.draft)
        self._tell(refused or "", "warn" if refused else "say")
        self._draw()

    def _for_precision(self) -> None:
        """Take the widest thresholds at which so many held-out samples are right."""
        if (explorer := self.explorer) is not None:
            self._change(lambda draft: draft.take(explorer.for_precision(_PRECISION)))

    def _take_up(self, draft: Draft) -> None:
        """Go on from what was tried before files were looked at, unless settings or labels are others by now."""
        if self._tried is not None and (self._tried.saved, self._tried.labels) == (draft.saved, draft.labels):
            draft.tag, draft.place = self._tried.tag, self._tried.place

    def _show_edge(self) -> None:
        """Leave for a list of the files nearest to the chosen threshold; what is tried is kept for the way back."""
        if self.draft is None or self.explorer is None or self._known is None:
            return
        self.draft.typed = ""
        found = edge_of(self.draft, self.explorer, self._known)
        if found.files:
            self.dismiss(found)
        else:
            self._tell("no undecided file has a score to be near to it", "warn")

    def _save(self) -> None:
        if self.draft is None:
            return
        self.draft.typed = ""
        if not self.draft.changes:
            self._tell("nothing was changed")
            self._draw()
            return
        self._session.errands.change_settings(self.draft.changes, self.post_message)

    def _leave(self) -> None:
        unsaved = self.draft is not None and bool(self.draft.changes)
        self.dismiss("thresholds: nothing was changed" if unsaved else "")

    # Drawing

    def _tell(self, text: str, kind: str = "say") -> None:
        self.query_one("#thresholds-status", StatusLine).tell(text, kind)

    def _draw(self) -> None:
        draft, explorer = self.draft, self.explorer
        if draft is None or explorer is None:
            return
        width, height = max(20, self.size.width - 4), self.size.height
        outcome = explorer.at(draft.thresholds, draft.unmarked)
        lines = [Content(line) for line in about_lines(outcome, asked=self.asked)]
        lines.append(Content(""))
        fields = side_lines(draft, outcome, width)
        left = height - 5 - len(lines) - len(fields)
        if left >= 3 and (drawn := histogram(draft, explorer, width, min(8, left - 2))):
            lines += [*drawn, Content("")]
        self.query_one("#thresholds-text", Static).update(Content("\n").join(lines + fields))
        score = f"score of {draft.labels[1]}" if len(draft.labels) == 2 else "probability of each label"
        self.query_one("#thresholds-title", Static).update(f"Thresholds · {score}, model #{self._model}")
