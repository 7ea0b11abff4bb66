"""Moves of files are staged, committed, forgotten and undone: exactly those that were decided on."""

from __future__ import annotations

from hyai_tui.effects.staged import staged
from hyai_tui.journal.model import NewDecision
from hyai_tui.library.base import FileState, StateChange
from tests.unit.effects_fixtures import Bench, bench, private_runtime

__all__ = ["bench", "private_runtime"]


def test_committing_moves_exactly_the_staged_files(bench: Bench) -> None:
    files = [bench.add(number) for number in range(4)]
    decider = bench.decider(mode="STAGED")
    decider.decide(files[0], "trash")
    decider.decide(files[1], "trash")
    decider.decide(files[2], "archive")
    bench.drain()
    assert [bench.state(file) for file in files] == ["inbox"] * 4
    assert staged(bench.journal).line == "keep 1, trash 2: commit, forget, go back"
    assert bench.runner.commit() == 3
    bench.drain()
    assert [bench.state(file) for file in files] == ["trash", "trash", "archive", "inbox"]
    known = bench.catalog.file(files[0])
    assert known is not None
    assert known.state is FileState.TRASH
    assert staged(bench.journal).total == 0


def test_a_rescued_file_is_out_of_the_trash_only_after_the_commit(bench: Bench) -> None:
    file = bench.add(1, "trash")
    bench.label(file, "archive")
    assert bench.state(file) == "trash"
    assert staged(bench.journal).rescues_open == 1
    assert bench.samples() == {f"{file}.png": "archive"}
    bench.runner.commit()
    bench.drain()
    assert bench.state(file) == "archive"
    assert staged(bench.journal).rescues_open == 0


def test_undo_of_a_committed_move_moves_back(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    bench.drain()
    assert bench.state(file) == "trash"
    bench.journal.undo()
    bench.drain()
    assert bench.state(file) == "inbox"
    bench.journal.redo()
    bench.drain()
    assert bench.state(file) == "trash"


def test_undo_of_a_move_says_so_if_somebody_else_has_moved_the_file(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    bench.drain()
    bench.library.inner.change_state([StateChange(file, FileState.ARCHIVE)], "by hand")
    bench.journal.undo()
    bench.drain()
    assert bench.state(file) == "archive"
    assert [one.target for one in bench.journal.effects("failed")] == ["state"]


def test_a_decision_in_learn_mode_drops_what_was_staged_and_moves_nothing(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.decider().decide(file, "archive")
    assert staged(bench.journal).total == 0
    assert bench.runner.commit() == 0
    bench.drain()
    assert bench.state(file) == "inbox"
    bench.journal.undo()
    assert staged(bench.journal).trash == 1


def test_undoing_a_later_decision_leaves_a_committed_move_alone(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    bench.drain()
    bench.decider().decide(file, kind="unsure")
    bench.decider().decide(file, kind="ignore")
    bench.journal.undo()
    bench.drain()
    assert bench.state(file) == "trash"
    bench.journal.undo(2)
    bench.drain()
    assert bench.state(file) == "inbox"


def test_forget_is_a_bulk_undo_that_one_redo_takes_back(bench: Bench) -> None:
    files = [bench.add(number) for number in range(3)]
    decider = bench.decider(mode="STAGED")
    for file in files:
        decider.decide(file, "trash")
    bench.label(bench.add(9), "archive")
    bench.drain()
    assert {one.file for one in bench.runner.forget()} == set(files)
    bench.drain()
    assert list(bench.samples().values()) == ["archive"]
    assert staged(bench.journal).total == 0
    assert len(bench.journal.redo()) == 3
    bench.drain()
    assert staged(bench.journal).trash == 3
    assert sorted(bench.samples().values()) == ["archive", "trash", "trash", "trash"]


def test_forgetting_one_of_a_bulk_act_leaves_the_others(bench: Bench) -> None:
    kept, rescued = bench.add(1), bench.add(2, "trash")
    bench.decider().decide_many([NewDecision(kept, label="archive"), NewDecision(rescued, label="archive")])
    bench.drain()
    bench.runner.forget()
    bench.drain()
    assert bench.samples() == {f"{kept}.png": "archive"}
    assert set(bench.journal.effective()) == {kept}
