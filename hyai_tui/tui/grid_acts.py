"""What each act of the keymap does in the grid: moving, marking, deciding on one tile or, after a question, on many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hyai_tui.journal.model import Kind
from hyai_tui.tui.bulk import Plan, confirm_rest, decide_marked
from hyai_tui.tui.desk import Desk, Say, Sight
from hyai_tui.tui.marking import Marker
from hyai_tui.tui.paging import Page, step

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.screens.grid import GridScreen

# What is done with the tile in focus, and comes back to the grid.
_HERE = {"zoom": "preview", "compare": "compare", "open": "outside"}
_LEAVES = frozenset({"back", "leave", "grid", "take_list"})
_PLAIN: dict[str, Kind] = {"skip": "skip", "unsure": "unsure", "ignore": "ignore"}


class GridActs:
    """Does acts by name, for keys, taps and clicks alike.

    Args:
        screen: the grid.
        app: its desk is worked at.
    """

    def __init__(self, screen: GridScreen, app: HyaiApp) -> None:
        self._screen = screen
        self._hyai = app
        # Files that were skipped on this page; they stay in view until the grid is left.
        self.skipped: list[str] = []

    @property
    def _desk(self) -> Desk:
        return self._screen.desk

    @property
    def _marker(self) -> Marker:
        return self._screen.marker

    def key(self, key: str, at: float) -> None:
        """Do what a key asks for: arrows move, with shift they mark what they pass."""
        act = self._hyai.session.keymap.act(key)
        by = step(key, act, self._screen.columns_now)
        if by is not None:
            self._move(by, extend=key.startswith("shift+"))
        elif act is not None:
            self.do(act, key, at)

    def click(self, file: str, *, shift: bool, ctrl: bool) -> None:
        """Move the focus to a tile; with shift end a range there, with control mark it."""
        page = self._screen.page
        if page is None:
            return
        at = next((at for at, row in enumerate(page.rows) if row.file == file), page.focus)
        before = page.position
        page.go(page.start + at)
        if shift:
            anchor = before if page.anchor is None else page.anchor
            self._mark(lambda page: self._marker.between(page, anchor))
        elif ctrl:
            self._mark(self._marker.toggle)
        self._screen.draw()

    def box(self, files: Sequence[str]) -> None:
        """Mark the tiles inside a box that was drawn with the mouse."""
        page = self._screen.page
        if page is not None and files:
            places = [at for at, row in enumerate(page.rows) if row.file in files]
            page.go(page.start + places[-1])
            self._mark(lambda page: self._marker.these([page.rows[at] for at in places]))

    def do(self, act: str, key: str, at: float) -> None:
        """Do an act of the keymap; one that is not the grid's own leaves it and is done by the review."""
        page = self._screen.page
        if page is None:
            # Nothing is laid out yet, so there is only one thing that a key can be meant for.
            if act in _LEAVES:
                self.leave("")
            return
        moves = {"next": 1, "previous": -1, "page_down": page.size, "page_up": -page.size}
        here: dict[str, Callable[[], object]] = {
            "first": lambda: self._go(0),
            "last": lambda: self._go(len(page.walk) - 1),
            "mark": lambda: self._mark(self._marker.toggle),
            "mark_range": lambda: self._mark(self._mark_range),
            "mark_page": lambda: self._mark(self._marker.page),
            "confirm_rest": lambda: self._confirm_rest(page, at),
            "more_columns": lambda: self._screen.resize(1),
            "fewer_columns": lambda: self._screen.resize(-1),
            "undo": lambda: self._take_back(self._desk.undo),
            "redo": lambda: self._take_back(self._desk.redo),
            "blur": self._blur,
            "help": self._hyai.host.show_help,
            "back": self._back,
            **dict.fromkeys(_LEAVES - {"back"}, lambda: self.leave("")),
        }
        if act in moves:
            self._move(moves[act])
        elif act in here:
            here[act]()
        elif act in _HERE:
            self._hyai.views.open(_HERE[act])
        elif act in _PLAIN:
            self._decide(_PLAIN[act], None, key, at)
        elif act == "suggested":
            label = page.row.suggested if page.row is not None else None
            if label is None:
                self._say(Say("nothing is suggested for this file", "warn"))
            else:
                self._decide("label", label, key, at)
        elif act.startswith("label "):
            if (label := self._hyai.review.acts.label_of(act, self._say)) is not None:
                self._decide("label", label, key, at)
        elif act.startswith("marked "):
            if (label := self._hyai.review.acts.label_of(act, self._say)) is not None:
                self._decide_marked(page, label)
        else:
            self.leave(act)

    def leave(self, act: str) -> None:
        """Back to the picture; what was skipped here goes to the end of the queue now, so that no page jumped."""
        walk = self._desk.walk
        if walk is not None and self.skipped:
            here = walk.file(walk.position)
            for file in self.skipped:
                if (position := walk.find(file)) is not None:
                    walk.position = position
                    walk.skip()
            walk.go(position if (position := walk.find(here)) is not None and here not in self.skipped else 0)
        self._screen.dismiss(act)

    def _say(self, said: Say) -> None:
        self._screen.say(said)

    def _take_back(self, how: Callable[[], None]) -> None:
        if self._desk.line.look_only:
            self._say(Say("looking only: another app decides · :take-over", "warn"))
        else:
            how()

    def _back(self) -> None:
        """Drop the range that was begun, then the marks, then the grid."""
        page, marks = self._screen.page, self._desk.marks
        if page is not None and page.anchor is not None:
            page.anchor = None
        elif marks:
            self._say(Say(f"{len(marks):,} marks taken away"))
            marks.clear()
        else:
            self.leave("")
            return
        self._screen.draw()

    def _blur(self) -> None:
        self._hyai.review.acts.blur()
        self._screen.turn()

    # Moving and marking

    def _move(self, by: int, *, extend: bool = False) -> None:
        page = self._screen.page
        if page is None:
            return
        before = page.position
        if extend and page.anchor is None:
            page.anchor = before
        self._go(before + by)
        if extend:
            self._mark(lambda page: self._marker.between(page, before, keep=True))

    def _go(self, position: int) -> None:
        page = self._screen.page
        if page is not None and len(page.walk):
            if page.go(position):
                self._screen.turn()
            else:
                self._screen.draw()

    def _mark(self, how: Callable[[Page], Say]) -> None:
        """Mark in one of the marker's ways; nothing is marked while pictures are hidden."""
        page = self._screen.page
        if page is None:
            return
        hidden = self._hyai.review.view != "show"
        self._say(Say("pictures are hidden: nothing takes a mark", "warn") if hidden else how(page))
        self._screen.draw()

    def _mark_range(self, page: Page) -> Say:
        return self._marker.range(page, self._hyai.session.keymap.first_key("mark_range"))

    # Deciding

    def _decide(self, kind: Kind, label: str | None, key: str, at: float) -> None:
        """Decide on the tile in focus."""
        page, sight = self._screen.page, self._screen.sight
        if page is None:
            return
        row = page.row
        file = sight.file(self._screen.page_name, row.file, at) if row is not None else None
        seconds = sight.seconds(file, at) if file is not None else None
        said = self._desk.decide_shown(row, Sight(file, seconds, "grid"), kind, label, key, at)
        self._say(said)
        if said.kind == "say" and row is not None:
            if kind == "skip":
                self.skipped.append(row.file)
            page.advance()
        self._screen.draw()

    def _decide_marked(self, page: Page, label: str) -> None:
        """Ask, then give all marked files a label."""
        if marks := self._desk.marks:
            self._ask(decide_marked(label, dict(marks), {row.file for row in page.rows}))
        else:
            key = self._hyai.session.keymap.first_key("mark")
            self._say(Say(f"nothing is marked: {key} marks", "warn"))

    def _confirm_rest(self, page: Page, at: float) -> None:
        """Ask, then give each seen tile of this page its suggestion; marked ones are exceptions and stay."""
        if self._screen.coarse:
            line = "coarse view: whole pages are not confirmed here; look at each, or make tiles larger"
            self._say(Say(line, "warn"))
            return
        seen = self._screen.sight.files(at)
        plan = confirm_rest(page.rows, seen, self._desk.marks.keys(), page.walk.decided.keys())
        if plan.decisions:
            self._ask(plan)
        else:
            self._say(Say("nothing to confirm: no tile in view has a suggestion", "warn"))

    def _ask(self, plan: Plan) -> None:
        if (refusal := self._desk.closed()) is not None:
            self._say(refusal)
        else:
            self._hyai.views.ask_plan(plan, "grid")
