"""The checks: when each ran and what it found, how that has changed, and what runs now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.checks import registry, results
from hyai_tui.checks.again import Changed, changed
from hyai_tui.checks.book import PILES, Book, Choice, open_book
from hyai_tui.errors import HyaiError
from hyai_tui.tui import words
from hyai_tui.tui.widgets.check_list import CheckLine, CheckList, check_facts
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import Banner, KeyLine, StatusLine, moving
from hyai_tui.tui.widgets.swift import SwiftLines
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.workspace import Workspace

_LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class Overview:
    """What is known of all checks.

    Attributes:
        lines: one for each check.
        book: their findings.
        since: what has changed since they ran.
    """

    lines: Sequence[CheckLine]
    book: Book
    since: Changed


def read_overview(workspace: Workspace, journal: Journal, catalog: Catalog) -> Overview:
    """Read every check's runs and findings; one that cannot be loaded says why."""
    names = registry.names()
    book = open_book(workspace, journal, names)
    runs = results.runs(workspace)
    lines = []
    for name in names:
        try:
            about = registry.load(name).about
        except HyaiError as error:
            about = str(error)
        kept = book.kept.get(name)
        left = len(book.chosen(Choice(check=name)))
        new = kept.new if kept is not None else 0
        facts, advice = (kept.result.facts, kept.result.advice) if kept is not None else ({}, ())
        lines.append(CheckLine(name, about, runs.get(name, ()), left, new, facts, advice))
    return Overview(lines, book, changed(workspace, catalog, journal, names))


class ChecksScreen(Screen[str], inherit_bindings=False):
    """One line a check. Dismissed with `findings CHECK` for the review of what one found, or an empty text.

    Args:
        app: its session reads and starts jobs.
    """

    CSS_PATH = "checks.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-wide")]  # noqa: RUF012 - Textual's declaration
    AUTO_FOCUS: ClassVar[str | None] = ""

    class Read(Message):
        """The checks have been read."""

        def __init__(self, overview: Overview) -> None:
            super().__init__()
            self.overview = overview

    def __init__(self, app: HyaiApp) -> None:
        super().__init__()
        self._hyai = app
        self.overview: Overview | None = None
        self._job: JobView | None = None

    def compose(self) -> ComposeResult:
        """Lay the checks out."""
        yield TitleLine("Checks", id="checks-title")
        yield CheckList(id="checks")
        yield SwiftLines(id="check-facts")
        yield Banner(id="checks-banner")
        yield StatusLine(id="checks-status")
        yield KeyLine(id="checks-keys")

    def on_mount(self) -> None:
        """Read what is known of them."""
        key = self._hyai.session.keymap.first_key
        hints = [moving(self._hyai.session.keymap), ("take_list", key("take_list"), "findings")]
        hints += [("all", "f", "all findings"), ("retrain", key("retrain"), "run"), ("every", "R", "run all")]
        self.query_one(KeyLine).show([*hints, ("cancel", "c", "cancel"), ("back", "Esc", "back")])
        self._read()
        self.set_interval(_LOOK_SECONDS, self._look)

    @property
    def checks(self) -> CheckList:
        """The lines."""
        return self.query_one(CheckList)

    def _say(self, text: str, kind: str = "say") -> None:
        self.query_one(StatusLine).tell(text, kind)

    # Reading

    def _read(self) -> None:
        workspace = self._hyai.session.workspace

        def read(journal: Journal, catalog: Catalog) -> None:
            self.post_message(self.Read(read_overview(workspace, journal, catalog)))

        self._hyai.session.work(read)

    def on_screen_resume(self) -> None:
        """A screen above has gone: what it did may have changed the counts."""
        if self.overview is not None:
            self._read()

    def on_checks_screen_read(self, message: Read) -> None:
        """The checks are there."""
        self.overview = found = message.overview
        totals = {pile: found.book.totals(pile)["total"] for pile in PILES}
        parts = [f"{totals['open']:,} open", f"{totals['ignored']:,} ignored", f"{totals['fixed']:,} fixed"]
        self.query_one("#checks-title", Static).update(f"Checks · {' · '.join(parts)}")
        self._draw()

    def _draw(self) -> None:
        if self.overview is None:
            return
        running = self._job.info if self._job is not None else None
        self.checks.show(self.overview.lines, running)
        chosen = self.checks.chosen
        width = self.size.width
        lines = [] if chosen is None else check_facts(chosen, self.overview.book, max(20, width - 2))
        self.query_one("#check-facts", SwiftLines).show_lines(lines)
        since, key = self.overview.since, self._hyai.session.keymap.first_key
        banner = ""
        if running is None and since.due:
            told = "" if since.at is None else since.told(words.ago(since.at))
            banner = f"{told} · R runs all checks" if since.line else "not all checks have run · R runs all"
            banner = banner if since.at is not None else f"no check has run yet · R runs all, {key('retrain')} this one"
        self.query_one(Banner).tell(banner)

    def _look(self) -> None:
        """Follow the job of checks."""
        jobs = self._hyai.review.jobs
        before, self._job = self._job, next((one for one in jobs if one.running and one.info.kind == "check"), None)
        if before is not None and self._job is None:
            self._say("the checks have ended")
            self._read()
        elif (before and before.info) != (self._job and self._job.info):
            if before is not None and self._job is not None and before.info.stage != self._job.info.stage:
                self._read()
            self._draw()

    # Keys

    def on_key(self, event: Key) -> None:
        """Choose, run, look, go back."""
        event.stop()
        event.prevent_default()
        # Arrows move in a list whatever else a preset gives them to do.
        act = {"up": "previous", "down": "next"}.get(event.key) or self._hyai.session.keymap.act(event.key) or ""
        own = {"f": "all", "R": "every", "c": "cancel"}
        self._do(own.get(event.key, act))

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self._do(message.act)

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """A click chooses a check."""
        self.checks.go(message.position)
        self._draw()

    def _do(self, act: str) -> None:
        chosen = self.checks.chosen
        if act in {"next", "previous"}:
            self.checks.go(self.checks.cursor + (1 if act == "next" else -1))
            self._draw()
        elif act in {"back", "leave"}:
            self.dismiss("")
        elif act == "every" or (act == "retrain" and chosen is None):
            self._start([])
        elif act == "retrain" and chosen is not None:
            self._start([chosen.name])
        elif act == "take_list" and chosen is not None:
            self.dismiss(f"findings {chosen.name}")
        elif act == "all":
            self.dismiss("findings")
        elif act == "cancel":
            if self._job is None:
                self._say("no check runs now", "warn")
            else:
                self._hyai.session.errands.cancel_job(self._job.info.id)
                self._say("the checks stop; what has ended is kept")

    def _start(self, names: Sequence[str]) -> None:
        if self._job is not None:
            self._say(f"checks run already: {self._job.info.stage}", "warn")
            return
        self._hyai.session.errands.start_job("check", {"names": list(names)})
        self._say(f"{', '.join(names) or 'all checks'}: begun; it goes on if the app or the line goes away")
