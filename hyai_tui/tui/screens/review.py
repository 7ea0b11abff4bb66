"""The review screen: puts what the desk says into widgets, and keys into the desk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Click, Key
from textual.screen import Screen
from textual.widgets import Input

from hyai_tui.tui.acts import ReviewActs
from hyai_tui.tui.confirming import Confirmations
from hyai_tui.tui.desk import Desk
from hyai_tui.tui.facts import LibraryLine
from hyai_tui.tui.film import Film
from hyai_tui.tui.headline import busy_line, header_line, nothing_here
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.keyhints import key_hints
from hyai_tui.tui.looking import Looking
from hyai_tui.tui.messages import (
    DecidedElsewhere,
    FactsLoaded,
    NamesKnown,
    NotSaved,
    PictureAhead,
    PictureLoaded,
    QueuesBuilt,
    Reranked,
    Saved,
    SessionChanged,
    StandingKnown,
)
from hyai_tui.tui.news import News
from hyai_tui.tui.redrawing import Redrawing
from hyai_tui.tui.screens.lists import draw_lists
from hyai_tui.tui.seen import SeenGate
from hyai_tui.tui.showing import Showing
from hyai_tui.tui.standing import Standing
from hyai_tui.tui.tag_line import TagsChanged, TagsOffered
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.views import Views
from hyai_tui.tui.widgets.board import PictureBoard
from hyai_tui.tui.widgets.changes import ChangesStrip
from hyai_tui.tui.widgets.facts import Brief, FactsPane
from hyai_tui.tui.widgets.header import Header
from hyai_tui.tui.widgets.job_pane import JobLine
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import Banner, KeyLine, StatusLine
from hyai_tui.tui.widgets.pane import TitledPane
from hyai_tui.tui.widgets.picture import PictureView
from hyai_tui.tui.widgets.queue_list import QueueList
from hyai_tui.tui.widgets.rows import RowList
from hyai_tui.tui.widgets.swift import SwiftLines
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.tui.session import Session

# A picture that takes longer than this to be confirmed is worth a word.
_SLOW_SECONDS = 0.5


class ReviewScreen(Screen[None], inherit_bindings=False):
    """Queues on the left, the picture in the middle, what is known of it on the right."""

    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-narrow"), (100, "-wide"), (160, "-broad")]  # noqa: RUF012 - Textual's declaration
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high"), (38, "-tall")]  # noqa: RUF012
    AUTO_FOCUS = ""

    def __init__(self, session: Session, name: str, view: str) -> None:
        super().__init__()
        self.session = session
        self.workspace_name = name
        self.view = view
        self.checks_due = ""
        self.library = LibraryLine()
        self.jobs: tuple[JobView, ...] = ()
        self.standing = Standing()
        extra = 0.08 if session.terminal.multiplexed else 0.0
        self.desk = Desk(session.writer, SeenGate(answers=session.terminal.answered, extra=extra))
        self.acts = ReviewActs(self)
        self.looking = Looking(self)
        self.showing = Showing(self)
        self.film = Film(self)
        self.redrawing = Redrawing(self)
        self._news = News(self)
        self.pending_since = time.monotonic()
        self._told_slow = False

    def compose(self) -> ComposeResult:
        """Lay the panes out."""
        yield Header(id="header")
        with Horizontal(id="body"):
            queues = QueueList(id="queues")
            queues.border_title = "Queues"
            yield queues
            with TitledPane(id="middle"):
                yield PictureView(id="picture")
                yield Brief(id="brief")
                yield SwiftLines(id="next-title")
                yield RowList(id="next")
                yield PictureBoard(id="film")
            with Vertical(id="facts-pane"):
                yield FactsPane(id="facts")
                yield PictureBoard(id="ghost")
                yield JobLine(id="job")
        yield ChangesStrip(id="changes")
        yield Banner(id="busy")
        yield Banner(id="banner")
        yield StatusLine(id="status")
        yield KeyLine(id="keys")
        yield Input(
            id="command-line", placeholder="command; Tab completes, Esc leaves", compact=True, select_on_focus=False
        )

    def on_mount(self) -> None:
        """Say that we are opening; the session's threads tell when there is more."""
        self.picture.show_card("opening …")
        self.set_interval(0.5, self._look_around)
        self.refresh_all()

    # Parts, by name

    @property
    def picture(self) -> PictureView:
        """The picture in the middle."""
        return self.query_one("#picture", PictureView)

    @property
    def status(self) -> StatusLine:
        """The line of what happened last."""
        return self.query_one("#status", StatusLine)

    @property
    def banner(self) -> Banner:
        """The banner of a new list."""
        return self.query_one("#banner", Banner)

    # Keys

    def on_key(self, event: Key) -> None:
        """Look the key up in the live keymap and do its act."""
        if isinstance(self.focused, Input):
            if self.acts.type_command(event.key, event.character if event.is_printable else None):
                event.stop()
                event.prevent_default()
            return
        event.stop()
        event.prevent_default()
        act = self.session.keymap.act(event.key)
        if act is None:
            if (line := self.session.keymap.elsewhere(event.key)) is not None:
                self.status.tell(line, "warn")
            return
        self.acts.do(act, event.key, event.time)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self.acts.do(message.act, f"tap {message.act}", time.monotonic())

    def show_changes(self) -> bool:
        """Show what changed most with the list that was taken; returns whether anything did."""
        return self.query_one("#changes", ChangesStrip).show(self.desk.snapshot.changes, ":queue changed")

    def hide_changes(self) -> bool:
        """Put the strip away; returns whether it was there."""
        strip = self.query_one("#changes", ChangesStrip)
        shown, strip.display = strip.display, False
        return shown

    def on_changes_strip_picked(self, message: ChangesStrip.Picked) -> None:
        """Show a file of the strip."""
        self.show_file(message.file, "it changed with the new model")

    def on_queue_list_chosen(self, message: QueueList.Chosen) -> None:
        """Open a queue."""
        self.acts.close_queues()
        self.desk.open_entry(message.key)
        self.show_current()

    def on_picture_board_picked(self, message: PictureBoard.Picked) -> None:
        """Go to a picture of the strip."""
        self.film.pick(message.name)

    def on_queue_list_left(self) -> None:
        """Back to the picture."""
        self.acts.close_queues()

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """Go to a row that was clicked."""
        if self.desk.walk is not None and self.desk.walk.go(message.position):
            self.show_current()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Say which labels a name that is being typed may become."""
        if message.input.has_focus:
            self.acts.tell_choices(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Run a typed command."""
        self.acts.close_command()
        self.session.commands.run(message.value)

    # The picture

    def show_current(self) -> None:
        """Show the file of the desk's place; nothing can be decided from here on until it has been drawn."""
        self.showing.current()

    def show_file(self, file: str, why: str) -> None:
        """Go to a file, whether it is in the open queue or not."""
        if self.desk.walk is not None:
            self.desk.walk.show(file, why)
            self.show_current()

    def restore(self) -> None:
        """Open what was open over the review when it was left."""
        views = getattr(self.app, "views", None)
        if isinstance(views, Views):
            views.restore(self.session.place)

    def draw_again(self) -> None:
        """Pictures are drawn otherwise from now on."""
        self.showing.again()

    def on_picture_view_first_paint(self) -> None:
        """Open the workspace's parts now that there is something to look at."""
        self.session.start()

    def on_picture_view_resized(self) -> None:
        """The picture has another room than it was made for."""
        self.showing.fit()

    def on_picture_view_painted(self, message: PictureView.Painted) -> None:
        """A picture's bytes went out."""
        self.showing.painted(message.file)

    def on_click(self, event: Click) -> None:
        """Two clicks on the picture look closer; one does nothing, and none decides."""
        if event.widget is self.picture and event.chain == 2:
            self.acts.do("zoom", "click", time.monotonic())

    def on_resize(self) -> None:
        """The picture has another size."""
        self.call_after_refresh(self.showing.again)

    def on_screen_resume(self) -> None:
        """A screen above has gone: draw the picture again."""
        self._news.resumed()
        self.call_after_refresh(self.showing.again)

    def on_screen_suspend(self) -> None:
        """A screen above covers the picture: nothing on it can be decided."""
        self.desk.gate.clear()
        self.picture.refresh()

    # What threads tell

    def on_picture_loaded(self, message: PictureLoaded) -> None:
        """A picture came back."""
        self.showing.loaded(message)

    def on_picture_ahead(self, message: PictureAhead) -> None:
        """A picture for later is there."""
        self.showing.ahead(message.token)

    def on_tile_loaded(self, message: TileLoaded) -> None:
        """A small picture came back."""
        self.film.loaded(message)

    def on_facts_loaded(self, message: FactsLoaded) -> None:
        """Facts came back."""
        if self.showing.known(message.token, message.facts):
            self.refresh_facts()

    def on_names_known(self, message: NamesKnown) -> None:
        """Names of the rows came back."""
        if message.token == self.showing.token:
            self.redrawing.soon("lists")

    def on_queues_built(self, message: QueuesBuilt) -> None:
        """A snapshot is there."""
        self._news.queues_built(message)

    def on_saved(self, message: Saved) -> None:
        """Acts are on disk."""
        self._news.saved(message)

    def on_reranked(self, message: Reranked) -> None:
        """*Next best* was ordered anew."""
        self._news.reranked(message)

    def on_not_saved(self, message: NotSaved) -> None:
        """A commit failed."""
        self._news.not_saved(message)

    def on_decided_elsewhere(self, message: DecidedElsewhere) -> None:
        """Another app or command decided."""
        self._news.decided_elsewhere(message)

    def on_session_changed(self, message: SessionChanged) -> None:
        """Counts of the header changed."""
        self._news.session_changed(message)

    def on_tags_offered(self, message: TagsOffered) -> None:
        """Tags that a file may lack came back."""
        self.acts.tags.take(message)

    def on_tags_changed(self, message: TagsChanged) -> None:
        """Tags of a file's own are to be changed, and that is on disk."""
        self.desk.tagged(message.file, message.edit)
        self.status.tell(message.line)

    def on_standing_known(self, message: StandingKnown) -> None:
        """A retrain is due or not, and more labels are worth it or not."""
        self._news.standing_known(message)

    def show_jobs(self, jobs: tuple[JobView, ...]) -> None:
        """The jobs moved on."""
        self.jobs = jobs
        running = next((job for job in jobs if job.running), None)
        self.query_one("#job", JobLine).show(running)
        for title in self.app.screen.query(TitleLine):
            title.show_job(running)
        if self.desk.current is None and self.desk.snapshot.entries:
            self.picture.show_card(*nothing_here(self.desk.snapshot, self.jobs))
        self.refresh_header()

    def show_library(self, line: LibraryLine) -> None:
        """The library is there, or is not."""
        self.library = line
        if line.trouble:
            self.status.tell(line.trouble, "error")
        self.showing.again()

    # Drawing what is known

    def refresh_all(self) -> None:
        """Draw everything but the picture."""
        self.redrawing.drop()
        self.refresh_lists()
        self.refresh_facts()
        self.refresh_header()

    def refresh_lists(self) -> None:
        """Draw queues, rows and the small pictures."""
        draw_lists(self)
        self.film.follow()

    def refresh_facts(self) -> None:
        """Draw what is known of the current file, and what the keys will do to it."""
        row, hidden = self.desk.current, self.view == "nothing"
        self.query_one("#facts", FactsPane).show(
            row, self.showing.facts, hidden=hidden, offers=self.acts.tags.offers_of(row)
        )
        self.query_one("#brief", Brief).show(row, self.showing.facts, hidden=hidden)
        self.refresh_keys()

    def refresh_keys(self) -> None:
        """Draw what the keys do now."""
        self.query_one("#keys", KeyLine).show(key_hints(self, self.showing.facts))

    def refresh_header(self) -> None:
        """Draw the line at the top."""
        self.query_one("#header", Header).line = header_line(self)
        busy, banner = busy_line(self), self.query_one("#busy", Banner)
        if banner.told != busy:
            banner.tell(busy)

    def _look_around(self) -> None:
        """Look for answers that were lost, and give up on a silent terminal."""
        confirmations = getattr(self.app, "confirmations", None)
        if isinstance(confirmations, Confirmations) and confirmations.look(time.monotonic()):
            self.status.tell("this terminal does not answer: decisions wait 80 ms after each picture", "warn")
            self.showing.again()
        if isinstance(confirmations, Confirmations) and not (self._told_slow or self.session.slow):
            wait = confirmations.usual_wait
            if wait is not None and wait > _SLOW_SECONDS:
                self._told_slow = True
                self.status.tell(f"a picture takes {wait:.1f} s on this line · :slow draws smaller ones", "warn")
