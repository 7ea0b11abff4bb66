"""What was learnt of the library's tags: tags that pull to a label, and visual groups; each opens as a list of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.errors import NotNow
from hyai_tui.patterns.reading import Learnt
from hyai_tui.text import count, visible
from hyai_tui.tui.listing import Entry
from hyai_tui.tui.messages import ListMade
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine, moving
from hyai_tui.tui.widgets.pattern_list import PatternLine, PatternList
from hyai_tui.tui.widgets.swift import SwiftLines
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.workspace import Workspace

_LOOK_SECONDS = 0.3
_WITH = 4
_MOVES = {"up": -1, "down": 1, "pageup": -20, "pagedown": 20, "home": -(10**9), "end": 10**9}


def read_lines(workspace: Workspace) -> tuple[Learnt, list[PatternLine], list[PatternLine]]:
    """Return what was learnt, its tags that pull, and its visual groups; raises `NotNow` before the first learning."""
    learnt = Learnt.open(workspace)
    patterns = learnt.patterns
    tags = [PatternLine(one.tag, one.files + one.others, one) for one in patterns.strongest()]
    groups = [PatternLine(str(one["name"]), int(one["files"]), None, one["examples"]) for one in learnt.groups]
    return learnt, tags, groups


class PatternsScreen(Screen[ListMade], inherit_bindings=False):
    """Dismissed with a list of files to open, or without one.

    Args:
        app: its session reads, and starts the job.
        context: the files that lists are made of.
    """

    CSS_PATH = "patterns.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-wide")]  # noqa: RUF012 - Textual's declaration
    AUTO_FOCUS: ClassVar[str | None] = ""

    class Read(Message):
        """What was learnt has been read; `learnt` is None before the first learning."""

        def __init__(
            self,
            learnt: Learnt | None,
            tags: Sequence[PatternLine] = (),
            groups: Sequence[PatternLine] = (),
            trouble: str = "",
        ) -> None:
            super().__init__()
            self.learnt = learnt
            self.tags = tags
            self.groups = groups
            self.trouble = trouble

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
        self._tags: Sequence[PatternLine] = ()
        self._groups: Sequence[PatternLine] = ()
        self._shows_groups = False
        self._filter = ""
        self._typing = False
        self._learning = False

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
        key = self._hyai.session.keymap.first_key
        hints = [moving(self._hyai.session.keymap), ("take_list", key("take_list"), "files")]
        hints += [("other", "Tab", "tags or groups")]
        hints += [("filter", "/", "filter"), ("retrain", key("retrain"), "learn"), ("back", "Esc", "back")]
        self.query_one(KeyLine).show(hints)
        self._read()
        self.set_interval(_LOOK_SECONDS, self._look)

    @property
    def lines(self) -> PatternList:
        """The lines."""
        return self.query_one(PatternList)

    def _say(self, text: str, kind: str = "say") -> None:
        self.query_one(StatusLine).tell(text, kind)

    # Reading

    def _read(self) -> None:
        workspace = self._hyai.session.workspace

        def read(_journal: Journal, _catalog: Catalog) -> None:
            try:
                self.post_message(self.Read(*read_lines(workspace)))
            except NotNow:
                self.post_message(self.Read(None))

        self._hyai.session.work(read)

    def on_patterns_screen_read(self, message: Read) -> None:
        """What was learnt is there."""
        self.learnt, self._tags, self._groups = message.learnt, message.tags, message.groups
        self._draw()

    def _shown(self) -> Sequence[PatternLine]:
        all_lines = self._groups if self._shows_groups else self._tags
        wanted = self._filter.lower()
        return [one for one in all_lines if wanted in one.name.lower()] if wanted else all_lines

    def _draw(self) -> None:
        shown = self._shown()
        self.lines.show(shown)
        key = self._hyai.session.keymap.first_key("retrain")
        self.lines.say_nothing(
            f"nothing was learnt yet: {key} learns from your tags and notes; nothing is written to the library"
            if self.learnt is None
            else "no line has that in its name · Esc shows all"
            if self._filter
            else "nothing here yet: tag or decide more files"
        )
        title = "Patterns"
        if self.learnt is not None:
            trial = self.learnt.patterns.mix.trial
            reached = trial["precision_at_3"].get("both") if trial["files"] else None
            measured = (
                f" · suggestions {reached:.2f} right of 3, {trial['files']:,} files" if reached is not None else ""
            )
            what = count(len(self._tags), "tag pulls to a label", "tags pull to a label")
            title = f"Patterns v{self.learnt.version} · {what} · {count(len(self._groups), 'visual group')}{measured}"
        self.query_one("#patterns-title", Static).update(title)
        self._draw_facts()

    def _draw_facts(self) -> None:
        chosen = self.lines.chosen
        lines: list[Content] = []
        self.query_one("#patterns-head", SwiftLines).show_lines([self.lines.heading()])
        if self.learnt is None or chosen is None:
            lines = []
        elif chosen.pull is not None:
            pull = chosen.pull
            lines = [Content(f" {visible(pull.reason)}"), Content.styled(f" {_interval(chosen)}", "$muted")]
            partners = self.learnt.patterns.partners(chosen.name)[:_WITH]
            said = " · ".join(f"{visible(tag)} {files:,} ({lift:.1f} × chance)" for tag, files, lift in partners)
            lines += [Content.assemble((" with   ", "$muted"), said)] if said else []
        else:
            lines = [Content(f" {count(chosen.files, 'file')} that look alike: {visible(chosen.name)}")]
        if self._typing or self._filter:
            cursor = "▏" if self._typing else ""
            lines.insert(0, Content.assemble((" / ", "$accent bold"), f"{visible(self._filter)}{cursor}"))
        self.query_one("#pattern-facts", SwiftLines).show_lines(lines)

    def _look(self) -> None:
        """Follow a learning to its end; what it learnt is shown at once."""
        before = self._learning
        jobs = self._hyai.review.jobs
        self._learning = any(one.running and one.info.kind == "learn" for one in jobs)
        if before and not self._learning:
            self._say("learnt; in use now")
            self._read()

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
            own = {"tab": "other", "slash": "filter", "escape": "back"}
            self._do(own.get(event.key) or self._hyai.session.keymap.act(event.key) or "")

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
            self._shows_groups = not self._shows_groups
            self._draw()
        elif act == "filter":
            self._typing = True
            self._draw_facts()
        elif act == "take_list" and self.lines.chosen is not None:
            self._open(self.lines.chosen)
        elif act == "retrain":
            self._hyai.session.errands.start_job("learn", {})
            self._say("learning has begun; it goes on if the app or the line goes away")
        elif act in {"back", "leave"}:
            if self._filter:
                self._filter = ""
                self._draw()
            else:
                self.dismiss(None)

    def _open(self, line: PatternLine) -> None:
        """Make the list of a line's files in a thread, then leave with it."""
        context = self._files

        def make(_journal: Journal, catalog: Catalog) -> None:
            from hyai_tui.queues.learnt import among, tagged

            if line.pull is not None:
                queue = tagged(context, catalog, line.name, line.reason)
            else:
                queue = among(context, line.examples, line.reason)
            entry = Entry("pattern", line.name, line.reason, queue)
            self.post_message(self.Opened(ListMade(entry, "grid")))

        self._hyai.session.work(make)

    def on_patterns_screen_opened(self, message: Opened) -> None:
        """The list is there."""
        self.dismiss(message.made)


def _interval(line: PatternLine) -> str:
    pull = line.pull
    assert pull is not None
    return (
        f"log odds {pull.log_odds:.2f}, 95 % interval {pull.low:.2f} … {pull.high:.2f}; "
        f"{pull.files:,} of its {line.files:,} decided or sorted files are there"
    )
