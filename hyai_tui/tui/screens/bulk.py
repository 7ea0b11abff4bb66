"""An act on many files before it is done: a threshold to move, live counts, and the cases on both sides of it as pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.bulk import MOST_AT_ONCE, Plan
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import PictureBoard, Tile, picture_box
from hyai_tui.tui.widgets.captions import caption
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.queues.bulk import Candidates
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.messages import CandidatesFound

_STEPS = {"l": 0.01, "right": 0.01, "plus": 0.01, "h": -0.01, "left": -0.01, "minus": -0.01}
_STEPS |= {"L": 0.1, "shift+right": 0.1, "H": -0.1, "shift+left": -0.1}
_TILE_WIDTH, _LEAST_TILE = 24, 10
_HINTS = (
    ("less", "h", "lower"),
    ("more", "l", "higher"),
    ("much", "H L", "by .1"),
    ("do", "Enter", "do it (asks)"),
    ("leave", "Esc", "back"),
)


class BulkScreen(Screen[None], inherit_bindings=False):
    """Shows what an act would decide at a threshold, and decides it when a question was answered with yes.

    Args:
        app: its desk decides, its session loads pictures.
        found: the files, and where the threshold begins.
    """

    CSS_PATH = "bulk.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, app: HyaiApp, found: CandidatesFound) -> None:
        super().__init__()
        self._hyai = app
        self._found = found
        self.candidates: Candidates = found.candidates
        self.label = found.candidates.names[0] if found.choose_label else ""
        self.least = found.start
        self._pictures: dict[str, TileLoaded] = {}
        self._token = 0

    def compose(self) -> ComposeResult:
        """Lay out counts and both sides."""
        yield TitleLine(visible(self._found.title), id="bulk-title")
        yield Static("", id="bulk-counts", markup=False)
        yield Static("", id="goes-title", markup=False)
        yield PictureBoard(id="goes")
        yield Static("", id="stays-title", markup=False)
        yield PictureBoard(id="stays")
        yield StatusLine(id="bulk-status")
        yield KeyLine(id="bulk-keys")

    def on_mount(self) -> None:
        """Say what keys do."""
        keymap, labels = self._hyai.session.keymap, self._hyai.review.desk.snapshot.labels
        hints = list(_HINTS)
        if self._found.choose_label:
            keys = [keymap.first_key(f"label {label}") or str(digit) for digit, label in sorted(labels.items())]
            hints.insert(3, ("label", " ".join(keys), "label"))
            if self._hyai.review.desk.snapshot.more and keymap.first_key("pick"):
                hints.insert(4, ("pick", keymap.first_key("pick"), "next label"))
        self.query_one(KeyLine).show(hints)

    def on_screen_resume(self) -> None:
        """It is on top: now, and when the question has gone."""
        once_laid_out(self, self._show)

    def on_resize(self) -> None:
        """There is another room for pictures."""
        once_laid_out(self, self._show)

    # Keys

    def on_key(self, event: Key) -> None:
        """Move the threshold, choose a label, do it, go back."""
        event.stop()
        event.prevent_default()
        act = self._hyai.session.keymap.act(event.key) or ""
        if event.key in {"escape", "q"}:
            self.dismiss(None)
        elif event.key in _STEPS:
            self.move(_STEPS[event.key])
        elif event.key == "enter":
            self._ask()
        elif self._found.choose_label and act.startswith("label "):
            self._choose(act)
        elif self._found.choose_label and act == "pick":
            self._choose_next()
        elif act == "blur":
            self._hyai.review.acts.blur()
            self._show()

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        ways: dict[str, Callable[[], object]] = {
            "less": lambda: self.move(-0.01),
            "more": lambda: self.move(0.01),
            "do": self._ask,
            "pick": self._choose_next,
            "leave": lambda: self.dismiss(None),
        }
        ways.get(message.act, lambda: None)()

    def move(self, by: float) -> None:
        """Move the threshold; whole hundredths, within what there is."""
        self.least = max(-1.0 if self._found.choose_label else 0.0, min(1.0, round((self.least + by) * 100) / 100))
        self._show()

    def _choose(self, act: str) -> None:
        if (label := self._hyai.review.acts.label_of(act, lambda said: self._tell(said.text, said.kind))) is not None:
            self._take(label)

    def _choose_next(self) -> None:
        """Take the label after the chosen one, those without a key too."""
        if labels := self._hyai.review.desk.snapshot.all_labels:
            at = labels.index(self.label) + 1 if self.label in labels else 0
            self._take(labels[at % len(labels)])

    def _take(self, label: str) -> None:
        self.label = label
        self.candidates = self.candidates.labelled(label)
        self._show()

    def _ask(self) -> None:
        """Ask, then decide as one act."""
        desk = self._hyai.review.desk
        if (refusal := desk.closed()) is not None:
            self._tell(refusal.text, refusal.kind)
            return
        if self._found.choose_label and not self.label:
            self._tell("which label? press its key first", "warn")
            return
        chosen = self.candidates.rows(self.least, MOST_AT_ONCE)
        if not chosen:
            self._tell("nothing is so sure: move the threshold down", "warn")
            return
        plan = Plan(tuple(chosen))

        def yes() -> None:
            said = desk.carry_out(plan, "bulk", time.monotonic())
            # At once: what is told when it is on disk must come after it.
            self._hyai.tell(said.text, said.kind)
            # The question is still on top.
            self.call_later(self._leave)

        self._hyai.views.confirm(visible(self._found.title), plan.question(desk.line.mode), yes)

    def _leave(self) -> None:
        if self.is_current:
            self.dismiss(None)

    # Drawing

    def _tell(self, text: str, kind: str = "say") -> None:
        self.query_one(StatusLine).tell(text, kind)

    def counts_line(self) -> str:
        """Return what would be decided now, and what stays."""
        found = self.candidates
        amounts = found.counts(self.least)
        goes = ", ".join(f"{number:,} {visible(label) or 'files'}" for label, number in amounts.items()) or "nothing"
        stays = len(found) - sum(amounts.values())
        parts = [f"would decide: {goes}", f"{stays:,} {'stays' if stays == 1 else 'stay'}"]
        if found.left_out:
            parts.append(f"{found.left_out:,} decided before")
        if sum(amounts.values()) > MOST_AT_ONCE:
            parts.append(f"the surest {MOST_AT_ONCE:,} at a time")
        return " · ".join(parts)

    def _show(self) -> None:
        """Draw counts and both sides of the threshold as they stand now, and load their pictures."""
        from hyai_tui.queues.bulk import hundredths

        measure = Content.assemble(
            (f"{self._found.measure} ≥ {hundredths(self.least)}", "bold $accent"), "   ", self.counts_line()
        )
        self.query_one("#bulk-counts", Static).update(measure)
        self._token += 1
        self._pictures = {}
        loader, wanted = self._hyai.session.tiles, self._draw()
        if loader is not None and wanted and self._hyai.review.view != "nothing":
            boxed = [(file, picture_box(region)) for file, region in wanted]
            loader.ask(self._token, boxed, self._hyai.review.view, self.post_message, of=len(boxed))

    def on_tile_loaded(self, message: TileLoaded) -> None:
        """A picture came back; an old one is dropped."""
        if message.token == self._token:
            self._pictures[message.file] = message
            self._draw()

    def _draw(self) -> list[tuple[str, Region]]:
        """Draw both boards; returns the files in them, and where each lies."""
        goes_board, stays_board = self.query_one("#goes", PictureBoard), self.query_one("#stays", PictureBoard)
        columns = max(1, goes_board.size.width // _TILE_WIDTH)
        goes = self.candidates.goes(self.least, columns)
        stays = self.candidates.stays(self.least, columns)
        other = self.candidates.other
        self.query_one("#goes-title", Static).update(
            "only just decided" if goes else "nothing is decided: h moves the threshold down"
        )
        below = f"only just not: gets {visible(other)}" if other else "only just not decided: stays as it is"
        self.query_one("#stays-title", Static).update(below)
        if self.has_class("-none") != (not goes):
            # A side without files leaves its room to the other.
            self.set_class(not goes, "-none")
            once_laid_out(self, self._show)
        return [
            *self._draw_side(goes_board, goes, columns),
            *self._draw_side(stays_board, stays, columns),
        ]

    def _draw_side(self, board: PictureBoard, places: Sequence[int], columns: int) -> list[tuple[str, Region]]:
        """Draw one side: files by their places among the candidates."""
        width, height = board.size.width // columns, board.size.height
        hidden = self._hyai.review.view == "nothing"
        if width < _LEAST_TILE or height < 3:
            board.show(str(self._token), [])
            return []
        tiles, laid = [], []
        for at, place in enumerate(places):
            region = Region(at * width, 0, width, height)
            given = self.candidates.given(place, self.least)
            row = self.candidates.row(place, given or None)
            got = self._pictures.get(row.file)
            text = "hidden" if hidden else got.failure if got is not None else "…"
            tiles.append(
                Tile(
                    row.file,
                    region,
                    got.drawn if got is not None and not hidden else None,
                    caption(got.name if got is not None and not hidden else "", row, marked=False, done=None),
                    words.colour(given) if given else "$frame",
                    (text,),
                )
            )
            laid.append((row.file, region))
        board.show(str(self._token), tiles)
        return laid
