"""The review of findings: each with its picture, its reason and what is known, and what can be done about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from hyai_tui.checks import registry
from hyai_tui.checks.again import Changed, changed
from hyai_tui.checks.base import Finding
from hyai_tui.checks.book import Book, Choice, open_book
from hyai_tui.tui import words
from hyai_tui.tui.desk import Say
from hyai_tui.tui.evidence import Evidence, Proposal, proposal, read_evidence
from hyai_tui.tui.finding_acts import FindingActs
from hyai_tui.tui.finding_desk import FindingDesk
from hyai_tui.tui.finding_tiles import finding_tiles, nothing_left, side_by_side
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.mending import Mended
from hyai_tui.tui.messages import DecidedElsewhere, NotSaved, Saved, Told
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import PictureBoard, Tile, picture_box
from hyai_tui.tui.widgets.evidence import EvidenceBrief, EvidencePane
from hyai_tui.tui.widgets.finding_list import FilterList, FindingList, list_title, title
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import Banner, KeyLine, StatusLine
from hyai_tui.tui.widgets.swift import SwiftLines
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.app import HyaiApp

_AHEAD = 4
_LOOK_SECONDS = 0.3


class FindingsScreen(Screen[str], inherit_bindings=False):
    """Findings of the newest runs. Dismissed with the file that the review is to show, or an empty text.

    Args:
        app: its session reads and writes, its gates say what was seen.
        check: show findings of this check alone; empty for all.
    """

    CSS_PATH = "findings.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's declaration
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012
    AUTO_FOCUS: ClassVar[str | None] = ""
    DECIDES: ClassVar[bool] = True

    class Opened(Message):
        """The findings have been read, and what has changed since the checks ran."""

        def __init__(self, book: Book, since: Changed) -> None:
            super().__init__()
            self.book = book
            self.since = since

    class Known(Message):
        """What is known of the files of a finding."""

        def __init__(self, token: int, evidence: Evidence) -> None:
            super().__init__()
            self.token = token
            self.evidence = evidence

    def __init__(self, app: HyaiApp, check: str = "") -> None:
        super().__init__()
        self.hyai = app
        self.session = app.session
        self.desk = FindingDesk(choice=Choice(check=check))
        self.gate = app.new_gate()
        self.side = 0
        self.evidence: Evidence | None = None
        self.acts = FindingActs(self)
        self._pictures: dict[str, TileLoaded] = {}
        self._token = 0
        self._page = ""
        self._drawn: frozenset[str] = frozenset()
        self._waits = False
        self._job = ""

    def compose(self) -> ComposeResult:
        """Lay filters, picture, list and evidence out."""
        yield TitleLine(id="findings-title")
        with Horizontal(id="findings-body"):
            filters = FilterList(id="filters")
            filters.border_title = "Filters"
            yield filters
            with Vertical(id="findings-middle"):
                yield PictureBoard(id="findings-board")
                yield EvidenceBrief(id="findings-brief")
                yield SwiftLines(id="list-title")
                yield FindingList(id="finding-list")
            with Vertical(id="evidence-pane"):
                yield EvidencePane(id="evidence")
        yield Banner(id="findings-banner")
        yield StatusLine(id="findings-status")
        yield KeyLine(id="findings-keys")
        yield Input(id="findings-line", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Read the findings; `Opened` follows."""
        self.say(Say("reading the findings …"))
        self.read()
        self.set_interval(_LOOK_SECONDS, self._look_around)

    # Parts

    @property
    def finding(self) -> Finding | None:
        """The finding at the place."""
        return self.desk.current

    @property
    def files(self) -> list[str]:
        """The file of the finding, and the other one of a pair."""
        if self.finding is None:
            return []
        return [self.finding.file] if self.finding.other is None else [self.finding.file, self.finding.other]

    @property
    def file(self) -> str:
        """The file that keys act on; empty where there is none."""
        return self.files[min(self.side, len(self.files) - 1)] if self.files else ""

    @property
    def proposed(self) -> Proposal:
        """What the key for fixing would do."""
        return proposal(self.finding, self.known, self.side) if self.finding is not None else Proposal()

    @property
    def known(self) -> Evidence | None:
        """What is known of the files of the finding at the place; never that of another one."""
        if self.evidence is None or self.finding is None or self.evidence.key != self.finding.key:
            return None
        return self.evidence

    @property
    def told(self) -> str:
        """The line of what happened last."""
        return self.query_one(StatusLine).told

    @property
    def line(self) -> Input:
        """Where texts are typed."""
        return self.query_one("#findings-line", Input)

    @property
    def hidden(self) -> bool:
        """True where pictures and texts of files are not to be seen."""
        return self.hyai.review.view == "nothing"

    def seen(self, now: float) -> str | None:
        """Return the file that a decision key belongs to now: confirmed, and the one that keys act on."""
        if not self._page or self.gate.decidable(now) != self._page or self.hyai.review.view != "show":
            return None
        return self.file if self.file in self._drawn else None

    def say(self, said: Say) -> None:
        """Show a line."""
        self.query_one(StatusLine).tell(said.text, said.kind)

    # Reading

    def read(self) -> None:
        """Read the newest results in a thread."""
        workspace = self.session.workspace

        def read(journal: Journal, catalog: Catalog) -> None:
            names = registry.names()
            book = open_book(workspace, journal, names)
            self.post_message(self.Opened(book, changed(workspace, catalog, journal, names)))

        self.session.work(read)

    def on_findings_screen_opened(self, message: Opened) -> None:
        """The findings are there."""
        self.desk.take(message.book)
        since = message.since
        ran = words.ago(since.at) if since.at is not None else ""
        again = f"{self.acts.key('retrain')} runs the checks again"
        due = since.due and since.at is not None and since.line
        self.query_one(Banner).tell(f"{since.told(ran)} · {again}" if due else "")
        nothing = f"no check has run yet: {self.acts.key('retrain')} runs them all"
        self.say(Say("" if message.book.kept else nothing, "say" if message.book.kept else "warn"))
        self.show_current()

    def read_evidence(self) -> None:
        """Read what is known of the files at the place, in a thread."""
        finding, token = self.finding, self._token
        if finding is None:
            return
        labels = self.hyai.review.desk.snapshot.label_names
        writer, settings = self.session.writer, self.session.workspace.settings

        def read(journal: Journal, catalog: Catalog) -> None:
            self.post_message(self.Known(token, read_evidence(journal, catalog, writer, finding, labels, settings)))

        self.session.read(read)

    def on_findings_screen_known(self, message: Known) -> None:
        """What is known of the files came back; of an earlier place it is dropped."""
        if message.token == self._token:
            self.evidence = message.evidence
            self.draw_texts()
            self._draw_pictures()

    # Drawing

    def show_current(self) -> None:
        """Show the finding at the place. Nothing is decided on it before its picture has been confirmed.

        Drawing waits for the keys that have been pressed already, so that many at once end with one picture.
        """
        self._token += 1
        self.side = 0
        self.gate.clear()
        self._page = ""
        if not self._waits:
            self._waits = True
            self.call_later(self._draw)

    def _draw(self) -> None:
        self._waits = False
        self.draw_texts()
        self._ask_pictures()
        self.read_evidence()

    def draw_texts(self) -> None:
        """Draw everything but the pictures."""
        desk, hidden = self.desk, self.hidden
        self.query_one("#findings-title", Static).update(title(desk, self.size.width))
        self.query_one(FilterList).show_desk(desk)
        self.query_one("#list-title", SwiftLines).show_lines([list_title(desk)])
        rows = self.query_one(FindingList)
        rows.hidden = hidden
        rows.show_desk(desk)
        for pane in (self.query_one(EvidencePane), self.query_one(EvidenceBrief)):
            pane.show(self.finding, self.evidence, self.proposed, self.side, hidden=hidden)
        self.query_one(KeyLine).show(self.acts.hints())

    def draw_side(self) -> None:
        """Keys act on the other one of a pair from now on: it has to be confirmed anew."""
        self.gate.clear()
        self._page = ""
        self.draw_texts()
        self._draw_pictures()

    def _regions(self) -> list[Region]:
        size = self.query_one(PictureBoard).size
        return side_by_side(size.width, size.height, max(1, len(self.files)))

    def _ask_pictures(self) -> None:
        tiles, view = self.session.tiles, self.hyai.review.view
        box = picture_box(self._regions()[0])
        self._pictures = {}
        self._draw_pictures()
        if tiles is None or view == "nothing" or min(box) <= 0 or not self.files:
            return
        box = self.session.picture_box(*box)
        wanted = [(file, box) for file in self.files]
        # Of what follows, only what is drawn at the same size is made ahead.
        alike = [one for one in self.desk.following(_AHEAD) if (one.other is None) == (len(self.files) == 1)]
        ahead = [(file, box) for one in alike for file in (one.file, one.other) if file is not None]
        tiles.ask(self._token, wanted, view, self.post_message, ahead, of=len(wanted))

    def on_tile_loaded(self, message: TileLoaded) -> None:
        """A picture came back; of an earlier place it is dropped."""
        if message.token == self._token:
            self._pictures[message.file] = message
            self._draw_pictures()

    def _draw_pictures(self) -> None:
        board = self.query_one(PictureBoard)
        tiles = finding_tiles(self, self._pictures, self._regions())
        nothing = Tile("", Region(0, 0, board.size.width, board.size.height), None, lines=nothing_left(self))
        board.show(f"{self._token} {self.side}", tiles or [nothing])

    def on_picture_board_painted(self, message: PictureBoard.Painted) -> None:
        """The pictures' bytes went out: ask the terminal to confirm that it has them."""
        if message.page != f"{self._token} {self.side}" or self.hyai.review.view != "show" or not message.names:
            return
        self._drawn = message.names
        self._page = f"{message.page} {len(message.names)}"
        self.hyai.confirmations.drawn(self.gate, self._page, time.monotonic())

    def on_screen_resume(self) -> None:
        """A screen above has gone: draw again."""
        once_laid_out(self, self._fit)

    def on_screen_suspend(self) -> None:
        """A screen above covers the pictures: nothing on them can be decided."""
        self.gate.clear()
        self._page = ""
        self.query_one(PictureBoard).refresh()

    def on_resize(self) -> None:
        """Everything has another size."""
        once_laid_out(self, self._fit)

    def _fit(self) -> None:
        self.gate.clear()
        self._page = ""
        self._token += 1
        self._draw()

    # What threads tell

    def on_mended(self, message: Mended) -> None:
        """Something was done about findings, and is on disk."""
        if message.done is not None:
            self.desk.done.append(message.done)
        self.say(Say(message.line))
        self.desk.put(message.keys, message.pile, show=message.done is None)
        if message.file:
            self.acts.edits.watch(message.file)
        self.show_current()

    def on_told(self, message: Told) -> None:
        """Something could not be done."""
        message.stop()
        self.say(Say(message.text, message.kind))

    def on_saved(self, message: Saved) -> None:
        """A decision is on disk, or was taken back."""
        self.acts.saved(message)

    def on_not_saved(self, message: NotSaved) -> None:
        """A commit failed: its findings are open again."""
        self.acts.not_saved(message)

    def on_decided_elsewhere(self, _message: DecidedElsewhere) -> None:
        """Another app or command decided: read the piles again."""
        self.read()

    def _look_around(self) -> None:
        """Follow a check that runs, and tags that are on their way."""
        running = next((job for job in self.hyai.review.jobs if job.running and job.info.kind == "check"), None)
        if running is not None:
            done = f" {running.info.done:,}" if running.info.done else ""
            of = f" of {running.info.total:,}" if running.info.total else ""
            unit = f" {running.info.unit}" if done else ""
            self.query_one(Banner).tell(f"⟳ {running.info.stage or 'checks'}{done}{of}{unit}")
            self._job = running.info.id
        elif self._job:
            self._job = ""
            self.query_one(Banner).tell("")
            self.read()
        self.acts.edits.look()

    # Keys and clicks

    def on_key(self, event: Key) -> None:
        """Look the key up and do its act."""
        if isinstance(self.focused, Input):
            if event.key in {"escape", "tab"}:
                self.acts.line_key(event.key)
                event.stop()
                event.prevent_default()
            return
        event.stop()
        event.prevent_default()
        self.acts.press(event.key, event.time)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self.acts.do(message.act, f"tap {message.act}", time.monotonic())

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """A click goes to a row."""
        if self.desk.go(message.position):
            self.show_current()

    def on_picture_board_picked(self, message: PictureBoard.Picked) -> None:
        """A click on one of a pair chooses it; it never decides."""
        if message.name in self.files and self.files.index(message.name) != self.side:
            self.acts.do("other_side", "", time.monotonic())

    def on_filter_list_chosen(self, message: FilterList.Chosen) -> None:
        """A filter was chosen."""
        self.desk.choose(**{message.name: message.value})
        self.show_current()

    def on_filter_list_left(self) -> None:
        """Back to the findings."""
        self.acts.close_filters()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """A typed line is whole."""
        self.acts.submit(message.value)
