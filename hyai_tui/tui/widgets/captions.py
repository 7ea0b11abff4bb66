"""The tiles of a page: what each says in its lower edge, how its frame looks, and the line above them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

from textual.content import Content

from hyai_tui.queues.base import HIDES_MODEL, QueueRow
from hyai_tui.text import short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.paging import Layout, Page
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import Tile
from hyai_tui.tui.widgets.rows import opinion_share

MARK = "◆"


def caption(name: str, row: QueueRow, marked: bool, done: str | None) -> Content:
    """Return `◆ .93 →▼ ▲ 96 % sunset.png`: mark, note, what a confirmed page would decide, the model's opinion, the name.

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
    if row.note:
        parts.append(Content.styled(f"{visible(row.note)} ", "$accent"))
    if row.suggested is not None:
        parts.append(Content.styled(f"→{words.shape(row.suggested)} ", f"{words.colour(row.suggested)} bold"))
    if row.kind != HIDES_MODEL and row.predicted is not None and row.score is not None:
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


def tiles(
    page: Page,
    layout: Layout,
    pictures: Mapping[str, TileLoaded],
    marks: Set[str],
    skipped: Collection[str],
    *,
    hidden: bool,
) -> list[Tile]:
    """Return the tiles of a page as they stand now.

    Args:
        page: in view.
        layout: where tiles lie.
        pictures: what has been loaded so far, by file.
        marks: marked files.
        skipped: files that were skipped on this page.
        hidden: True where neither pictures nor names are shown.
    """
    made = []
    for at, row in enumerate(page.rows):
        got = pictures.get(row.file)
        done = "skip" if row.file in skipped else page.walk.decided.get(row.file)
        marked = row.file in marks
        made.append(
            Tile(
                row.file,
                layout.region(at),
                got.drawn if got is not None and not hidden else None,
                caption(got.name if got is not None and not hidden else "", row, marked, done),
                frame(focus=at == page.focus, marked=marked, done=done),
                ("hidden",) if hidden else ((got.failure,) if got is not None else ("…",)),
            )
        )
    return made


def page_title(page: Page, marks: Mapping[str, QueueRow], *, coarse: bool, mode: str) -> str:
    """Return `Mistakes · page 1/4 · 3 of 47 · 12 open here · 2 marked, 1 elsewhere`.

    Args:
        page: in view.
        marks: all marked files of its queue.
        coarse: True where tiles have too few dots to judge them.
        mode: what decisions do to the library; said unless it is LEARN.
    """
    undecided = sum(row.file not in page.walk.decided for row in page.rows)
    parts = [
        page.walk.entry.title,
        f"page {page.number:,}/{page.pages:,}",
        f"{min(len(page.walk), page.position + 1):,} of {len(page.walk):,}",
        f"{undecided} open here",
    ]
    if marks:
        away = len(marks.keys() - {row.file for row in page.rows})
        parts.append(f"{len(marks):,} marked" + (f", {away:,} elsewhere" if away else ""))
    if page.anchor is not None:
        parts.append("range begun")
    if coarse:
        parts.append("coarse view")
    if mode != "LEARN":
        parts.append(mode)
    return " · ".join(parts)
