"""How somebody gets on: decisions a minute, by label, streaks and days. Pure over decisions."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from hyai_tui.journal.model import Decision

# A longer pause ends a streak, and is not counted as time at work.
PAUSE_SECONDS = 60.0
_COUNTED = frozenset({"label", "unsure", "ignore"})


@dataclass(frozen=True)
class Pace:
    """How somebody gets on.

    Attributes:
        decided: decisions in force.
        labels: label (or `unsure`, `ignore`) to decisions, the most frequent first.
        per_minute: decisions a minute of the time at work; None for fewer than two.
        seconds: the time at work: all pauses of a minute at most.
        streak: decisions in a row without a longer pause, up to the last one.
        longest: the longest such row.
    """

    decided: int = 0
    labels: Mapping[str, int] | None = None
    per_minute: float | None = None
    seconds: float = 0.0
    streak: int = 0
    longest: int = 0


def pace(decisions: Iterable[Decision], since: float = 0.0, session: str | None = None) -> Pace:
    """Return the pace of decisions by people, those of folders and of other sessions left out.

    Args:
        decisions: in any order, undone ones too.
        since: seconds since the epoch; older ones do not count.
        session: of one session alone; None for all.
    """
    mine = sorted(
        (one.at, one.id, one.label or one.kind)
        for one in decisions
        if one.undone is None
        and one.kind in _COUNTED
        and one.source != "folder"
        and one.at >= since
        and session in {None, one.session}
    )
    seconds, row, longest, counted = 0.0, 0, 0, 0
    before: float | None = None
    for at, _number, _named in mine:
        gap = at - before if before is not None else None
        if gap is not None and gap <= PAUSE_SECONDS:
            seconds, counted, row = seconds + gap, counted + 1, row + 1
        else:
            row = 1
        longest, before = max(longest, row), at
    rate = counted / seconds * 60 if counted and seconds > 0 else None
    labels = dict(Counter(named for _at, _number, named in mine).most_common())
    return Pace(len(mine), labels, rate, seconds, row, longest)


def days_in_a_row(decisions: Iterable[Decision], now: float, goal: int = 1) -> int:
    """Return on how many days up to today (or up to yesterday, while today is short of it) the goal was reached.

    Args:
        decisions: in any order, undone ones too.
        now: seconds since the epoch.
        goal: decisions a day.
    """
    amounts = Counter(
        date.fromtimestamp(one.at)
        for one in decisions
        if one.undone is None and one.kind in _COUNTED and one.source != "folder"
    )
    day = date.fromtimestamp(now)
    if amounts[day] < max(1, goal):
        day -= timedelta(days=1)
    row = 0
    while amounts[day] >= max(1, goal):
        row += 1
        day -= timedelta(days=1)
    return row


def midnight(now: float) -> float:
    """Return the local midnight before a moment, in seconds since the epoch."""
    day = time.localtime(now)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))
