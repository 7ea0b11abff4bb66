"""The labels, a line each: digit, name, what stands behind it, and its share of the samples as a bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from hyai_tui.jobs.label_list import LabelRow

_LEAST_NAME, _MOST_NAME = 8, 24
_TAG_FROM, _BAR_FROM = 100, 60


class LabelList(LineList):
    """A table with a cursor; columns go where there is no room."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.rows: Sequence[LabelRow] = ()
        self.cursor = 0

    @property
    def chosen(self) -> LabelRow | None:
        """The label at the cursor."""
        return self.rows[self.cursor] if self.rows else None

    def show(self, rows: Sequence[LabelRow]) -> None:
        """Draw other rows; the cursor stays on its label where that is still there."""
        before = self.chosen
        self.rows = rows
        names = [row.label for row in rows]
        self.cursor = names.index(before.label) if before is not None and before.label in names else self.cursor
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self.set_length(len(rows) + 1)

    def go(self, position: int) -> None:
        """Move the cursor, as far as there are labels, and bring it in."""
        self.cursor = max(0, min(position, len(self.rows) - 1))
        self.bring_in(self.cursor + 1)
        self.refresh()

    def make_line(self, position: int, width: int) -> Content:
        """Return the names of the columns, or one label."""
        name_width = min(_MOST_NAME, max(_LEAST_NAME, *(len(visible(row.label)) for row in self.rows)))
        tag_width = max((len(visible(row.tag)) for row in self.rows), default=0) if width >= _TAG_FROM else 0
        tag_width = min(tag_width, width // 4)
        if position == 0:
            head = f"    key  {'label':{name_width + 2}} {'samples':>8} {'decided':>8}"
            head += f"  {'tag':{tag_width}}" if tag_width else ""
            return Content.styled(head + ("  share of the samples" if width >= _BAR_FROM else ""), "$muted")
        row, here = self.rows[position - 1], position - 1 == self.cursor
        colour = words.colour(row.label)
        named = visible(row.label)
        named = named if len(named) <= name_width else f"{named[: name_width - 1]}…"
        line = Content.assemble(
            ("▸ " if here else "  ", "$accent bold"),
            (f"  {row.digit or '':>3}  ", "bold"),
            (f"{words.shape(row.label)} {named:{name_width}}", f"bold {colour}" if here else colour),
            f" {row.samples:>8,} {row.decided:>8,}",
            (f"  {visible(row.tag)[:tag_width]:{tag_width}}" if tag_width else "", "$muted"),
        )
        whole = sum(one.samples for one in self.rows)
        if width < _BAR_FROM or not whole:
            return line
        share = row.samples / whole
        room = max(4, width - line.cell_length - 10)
        bar = "█" * (round(share * room) or (1 if row.samples else 0))
        return Content.assemble(line, "  ", (bar, colour), (f" {words.percent(share)}", "$muted"))
