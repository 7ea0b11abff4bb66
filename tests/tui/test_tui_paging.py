"""Pages of a walk and acts on several files, without a screen."""

from __future__ import annotations

import pytest

from hyai_tui.queues.base import HIDES_MODEL, QueueRow
from hyai_tui.tui.bulk import MOST_AT_ONCE, confirm_rest, decide_marked
from hyai_tui.tui.desk import Desk, Sight
from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.listing import Walk
from hyai_tui.tui.pagesight import PageSight
from hyai_tui.tui.paging import FEWEST, MOST, Page, lay_out
from hyai_tui.tui.seen import UNANSWERED_SECONDS, SeenGate
from hyai_tui.tui.widgets.captions import caption
from tests.tui.test_tui_desk import Notes, entry, snapshot


def row(file: str, suggested: str | None = "trash") -> QueueRow:
    return QueueRow(file, 0.9, "trash", "inbox", suggested, "sample", "because")


@pytest.mark.parametrize("size", [(45, 28), (60, 20), (80, 20), (120, 36), (250, 76)])
@pytest.mark.parametrize("columns", [0, 1, 3, 6, 10, 40])
def test_a_page_has_12_to_60_tiles_that_lie_inside_it_and_do_not_overlap(size: tuple[int, int], columns: int) -> None:
    layout = lay_out(*size, columns, (8, 16))
    assert layout is not None
    assert layout.size <= MOST
    if columns != 1:
        assert layout.size >= FEWEST
    regions = [layout.region(at) for at in range(layout.size)]
    assert all(one.x >= 0 and one.y >= 0 and one.right <= size[0] and one.bottom <= size[1] for one in regions)
    assert not any(a.overlaps(b) for at, a in enumerate(regions) for b in regions[at + 1 :])


def test_a_terminal_of_no_size_has_no_page() -> None:
    assert lay_out(0, 0, 0) is None
    assert lay_out(7, 3, 4) is None


def test_moving_past_an_edge_turns_the_page_and_the_walk_follows_the_focus() -> None:
    walk = Walk(entry(*(f"f{number:02}" for number in range(30))), {})
    page = Page(walk, 12)
    assert (page.number, page.pages, page.rows[0].file) == (1, 3, "f00")
    assert not page.go(11)
    assert page.go(12)
    assert (page.number, page.row.file if page.row else "", walk.position) == (2, "f12", 12)
    page.go(10_000)
    assert (page.number, len(page.rows), walk.position) == (3, 6, 29)
    page.go(-5)
    assert (page.number, page.focus) == (1, 0)


def test_a_page_does_not_change_while_it_is_looked_at() -> None:
    walk = Walk(entry("a", "b", "c"), {})
    page = Page(walk, 12)
    walk.skip()
    assert [one.file for one in page.rows] == ["a", "b", "c"]
    page.reread()
    assert [one.file for one in page.rows] == ["b", "c", "a"]


def test_the_rest_of_a_page_gets_each_its_suggestion_and_marked_unseen_and_decided_tiles_stay() -> None:
    rows = [row("a", "archive"), row("b"), row("c"), row("d"), row("e", None), row("f")]
    plan = confirm_rest(rows, seen={"a", "b", "c", "e", "f"}, marked={"b"}, decided={"f"})
    assert [(one.file, label) for one, label in plan.decisions] == [("a", "archive"), ("c", "trash")]
    assert plan.question("LEARN") == "1 archive, 1 trash, 1 exception stays, 1 without a suggestion stays? y/n"
    assert plan.done == "1 archive, 1 trash, 1 exception stays, 1 without a suggestion stays"


def test_the_question_names_counts_and_what_it_does_to_the_library() -> None:
    rows = [row(f"a{number}", "archive") for number in range(13)] + [row(f"t{number}") for number in range(7)]
    rows += [row(f"x{number}") for number in range(4)]
    marked = {f"x{number}" for number in range(4)}
    plan = confirm_rest(rows, {one.file for one in rows}, marked, set())
    assert plan.question("LEARN") == "13 archive, 7 trash, 4 exceptions stay? y/n"
    marks = {f"m{number}": row(f"m{number}") for number in range(12)}
    about = decide_marked("trash", marks, {f"m{number}" for number in range(7)})
    assert about.question("LEARN") == "trash 12 marked, 5 not on this page? y/n"
    assert about.question("LIVE").endswith("(LIVE: moves them in the library at once)? y/n")
    assert decide_marked("archive", marks, set(marks)).question("STAGED") == (
        "archive 12 marked (staged for the library)? y/n"
    )


def test_a_plan_is_one_act_that_leaves_the_marks_of_other_queues_alone() -> None:
    writer = Notes()
    desk = Desk(writer)
    desk.receive(snapshot(entry("a", "b", "c"), entry("x", key="low-confidence")))
    assert desk.mark(row("a")).text == "1 marked"
    desk.mark(row("b"))
    desk.open_entry("low-confidence")
    assert desk.marks == {}
    desk.mark(row("x"))
    desk.open_entry("mistakes")
    plan = decide_marked("archive", desk.marks, set())
    assert desk.carry_out(plan, "grid", 1.0).kind == "say"
    assert writer.asked == [("2 archive", {"a": "archive", "b": "archive"})]
    assert (desk.marks, desk.unsaved, desk.last) == ({}, 2, "archive")
    assert desk.decided == {"a": "archive", "b": "archive"}
    desk.saved("decide", {"a": "archive", "b": "archive"})
    assert desk.unsaved == 0
    desk.saved("undo", {"a": None, "b": None})
    assert desk.decided == {}
    desk.open_entry("low-confidence")
    assert list(desk.marks) == ["x"]


def test_a_bulk_act_is_refused_where_one_app_only_looks_or_saving_failed() -> None:
    writer = Notes()
    desk = Desk(writer)
    desk.receive(snapshot(entry("a", "b")))
    desk.mark(row("a"))
    desk.line = SessionLine(look_only=True)
    assert desk.carry_out(decide_marked("trash", desk.marks, set()), "grid", 1.0).kind == "warn"
    desk.line, desk.blocked = SessionLine(), "the disk is full"
    assert desk.carry_out(decide_marked("trash", desk.marks, set()), "grid", 1.0).kind == "error"
    assert writer.asked == []
    assert list(desk.marks) == ["a"]


def test_a_bulk_act_that_could_not_be_saved_leaves_no_file_decided() -> None:
    desk = Desk(Notes())
    desk.receive(snapshot(entry("a", "b")))
    desk.mark(row("a"))
    desk.mark(row("b"))
    desk.carry_out(decide_marked("trash", desk.marks, set()), "grid", 1.0)
    desk.not_saved(("a", "b"), "the disk is full")
    assert (desk.decided, desk.unsaved, desk.blocked) == ({}, 0, "the disk is full")


def test_a_tile_of_the_audit_hides_the_models_view_and_others_show_it() -> None:
    shown_row = QueueRow("f" * 64, 0.9, "trash", "inbox", "archive", "sample", "because")
    hidden_row = QueueRow("f" * 64, 0.9, "trash", "inbox", None, HIDES_MODEL, "because")
    assert caption("a.png", shown_row, marked=True, done=None).plain == "◆ →▲ ▼ 90 % a.png"
    assert caption("a.png", hidden_row, marked=False, done=None).plain == "a.png"
    assert caption("a.png", hidden_row, marked=False, done="trash").plain == "✓ ▼ trash a.png"


def test_marks_have_a_bound_and_a_second_press_takes_one_away() -> None:
    desk = Desk(Notes())
    desk.receive(snapshot(entry("a")))
    for number in range(MOST_AT_ONCE):
        desk.mark(row(str(number)))
    assert desk.mark(row("one more")).kind == "warn"
    assert desk.mark(row("7")).text == "mark taken away · 999 marked"


def test_a_row_that_was_not_confirmed_takes_no_decision() -> None:
    writer = Notes()
    desk = Desk(writer)
    desk.receive(snapshot(entry("a")))
    unseen, other = Sight(None, None, "grid"), Sight("b", 1.0, "grid")
    assert "not shown yet" in desk.decide_shown(row("a"), unseen, "label", "trash", "t", 1.0).text
    assert "another picture" in desk.decide_shown(row("a"), other, "label", "trash", "t", 2.0).text
    assert desk.decide_shown(row("a"), Sight("a", 1.0, "grid"), "label", "trash", "t", 3.0).kind == "say"
    assert writer.asked == [("a", "label", "trash")]


def test_only_tiles_that_the_terminal_confirmed_are_seen_and_a_turned_page_forgets_them() -> None:
    sight = PageSight(lambda: SeenGate(answers=True))
    first = sight.announced("1:a", frozenset({"a"}), 1.0)
    assert first is not None
    first.drawn("1:a", 1.0)
    assert sight.files(1.1) == frozenset()
    first.answered(1.2)
    second = sight.announced("1:a", frozenset({"a", "b"}), 1.3)
    assert second is not None
    second.drawn("1:a", 1.3)
    # The second drawing is not confirmed yet: what the first confirmed stays seen, the new tile is not.
    assert sight.files(1.4) == {"a"}
    assert sight.file("1:a", "a", 1.4) is None
    second.answered(1.5)
    assert sight.files(1.6) == {"a", "b"}
    assert sight.file("1:a", "a", 1.6) == "a"
    # The focus has moved on the screen only when that was confirmed too.
    assert sight.file("1:b", "b", 1.6) is None
    sight.clear()
    assert sight.files(9.0) == frozenset()


def test_on_a_silent_terminal_a_short_time_after_drawing_stands_in_for_its_answer() -> None:
    sight = PageSight(lambda: SeenGate(answers=False))
    gate = sight.announced("1:a", frozenset({"a"}), 1.0)
    assert gate is not None
    gate.drawn("1:a", 1.0)
    assert sight.file("1:a", "a", 1.0) is None
    assert sight.file("1:a", "a", 1.0 + UNANSWERED_SECONDS) == "a"
    assert sight.seconds("a", 3.0) == 2.0
