"""Statistics: what there is, how far one is, how the scores lie, and how this session goes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.journal.pace import Pace, days_in_a_row, midnight, pace
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.widgets.lines import KeyLine
from hyai_tui.tui.widgets.numbers import library_lines, pace_lines, score_lines
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.statistics import Statistics
    from hyai_tui.tui.session import Session

_BINS = (20, 50, 100, 5, 10)
_BROAD = 160


@dataclass
class StatisticsRead(Message):
    """The numbers of this moment: of the library, of today, of this session, and days in a row."""

    found: Statistics
    today: Pace
    session: Pace
    days: int


class StatisticsScreen(Screen[str], inherit_bindings=False):
    """Numbers and bars; nothing is decided here.

    Args:
        session: reads journal and catalog in a thread.
    """

    CSS_PATH = "statistics.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_BROAD, "-broad")]  # noqa: RUF012 - Textual's declaration
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.read: StatisticsRead | None = None
        self.bins = _BINS[0]

    def compose(self) -> ComposeResult:
        """Lay the numbers out."""
        yield TitleLine("Statistics", id="statistics-title")
        with VerticalScroll(id="statistics-body", can_focus=False):
            yield Static("\n  counting …", id="statistics-text", markup=False)
            yield Static("", id="statistics-scores", markup=False)
        yield KeyLine(id="statistics-keys")

    def on_mount(self) -> None:
        """Count, in a thread."""
        self.query_one(KeyLine).show(
            [("down", "j k", "scroll"), ("bins", "b", "bins"), ("again", "r", "count again"), ("leave", "Esc", "back")]
        )
        self._count()

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        once_laid_out(self, self._draw)

    def _count(self) -> None:
        bins = self.bins

        def wish(journal: Journal, catalog: Catalog) -> None:
            from hyai_tui.queues.context import load_context
            from hyai_tui.queues.statistics import statistics

            workspace, now = self._session.workspace, time.time()
            found = statistics(load_context(workspace, catalog=catalog, journal=journal), bins)
            decisions = list(journal.decisions())
            self.post_message(
                StatisticsRead(
                    found,
                    pace(decisions, midnight(now)),
                    pace(decisions, session=self._session.id),
                    days_in_a_row(decisions, now, workspace.settings.review.goal),
                )
            )

        self._session.read(wish)

    def on_statistics_read(self, message: StatisticsRead) -> None:
        """The numbers are there."""
        self.read = message
        self._draw()

    def _draw(self) -> None:
        read = self.read
        if read is None:
            return
        width = max(30, self.size.width - 7)
        # Side by side where there is room for both.
        if self.size.width >= _BROAD:
            width = width // 2 - 2
        goal = self._session.workspace.settings.review.goal
        lines = [
            *library_lines(read.found, width),
            Content(""),
            *pace_lines(read.today, read.session, read.days, goal, width),
            Content(""),
        ]
        self.query_one("#statistics-text", Static).update(Content("\n").join(lines))
        self.query_one("#statistics-scores", Static).update(Content("\n").join(score_lines(read.found, width)))

    # Keys

    def on_key(self, event: Key) -> None:
        """Scroll, change the bins, count again, go back."""
        event.stop()
        event.prevent_default()
        self.do(
            {
                "escape": "leave",
                "q": "leave",
                "enter": "leave",
                "j": "down",
                "down": "down",
                "k": "up",
                "up": "up",
                "pagedown": "page_down",
                "space": "page_down",
                "pageup": "page_up",
                "home": "first",
                "end": "last",
                "b": "bins",
                "r": "again",
            }.get(event.key, "")
        )

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self.do(message.act)

    def do(self, act: str) -> None:
        """Do an act of this screen."""
        body = self.query_one("#statistics-body", VerticalScroll)
        if act == "leave":
            self.dismiss("")
        elif act in {"down", "up"}:
            body.scroll_relative(y=3 if act == "down" else -3, animate=False)
        elif act == "page_down":
            body.scroll_page_down(animate=False)
        elif act == "page_up":
            body.scroll_page_up(animate=False)
        elif act == "first":
            body.scroll_home(animate=False)
        elif act == "last":
            body.scroll_end(animate=False)
        elif act in {"bins", "again"}:
            self.bins = _BINS[(_BINS.index(self.bins) + (act == "bins")) % len(_BINS)]
            self._count()
