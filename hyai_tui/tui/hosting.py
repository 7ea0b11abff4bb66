"""What the commands of the `:` line and the palette do in the app: each asks the part that it is for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hyai_tui.errors import WrongUse
from hyai_tui.journal.pace import Pace, pace
from hyai_tui.tui.asking import ASKED_FIRST, AskFirst, Question
from hyai_tui.tui.picking import label_named
from hyai_tui.tui.screens.ask import AskScreen
from hyai_tui.tui.screens.jobs import JobsScreen
from hyai_tui.tui.screens.leaving import LeavingScreen, Summary
from hyai_tui.tui.screens.typed import TypedScreen

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.library_panels import LibraryPanels

# A page of tiles with the file itself.
SIMILAR = 23
GUESSES = 200
_PENDING_SECONDS = 4.0
_ASK_AGAIN_SECONDS = 0.5


class CommandHost:
    """Takes commands for one app; see `commands.Host`.

    Args:
        app: whose commands they are.
    """

    def __init__(self, app: HyaiApp) -> None:
        self._app = app
        self._began = time.monotonic()
        self._place: dict[str, Any] = {}
        self.ask_first = AskFirst(lambda *job, **how: app.session.errands.start_job(*job, **how))

    @cached_property
    def _library(self) -> LibraryPanels:
        # It needs the journal, which nothing needs before the first frame.
        from hyai_tui.tui.library_panels import LibraryPanels

        return LibraryPanels(self._app)

    def tell(self, text: str, kind: str = "say") -> None:
        """Show a line on the review's status."""
        self._app.tell(text, kind)

    # Jobs

    def start_job(self, kind: str, options: dict[str, Any]) -> None:
        """Start a job in the background; one that writes tags shows first what it would write, and asks."""
        if kind in ASKED_FIRST and not options.get("dry_run"):
            self.ask_first.begin(kind, options)
        else:
            self._app.session.errands.start_job(kind, options)

    def ask(self, question: Question) -> None:
        """Ask, as soon as nobody is typing and nothing else covers the review."""
        app = self._app
        if app.screen is not app.review or app.review.focused is not None:
            app.tell(f"{question.title}; it asks when you are back")
            app.set_timer(_ASK_AGAIN_SECONDS, lambda: self.ask(question))
            return

        def answered(answer: str | bool | None) -> None:
            if answer in {"write", True}:
                app.session.errands.start_job(question.kind, question.options)
            else:
                app.tell("nothing was written")

        if question.word:
            lines = [question.line, "':untag --undo' puts them back."]
            app.push_screen(TypedScreen(question.title, lines, question.word, "leaves"), answered)
        else:
            app.push_screen(AskScreen(question, app.new_gate()), answered)

    def cancel_job(self, job_id: str | None) -> None:
        """Ask a job to stop."""
        self._app.session.errands.cancel_job(job_id)

    def show_jobs(self) -> None:
        """Open the jobs screen."""
        if not isinstance(self._app.screen, JobsScreen):
            self._app.push_screen(JobsScreen(self._app.review.jobs))

    # The review and its screens

    def open_view(self, name: str) -> None:
        """Open a screen over the review by its name."""
        self._app.views.open(name)

    def open_report(self, by: dict[str, Any]) -> None:
        """Open the report, judged by what `split` and `label_run` say."""
        self._app.views.report(by.get("split"), by.get("label_run"))

    def show_help(self) -> None:
        """Open the overlay of keys of this screen."""
        self._app.views.help()

    def look(self, how: str, text: str) -> None:
        """Filter or sort the open queue, or go somewhere in it."""
        self._app.review.looking.do(how, text)

    def open_queue(self, name: str) -> None:
        """Open a queue by name."""
        desk = self._app.review.desk
        if not desk.open_entry(name):
            names = ", ".join(entry.key for entry in desk.snapshot.entries)
            raise WrongUse(f"There is no queue {name!r}", f"There are {names}")
        self._app.review.show_current()

    def save_search(self, name: str) -> None:
        """Keep the filter and order of the open queue under a name."""
        desk = self._app.review.desk
        if desk.aside:
            raise WrongUse(
                "This list is none of the queues, so it cannot be asked for anew", "Esc leads back to a queue"
            )
        if desk.query is None or desk.walk is None:
            raise WrongUse("There is nothing to save: no filter is on", "Filter or sort this queue first, with / or S")
        self._app.session.errands.save_search(name, desk.walk.entry, desk.query.text)

    def drop_search(self, name: str) -> None:
        """Drop a saved search."""
        self._app.session.errands.drop_search(name)

    def gather(self, what: str, arguments: Sequence[str]) -> None:
        """Gather files: `similar` and `sweep` around the shown one, `accept` of this queue, `assign` and `guesses` of all."""
        desk, gatherer = self._app.review.desk, self._app.session.gatherer
        walk, row = desk.walk, desk.current
        if gatherer is None or walk is None or row is None:
            self.tell("nothing here yet to gather from", "warn")
            return
        if what == "probe":
            self._app.session.errands.pin_probe(row.file)
            return
        self.tell("looking …")
        if what == "similar":
            gatherer.similar(walk.entry, row.file, int(arguments[0]) if arguments else SIMILAR)
        elif what == "guesses":
            gatherer.guesses(walk.entry, int(arguments[0]) if arguments else GUESSES, desk.decided)
        elif what == "sweep":
            gatherer.sweep(walk.entry, row.file, desk.decided)
        elif what == "accept":
            gatherer.accept(walk.entry, desk.decided)
        elif what in {"keep best", "copy label"}:
            gatherer.copies(walk.entry, row.file, what, desk.decided)
        else:
            gatherer.assign(walk.entry, arguments[0], arguments[1] if len(arguments) > 1 else None, desk.decided)

    def do_act(self, act: str) -> None:
        """Do an act of the keymap."""
        self._app.review.acts.do(act, "", time.monotonic())

    def decide_named(self, start: str, *, marked: bool) -> None:
        """Decide the label whose name begins so, on the shown file or on all marked ones."""
        review = self._app.review
        snapshot = review.desk.snapshot
        review.acts.decide_named(label_named(start, snapshot.all_labels, snapshot.labels), marked=marked)

    def change_tags(self, line: str) -> None:
        """Change the shown file's own tags."""
        self._app.review.acts.tags.change(line)

    def rebuild(self) -> None:
        """Build the queues again."""
        self._app.session.rebuild()

    # What decisions do

    def set_mode(self, mode: str) -> None:
        """Change what decisions ask of the library; LIVE asks for the word first."""
        self._library.set_mode(mode)

    def show_commit(self) -> None:
        """Open the panel of staged changes, or say that there are none."""
        self._library.show_commit()

    def show_page(self, name: str) -> None:
        """Show the files of the queue in a page of Hydrus."""
        self._library.show_page(name)

    def show_rights(self) -> None:
        """Open the panel of what this key may and cannot do."""
        self._library.show_rights()

    def offer_hints(self) -> None:
        """Ask again whether to learn from what the library knows."""
        self._app.first_look.ask_again()

    def resume(self) -> None:
        """Take decisions again."""
        self._app.review.desk.blocked = ""
        self._app.review.refresh_all()
        self.tell("decisions are taken again")

    def take_over(self) -> None:
        """Take the lease."""
        self._app.session.writer.take_over()

    def set_look_only(self, look_only: bool) -> None:
        """Record nothing, or record beside the other app."""
        self._app.session.writer.set_look_only(look_only)

    # How it looks

    def set_slow(self, slow: bool | None = None) -> None:
        """Spare a slow line, or no longer."""
        self._app.looks.set_slow(slow)

    def set_theme(self, name: str) -> None:
        """Change the colours."""
        self._app.looks.set_theme(name)

    def set_keys(self, preset: str) -> None:
        """Change the preset of keys."""
        self._app.looks.set_keys(preset)

    # The end

    def leave(self, *, ask: bool) -> None:
        """Leave; asks where work is on its way, or where it was told to."""
        app, summary = self._app, self._summary()
        if not ask and not summary.work_pending:
            self._leave_now("leave")
        elif not isinstance(app.screen, LeavingScreen):
            app.push_screen(LeavingScreen(summary, self._ask_pace), self._leave_now)

    def _ask_pace(self, tell: Callable[[Pace], object]) -> None:
        """Read how this session went, in a thread."""
        session = self._app.session

        def read(journal: Journal, _catalog: Catalog) -> None:
            tell(pace(journal.decisions(), session=session.id))

        session.read(read)

    def _summary(self) -> Summary:
        review = self._app.review
        desk, line = review.desk, review.desk.line
        return Summary(
            desk.made,
            desk.undone,
            time.monotonic() - self._began,
            desk.unsaved + desk.taking_back,
            line.staged,
            # What a key has just asked for is done while the app leaves; what has waited for longer is worth a word.
            line.pending if time.monotonic() - review.pending_since > _PENDING_SECONDS else 0,
            [job.info.kind for job in review.jobs if job.running],
            line.today,
            self._app.workspace.settings.review.goal,
            review.standing.advice,
            review.standing.due,
        )

    def farewell(self) -> list[str]:
        """Return what to print once the app is gone."""
        return self._summary().farewell()

    def _leave_now(self, answer: str | None) -> None:
        if answer == "leave":
            self.keep_place(resting=0.0)
            self._app.transmitter.free_all()
            self._app.exit()

    def keep_place(self, resting: float) -> None:
        """Save where the person is, for the next start and for another app, if it is another place than before.

        Args:
            resting: seconds without a key; nothing is saved while somebody is on the way.
        """
        review = self._app.review
        place, line = review.desk.place(), review.desk.line
        if not place or line.look_only or self._app.since_input < resting:
            return
        if resting and not line.holder:
            # Two apps would take turns; the one that is left keeps its place then.
            return
        place |= self._app.views.place()
        if place != self._place:
            self._place = place
            self._app.session.writer.save_place(place)
