"""The review without its screen: where the person is, and what a key means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hyai_tui.journal.model import NewDecision
from hyai_tui.queues.base import QueueRow
from hyai_tui.tui.desk import Desk
from hyai_tui.tui.listing import Entry, Snapshot, Walk


@dataclass
class Ranked:
    """A queue of made-up files."""

    files: list[str]
    made: int = 0

    def __len__(self) -> int:
        return len(self.files)

    def file(self, place: int) -> str:
        return self.files[place]

    def rows(self, start: int = 0, stop: int | None = None) -> list[QueueRow]:
        part = self.files[start:stop]
        self.made += len(part)
        return [QueueRow(one, 0.9, "trash", "archive", "archive", "keep→trash", "because") for one in part]


@dataclass
class Notes:
    """A writer that writes down what it was asked."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def decide(self, file: str, kind: str, label: str | None, shown: Mapping[str, Any]) -> None:
        self.asked.append((file, kind, label))

    def decide_many(self, new: Sequence[NewDecision], done: str) -> None:
        self.asked.append((done, {one.file: one.label for one in new}))

    def undo(self) -> None:
        self.asked.append(("undo",))

    def redo(self) -> None:
        self.asked.append(("redo",))

    def take_back_edit(self, number: int) -> None:
        self.asked.append(("take back", number))


def entry(*files: str, key: str = "mistakes") -> Entry:
    return Entry(key, key, "", Ranked(list(files)))


def snapshot(*entries: Entry) -> Snapshot:
    return Snapshot(entries, None, {1: "archive", 2: "trash"}, 9)


@pytest.fixture
def writer() -> Notes:
    return Notes()


@pytest.fixture
def desk(writer: Notes) -> Desk:
    made = Desk(writer)
    made.receive(snapshot(entry("a", "b", "c"), entry("x", "y", key="low-confidence")))
    return made


def see(desk: Desk, at: float) -> None:
    """The current picture has been drawn and confirmed."""
    assert desk.current is not None
    desk.gate.drawn(desk.current.file, at)
    desk.gate.answered(at)


def test_a_key_decides_on_the_current_file_only_once_it_has_been_seen(desk: Desk, writer: Notes) -> None:
    assert "not shown yet" in desk.decide("label", "trash", "t", 1.0).text
    see(desk, 2.0)
    desk.decide("label", "trash", "t", 2.1)
    assert writer.asked == [("a", "label", "trash")]
    assert desk.current is not None
    assert desk.current.file == "b"


@pytest.mark.parametrize("before", [(), ("a",)])
def test_a_queue_that_was_asked_for_is_opened_with_the_first_list_that_has_it(
    writer: Notes, before: tuple[str, ...]
) -> None:
    desk = Desk(writer)
    desk.receive(snapshot(entry(*before)))
    desk.asked_for = "next-best"

    def bring(*entries: Entry) -> None:
        if desk.receive(snapshot(*entries)):
            desk.open_asked_for()
        else:
            desk.take_asked_for()

    bring(entry("a", "b"), entry(key="next-best"))
    assert desk.walk is not None
    assert desk.walk.entry.key == "mistakes"
    bring(entry("a", "b"), entry("b", key="next-best"))
    assert desk.walk.entry.key == "next-best"
    assert desk.asked_for == ""


def test_a_refresh_between_paint_and_key_cannot_redirect_the_key(desk: Desk, writer: Notes) -> None:
    see(desk, 1.0)
    assert desk.walk is not None
    desk.walk.move(1)
    assert "another picture is on the screen" in desk.decide("label", "trash", "t", 1.1).text
    assert writer.asked == []


def test_a_key_held_down_decides_once_even_where_every_picture_is_confirmed_at_once(desk: Desk, writer: Notes) -> None:
    now = 10.0
    for _ in range(100):
        if desk.current is not None:
            see(desk, now)
        desk.decide("label", "trash", "t", now + 0.001)
        now += 0.03
    assert writer.asked == [("a", "label", "trash")]


def test_a_key_held_at_a_slow_line_changes_no_file_that_was_not_shown(desk: Desk, writer: Notes) -> None:
    shown: set[str] = set()
    now, answer_at, drawn = 1.0, 0.0, ""
    for _ in range(60):
        if desk.current is not None and desk.current.file != drawn:
            drawn, answer_at = desk.current.file, now + 0.15
            desk.gate.drawn(drawn, now)
        if now >= answer_at and desk.gate.decidable(now) is None:
            desk.gate.answered(now)
            shown.add(drawn)
        desk.decide("label", "trash", "t", now)
        now += 0.08
    assert {file for file, *_ in writer.asked} <= shown


def test_decided_files_are_passed_over_and_the_last_one_stays_in_view(desk: Desk) -> None:
    for at in (1.0, 2.0, 3.0):
        see(desk, at)
        desk.decide("label", "archive", "a", at + 0.5)
    assert desk.walk is not None
    assert desk.walk.left == 0
    assert desk.current is not None


def test_a_failed_commit_brings_the_file_back_and_blocks(desk: Desk, writer: Notes) -> None:
    see(desk, 1.0)
    desk.decide("label", "trash", "t", 1.5)
    desk.not_saved(("a",), "The disk is full")
    assert desk.current is not None
    assert desk.current.file == "a"
    assert "a" not in desk.decided
    see(desk, 2.0)
    assert "The disk is full" in desk.decide("label", "trash", "t", 2.5).text
    assert len(writer.asked) == 1


def test_an_undo_counts_as_on_its_way_until_it_is_on_disk_and_only_what_was_taken_back_is_counted(desk: Desk) -> None:
    desk.undo()
    desk.undo()
    assert desk.taking_back == 2
    desk.saved("undo", {"a": None})
    assert (desk.taking_back, desk.undone) == (1, 1)
    desk.saved("undo", {})
    assert (desk.taking_back, desk.undone) == (0, 1), "there was nothing more to undo"
    desk.redo()
    desk.saved("redo", {"a": "trash"})
    assert (desk.taking_back, desk.undone) == (0, 0)


def test_an_undone_file_that_is_not_in_this_queue_comes_in_at_the_place(desk: Desk) -> None:
    desk.saved("undo", {"elsewhere": None})
    assert desk.current is not None
    assert desk.current.file == "elsewhere"
    assert desk.walk is not None
    assert len(desk.walk) == 4


def test_looking_only_decides_nothing(desk: Desk, writer: Notes) -> None:
    desk.line = replace(desk.line, look_only=True)
    see(desk, 1.0)
    assert "looking only" in desk.decide("label", "trash", "t", 1.5).text
    assert writer.asked == []


def test_a_new_list_waits_and_says_what_it_settles(desk: Desk) -> None:
    assert not desk.receive(snapshot(entry("b", "d", "e")))
    assert desk.current is not None
    assert desk.current.file == "a"
    assert desk.settled_and_new() == (3, 2, 2)
    assert desk.take_waiting()
    assert not desk.take_waiting()
    assert desk.current.file == "b"


def test_a_list_that_says_nothing_new_does_not_wait(desk: Desk) -> None:
    other = entry("x", "y", key="low-confidence")
    desk.receive(snapshot(entry("a", "b", "c"), other))
    assert desk.drop_waiting_without_news()
    assert desk.waiting is None
    desk.learn({"a": "trash"})
    desk.receive(snapshot(entry("b", "c"), other))
    assert desk.drop_waiting_without_news(), "what was decided here is no news"
    for news in (snapshot(entry("b", "d"), other), snapshot(entry("b"), other), snapshot(entry("b", "c"))):
        desk.receive(news)
        assert not desk.drop_waiting_without_news()
        assert desk.waiting is news


def test_the_place_in_a_new_list_is_that_of_the_same_file(desk: Desk) -> None:
    assert desk.walk is not None
    desk.walk.move(1)
    desk.receive(snapshot(entry("d", "b")))
    desk.take_waiting()
    assert desk.current is not None
    assert desk.current.file == "b"


def test_each_queue_keeps_its_place(desk: Desk) -> None:
    assert desk.walk is not None
    desk.walk.move(2)
    desk.step_entry(1)
    assert desk.current is not None
    assert desk.current.file == "x"
    desk.step_entry(-1)
    assert desk.current.file == "c"


def test_a_place_is_restored_and_one_that_is_gone_is_not_missed() -> None:
    desk = Desk(Notes())
    desk.receive(
        snapshot(entry("a", "b"), entry("x", "y", key="low-confidence")), {"queue": "low-confidence", "file": "y"}
    )
    assert desk.place() == {"queue": "low-confidence", "file": "y"}
    other = Desk(Notes())
    other.receive(snapshot(entry("a", "b")), {"queue": "gone", "file": "z"})
    assert other.place() == {"queue": "mistakes", "file": "a"}


def test_marks_are_part_of_the_place_and_those_of_files_that_left_the_queue_are_dropped() -> None:
    desk = Desk(Notes())
    desk.receive(snapshot(entry("a", "b", "c"), entry("x", "y", key="all")))
    assert desk.walk is not None
    desk.mark(desk.walk.row(0))
    desk.mark(desk.walk.row(1))
    place = desk.place()
    assert place["marks"] == {"mistakes": ["a", "b"]}
    other = Desk(Notes())
    other.receive(snapshot(entry("b", "c"), entry("x", key="all")), place)
    assert list(other.marks) == ["b"]
    assert other.marks["b"].file == "b"


def test_the_first_queue_with_something_in_it_is_opened() -> None:
    desk = Desk(Notes())
    desk.receive(snapshot(entry(), entry("x", key="low-confidence"), entry("p", "q", key="all")))
    assert desk.walk is not None
    assert desk.walk.entry.key == "low-confidence"


def test_a_walk_over_a_million_files_makes_only_the_rows_that_are_looked_at() -> None:
    ranked = Ranked([f"{number:08x}" for number in range(1_000_000)])
    walk = Walk(Entry("all", "all", "", ranked), {})
    walk.go(500_000)
    walk.move(1)
    assert walk.row(walk.position).file == f"{500_001:08x}"
    walk.skip()
    assert walk.file(len(walk) - 1) == f"{500_001:08x}"
    assert walk.find(f"{999_999:08x}") == 999_998
    assert ranked.made <= 2


def test_a_skipped_file_comes_back_to_the_place() -> None:
    walk = Walk(entry("a", "b", "c"), {})
    walk.skip()
    assert [walk.file(at) for at in range(3)] == ["b", "c", "a"]
    walk.unskip("a")
    assert [walk.file(at) for at in range(3)] == ["a", "b", "c"]
    assert walk.position == 0


def test_every_count_of_a_kind_goes_down_with_a_decision_and_up_with_its_undo(desk: Desk) -> None:
    whole = snapshot(entry("a", "b", "c"), entry("a", "b", key="mistakes:sample"), entry("a", "z", key="all"))
    desk.walk = None
    desk.receive(whole)
    assert whole.counts(desk.decided.keys()) == {"mistakes": 3, "mistakes:sample": 2}
    see(desk, 1.0)
    desk.decide("label", "trash", "t", 1.1)
    assert whole.counts(desk.decided.keys()) == {"mistakes": 2, "mistakes:sample": 1}
    desk.saved("undo", {"a": None})
    assert whole.counts(desk.decided.keys()) == {"mistakes": 3, "mistakes:sample": 2}


def test_what_is_left_of_a_walk_is_what_a_look_at_every_file_would_count() -> None:
    decided: dict[str, str] = {"b": "trash", "elsewhere": "archive"}
    walk = Walk(entry("a", "b", "c", "d"), decided)

    def by_hand() -> int:
        return sum(walk.file(at) not in decided for at in range(len(walk)))

    assert walk.left == by_hand() == 3
    walk.skip()
    decided["a"] = "archive"
    assert walk.left == by_hand() == 2
    walk.show("new")
    assert walk.left == by_hand() == 3
    decided["new"] = "trash"
    assert walk.left == by_hand() == 2
    walk.follow([QueueRow(one, 0.9, "trash", "archive", "archive", "keep→trash", "because") for one in ("x", "y", "d")])
    assert walk.left == by_hand()
    decided["x"] = "trash"
    assert walk.left == by_hand()
    del decided["b"]
    assert walk.left == by_hand()


def test_undo_takes_decisions_and_changes_of_tags_back_in_the_order_in_which_they_were_made(
    desk: Desk, writer: Notes
) -> None:
    see(desk, 1.0)
    assert desk.decide("label", "trash", "t", 2.0).kind == "say"
    desk.saved("decide", {"a": "trash"})
    desk.tagged("a", 7)
    see(desk, 3.0)
    assert desk.decide("label", "archive", "a", 4.0).kind == "say"
    desk.saved("decide", {"b": "archive"})
    writer.asked.clear()
    for _ in range(4):
        desk.undo()
    assert writer.asked == [("undo",), ("take back", 7), ("undo",), ("undo",)]
    desk.saved("redo", {"a": "trash"})
    desk.tagged("c", 9)
    desk.undo()
    assert writer.asked[-1] == ("take back", 9)
    assert "c" in desk.touched
