"""What comes next: the queue around the place, as one virtual list over a walk of any length."""

from __future__ import annotations

from textual.content import Content

from hyai_tui.queues.base import HIDES_MODEL, QueueRow
from hyai_tui.text import short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.listing import Walk
from hyai_tui.tui.widgets.line_list import LineList


class RowList(LineList):
    """The rows of a walk."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._walk: Walk | None = None

    def show_walk(self, walk: Walk | None) -> None:
        """Draw another walk, or the same one after it has changed, with its place in view."""
        self._walk = walk
        self.set_length(len(walk) if walk is not None else 0)
        if walk is not None:
            self.scroll_to(y=max(0, walk.position - 1), animate=False, force=True)

    def make_line(self, position: int, width: int) -> Content:
        """Return the line of a row."""
        assert self._walk is not None
        return _line(self._walk, position)


def _line(walk: Walk, position: int) -> Content:
    """Return `▸ ▼ 93 %  trash→keep  4f1c…9a  9 of 10 nearest…`."""
    row = walk.row(position)
    here = position == walk.position
    done = walk.decided.get(row.file)
    mark = Content.styled(f"{words.shape(done)} ", words.colour(done)) if done else Content("  ")
    base = "bold" if here else ("$muted" if done else "")
    parts = [
        Content.styled("▸ " if here else "  ", "$accent bold"),
        mark,
        _opinion(row),
        Content.styled(f"{short_hash(row.file)}  ", "$muted"),
        Content.styled(row.kind if "→" in row.kind else visible(row.reason), base),
    ]
    return Content("").join(parts)


def _opinion(row: QueueRow) -> Content:
    """Return what the model says, padded to a column: `▲ archive 93 %  `."""
    if row.predicted is None or row.score is None or row.kind == HIDES_MODEL:
        return Content("—".ljust(16))
    share = opinion_share(row)
    text = f"{words.shape(row.predicted)} {visible(row.predicted)[:8]:8}{words.percent(share):>5}"
    return Content.styled(text.ljust(16), words.colour(row.predicted))


def opinion_share(row: QueueRow) -> float:
    """Return how sure the model is of the label that it predicts, 0 to 1. A score is of trash in the binary case."""
    assert row.score is not None
    return 1 - row.score if row.predicted == "archive" else row.score
