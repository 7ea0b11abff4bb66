"""What the review's line at the top says, and its card where there is no picture."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyai_tui.effects.rescues import until_words
from hyai_tui.text import visible
from hyai_tui.tui.desk import Desk
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.listing import Snapshot
from hyai_tui.tui.widgets.header import HeaderLine

if TYPE_CHECKING:
    from hyai_tui.tui.screens.review import ReviewScreen


def header_line(review: ReviewScreen) -> HeaderLine:
    """Return what the header shows now."""
    desk = review.desk
    walk = desk.walk
    return HeaderLine(
        workspace=review.workspace_name,
        library=review.library,
        session=desk.line,
        model=desk.snapshot.model,
        unsaved=desk.unsaved + desk.taking_back,
        blocked=bool(desk.blocked),
        queue=_queue(desk),
        position=walk.position if walk is not None else 0,
        length=len(walk) if walk is not None else 0,
        rate=round(rate) if (rate := desk.rate(time.monotonic())) is not None else None,
        advice=review.standing.advice,
        job=next((job for job in review.jobs if job.running), None),
        hidden=review.view == "nothing",
        patterns=review.session.patterns,
        rescue_left=until_words(desk.line.rescue_until, time.time()),
    )


def busy_line(review: ReviewScreen) -> str:
    """Return what waits for a library that is busy, or for the disk; empty where nothing does."""
    for job in review.jobs:
        if job.running and job.waiting:
            return f"{job.waiting} · the {job.info.kind} waits and goes on by itself"
    line = review.desk.line
    if not line.busy:
        return ""
    waiting = "1 write waits and goes" if line.pending == 1 else f"{line.pending:,} writes wait and go"
    return f"{line.busy} · {waiting} on by {'itself' if line.pending == 1 else 'themselves'}"


def _queue(desk: Desk) -> str:
    """Return the open queue's name, with its filter."""
    if desk.walk is None:
        return ""
    return desk.walk.entry.key + (f" /{visible(desk.query.text)[:24]}" if desk.query is not None else "")


def nothing_here(snapshot: Snapshot, jobs: tuple[JobView, ...]) -> tuple[str, ...]:
    """Return the lines of the card where a queue has nothing to show."""
    if not snapshot.entries:
        return ("opening …",)
    if not snapshot.files:
        scan = next((job for job in jobs if job.info.kind == "scan"), None)
        if scan is not None and scan.running:
            return ("reading the library …", f"{scan.info.done or 0:,} files so far")
        if scan is not None and scan.info.state == "done":
            return ("the library holds no pictures", "put some there, then :scan")
        return ("no files yet", ":scan reads the library")
    if snapshot.model is None:
        return ("nothing in this queue", "Tab chooses another", "after a few of every label r trains")
    return ("nothing in this queue", "Tab chooses another, r trains")
