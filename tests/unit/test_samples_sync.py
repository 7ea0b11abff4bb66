"""Hand changes in the training folders become decisions, and accidents do not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.errors import NotNow
from hyai_tui.journal.model import NewDecision
from hyai_tui.samples import sync as sync_module
from hyai_tui.samples.durable import content_hash
from hyai_tui.samples.lock import runner_lock
from hyai_tui.samples.sync import ManyRemoved, training_samples
from tests.unit.effects_fixtures import Bench, bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]


def drop(bench: Bench, label: str, name: str, content: bytes) -> Path:
    """Put a file into a label folder by hand."""
    path = bench.workspace.data / label / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def in_force(bench: Bench) -> dict[str, str | None]:
    return {file: one.label for file, one in bench.journal.effective().items()}


def trained(bench: Bench) -> dict[str, str]:
    return {one.identity: one.label for one in training_samples(bench.journal)}


def many(bench: Bench, count: int = 12, start: int = 100) -> list[str]:
    """Label some pictures trash, so that one more or less is no accident."""
    files = [bench.add(number) for number in range(start, start + count)]
    bench.decider().decide_many([NewDecision(file, label="trash") for file in files])
    bench.drain()
    bench.sync()
    return files


def test_fresh_folders_count_nothing(bench: Bench) -> None:
    assert bench.sync().counts == {"archive": 0, "trash": 0}


def test_files_added_by_hand_become_decisions(bench: Bench) -> None:
    for number in range(3):
        drop(bench, "archive", f"keep {number}.png", png(number))
    for number in range(3, 5):
        drop(bench, "trash", f"drop {number}.png", png(number))
    report = bench.sync()
    assert (report.added, report.moved, report.removed) == (5, 0, 0)
    assert report.counts == {"archive": 3, "trash": 2}
    assert in_force(bench) == {sha(png(n)): "archive" if n < 3 else "trash" for n in range(5)}
    assert {one.source for one in bench.journal.decisions()} == {"folder"}
    again = bench.sync()
    assert (again.added, again.moved, again.removed) == (0, 0, 0)
    assert len(list(bench.journal.decisions())) == 5


def test_what_the_program_put_there_is_no_hand_act(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    report = bench.sync()
    assert (report.added, report.moved, report.removed) == (0, 0, 0)
    assert report.counts == {"archive": 0, "trash": 1}


def test_a_new_folder_is_a_new_label_and_keeps_its_digit(bench: Bench) -> None:
    bench.sync()
    drop(bench, "maybe", "m.png", png(1))
    assert bench.sync().counts == {"archive": 0, "maybe": 1, "trash": 0}
    assert {one.name: one.digit for one in bench.journal.labels()} == {"archive": 1, "trash": 2, "maybe": 3}


def test_a_sample_moved_by_hand_is_relabelled_and_retagged(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    data = bench.workspace.data
    (data / "trash" / f"{file}.png").rename(data / "archive" / f"{file}.png")
    report = bench.sync()
    assert (report.added, report.moved, report.removed) == (0, 1, 0)
    assert report.line == "by hand: 1 label changed"
    assert bench.sync().line == ""
    assert in_force(bench) == {file: "archive"}
    bench.drain()
    assert bench.tags(file) == {"hyai:archive"}
    assert bench.samples() == {f"{file}.png": "archive"}


def test_a_moved_sample_is_not_hashed_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    data = bench.workspace.data
    (data / "trash" / f"{file}.png").rename(data / "archive" / f"{file}.png")

    def unwanted(path: Path) -> str:
        raise AssertionError("an unchanged file was read")

    monkeypatch.setattr("hyai_tui.samples.sync.content_hash", unwanted)
    assert bench.sync().moved == 1


def test_a_sample_taken_out_by_hand_loses_its_decision_and_its_tag(bench: Bench) -> None:
    files = many(bench)
    (bench.workspace.data / "trash" / f"{files[0]}.png").unlink()
    report = bench.sync()
    assert report.removed == 1
    assert files[0] not in in_force(bench)
    bench.drain()
    assert bench.tags(files[0]) == set()
    assert bench.tags(files[1]) == {"hyai:trash"}
    # It stays out: the journal does not put it back.
    assert bench.sync().counts["trash"] == 11


def test_a_removal_by_hand_can_be_undone(bench: Bench) -> None:
    files = many(bench)
    (bench.workspace.data / "trash" / f"{files[0]}.png").unlink()
    bench.sync()
    bench.journal.undo()
    bench.drain()
    assert len(bench.samples()) == 12
    assert bench.tags(files[0]) == {"hyai:trash"}


def test_a_picture_dropped_in_can_be_undone_without_losing_it(bench: Bench) -> None:
    drop(bench, "trash", "only copy.png", png(1))
    bench.sync()
    bench.journal.undo()
    bench.drain()
    assert bench.samples() == {}
    assert [one.read_bytes() for one in (bench.workspace.data / ".aside").iterdir()] == [png(1)]
    assert bench.sync().counts == {"archive": 0, "trash": 0}
    bench.journal.redo()
    bench.drain()
    assert bench.samples() == {f"{sha(png(1))}.png": "trash"}


def test_more_than_a_fifth_gone_stops_and_asks(bench: Bench) -> None:
    files = many(bench, 10)
    for file in files[:3]:
        (bench.workspace.data / "trash" / f"{file}.png").unlink()
    with pytest.raises(ManyRemoved, match="3 of 10 samples") as caught:
        bench.sync()
    assert "--accept-removals" in caught.value.fix
    assert len(in_force(bench)) == 10
    assert bench.sync(accept_removals=True).removed == 3
    assert len(in_force(bench)) == 7


def test_a_fifth_gone_is_taken_as_meant(bench: Bench) -> None:
    files = many(bench, 10)
    for file in files[:2]:
        (bench.workspace.data / "trash" / f"{file}.png").unlink()
    assert bench.sync().removed == 2


def test_a_whole_folder_gone_stops_and_asks_however_small_it_is(bench: Bench) -> None:
    many(bench, 20)
    file = bench.add(1)
    bench.label(file, "archive")
    bench.sync()
    shutil.rmtree(bench.workspace.data / "archive")
    with pytest.raises(ManyRemoved, match="the whole folder archive"):
        bench.sync()
    assert in_force(bench)[file] == "archive"
    assert bench.sync(accept_removals=True).removed == 1


def test_training_folders_that_are_away_lose_no_decision(bench: Bench) -> None:
    many(bench, 5)
    data = bench.workspace.data
    data.rename(data.with_name("away"))
    with pytest.raises(ManyRemoved):
        bench.sync()
    data.with_name("away").rename(data)
    assert bench.sync().counts["trash"] == 5


def test_a_sample_that_was_never_written_is_not_missed(bench: Bench) -> None:
    many(bench)
    file = bench.add(1)
    bench.decider().decide(file, "archive")
    report = bench.sync()  # before its effect was done
    assert report.removed == 0
    assert in_force(bench)[file] == "archive"


def test_a_hex_name_that_nobody_confirms_is_no_identity(bench: Bench) -> None:
    drop(bench, "trash", f"{'ab' * 32}.png", png(1))
    bench.sync()
    assert in_force(bench) == {sha(png(1)): "trash"}


def test_a_hex_name_that_the_library_confirms_is_the_identity_of_a_shrunk_sample(bench: Bench) -> None:
    file = bench.add(1)
    drop(bench, "trash", f"{file}.png", png(999))
    bench.sync()
    (sample,) = training_samples(bench.journal)
    assert (sample.identity, sample.content, sample.origin) == (file, sha(png(999)), "shrunk")
    bench.drain()
    assert bench.tags(file) == {"hyai:trash"}


def test_a_sample_named_after_one_file_with_the_bytes_of_another_is_the_other(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2)
    drop(bench, "trash", f"{one}.png", png(2))
    bench.sync()
    bench.drain()
    assert in_force(bench) == {two: "trash"}
    assert (bench.tags(one), bench.tags(two)) == (set(), {"hyai:trash"})


def test_a_file_copied_by_hand_into_a_second_folder_goes_with_the_newer_one(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    drop(bench, "archive", f"{file}.png", png(1))
    report = bench.sync()
    assert (report.moved, report.contradictions) == (1, ())
    bench.drain()
    assert bench.samples() == {f"{file}.png": "archive"}


def test_a_file_new_in_two_folders_is_a_contradiction_and_trains_in_neither(bench: Bench) -> None:
    drop(bench, "archive", "x.png", png(1))
    drop(bench, "trash", "y.png", png(1))
    drop(bench, "trash", "z.png", png(2))
    for _ in range(2):
        report = bench.sync()
        assert report.contradictions == ((sha(png(1)), ("archive", "trash")),)
        assert trained(bench) == {sha(png(2)): "trash"}
    (bench.workspace.data / "archive" / "x.png").unlink()
    assert bench.sync().contradictions == ()
    assert trained(bench) == {sha(png(1)): "trash", sha(png(2)): "trash"}


def test_a_decided_file_copied_into_two_other_folders_trains_in_none(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    drop(bench, "archive", "x.png", png(1))
    drop(bench, "maybe", "y.png", png(1))
    for _ in range(2):
        assert len(bench.sync().contradictions) == 1
        assert trained(bench) == {}


def test_the_same_picture_twice_in_one_folder_is_one_sample(bench: Bench) -> None:
    drop(bench, "trash", "x.png", png(1))
    drop(bench, "trash", "y.png", png(1))
    report = bench.sync()
    assert (report.added, report.counts["trash"]) == (1, 1)


def test_a_sample_moved_into_a_subfolder_of_its_label_is_no_new_act(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    data = bench.workspace.data / "trash"
    (data / "old").mkdir()
    (data / f"{file}.png").rename(data / "old" / "renamed.png")
    report = bench.sync()
    assert (report.added, report.moved, report.removed) == (0, 0, 0)
    assert trained(bench) == {file: "trash"}


def test_a_sample_shrunk_in_place_keeps_its_identity_and_label(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    drop(bench, "trash", f"{file}.png", png(777))
    report = bench.sync()
    assert (report.added, report.moved, report.removed) == (0, 0, 0)
    (sample,) = training_samples(bench.journal)
    assert (sample.identity, sample.content, sample.origin) == (file, sha(png(777)), "shrunk")


def test_a_new_file_under_an_old_name_takes_the_old_ones_place(bench: Bench) -> None:
    for number in range(10):
        drop(bench, "archive", f"{number}.png", png(number))
    bench.sync()
    drop(bench, "archive", "0.png", png(50))
    report = bench.sync()
    assert (report.added, report.removed) == (1, 1)
    assert sha(png(0)) not in trained(bench)
    assert trained(bench)[sha(png(50))] == "archive"


def test_keeping_a_trashed_file_by_hand_stages_its_rescue(bench: Bench) -> None:
    file = bench.add(1, "trash")
    drop(bench, "archive", "kept.png", png(1))
    bench.sync()
    (effect,) = bench.journal.effects("staged")
    assert (effect.file, effect.target, effect.wanted) == (file, "state", "rescue")


def test_hand_made_decisions_survive_the_journal_being_lost(bench: Bench) -> None:
    # A journal that knows nothing takes the folders as they are: that is how an old training set comes in.
    for number in range(4):
        drop(bench, "trash", f"{sha(png(number))}.png", png(number))
    assert bench.sync().added == 4


def test_folders_whose_names_differ_by_case_alone_are_one_label(bench: Bench) -> None:
    bench.sync()
    drop(bench, "Trash", "x.png", png(1))
    report = bench.sync()
    assert report.added == 0
    assert report.counts == {"archive": 0, "trash": 0}


def test_a_file_that_cannot_be_read_is_named_and_not_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    many(bench, 10)
    path = drop(bench, "trash", "broken.png", png(1))
    bench.sync()
    os.utime(path, (5, 5))

    def failing(one: Path) -> str:
        if one == path:
            raise PermissionError(13, "Permission denied")
        return content_hash(one)

    monkeypatch.setattr("hyai_tui.samples.sync.content_hash", failing)
    report = bench.sync()
    assert report.unreadable == ("trash/broken.png",)
    assert report.removed == 0
    assert in_force(bench)[sha(png(1))] == "trash"


def test_sync_waits_for_a_runner_and_then_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_module, "LOCK_SECONDS", 0.05)
    with runner_lock(bench.workspace.runtime, 1) as held:
        assert held
        with pytest.raises(NotNow, match="changing the training folders"):
            bench.sync()


def test_samples_train_where_the_decision_says_and_nowhere_else(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    assert [one.path for one in training_samples(bench.journal)] == [bench.workspace.data / "trash" / f"{file}.png"]
    bench.decider().decide(file, kind="unsure")
    assert training_samples(bench.journal) == []


def test_a_folder_that_cannot_be_read_is_said_and_its_samples_are_not_taken_for_removed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [bench.add(number) for number in range(8)]
    for file in files:
        bench.label(file, "trash")
    (bench.workspace.data / "trash" / "private").mkdir()
    (bench.workspace.data / "trash" / f"{files[0]}.png").rename(
        bench.workspace.data / "trash" / "private" / f"{files[0]}.png"
    )
    bench.sync()
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("private"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        with pytest.raises(NotNow, match="cannot be read: Permission denied"):
            bench.sync()
    assert bench.sync().removed == 0
    assert bench.journal.effective().keys() == set(files)
