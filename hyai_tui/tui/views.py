"""Opens the screens that lie over the review, and takes back what they were dismissed with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Input

from hyai_tui.errors import WrongUse
from hyai_tui.text import visible
from hyai_tui.tui.library_panels import PAGE
from hyai_tui.tui.widgets.lines import KeyLine

if TYPE_CHECKING:
    from hyai_tui.queues.base import QueueRow
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.bulk import Plan
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.tui.listing import Walk
    from hyai_tui.tui.messages import CandidatesFound, FileFound, Filtered, ListMade, NoWindow, PlanMade
    from hyai_tui.tui.screens.review import ReviewScreen

# What looks closer at a file of the review or of the grid.
_CLOSER = frozenset({"preview", "compare", "outside"})


class ViewMessages:
    """What views and their threads tell the app. Textual looks for handlers in every class that an app is made of."""

    views: Views
    review: ReviewScreen

    def on_plan_made(self, message: PlanMade) -> None:
        """Several files are to be decided as one act: ask."""
        self.views.ask_plan(message.plan, message.view)

    def on_no_window(self, message: NoWindow) -> None:
        """An original that no window of ours can show: offer what there is instead."""
        self.views.offer_original(message)

    def on_list_made(self, message: ListMade) -> None:
        """Files were gathered for a list of their own: open it."""
        self.views.show_list(message)

    def on_candidates_found(self, message: CandidatesFound) -> None:
        """An act on many files is ready to be looked at."""
        self.views.bulk(message)

    def on_filtered(self, message: Filtered) -> None:
        """A filter came back."""
        self.review.looking.filtered(message)

    def on_file_found(self, message: FileFound) -> None:
        """A file that was looked for came back."""
        self.review.looking.found(message)


class Views:
    """The screens by name.

    Args:
        app: whose screens they are.
    """

    def __init__(self, app: HyaiApp) -> None:
        self._app = app
        self._columns = 0
        self._openers: dict[str, Callable[[], None]] = {
            "history": self.history,
            "grid": self.grid,
            "preview": self.preview,
            "compare": self.compare,
            "outside": self.outside,
            "thresholds": self.thresholds,
            "report": self.report,
            "statistics": self.statistics,
            "map": self.map,
            "checks": self.checks,
            "patterns": self.patterns,
            "findings": self.findings,
        }

    def open(self, name: str) -> None:
        """Open a screen by name; does nothing where another one covers the review, but for looks closer from the grid."""
        if name not in self._openers:
            raise WrongUse(f"There is no screen {name!r}", f"There are {', '.join(self._openers)}")
        if self._app.screen is self._app.review or (name in _CLOSER and self._in_grid):
            self._openers[name]()

    def place(self) -> dict[str, Any]:
        """Return what of the screens is to be restored: whether the grid is open, and how many columns it has."""
        from hyai_tui.tui.screens.grid import GridScreen

        grids = [screen for screen in self._app.screen_stack if isinstance(screen, GridScreen)]
        columns = grids[-1].columns if grids else self._columns
        return {"view": "grid" if grids else "picture", "columns": columns}

    def restore(self, place: Mapping[str, Any]) -> None:
        """Open the grid where it was open."""
        columns = place.get("columns")
        self._columns = columns if isinstance(columns, int) and columns > 0 else 0
        if place.get("view") == "grid":
            self.open("grid")

    @property
    def _in_grid(self) -> bool:
        from hyai_tui.tui.screens.grid import GridScreen

        return isinstance(self._app.screen, GridScreen)

    def _back(self, act: str | None) -> None:
        """Do the act that a closer look was left with, on the screen that it was opened from."""
        from hyai_tui.tui.screens.grid import GridScreen

        if not act:
            return
        if isinstance(self._app.screen, GridScreen):
            self._app.screen.acts.do(act, "", time.monotonic())
        else:
            self._app.host.do_act(act)

    def help(self) -> None:
        """Open the keys of the screen that is on top: all of them from the review, else its own."""
        from hyai_tui.tui.screens.help import HelpScreen

        app, screen = self._app, self._app.screen
        if isinstance(screen, HelpScreen):
            return
        own = (
            []
            if screen is app.review
            else [(key, does) for line in screen.query(KeyLine) for _, key, does in line.hints]
        )
        app.push_screen(HelpScreen(app.session.keymap, app.review.desk.snapshot.labels, own))

    def takes_help(self, event: Key) -> bool:
        """Return whether a key asks for the keys of a screen over the review; nobody has to look for it there."""
        screen = self._app.screen
        return (
            self._app.session.keymap.act(event.key) == "help"
            and screen is not self._app.review
            and not isinstance(screen, ModalScreen)
            and not isinstance(screen.focused, Input)
            and bool(screen.query(KeyLine))
        )

    def history(self) -> None:
        """Open the history."""
        from hyai_tui.tui.screens.history import HistoryScreen

        current = self._app.review.desk.current
        screen = HistoryScreen(self._app.session, self.confirm, current.file if current is not None else "")
        self._app.push_screen(screen, self._show_file)

    def statistics(self) -> None:
        """Open the statistics."""
        from hyai_tui.tui.screens.statistics import StatisticsScreen

        self._app.push_screen(StatisticsScreen(self._app.session))

    def map(self) -> None:
        """Open the map of the library; what was chosen there opens as a list."""
        from hyai_tui.tui.screens.map import MapScreen

        entry = self._app.review.desk.whole
        if entry is None:
            self._app.tell("still opening", "warn")
            return
        self._app.push_screen(
            MapScreen(self._app.session, entry), lambda made: self.show_list(made) if made is not None else None
        )

    def thresholds(self) -> None:
        """Open the thresholds, or say that they need a model."""
        from hyai_tui.tui.screens.thresholds import ThresholdsScreen

        if self._app.review.desk.snapshot.model is None:
            self._app.tell("no model yet: thresholds divide its scores · decide a few files, then :retrain", "warn")
            return
        self._app.push_screen(ThresholdsScreen(self._app.session), lambda line: self._app.tell(line) if line else None)

    def patterns(self) -> None:
        """Open what was learnt of the tags; a line of it opens as a list."""
        from hyai_tui.queues.combined import Combined
        from hyai_tui.queues.queue import Queue
        from hyai_tui.tui.screens.patterns import PatternsScreen

        entry = self._app.review.desk.whole
        queue: object = None if entry is None else entry.queue
        if not isinstance(queue, Queue | Combined):
            self._app.tell("still opening", "warn")
            return
        self._app.push_screen(
            PatternsScreen(self._app, queue.context), lambda made: self.show_list(made) if made is not None else None
        )

    def report(self) -> None:
        """Open the report, or say that there is no model to judge; from there, the samples behind one of its lines."""
        from hyai_tui.tui.screens.report import Behind, ReportScreen

        app = self._app
        if app.review.desk.snapshot.model is None:
            app.tell("no model yet to report on · decide a few files, then :retrain", "warn")
            return

        def closed(behind: Behind | None) -> None:
            walk, gatherer = app.review.desk.walk, app.session.gatherer
            if behind is not None and walk is not None and gatherer is not None:
                gatherer.samples(walk.entry, behind.files, behind.line)

        app.push_screen(ReportScreen(app.session), closed)

    def job_ended(self, job: JobView) -> None:
        """A job ended: the report or the map may have waited for it."""
        from hyai_tui.tui.screens.map import MapScreen
        from hyai_tui.tui.screens.report import ReportScreen

        if isinstance(self._app.screen, ReportScreen | MapScreen):
            self._app.screen.ended(job)

    def checks(self) -> None:
        """Open the checks; from there, the review of what one of them found."""
        from hyai_tui.tui.screens.checks import ChecksScreen

        def closed(where: str | None) -> None:
            if where:
                self.findings(where.partition(" ")[2])

        self._app.push_screen(ChecksScreen(self._app), closed)

    def findings(self, check: str = "") -> None:
        """Open the review of findings, of one check or of all."""
        from hyai_tui.tui.screens.findings import FindingsScreen

        def closed(file: str | None) -> None:
            if file:
                self._app.review.show_file(file, "from the findings")

        self._app.push_screen(FindingsScreen(self._app, check), closed)

    def grid(self) -> None:
        """Open the grid at the place of the review, with as many columns as before."""
        from hyai_tui.tui.screens.grid import GridScreen

        walk = self._app.review.desk.walk
        if walk is None or not len(walk):
            self._app.tell("nothing in this queue to lay out", "warn")
            return
        screen = GridScreen(self._app, self._columns)

        def closed(act: str | None) -> None:
            self._columns = screen.columns
            self._app.review.show_current()
            if act:
                self._app.host.do_act(act)

        self._app.push_screen(screen, closed)

    def show_list(self, made: ListMade) -> None:
        """Open a list of its own over the queue, laid out as tiles where that was asked for."""
        app = self._app
        if not len(made.entry):
            app.tell(f"{made.entry.title}: no files", "warn")
            return
        app.review.desk.open_aside(made.entry)
        app.review.show_current()
        app.tell(f"{made.entry.title}: {len(made.entry):,} · Esc goes back to the queue")
        if made.view == "grid" and app.screen is app.review:
            self.grid()

    def bulk(self, found: CandidatesFound) -> None:
        """Open an act on many files, with its threshold."""
        from hyai_tui.tui.screens.bulk import BulkScreen

        app = self._app
        if not len(found.candidates):
            app.tell(f"{found.title}: nothing that nobody has decided on", "warn")
        elif app.screen is app.review:
            app.push_screen(BulkScreen(app, found), lambda line: app.tell(line) if line else None)

    def preview(self) -> None:
        """Open the original of the current file, as large as the terminal."""
        from hyai_tui.tui.screens.preview import PreviewScreen

        review = self._app.review
        row = review.desk.current
        if row is None or review.view == "nothing":
            self._app.tell("nothing to look at" if row is None else "pictures are hidden", "warn")
            return
        self._app.push_screen(PreviewScreen(self._app.session, row.file, review.view), self._back)

    def compare(self) -> None:
        """Show the current file beside a marked one, else beside its near duplicate, else beside the next of the queue."""
        from hyai_tui.tui.screens.compare import CompareScreen

        review = self._app.review
        walk, row = review.desk.walk, review.desk.current
        if walk is None or row is None or review.view == "nothing":
            self._app.tell("nothing to compare" if row is None else "pictures are hidden", "warn")
            return
        marked = [one for one in review.desk.marks.values() if one.file != row.file]
        following = walk.row(walk.position + 1) if walk.position + 1 < len(walk) else None
        other = marked[-1] if marked else _copy_of(walk) or following
        if other is None:
            self._app.tell("nothing to compare with: mark a file, or go to one that another follows", "warn")
            return
        self._app.push_screen(CompareScreen(self._app.session, row, other, review.view), self._back)

    def outside(self) -> None:
        """Open the original of the current file in the user's viewer."""
        row = self._app.review.desk.current
        if row is not None and self._app.review.view != "nothing":
            self._app.session.errands.open_outside(row.file)

    def offer_original(self, message: NoWindow) -> None:
        """Copy where the original is, with a link for terminals that follow one; offer a page where the library has some."""
        from hyai_tui.tui.outside import link_to
        from hyai_tui.tui.screens.panel import PanelScreen

        app = self._app
        text, link = message.path or message.file, link_to(message.path) if message.path else ""

        def copy() -> None:
            # The terminal puts it on the clipboard of the person's own machine, also at the other end of a line.
            app.copy_to_clipboard(text)
            why = "over SSH no window opens" if message.path else "no file of its own here"
            what = "the path is copied" if message.path else "its hash is copied, for system:hash in the client"
            app.tell(f"{why}; {what}: {text}", link=link)

        if not message.pages:
            copy()
            return

        def answered(answer: str | None) -> None:
            if answer == "page":
                app.session.errands.show_in_page(PAGE, lambda _: [message.file])
            elif answer == "copy":
                copy()

        lines = [Content.styled(visible(text), Style(link=link)) if link else Content(text)]
        copies = "copy the path" if message.path else "copy the hash, for system:hash"
        answers = [("p", "page", f"show it in the client's page {PAGE}"), ("c", "copy", copies), ("Esc", "", "back")]
        app.push_screen(PanelScreen("The original opens elsewhere", lines, answers), answered)

    def ask_plan(self, plan: Plan, view: str) -> None:
        """Ask before several files are decided as one act."""
        desk = self._app.review.desk
        title = plan.title or ("Decide on the marked files" if plan.marked else "Confirm the rest of this page")

        def yes() -> None:
            said = desk.carry_out(plan, view, time.monotonic())
            self._app.tell(said.text, said.kind)

        self.confirm(title, plan.question(desk.line.mode), yes)

    def confirm(self, title: str, line: str, yes: Callable[[], object]) -> None:
        """Ask a question; what follows a yes is done then."""
        from hyai_tui.tui.screens.confirm import ConfirmScreen

        def answered(answer: str | None) -> None:
            if answer == "yes":
                yes()
            else:
                self._app.tell("nothing was changed")

        self._app.push_screen(ConfirmScreen(title, line, self._app.new_gate()), answered)

    def _show_file(self, file: str | None) -> None:
        """Show a file in the review, whatever queue is open."""
        if file:
            self._app.review.show_file(file, "from the history")


def _copy_of(walk: Walk) -> QueueRow | None:
    """Return the row beside the place that is a near duplicate of it, in the queue of those; else None."""
    from hyai_tui.queues.queue import Queue

    queue, here = walk.entry.queue, walk.current
    if not isinstance(queue, Queue) or queue.name != "near-duplicates" or here is None:
        return None
    group = queue.context.prepared.copies
    beside = [walk.row(at) for at in (walk.position + 1, walk.position - 1) if 0 <= at < len(walk)]
    own, *others = queue.context.positions.of([here.file, *(row.file for row in beside)]).tolist()
    if group is None or own < 0:
        return None
    return next((row for row, at in zip(beside, others, strict=True) if at >= 0 and group[at] == group[own]), None)
