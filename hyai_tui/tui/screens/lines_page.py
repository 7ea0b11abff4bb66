"""A page of lines over the review; Enter opens the files behind one as a list of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Key
from textual.screen import Screen

from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine, moving
from hyai_tui.tui.widgets.report_list import ReportList
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.tui.session import Session


@dataclass(frozen=True)
class Behind:
    """The files behind a line, and why each of them is there; without reasons the line says it."""

    line: str
    files: tuple[str, ...]
    reasons: tuple[str, ...] = ()


class LinesPage(Screen[Behind | None], inherit_bindings=False):
    """Dismissed with the files to look at, or nothing.

    Args:
        session: reads, and knows the keys.
        title: at the top until there is more to say.
        files: what the files behind the lines are called.
    """

    CSS_PATH = "lines_page.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-wide")]  # noqa: RUF012 - Textual's declaration
    AUTO_FOCUS: ClassVar[str | None] = ""
    # Keys of this page alone, and what they do.
    OWN_KEYS: ClassVar[Mapping[str, str]] = {}

    def __init__(self, session: Session, title: str, files: str) -> None:
        super().__init__()
        self._session = session
        self._title = title
        self._files = files

    def compose(self) -> ComposeResult:
        """Lay the lines out."""
        yield TitleLine(self._title, id="lines-title")
        yield ReportList(id="lines")
        yield StatusLine(id="lines-status")
        yield KeyLine(id="lines-keys")

    def on_mount(self) -> None:
        """Name the keys, and begin."""
        self.name_keys()
        self.begin()

    def name_keys(self) -> None:
        """Show what the keys do now."""
        some = [moving(self._session.keymap), ("take_list", "Enter", f"show the {self._files}")]
        some = some if self.report.lines else []
        self.query_one(KeyLine).show([*some, *self.own_hints(), ("back", "Esc", "back")])

    def own_hints(self) -> Sequence[tuple[str, str, str]]:
        """Return (act, key, what it does) of the keys of this page alone."""
        return ()

    def begin(self) -> None:
        """Ask for what there is to show."""

    @property
    def report(self) -> ReportList:
        """The lines."""
        return self.query_one(ReportList)

    def say_nothing(self, text: str) -> None:
        """Say what stands in place of the lines while there are none."""
        self.report.say_nothing(text)

    def say(self, text: str, kind: str = "say") -> None:
        """Show a line on the status."""
        self.query_one(StatusLine).tell(text, kind)

    def entitle(self, title: str) -> None:
        """Show another title."""
        self.query_one(TitleLine).update(title)

    def on_key(self, event: Key) -> None:
        """Move, show, leave."""
        event.stop()
        event.prevent_default()
        arrows = {"up": "previous", "down": "next", **self.OWN_KEYS}
        self.do(arrows.get(event.key) or self._session.keymap.act(event.key) or event.key)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self.do(message.act)

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """A click moves the cursor."""
        self.report.move_to(message.position)

    def do(self, act: str) -> None:
        """Do an act of this page."""
        report = self.report
        height = max(1, report.size.height - 1)
        steps = {"next": 1, "previous": -1, "page_down": height, "page_up": -height}
        if act in steps:
            report.move_to(report.cursor + steps[act])
        elif act in {"first", "last"}:
            report.move_to(0 if act == "first" else len(report.lines) - 1)
        elif act in {"back", "leave"}:
            self.dismiss(None)
        elif act == "take_list" and report.lines:
            line = report.lines[report.cursor]
            if line.files:
                self.dismiss(Behind(line.text.strip(), line.files, line.reasons))
            else:
                self.say(f"no {self._files} behind this line: ⏎ marks those that have some", "warn")
