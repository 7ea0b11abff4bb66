"""What was learnt of the library's tags: tags that pull, all tags, visual groups, and tags that files may lack.

Each line opens as a list of files. A tag that files may lack is written to all of them that are likely to, after a question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.errors import HyaiError, NotNow
from hyai_tui.patterns.reading import Learnt
from hyai_tui.text import count, visible
from hyai_tui.tui.listing import Entry
from hyai_tui.tui.messages import ListMade, SettingsSaved
from hyai_tui.tui.pattern_views import TITLES, VIEWS, Read, View, facts_of, read_views
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine, moving
from hyai_tui.tui.widgets.pattern_list import LIKELY, PatternLine, PatternList
from hyai_tui.tui.widgets.swift import SwiftLines
from hyai_tui.tui.widgets.title_line import TitleLine
from hyai_tui.tui.words import percent

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.tui.app import HyaiApp

_LOOK_SECONDS = 0.3
_NOTHING: dict[View, str] = {
    "pulls": "no tag pulls surely to one label yet: tag or decide more files",
    "tags": "no tag is on three files or more",
    "groups": "no visual groups yet: :cache encodes the pictures, then learn again",
    "suggestions": "nothing is suggested: it takes tags on some files and encoded pictures, then learn again",
}
# Keys of this screen, whatever the keymap gives them.
_OWN = {"tab": "other", "slash": "filter", "w": "widen", "escape": "back"}
_WIDEN = "patterns.widen_search"
_MOVES = {"up": -1, "down": 1, "pageup": -20, "pagedown": 20, "home": -(10**9), "end": 10**9}


class PatternsScreen(Screen[ListMade], inherit_bindings=False):
    """Dismissed with a list of files to open, or without one.

    Args:
        app: its session reads, and starts the job.
        context: the files that lists are made of.
    """

    CSS_PATH = "patterns.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-wide")]  # noqa: RUF012 - Textual's declaration
    AUTO_FOCUS: ClassVar[str | None] = ""

    class Known(Message):
        """What was learnt has been read; `read` is None before the first learning."""

        def __init__(self, read: Read | None) -> None:
            super().__init__()
            self.read = read

    class Accepted(Message):
        """Suggested tags were recorded, or the newest ones taken back; `line` is what to tell."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    class Opened(Message):
        """A list of files was made."""

        def __init__(self, made: ListMade) -> None:
            super().__init__()
            self.made = made

    def __init__(self, app: HyaiApp, context: QueueContext) -> None:
        super().__init__()
        self._hyai = app
        self._files = context
        self.learnt: Learnt | None = None
        self.view: View = VIEWS[0]
        self._read: Read | None = None
        self._filter = ""
        self._typing = False
        self._learning = False
        # Effects that were settled before tags went on their way to the library: when these are, all is read again.
        self._settled: int | None = None

    def compose(self) -> ComposeResult:
        """Lay the lines out."""
        yield TitleLine("Patterns", id="patterns-title")
        yield SwiftLines(id="patterns-head")
        yield PatternList(id="patterns")
        yield SwiftLines(id="pattern-facts")
        yield StatusLine(id="patterns-status")
        yield KeyLine(id="patterns-keys")

    def on_mount(self) -> None:
        """Read what was learnt."""
        self._show_keys()
        self._ask()
        self.set_interval(_LOOK_SECONDS, self._look)

    @property
    def lines(self) -> PatternList:
        """The lines."""
        return self.query_one(PatternList)

    def _say(self, text: str, kind: str = "say") -> None:
        self.query_one(StatusLine).tell(text, kind)

    # Reading

    def _ask(self) -> None:
        workspace = self._hyai.session.workspace

        def read(_journal: Journal, catalog: Catalog) -> None:
            try:
                self.post_message(self.Known(read_views(workspace, catalog)))
            except NotNow:
                self.post_message(self.Known(None))

        self._hyai.session.work(read)

    def on_patterns_screen_known(self, message: Known) -> None:
        """What was learnt is there."""
        self._read = message.read
        self.learnt = message.read.learnt if message.read is not None else None
        self._show_keys()
        self._draw()

    def _shown(self) -> Sequence[PatternLine]:
        all_lines = self._read.lines[self.view] if self._read is not None else ()
        wanted = self._filter.lower()
        return [one for one in all_lines if wanted in one.name.lower()] if wanted else all_lines

    @property
    def _widened(self) -> bool:
        return self._hyai.session.workspace.settings.patterns.widen_search

    @property
    def _next_view(self) -> View:
        return VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]

    def _show_keys(self) -> None:
        keymap = self._hyai.session.keymap
        key = keymap.first_key
        if self.learnt is None:
            self.query_one(KeyLine).show([("retrain", key("retrain"), "learn"), ("back", "Esc", "back")])
            return
        hints = [moving(keymap), ("take_list", key("take_list"), "files")]
        hints += [("other", "Tab", TITLES[self._next_view][1])]
        if self.view == "suggestions":
            hints += [
                ("suggested", key("suggested"), "write it to the likely ones"),
                ("undo", key("undo"), "take back"),
            ]
        hints += [
            ("filter", "/", "filter"),
            ("widen", "w", f"tag= finds related tags: {'on' if self._widened else 'off'}"),
        ]
        hints += [("retrain", key("retrain"), "learn"), ("back", "Esc", "back")]
        self.query_one(KeyLine).show(hints)

    def _draw(self) -> None:
        shown = self._shown()
        self.lines.show(shown)
        key = self._hyai.session.keymap.first_key("retrain")
        self.lines.say_nothing(
            f"nothing was learnt yet: {key} learns from your tags and notes; nothing is written to the library"
            if self.learnt is None
            else "no line has that in its name · Esc shows all"
            if self._filter
            else _NOTHING[self.view]
        )
        title = "Patterns"
        if self.learnt is not None:
            trial = self.learnt.patterns.mix.trial
            reached = trial["precision_at_3"].get("both") if trial["files"] else None
            measured = (
                f" · suggestions {reached:.2f} right of 3, {trial['files']:,} files" if reached is not None else ""
            )
            assert self._read is not None
            number = count(len(self._read.lines[self.view]), *TITLES[self.view])
            title = f"Patterns v{self.learnt.version} · {number}{measured}"
        self.query_one("#patterns-title", Static).update(title)
        self._draw_facts()

    def _draw_facts(self) -> None:
        chosen = self.lines.chosen
        lines: list[Content] = []
        self.query_one("#patterns-head", SwiftLines).show_lines([self.lines.heading()])
        if self.learnt is not None and chosen is not None:
            lines = [
                Content.assemble((f" {what:8}" if what else " ", "$muted"), text)
                for what, text in facts_of(self.learnt, chosen)
            ]
        if self._typing or self._filter:
            cursor = "▏" if self._typing else ""
            lines.insert(0, Content.assemble((" / ", "$accent bold"), f"{visible(self._filter)}{cursor}"))
        self.query_one("#pattern-facts", SwiftLines).show_lines(lines)

    def _look(self) -> None:
        """Follow a learning to its end; what it learnt is shown at once."""
        line = self._hyai.review.desk.line
        if self._settled is not None and line.settled > self._settled and not line.pending:
            self._settled = None
            self._ask()
        before = self._learning
        jobs = self._hyai.review.jobs
        self._learning = any(one.running and one.info.kind == "learn" for one in jobs)
        if before and not self._learning:
            self._say("learnt; in use now")
            self._ask()

    # Keys

    def on_key(self, event: Key) -> None:
        """Choose, filter, open, learn, go back."""
        event.stop()
        event.prevent_default()
        if self._typing:
            self._type(event)
        elif event.key in _MOVES:
            self._go(_MOVES[event.key])
        else:
            self._do(_OWN.get(event.key) or self._hyai.session.keymap.act(event.key) or "")

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self._do(message.act)

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """A click chooses a line."""
        self._go(message.position - self.lines.cursor)

    def _type(self, event: Key) -> None:
        if event.key in {"enter", "escape"}:
            self._typing = False
            self._filter = "" if event.key == "escape" else self._filter
        elif event.key == "backspace":
            self._filter = self._filter[:-1]
        elif event.is_printable and event.character:
            self._filter += event.character
        self._draw()

    def _go(self, by: int) -> None:
        self.lines.go(self.lines.cursor + by)
        self._draw_facts()

    def _do(self, act: str) -> None:
        if act in {"next", "previous"}:
            self._go(1 if act == "next" else -1)
        elif act == "other":
            self.view = self._next_view
            self.lines.go(0)
            self._show_keys()
            self._draw()
        elif act == "filter":
            self._typing = True
            self._draw_facts()
        elif act == "take_list" and self.lines.chosen is not None:
            self._open(self.lines.chosen)
        elif act == "suggested" and self.view == "suggestions" and self.lines.chosen is not None:
            self._offer(self.lines.chosen)
        elif act == "undo" and self.view == "suggestions":
            self._take_back()
        elif act == "widen":
            values = {_WIDEN: "false" if self._widened else "true"}
            self._hyai.session.errands.change_settings(values, self.post_message)
        elif act == "retrain":
            self._hyai.session.errands.start_job("learn", {})
            self._say("learning has begun; it goes on if the app or the line goes away")
        elif act in {"back", "leave"}:
            if self._filter:
                self._filter = ""
                self._draw()
            else:
                self.dismiss(None)

    def on_settings_saved(self, message: SettingsSaved) -> None:
        """Searches for a tag are widened from now on, or no longer."""
        self._show_keys()
        if message.error:
            self._say(message.error, "error")
        elif self._widened:
            self._say("searches for a tag also find files with related tags, as related= does")
        else:
            self._say("searches for a tag find its own files alone; related= finds the others too")

    def _open(self, line: PatternLine) -> None:
        """Make the list of a line's files in a thread, then leave with it."""
        context = self._files

        def make(_journal: Journal, catalog: Catalog) -> None:
            from hyai_tui.queues.learnt import among, tagged

            if line.is_tag:
                queue = tagged(context, catalog, line.name, line.reason)
            elif line.offered:
                why = [f"may lack {line.name}: {one}" for one in line.reasons]
                queue = among(context, line.examples, why[0], why)
            else:
                queue = among(context, line.examples, line.reason)
            entry = Entry("pattern", line.name, line.reason, queue)
            self.post_message(self.Opened(ListMade(entry, "grid")))

        self._hyai.session.work(make)

    def on_patterns_screen_opened(self, message: Opened) -> None:
        """The list is there."""
        self.dismiss(message.made)

    # Suggested tags

    def _offer(self, line: PatternLine) -> None:
        """Ask whether to write a tag to all files that are likely to lack it."""
        if (refusal := self._hyai.review.desk.closed()) is not None:
            self._say(refusal.text, refusal.kind)
            return
        likely = [file for file, chance in zip(line.examples, line.chances, strict=True) if chance >= LIKELY]
        if not likely:
            self._say(f"no file is likely to lack it ({percent(LIKELY)}): Enter shows them, one by one", "warn")
            return
        least = line.chances[len(likely) - 1]
        text = (
            f"write {line.name} to {count(len(likely), 'file')}, the least likely {percent(least)} "
            f"· u takes it back · y/n"
        )
        self._hyai.views.confirm("Write a suggested tag", text, partial(self._accept, line.name, likely))

    def _accept(self, tag: str, files: Sequence[str]) -> None:
        settings = self._hyai.session.workspace.settings.tag

        def task(journal: Journal) -> None:
            from hyai_tui.effects.accepting import record_accepted

            try:
                record_accepted(journal, settings, {file: [tag] for file in files})
            except HyaiError as error:
                self.post_message(self.Accepted(str(error)))
                return
            said = f"saved: {tag} on {count(len(files), 'file')}"
            self.post_message(self.Accepted(f"{said} · {self._hyai.session.keymap.first_key('undo')} takes it back"))

        self._write(files, task)

    def _take_back(self) -> None:
        def task(journal: Journal) -> None:
            from hyai_tui.effects.accepting import take_back_accepted

            taken = take_back_accepted(journal)
            said = f"taking back: {taken[0].words} on {count(len(taken), 'file')}" if taken else "nothing to take back"
            self.post_message(self.Accepted(said))

        self._write((), task)

    def _write(self, files: Sequence[str], task: Callable[[Journal], None]) -> None:
        if (refusal := self._hyai.review.desk.closed()) is not None:
            self._say(refusal.text, refusal.kind)
            return
        self._hyai.review.desk.touched.update(files)
        self._settled = self._hyai.review.desk.line.settled
        self._hyai.session.writer.do(task)

    def on_patterns_screen_accepted(self, message: Accepted) -> None:
        """Suggested tags are on their way to the library, or back."""
        self._say(message.line)
