"""Lines of two columns, such as keys and what they do: what goes on in the second stays under it at any width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

# A second column that is narrower than this begins on a line of its own.
_LEAST = 16
# In one of so many cells sentences are easily read.
_EASY = 30
_INDENT = 4
_STYLE = "bold $accent"


@dataclass(frozen=True)
class Row:
    """One entry.

    Attributes:
        head: the first column; empty for a text that takes the whole width.
        text: the second.
        column: cells of the first column.
        style: of the text.
        least: cells to which the first column may shrink where the second needs the room.
    """

    head: str
    text: str
    column: int = 7
    style: str = ""
    least: int = 0


class Columns(Static):
    """Draws rows of two columns in the width that there is.

    Args:
        rows: what to draw.
        classes: of the widget.
    """

    def __init__(self, rows: Sequence[Row], *, classes: str | None = None) -> None:
        super().__init__(markup=False, classes=classes)
        self._rows = rows

    def on_resize(self) -> None:
        """Lines break elsewhere."""
        self.update(laid_out(self._rows, self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the rows take."""
        return len(laid_out(self._rows, width).plain.split("\n"))


def laid_out(rows: Sequence[Row], width: int) -> Content:
    """Return the rows as lines of at most `width` cells; a head that leaves no room for its text stands above it."""
    return Content("\n").join([_one(row, max(_LEAST, width)) for row in rows])


def _one(row: Row, width: int) -> Content:
    column = row.column if not row.least or width - row.column >= _EASY else row.least
    beside = bool(row.head) and len(row.head) < column and width - column >= _LEAST
    indent = column if beside else _INDENT if row.head else 0
    pieces = textwrap.wrap(row.text, width - indent, break_on_hyphens=False) or [""]
    text = f"\n{' ' * indent}".join(pieces)
    if not row.head:
        return Content.styled(text, row.style)
    gap = " " * (indent - len(row.head)) if beside else f"\n{' ' * indent}"
    return Content.assemble((row.head, _STYLE), gap, (text, row.style))
