"""Opens the screens that lie over the review, and takes back what they were dismissed with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input

from hyai_tui.errors import WrongUse
from hyai_tui.tui.closer import CloserLooks
from hyai_tui.tui.widgets.lines import KeyLine

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.bulk import Plan
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.tui.messages import (
        CandidatesFound,
        FileFound,
        Filtered,
        LabelsChanged,
        ListMade,
        NoWindow,
        PlanMade,
        SearchesChanged,
    )
    from hyai_tui.tui.screens.lines_page import Behind
    from hyai_tui.tui.screens.review import ReviewScreen
    from hyai_tui.tui.thresholds import Draft

# What looks closer at a file of the review or of the grid.
_CLOSER = frozenset({"preview", "compare", "outside"})


class ViewMessages:
    """What views and their threads tell the app. Textual looks for handlers in every class that an app is made of."""

    views: Views
    review: ReviewScreen

    def on_plan_made(self, message: PlanMade) -> None:
        """Several files are to be decided as one act: ask."""
        self.views.ask_plan(message.plan, message.view)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on the hint that names all keys, on any screen."""
        if message.act == "help":
            self.views.help()

    def on_no_window(self, message: NoWindow) -> None:
        """An original that no window of ours can show: offer what there is instead."""
        self.views.closer.offer_original(message)

    def on_list_made(self, message: ListMade) -> None:
        """Files were gathered for a list of their own: open it."""
        self.views.show_list(message)

    def on_candidates_found(self, message: CandidatesFound) -> None:
        """An act on many files is ready to be looked at."""
        self.views.bulk(message)

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """A label changed, or could not be."""
        self.views.labels_changed(message)

    def on_filtered(self, message: Filtered) -> None:
        """A filter came back."""
        self.review.looking.filtered(message)

    def on_searches_changed(self, message: SearchesChanged) -> None:
        """A search was saved or dropped: the list of queues has it at once, and nothing else moves."""
        self.review.desk.list_search(message.name, message.entry)
        self.review.refresh_all()

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
        self._tried: Draft | None = None
        self.closer = CloserLooks(app)
        self._openers: dict[str, Callable[[], None]] = {
            "history": self.history,
            "grid": self.grid,
            "preview": self.closer.preview,
            "compare": self.closer.compare,
            "outside": self.closer.outside,
            "thresholds": self.thresholds,
            "report": self.report,
            "statistics": self.statistics,
            "map": self.map,
            "checks": self.checks,
            "patterns": self.patterns,
            "findings": self.findings,
            "classes": self.classes,
            "changes": self.changes,
        }

    def open(self, name: str) -> None:
        """Open a screen by name; does nothing where another one covers the review, but for looks closer from the grid."""
        if name not in self._openers:
            raise WrongUse(f"There is no screen {name!r}", f"There are {', '.join(self._openers)}")
        if self._app.screen is self._app.review or (name in _CLOSER and self.closer.in_grid):
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

    @property
    def help_key(self) -> str:
        """The key that lists the keys."""
        return self._app.session.keymap.first_key("help")

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
        from hyai_tui.tui.thresholds import Edge

        if self._app.review.desk.snapshot.model is None:
            self._app.tell("no model yet: thresholds divide its scores · decide a few files, then :retrain", "warn")
            return

        def closed(found: str | Edge | None) -> None:
            if isinstance(found, Edge):
                self._tried = found.tried
                self._samples(found.files, found.title, found.reasons)
            elif found:
                self._app.tell(found)

        tried, self._tried = self._tried, None
        self._app.push_screen(ThresholdsScreen(self._app.session, tried), closed)

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

    def report(self, split: str | None = None, label_run: int | None = None) -> None:
        """Open the report, or say that there is no model to judge; from there, the samples behind one of its lines.

        Raises:
            WrongUse: there is no such split.
        """
        from hyai_tui.tui.screens.report import SPLITS, ReportScreen

        if split not in SPLITS:
            raise WrongUse(f"There is no split {split!r}", "It is train, validation or test")
        app = self._app
        if app.screen is not app.review:
            return
        if app.review.desk.snapshot.model is None:
            app.tell("no model yet to report on · decide a few files, then :retrain", "warn")
            return
        app.push_screen(ReportScreen(app.session, split, label_run), self._show_behind)

    def changes(self) -> None:
        """Open what changed with the newest model; from there, the files behind one of its lines."""
        from hyai_tui.tui.screens.changes import ChangesScreen

        self._app.push_screen(ChangesScreen(self._app.session), self._show_behind)

    def _show_behind(self, behind: Behind | None) -> None:
        """Open the files behind a line as a list of their own."""
        if behind is not None:
            self._samples(behind.files, behind.line, behind.reasons)

    def classes(self) -> None:
        """Open the labels; from there, the samples of one."""
        from hyai_tui.tui.screens.classes import ClassesScreen, Samples

        def closed(samples: Samples | None) -> None:
            if samples is not None:
                self._samples(samples.files, f"samples of {samples.label}")

        self._app.push_screen(ClassesScreen(self._app.session, self.confirm), closed)

    def labels_changed(self, message: LabelsChanged) -> None:
        """A label changed: the screen of classes tells it where it is open, else the status."""
        from hyai_tui.tui.screens.classes import ClassesScreen

        if isinstance(self._app.screen, ClassesScreen):
            self._app.screen.take_change(message)
        else:
            self._app.tell(message.line, message.kind)

    def _samples(self, files: Sequence[str], title: str, reasons: Sequence[str] = ()) -> None:
        """Open files as a list of their own, each with its reason, which is the title where there is none."""
        walk, gatherer = self._app.review.desk.walk, self._app.session.gatherer
        if walk is not None and gatherer is not None:
            gatherer.samples(walk.entry, files, title, reasons)

    def job_ended(self, job: JobView) -> None:
        """A job ended: a report or the map may have waited for it."""
        from hyai_tui.tui.screens.changes import ChangesScreen
        from hyai_tui.tui.screens.map import MapScreen
        from hyai_tui.tui.screens.report import ReportScreen

        if isinstance(self._app.screen, ReportScreen | ChangesScreen | MapScreen):
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
            app.push_screen(BulkScreen(app, found))

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
