"""What the journal promises about decisions: kept, undone by act, redone, and in force by the newest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hyai_tui.errors import WrongUse
from hyai_tui.journal.errors import UnknownLabel
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Decision, Kind, NewDecision

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        opened.add_labels(["archive", "trash"])
        yield opened


def decide(journal: Journal, *files: str, label: str = "trash", session: str = "one") -> list[Decision]:
    return journal.decide([NewDecision(file, label=label) for file in files], session=session, source="app")


def labels_in_force(journal: Journal) -> dict[str, str | None]:
    return {file: one.label for file, one in journal.effective().items()}


def test_the_newest_decision_is_in_force(journal: Journal) -> None:
    decide(journal, A, label="trash")
    decide(journal, A, label="archive")
    assert labels_in_force(journal) == {A: "archive"}


def test_an_undo_marks_its_row_and_is_no_row(journal: Journal) -> None:
    decide(journal, A)
    undone = journal.undo()
    assert [one.file for one in undone] == [A]
    rows = list(journal.decisions())
    assert len(rows) == 1
    assert rows[0].undone is not None
    assert journal.effective() == {}


def test_a_bulk_act_is_undone_and_redone_whole(journal: Journal) -> None:
    decide(journal, A, B, C)
    assert {one.file for one in journal.undo()} == {A, B, C}
    assert journal.effective() == {}
    assert {one.file for one in journal.redo()} == {A, B, C}
    assert labels_in_force(journal) == dict.fromkeys([A, B, C], "trash")


def test_undoing_several_acts_goes_backward_and_redo_brings_back_one_at_a_time(journal: Journal) -> None:
    decide(journal, A)
    decide(journal, B)
    decide(journal, C)
    assert [one.file for one in journal.undo(2)] == [C, B]
    assert [one.file for one in journal.redo()] == [B]
    assert [one.file for one in journal.redo()] == [C]
    assert journal.redo() == []


def test_undo_brings_the_older_decision_back_into_force(journal: Journal) -> None:
    decide(journal, A, label="trash")
    decide(journal, A, label="archive")
    journal.undo()
    assert labels_in_force(journal) == {A: "trash"}


def test_undo_of_more_acts_than_there_are_undoes_what_there_is(journal: Journal) -> None:
    decide(journal, A)
    assert len(journal.undo(5)) == 1
    assert journal.undo() == []


def test_after_a_new_act_there_is_nothing_to_redo(journal: Journal) -> None:
    decide(journal, A)
    journal.undo(session="one")
    decide(journal, B)
    assert journal.redo(session="one") == []


def test_whoever_redoes_for_all_takes_back_no_undo_that_is_older_than_an_act_of_anybody(journal: Journal) -> None:
    decide(journal, A, session="phone")
    journal.undo(session="phone")
    assert [one.file for one in journal.redo()] == [A]
    journal.undo(session="phone")
    decide(journal, B, session="command")
    assert journal.redo() == []
    assert [one.file for one in journal.redo(session="phone")] == [A]


def test_a_session_undoes_its_own_acts_alone(journal: Journal) -> None:
    decide(journal, A, session="home")
    decide(journal, B, session="phone")
    assert [one.file for one in journal.undo(session="home")] == [A]
    assert journal.undo(session="home") == []
    assert [one.file for one in journal.undo()] == [B]


@pytest.mark.parametrize("kind", ["unsure", "ignore"])
def test_unsure_and_ignored_files_are_decided_and_have_no_label(journal: Journal, kind: Kind) -> None:
    decide(journal, A)
    journal.decide([NewDecision(A, kind)], session="one", source="app")
    assert labels_in_force(journal) == {A: None}


def test_skip_decides_nothing_and_hides_nothing(journal: Journal) -> None:
    decide(journal, A)
    journal.decide([NewDecision(A, "skip"), NewDecision(B, "skip")], session="one", source="app")
    assert labels_in_force(journal) == {A: "trash"}


def test_clear_takes_the_decision_away_until_it_is_undone(journal: Journal) -> None:
    decide(journal, A)
    journal.decide([NewDecision(A, "clear")], session="one", source="app")
    assert journal.effective() == {}
    journal.undo()
    assert labels_in_force(journal) == {A: "trash"}


def test_how_a_file_was_shown_is_kept(journal: Journal) -> None:
    shown = {"queue": "mistakes", "score": 0.93, "seen_seconds": 1.5}
    journal.decide([NewDecision(A, label="trash", shown=shown)], session="one", source="app")
    assert next(journal.decisions()).shown == shown


def test_an_unknown_label_is_refused_and_nothing_is_recorded(journal: Journal) -> None:
    with pytest.raises(UnknownLabel, match="There is no label 'trahs'") as caught:
        journal.decide([NewDecision(A, label="trash"), NewDecision(B, label="trahs")], session="one", source="app")
    assert "'trash'" in caught.value.fix
    assert list(journal.decisions()) == []


def test_decisions_are_listed_newest_first_and_all_of_them(journal: Journal) -> None:
    files = [f"{number:064x}" for number in range(4500)]
    journal.decide([NewDecision(file, label="trash") for file in files], session="one", source="app")
    assert [one.file for one in journal.decisions()] == files[::-1]
    assert [one.file for one in journal.decisions(newest_first=False)] == files
    assert [one.file for one in journal.decisions(limit=2)] == files[:-3:-1]
    assert len(journal.effective(files)) == 4500


def test_no_statement_can_delete_or_rewrite_a_decision(journal: Journal) -> None:
    decide(journal, A)
    with sqlite3.connect(journal.path) as direct:
        with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
            direct.execute("DELETE FROM decisions")
        with pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
            direct.execute("UPDATE decisions SET file = ?", (B,))
    direct.close()


def test_a_digit_is_given_once_and_never_moves(journal: Journal) -> None:
    for name in ("cat", "aardvark", "d", "e", "f", "g", "h", "tenth"):
        journal.add_label(name)
    digits = {one.name: one.digit for one in journal.labels()}
    assert (digits["archive"], digits["trash"], digits["cat"], digits["aardvark"]) == (1, 2, 3, 4)
    assert digits["tenth"] is None


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", ".hidden", "..", "a\nb", "a\x1b[31m", "x" * 101, " cat", "e\u202etxt"]
)
def test_a_name_that_cannot_be_a_folder_is_no_label(journal: Journal, name: str) -> None:
    with pytest.raises(WrongUse, match="cannot be a label"):
        journal.add_label(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [("trash", "Trash"), ("line art", "line  art"), ("caf\u00e9", "cafe\u0301"), ("stra\u00dfe", "STRASSE")],
)
def test_labels_that_look_alike_would_share_a_tag_or_a_folder(journal: Journal, name: str, other: str) -> None:
    journal.add_label(name)
    with pytest.raises(WrongUse, match="differs from the label"):
        journal.add_label(other)


def test_a_fold_is_given_once(journal: Journal) -> None:
    journal.assign_folds({A: 2, B: -1})
    journal.assign_folds({A: 4, B: 0, C: 1})
    assert journal.folds() == {A: 2, B: -1, C: 1}


def test_a_file_is_known_by_the_beginning_of_its_hash(journal: Journal) -> None:
    decide(journal, A, B)
    assert journal.known_files("aa") == [A]
    assert sorted(journal.known_files("")) == [A, B]
    assert journal.known_files("f") == []


def test_acts_are_listed_newest_first_with_what_they_decided_and_how_it_was_shown(journal: Journal) -> None:
    decide(journal, A)
    journal.decide(
        [
            NewDecision(A, label="archive", shown={"queue": "mistakes", "view": "grid"}),
            NewDecision(B, label="trash"),
            NewDecision(C, label="trash"),
        ],
        session="two",
        source="app",
    )
    newest, oldest = journal.acts(10)
    assert (newest.session, newest.decisions, newest.undone) == ("two", 3, 0)
    assert [(one.label, one.decisions) for one in newest.parts] == [("trash", 2), ("archive", 1)]
    assert (newest.file, newest.shown) == (A, {"queue": "mistakes", "view": "grid"})
    assert (oldest.decisions, oldest.undone_at) == (1, None)
    assert journal.acts(10, before=newest.id) == [oldest]
    assert journal.acts(10, file=B) == [newest]


def test_any_act_is_undone_whole_whoever_made_it_and_the_newer_decision_stays(journal: Journal) -> None:
    old = decide(journal, A, B, C, label="trash", session="yesterday")[0].act
    decide(journal, B, label="archive", session="today")
    assert {one.file for one in journal.undo_act(old, session="today")} == {A, B, C}
    assert labels_in_force(journal) == {B: "archive"}
    assert journal.undo_act(old, session="today") == []
    act = journal.acts(10)[1]
    assert (act.id, act.undone, act.undone_by) == (old, 3, "today")
    assert act.undone_at is not None


def test_the_next_redo_of_a_session_takes_back_its_undo_of_a_chosen_act(journal: Journal) -> None:
    old = decide(journal, A, B, session="yesterday")[0].act
    journal.undo_act(old, session="today")
    assert journal.redo(session="yesterday") == []
    assert {one.file for one in journal.redo(session="today")} == {A, B}
    assert labels_in_force(journal) == {A: "trash", B: "trash"}


def test_an_undone_act_is_redone_by_its_number_also_after_newer_acts_and_never_twice(journal: Journal) -> None:
    act = decide(journal, A, B)[0].act
    journal.undo(session="one")
    decide(journal, C)
    assert journal.redo(session="one") == []
    assert {one.file for one in journal.redo_act(act)} == {A, B}
    assert labels_in_force(journal) == {A: "trash", B: "trash", C: "trash"}
    assert journal.redo_act(act) == []
    assert journal.redo() == []


def test_an_undo_and_a_redo_look_at_no_other_file_however_much_was_done_before(journal: Journal) -> None:
    decide(journal, A, B, C)
    connection = journal._database.connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    journal.undo()
    journal.redo()
    journal.last_effect(A, "state")
    journal.state_request(A)
    connection.set_trace_callback(None)
    plans = {
        row[3]
        for query in asked
        if "effects" in query and not query.startswith("INSERT")
        for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")
    }
    looks = {plan for plan in plans if "effects" in plan or "SCAN" in plan}
    assert looks
    assert all("file=?" in plan or "decision=?" in plan for plan in looks), looks


def test_traces_come_in_pages_and_each_comes_once(journal: Journal) -> None:
    files = [f"{number:064x}" for number in range(1_203)]
    decide(journal, *files)
    journal.keep_before({file: [] for file in files}, "tag")
    journal.keep_applied({file: ["hyai:trash"] for file in files}, "tag")
    journal.keep_before({files[0]: {}}, "state")
    found = list(journal.all_traces("tag"))
    assert [file for file, _ in found] == files
    assert all(trace.applied == ["hyai:trash"] for _, trace in found)
