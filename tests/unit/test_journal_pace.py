"""How somebody gets on, counted by hand."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Decision, NewDecision
from hyai_tui.journal.pace import days_in_a_row, midnight, pace


@pytest.fixture
def one(tmp_path: Path) -> Decision:
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.add_labels(["archive", "trash"])
        (made,) = journal.decide([NewDecision("a" * 64, "label", "trash")], session="s", source="app")
    return made


def at(one: Decision, *seconds: float, **changed: object) -> list[Decision]:
    return [replace(one, id=int(second), at=second, **changed) for second in seconds]  # type: ignore[arg-type]


def test_a_pause_of_over_a_minute_ends_a_streak_and_is_not_time_at_work(one: Decision) -> None:
    found = pace(at(one, 0, 10, 20, 30, 200, 260))
    assert (found.decided, found.streak, found.longest, found.seconds) == (6, 2, 4, 90)
    assert found.per_minute == pytest.approx(4 / 90 * 60)
    assert found.labels == {"trash": 6}


def test_what_is_undone_skipped_or_done_in_folders_or_elsewhere_does_not_count(one: Decision) -> None:
    mine = at(one, 10, 20)
    others = [
        *at(one, 11, undone=30.0),
        *at(one, 12, kind="skip", label=None),
        *at(one, 13, source="folder"),
        *at(one, 14, session="other"),
        *at(one, 1),
    ]
    assert pace([*others, *mine], since=5, session="s").decided == 2
    assert pace([*others, *mine], since=5).decided == 3
    assert pace(at(one, 10, kind="unsure", label=None)).labels == {"unsure": 1}
    assert pace([]).per_minute is None


def test_days_in_a_row_end_with_the_first_day_short_of_the_goal(one: Decision) -> None:
    noon = midnight(time.time()) + 12 * 3600
    day = 86400
    decided = at(one, *(noon - day * back + second for back in (1, 2, 4) for second in (0, 1)))
    assert days_in_a_row(decided, noon) == 2
    assert days_in_a_row([*decided, *at(one, noon)], noon) == 3
    assert days_in_a_row([*decided, *at(one, noon)], noon, goal=2) == 2
    assert days_in_a_row(decided, noon, goal=3) == 0
