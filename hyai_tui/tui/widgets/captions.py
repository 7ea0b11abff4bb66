"""What a tile says in its lower edge, and how its frame looks."""

from __future__ import annotations

from textual.content import Content

from hyai_tui.queues.base import QueueRow
from hyai_tui.text import short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.widgets.rows import opinion_share

MARK = "◆"


def caption(name: str, row: QueueRow, marked: bool, done: str | None) -> Content:
    """Return `◆ →▼ ▲ 96 % sunset.png`: the mark, what a confirmed page would decide, the model's opinion, and the name.

    Of a decided file the decision stands in the place of both.

    Args:
        name: of the file; empty where it has none or must not be shown.
        row: of the queue.
        marked: True for a marked file.
        done: word of its decision; None where it has none.
    """
    parts = [Content.styled(f"{MARK} ", "$warning bold")] if marked else []
    if done:
        parts.append(Content.styled(f"✓ {words.shape(done)} {visible(done)} ", f"{words.colour(done)} bold"))
        return _named(parts, name, row)
    if row.suggested is not None:
        parts.append(Content.styled(f"→{words.shape(row.suggested)} ", f"{words.colour(row.suggested)} bold"))
    if row.predicted is not None and row.score is not None:
        share = words.percent(opinion_share(row))
        parts.append(Content.styled(f"{words.shape(row.predicted)} {share} ", words.colour(row.predicted)))
    return _named(parts, name, row)


def _named(parts: list[Content], name: str, row: QueueRow) -> Content:
    return Content("").join([*parts, Content.styled(visible(name) or short_hash(row.file), "$muted")])


def frame(*, focus: bool, marked: bool, done: str | None) -> str:
    """Return the style of a tile's frame; the focus outranks a mark, and a mark what was decided."""
    if focus:
        return "$foreground bold"
    if marked:
        return "$warning"
    return "$frame" if done is None else words.colour(done)
