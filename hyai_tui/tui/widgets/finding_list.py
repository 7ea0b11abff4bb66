"""The findings around the place, as one virtual list of any length, and the filters with their counts."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from rich.segment import Segment
from textual.content import Content
from textual.events import Click, Key, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hyai_tui.checks.base import Finding
from hyai_tui.checks.book import BANDS, PILES, Choice
from hyai_tui.checks.kinds import TYPES
from hyai_tui.text import short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.finding_desk import FindingDesk
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.rows import scroll_bar
from hyai_tui.tui.widgets.swift import SwiftLines

BAND_WORDS = {"high": "high ≥ .8", "medium": "medium .5–.8", "low": "low < .5"}
BAND_COLOURS = {"high": "$error", "medium": "$warning", "low": "$muted"}
_PILE_WORDS = {"open": "open", "ignored": "ignored", "fixed": "fixed"}
_MOST_NAMESPACES = 12


def sureness(finding: Finding) -> Content:
    """Return `95 %` in the colour of its band."""
    return Content.styled(f"{words.percent(finding.confidence):>5}", BAND_COLOURS[finding.band])


class FindingList(SwiftLines):
    """The rows of a desk around its place, with a bar that says where in the list they are."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._desk: FindingDesk | None = None
        self._top = 0
        self.hidden = False

    def show_desk(self, desk: FindingDesk) -> None:
        """Draw the list of a desk with its place in view."""
        self._desk = desk
        height = max(1, self.size.height)
        if desk.position <= self._top:
            self._top = desk.position - 1
        elif desk.position >= self._top + height - 1:
            self._top = desk.position - height + 2
        self._draw()

    def on_resize(self) -> None:
        """More or fewer rows fit."""
        self._draw()

    def on_click(self, event: Click) -> None:
        """A click picks a row; it never decides."""
        if self._desk is not None and 0 <= (position := self._top + event.y) < len(self._desk):
            self.post_message(LineList.Picked(position))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Look further down without moving the place."""
        self._look(2)
        event.stop()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Look further up."""
        self._look(-2)
        event.stop()

    def _look(self, by: int) -> None:
        self._top += by
        self._draw()

    def _draw(self) -> None:
        desk, height, width = self._desk, self.size.height, self.size.width - 1
        if desk is None or width < 2 or height < 1:
            self.show_lines([])
            return
        if not len(desk):
            said = textwrap.wrap(nothing_here(desk), max(12, width - 2))
            self.show_lines([Content.styled(f" {line}", "$muted") for line in said])
            return
        self._top = max(0, min(self._top, len(desk) - height))
        bar = scroll_bar(self._top, len(desk), height)
        lines = []
        for at in range(height):
            position = self._top + at
            line = Content("")
            if position < len(desk):
                line = self._line(desk, position).truncate(width, ellipsis=True)
            lines.append(Content.assemble(line, " " * (width - line.cell_length), (bar[at], "$muted")))
        self.show_lines(lines)

    def _line(self, desk: FindingDesk, position: int) -> Content:
        finding, here = desk.finding(position), position == desk.position
        said = "" if self.hidden else f"{visible(finding.reason)}  "
        wide = self.size.width >= 90
        pair = f" ⇄ {short_hash(finding.other)}" if finding.other is not None and wide else ""
        column = 17 if wide else 15 if self.size.width >= 60 else 13
        kind = finding.kind if len(finding.kind) <= column else f"{finding.kind[: column - 1]}…"
        return Content.assemble(
            ("▸" if here else " ", "$accent bold"),
            sureness(finding),
            (f"  {kind:{column}}  ", "bold" if here else "$secondary"),
            (said, "bold" if here else ""),
            (f"{short_hash(finding.file)}{pair}", "$muted"),
        )


@dataclass(frozen=True)
class _Row:
    name: str
    value: str
    text: str
    count: int
    chosen: bool


class FilterList(Widget, can_focus=True):
    """Every filter with how many findings it would leave; the cursor moves only while the list has the focus."""

    class Chosen(Message):
        """A value of a filter was chosen, or taken back with an empty one."""

        def __init__(self, name: str, value: str) -> None:
            super().__init__()
            self.name = name
            self.value = value

    class Left(Message):
        """The person goes back to the findings."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: list[_Row | None] = []
        self._cursor = 0

    def show_desk(self, desk: FindingDesk) -> None:
        """Draw the filters of a desk; None among the rows is a blank line."""
        counts, choice = desk.counts, desk.choice
        if not counts:
            rows: list[_Row | None] = []
        else:
            rows = [_Row("type", "", "all", counts["type"][""], not choice.type)]
            rows += [
                _Row("type", name, f"  {text}", counts["type"][name], choice.type == name)
                for name, text in TYPES.items()
                if counts["type"][name] or choice.type == name or name in ("missing", "incorrect", "duplicates")
            ]
            rows += [None, _Row("band", "", "however sure", counts["band"][""], not choice.band)]
            rows += [
                _Row("band", name, f"  {BAND_WORDS[name]}", counts["band"][name], choice.band == name) for name in BANDS
            ]
            spaces = sorted(
                ((name, number) for name, number in counts["namespace"].items() if name), key=lambda one: -one[1]
            )
            if spaces:
                rows += [None, _Row("namespace", "", "any tag", counts["namespace"][""], not choice.namespace)]
                rows += [
                    _Row("namespace", name, f"  {visible(name)}:", number, choice.namespace == name)
                    for name, number in spaces[:_MOST_NAMESPACES]
                ]
            rows += [None]
            rows += [_Row("pile", name, _PILE_WORDS[name], counts["pile"][name], choice.pile == name) for name in PILES]
        if rows != self._rows:
            self._rows = rows
            self.refresh()
        self._cursor = min(self._cursor, max(0, len(self._places) - 1))

    @property
    def _places(self) -> list[int]:
        return [at for at, row in enumerate(self._rows) if row is not None]

    @property
    def _top(self) -> int:
        places = self._places
        here = places[self._cursor] if places else 0
        return max(0, here - self.size.height + 1) if self.has_focus else 0

    def render_line(self, y: int) -> Strip:
        """Return one line of the list."""
        width, ground = self.size.width, self.visual_style
        at = y + self._top
        row = self._rows[at] if at < len(self._rows) else None
        if row is None:
            return Strip([Segment(" " * width, ground.rich_style)], width)
        places = self._places
        here = self.has_focus and places[self._cursor] == at
        style = "bold $background on $primary" if here else "bold $accent" if row.chosen else ""
        style = style or ("$muted" if not row.count else "")
        count = f"{words.short_count(row.count)} "
        text = f"{'▸' if row.chosen else ' '} {row.text}"[: max(1, width - len(count) - 1)]
        padded = text + " " * max(1, width - len(text) - len(count)) + count
        content = Content.styled(padded, style) if style else Content(padded)
        segments = [
            Segment(piece, of.rich_style)
            for piece, of in content.render(ground, end="", parse_style=self.app.stylesheet.parse_style)
        ]
        return Strip(segments).adjust_cell_length(width, ground.rich_style)

    def on_key(self, event: Key) -> None:
        """Move and choose; letters that decide do nothing here."""
        steps = {"down": 1, "j": 1, "up": -1, "k": -1}
        if event.key in steps and self._rows:
            self._cursor = (self._cursor + steps[event.key]) % len(self._places)
            self.refresh()
        elif event.key in {"enter", "space", "right", "l"} and self._rows:
            self._choose(self._places[self._cursor])
        elif event.key in {"escape", "tab", "left", "h", "q"}:
            self.post_message(self.Left())
        elif event.key in {"question_mark", "f1"} or event.key.startswith("ctrl+"):
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: Click) -> None:
        """A click chooses a filter."""
        if 0 <= (at := event.y + self._top) < len(self._rows):
            self._choose(at)

    def _choose(self, at: int) -> None:
        row = self._rows[at]
        if row is not None:
            value = "" if row.chosen and row.name != "pile" else row.value
            self.post_message(self.Chosen(row.name, value))

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Take the cursor away."""
        self.refresh()


def title(desk: FindingDesk, width: int) -> Content:
    """Return the line at the top: open findings of each type, and what lies on the other piles.

    The numbers are those of the lists, whatever filters are on.
    """
    totals = desk.totals()
    short = {"missing": "missing", "incorrect": "incorrect", "duplicates": "near duplicates", "files": "files"}
    short |= {"samples": "training", "other": "other"}
    parts = [
        Content(f"{totals[name]:,} {text}")
        for name, text in short.items()
        if totals[name] or name in ("missing", "incorrect", "duplicates")
    ]
    piles = Content("")
    if desk.book is not None and width >= 60:
        others = [(name, desk.book.totals(name)["total"]) for name in PILES[1:]]
        piles = Content.styled("   " + " · ".join(f"{number:,} {name}" for name, number in others), "$muted")
    lead = Content.assemble("Findings · " if width >= 60 else "", f"{totals['total']:,} open: ")
    line = Content.assemble(lead, Content(" · ").join(parts))
    return line + piles if line.cell_length + piles.cell_length <= width - 2 else line


def nothing_here(desk: FindingDesk) -> str:
    """Return why a list of findings is empty."""
    if desk.book is None:
        return "reading the findings …"
    if not desk.book.kept:
        return "no check has run yet: what checks find stands here, the surest first"
    if desk.choice != Choice(pile=desk.choice.pile):
        return "no finding passes these filters"
    return (
        "nothing is open: what the checks found is fixed or ignored" if desk.choice.pile == "open" else "nothing here"
    )


def list_title(desk: FindingDesk) -> Content:
    """Return what the list shows: where in it we are, and which filters are on."""
    choice = desk.choice
    on = [choice.check] if choice.check else []
    on += [TYPES.get(choice.type, choice.type)] if choice.type else []  # type: ignore[call-overload]
    on += [choice.band] if choice.band else []
    on += [f"{visible(choice.namespace)}:"] if choice.namespace else []
    on += [f"“{visible(choice.text)}”"] if choice.text else []
    on += [f"similar ≥ {words.fraction(choice.least)}"] if choice.least else []
    where = f"{desk.position + 1:,} of {len(desk):,}" if len(desk) else "0"
    said = f"{where} {choice.pile}" + (f" · {' · '.join(on)}" if on else "")
    return Content.assemble((f" {said}", "$primary" if on else ""), (f"  by {desk.order}", "$muted"))
