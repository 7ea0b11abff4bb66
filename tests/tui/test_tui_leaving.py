"""What stands in the terminal when the app has gone."""

from __future__ import annotations

from hyai_tui.journal.pace import Pace
from hyai_tui.tui.screens.leaving import Summary, pace_line

WORKED = Summary(24, 1, 185, 1, 3, 0, ["retrain"], today=40, goal=100, advice="≈140 to plateau", due="24 new")


def test_after_leaving_the_session_is_summed_up_without_naming_any_label_or_file() -> None:
    assert WORKED.farewell() == [
        "24 decisions in 3 min, 1 taken back.",
        "All of it is on disk.",
        "3 library changes staged for :commit, also after the next start.",
        "The retrain job goes on in the background.",
        "Today's goal: 40 of 100, 60 to go.",
        "Labelling: ≈140 to plateau.",
        "A retrain is due: 24 new.",
    ]
    assert "archive" in pace_line(Pace(24, {"archive": 24}))


def test_whoever_only_looked_is_told_nothing() -> None:
    assert Summary(0, 0, 60, 0, 0, 0, advice="≈140 to plateau").farewell() == []


def test_a_decision_that_is_on_its_way_is_waited_for() -> None:
    assert "1 decision not on disk yet: leaving waits for it." in WORKED.lines()
