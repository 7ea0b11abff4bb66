"""The report: how good the model is, what that means, and the samples behind each kind of error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine

if TYPE_CHECKING:
    from hyai_tui.learning.report_lines import ReportLine
    from hyai_tui.tui.session import Session


@dataclass(frozen=True)
class Behind:
    """The samples behind a line of the report."""

    line: str
    files: tuple[str, ...]


class ReportLines(LineList):
    """The lines of a report, with a cursor; those with samples behind them are marked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.lines: Sequence[ReportLine] = ()
        self.cursor = 0

    def show(self, lines: Sequence[ReportLine]) -> None:
        """Draw a report; the cursor begins on the first line with samples behind it."""
        self.lines = lines
        self.cursor = next((at for at, line in enumerate(lines) if line.files), 0)
        self.set_length(len(lines))
        self.scroll_to(y=0, animate=False, force=True)

    def move_to(self, position: int) -> None:
        """Move the cursor, clamped to the lines."""
        self.cursor = max(0, min(position, len(self.lines) - 1))
        self.bring_in(self.cursor)
        self.refresh()

    def make_line(self, position: int, width: int) -> Content:
        """Return a line, such as `▸ archive → trash: 12 errors  ⏎`."""
        line, here = self.lines[position], position == self.cursor
        mark = Content.styled("▸ " if here else "  ", "$accent bold")
        text = Content.styled(visible(line.text), "bold" if here or position == 0 else "")
        return Content.assemble(mark, text, ("  ⏎" if line.files else "", "$accent"))


class ReportScreen(Screen[Behind | None], inherit_bindings=False):
    """Judges the model in use by a job, and shows what came of it. Dismissed with the samples to look at, or nothing.

    Args:
        session: starts the job.
    """

    CSS_PATH = "history.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        """Lay the lines out."""
        yield Static("Report", id="history-title", markup=False)
        yield ReportLines(id="acts")
        yield StatusLine(id="history-status")
        yield KeyLine(id="history-keys")

    def on_mount(self) -> None:
        """Begin to judge."""
        hints = [("next", "j k", "move"), ("take_list", "Enter", "show the samples"), ("back", "Esc", "back")]
        self.query_one(KeyLine).show(hints)
        self._session.errands.start_job("evaluate", {}, said="judging the model on held-out samples …")

    @property
    def report(self) -> ReportLines:
        """The lines."""
        return self.query_one(ReportLines)

    def ended(self, job: JobView) -> None:
        """A job ended: show the evaluation, whoever started it."""
        if job.info.kind != "evaluate" or job.info.state != "done" or job.result is None:
            return
        from hyai_tui.learning.report_lines import report_lines

        if "confusion" in job.result:
            self.report.show(list(report_lines(job.result)))
            self.query_one("#history-title", Static).update(
                f"Report · macro F1 {job.result['macro_f1']:.3f} · {job.result['target']}"
            )

    def on_key(self, event: Key) -> None:
        """Move, show, leave."""
        event.stop()
        event.prevent_default()
        act = {"up": "previous", "down": "next"}.get(event.key) or self._session.keymap.act(event.key) or event.key
        self._do(act)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self._do(message.act)

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """A click moves the cursor."""
        self.report.move_to(message.position)

    def _do(self, act: str) -> None:
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
                self.dismiss(Behind(line.text, line.files))
            else:
                self.query_one(StatusLine).tell("no samples behind this line: ⏎ marks those that have some", "warn")
