"""Marks in the grid: single ones, ranges, pages. Only a tile that the terminal has confirmed takes one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hyai_tui.queues.base import QueueRow
from hyai_tui.tui.bulk import MOST_AT_ONCE
from hyai_tui.tui.desk import Desk, Say
from hyai_tui.tui.pagesight import PageSight
from hyai_tui.tui.paging import Page


@dataclass
class Marker:
    """Marks files of a page for a desk.

    Attributes:
        desk: keeps the marks.
        sight: what the terminal has confirmed of the page in view.
        looked_at: files that were confirmed on earlier pages.
    """

    desk: Desk
    sight: PageSight
    looked_at: set[str] = field(default_factory=set)

    def turn(self) -> None:
        """The page is about to be turned: what was seen on it stays known."""
        self.looked_at |= self.sight.files(time.monotonic())
        self.sight.clear()

    def toggle(self, page: Page) -> Say:
        """Mark the tile in focus, or take its mark away."""
        row = page.row
        if row is None:
            return Say("nothing here to mark", "warn")
        if row.file not in self.desk.marks and row.file not in self.sight.files(time.monotonic()):
            return Say("not shown yet: it takes no mark", "warn")
        return self.desk.mark(row)

    def range(self, page: Page, key: str) -> Say:
        """Begin a range at the focus, or end it there."""
        if page.anchor is not None:
            return self.between(page, page.anchor)
        page.anchor = page.position
        return Say(f"range begun: go to its other end, {key} marks all between")

    def between(self, page: Page, anchor: int, *, keep: bool = False) -> Say:
        """Mark every tile between a position and the focus; the range stays open with `keep`."""
        wanted = page.between(anchor, page.position)
        if not keep:
            page.anchor = None
        if len(wanted) > MOST_AT_ONCE:
            return Say(f"a range of {len(wanted):,} is too long: {MOST_AT_ONCE:,} is the most for one act", "warn")
        return self._rows([page.walk.row(position) for position in wanted])

    def page(self, page: Page) -> Say:
        """Mark all tiles of the page, or take all their marks away."""
        marks = self.desk.marks
        if not all(row.file in marks for row in page.rows):
            return self._rows(page.rows)
        for row in page.rows:
            del marks[row.file]
        return Say(f"marks of this page taken away · {len(marks):,} marked")

    def these(self, rows: Sequence[QueueRow]) -> Say:
        """Mark these tiles; those that are marked already stay so."""
        return self._rows(rows)

    def _rows(self, rows: Sequence[QueueRow]) -> Say:
        seen, marks = self.looked_at | self.sight.files(time.monotonic()), self.desk.marks
        wanted = [row for row in rows if row.file not in marks]
        refused = [said for row in wanted if row.file in seen and (said := self.desk.mark(row)).kind == "warn"]
        unseen = sum(row.file not in seen for row in wanted)
        parts = [refused[-1].text if refused else f"{len(marks):,} marked"]
        if unseen:
            parts.append(f"{unseen:,} not shown yet: no mark")
        return Say(" · ".join(parts), "warn" if unseen or refused else "say")
