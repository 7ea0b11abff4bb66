"""The line at the top says what matters in every width; and what it counts."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.content import Content

from hyai_tui.effects.rescues import until_words
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import NewDecision
from hyai_tui.tui.facts import Facts, LibraryLine, SessionLine
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.listing import ModelLine
from hyai_tui.tui.today import Today
from hyai_tui.tui.widgets.facts import key_lines, tag_lines
from hyai_tui.tui.widgets.header import HeaderLine, header_content
from hyai_tui.tui.widgets.job_pane import JobPane
from hyai_tui.tui.widgets.lines import laid_out

FULL = HeaderLine(
    workspace="a workspace of some name",
    library=LibraryLine("Hydrus 570", True),
    session=SessionLine(mode="STAGED", staged=12, rescues=7, today=212),
    model=ModelLine("m", 4, 0.81),
    queue="mistakes:trash→keep",
    length=143,
    rate=105.0,
    patterns=3,
    job=JobView(JobInfo("id", "retrain", "running", 0.0, None, "encoding pictures", 3, 10, "files", "")),
)


@pytest.mark.parametrize("width", [200, 130, 120, 100, 80, 60, 45])
def test_mode_rescued_files_and_saved_stand_in_every_width_and_nothing_is_cut(width: int) -> None:
    content = header_content(FULL, width)
    assert content.cell_length == width
    for part in (" STAGED 12 ", "saved ✓", "⚠ 7", "1/143"):
        assert part in content.plain


def test_the_version_of_the_patterns_stands_where_there_is_room_and_goes_first() -> None:
    assert "patterns v3" in header_content(FULL, 220).plain
    widths = [width for width in range(220, 60, -1) if "patterns v3" not in header_content(FULL, width).plain]
    assert "105/min" in header_content(FULL, widths[0]).plain
    assert "patterns" not in header_content(replace(FULL, patterns=None), 220).plain


def test_the_rate_goes_first_then_the_count_of_today_then_the_score_of_the_model() -> None:
    gone = []
    for width in range(220, 60, -1):
        text = header_content(FULL, width).plain
        gone += [part for part in ("105/min", "212 today", "F1 .81", "#4") if part not in text and part not in gone]
    assert gone == ["105/min", "212 today", "F1 .81", "#4"]


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ("first may go in 9 h", "⚠ 7 rescued files still in trash, first may go in 9 h: :commit"),
        ("", "⚠ 7 rescued files still in trash: :commit"),
    ],
)
def test_rescued_files_are_told_with_their_deadline_where_the_client_tells(left: str, said: str) -> None:
    assert said in header_content(replace(FULL, rescue_left=left), 220).plain
    assert (left or "⚠ 7") in header_content(replace(FULL, rescue_left=left), 100).plain


def test_the_deadline_counts_from_the_time_when_a_file_went_to_the_trash() -> None:
    assert until_words(None, 0) == ""
    assert until_words(9.9 * 3600, 0) == "first may go in 9 h"
    assert until_words(3.9 * 86400, 0) == "first may go in 3 days"
    assert until_words(1800, 0) == "first may go in 30 min"
    assert until_words(-5, 0) == "first may go any time"


def test_a_decision_that_is_not_saved_is_told_in_every_width() -> None:
    assert "NOT SAVED" in header_content(replace(FULL, blocked=True), 45).plain


def test_today_counts_what_is_in_force_since_midnight_in_all_sessions(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.add_labels(["trash"])
        files = [f"{number:064x}" for number in range(6)]
        journal.decide([NewDecision(files[0], label="trash")], session="app-1", source="app")
        journal.decide([NewDecision(files[1], label="trash")], session="command", source="command")
        now = time.time()
        today = Today(journal, lambda: now)
        today.look()
        assert today.number == 2
        journal.decide([NewDecision(files[2], kind="unsure")], session="app-2", source="app")
        journal.decide([NewDecision(files[3], kind="skip")], session="app-2", source="app")
        journal.decide([NewDecision(files[4], label="trash")], session="folder", source="folder")
        journal.decide([NewDecision(files[5], label="trash")], session="app-2", source="app")
        today.look()
        assert today.number == 4
        journal.undo(session="app-2")
        today.look()
        assert today.number == 3


def test_another_day_begins_with_nothing(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.add_labels(["trash"])
        journal.decide([NewDecision("0" * 64, label="trash")], session="app-1", source="app")
        now = time.time()
        today = Today(journal, lambda: now)
        today.look()
        assert today.number == 1
        now += 25 * 3600
        today.look()
        assert today.number == 0


def test_a_long_tag_and_a_long_key_line_stay_right_of_their_labels() -> None:
    facts = Facts(
        "0" * 64,
        tags=("series:a very long name of a series with many words", "x" * 60),
        key_lines={"trash": "learn trash and stage a move of the file to the trash"},
    )
    for lines in (tag_lines(facts, 32), key_lines(facts, 32)):
        assert len(lines) > 1
        assert all(line.cell_length <= 32 for line in lines)
        assert all(line.plain.startswith(" " * 9) for line in lines[1:])
    assert "".join(line.plain[9:] for line in tag_lines(facts, 32)).count("x") == 60


def test_a_job_is_named_by_the_last_part_of_its_id() -> None:
    info = JobInfo("20261120-101112-retrain-e7d0", "retrain", "done", 0.0, 1.0, "", None, None, "files", "")
    pane = JobPane(JobView(info))
    pane.show(pane.job)
    assert str(pane.border_title) == "✓ retrain  e7d0"


@pytest.mark.parametrize(("width", "height"), [(80, 1), (45, 3), (45, 1), (200, 1)])
def test_the_line_of_keys_always_says_where_all_keys_are_listed(width: int, height: int) -> None:
    hints = [*((f"act {number}", "x does something") for number in range(9)), ("help", "? keys"), ("leave", "q leave")]
    made = [(act, Content(text)) for act, text in hints]
    lines, spots, whole = laid_out(made, width, height)
    if not whole:
        lines, spots, _ = laid_out([one for one in made if one[0] != "help"], width, height, kept=[made[9]])
    assert "help" in {act for *_, act in spots}
    assert len(lines) <= height
    for line, start, end, act in spots:
        assert 1 <= start < end <= width - 1
        shown = " " + "  ".join(one.plain for one in lines[line])
        assert shown[start:end] == dict(hints)[act]
