"""Draws the review's lists: the queues, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from hyai_tui.tui.widgets.pane import TitledPane
from hyai_tui.tui.widgets.queue_list import QueueList
from hyai_tui.tui.widgets.rows import RowList
from hyai_tui.tui.widgets.swift import SwiftLines

if TYPE_CHECKING:
    from hyai_tui.tui.screens.review import ReviewScreen


def draw_lists(review: ReviewScreen) -> None:
    """Draw queues and rows as they stand now, and the last decision in its corner."""
    walk = review.desk.walk
    key = walk.entry.key if walk is not None else ""
    counts = review.desk.snapshot.counts(review.desk.decided.keys())
    if walk is not None and review.desk.query is None:
        counts[key] = walk.left
    review.query_one("#queues", QueueList).show(review.desk.snapshot, counts, key)
    rows = review.query_one("#next", RowList)
    rows.hidden = review.view == "nothing"
    rows.show_walk(walk, review.session.name_of)
    review.query_one("#middle", TitledPane).show_title(review.acts.ghost())
    about = walk.entry.about if walk is not None else ""
    news = review.desk.reranked
    if walk is not None and news is not None and walk.entry is news.entry:
        about = f"{about} · re-ranked after {news.after}"
    review.query_one("#next-title", SwiftLines).show_lines([Content(f"─ {about} " if about else "")])
