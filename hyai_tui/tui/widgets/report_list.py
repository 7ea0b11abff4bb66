"""The lines of a report, with a cursor; those with files behind them are marked."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.content import Content

from hyai_tui.text import visible
from hyai_tui.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from hyai_tui.learning.report_lines import ReportLine

# Cells of the mark of a line with files behind it; of that and the cursor.
_MARK, _MARKS = 3, 2 + 3


class ReportList(LineList):
    """One line each, of any number."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._given: Sequence[ReportLine] = ()
        self.lines: Sequence[ReportLine] = ()
        self.cursor = 0

    def show(self, lines: Sequence[ReportLine]) -> None:
        """Draw a report; the cursor begins on the first line with files behind it."""
        self._given = lines
        self._wrap()
        self.cursor = next((at for at, line in enumerate(self.lines) if line.files), 0)
        self.scroll_to(y=0, animate=False, force=True)

    def on_resize(self) -> None:
        """There is another room for sentences; the cursor stays on its line."""
        if not self._given:
            return
        chosen = self.lines[self.cursor]
        self._wrap()
        self.move_to(next((at for at, line in enumerate(self.lines) if line is chosen), self.cursor))

    def _wrap(self) -> None:
        width = max(20, self.size.width - 4)
        self.lines = [part for line in _fitting(self._given, width) for part in _wrapped(line, width)]
        self.set_length(len(self.lines))

    def move_to(self, position: int) -> None:
        """Move the cursor, clamped to the lines."""
        self.cursor = max(0, min(position, len(self.lines) - 1))
        self.bring_in(self.cursor)
        self.refresh()

    def make_line(self, position: int, width: int) -> Content:
        """Return a line, such as `▸ archive → trash: 12 errors  ⏎`."""
        line, here = self.lines[position], position == self.cursor
        mark = Content.styled("▸ " if here else "  ", "$accent bold")
        text = Content.styled(visible(line.text), "bold" if here or position == 0 else "")
        # Where there is little room the mark says more than the end of the line.
        text = text.truncate(max(1, width - _MARKS), ellipsis=True) if line.files else text
        return Content.assemble(mark, text, ("  ⏎" if line.files else "", "$accent"))


def _fitting(lines: Sequence[ReportLine], width: int) -> Iterator[ReportLine]:
    """Yield the lines; rows that stand together, such as those of a table, all take their narrow text where one of them is too long."""
    for narrow, block in itertools.groupby(lines, lambda line: bool(line.narrow)):
        rows = list(block)
        long = narrow and any(len(row.text) + (_MARK if row.files else 0) > width for row in rows)
        yield from (replace(row, text=row.narrow) for row in rows) if long else rows


def _wrapped(line: ReportLine, width: int) -> list[ReportLine]:
    """Return a sentence in lines of a width; rows of tables, and lines with files behind them, stay as they are."""
    text = line.text
    if len(text) <= width or line.files or "  " in text.strip():
        return [line]
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    return [replace(line, text=part) for part in textwrap.wrap(text, width, subsequent_indent=indent)]
