"""Effects act on what is true when they run: not on what the last scan saw, an older setting said, or a clock claims."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hyai_tui.effects.staged import staged
from hyai_tui.errors import WorkspaceError
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import SampleRecord, StateRequest
from hyai_tui.library.base import FileState, StateChange, TagChange
from hyai_tui.workspace import Workspace
from tests.unit.effects_fixtures import Bench, bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]

DAY = 86400.0


def throw_away(bench: Bench, file: str) -> None:
    """Move a file to the trash as its owner does, without a word to the catalog."""
    bench.library.inner.change_state([StateChange(file, FileState.TRASH)], "by hand")
    known = bench.catalog.file(file)
    assert known is not None
    assert known.state is FileState.INBOX


def use_prefix(bench: Bench, prefix: str) -> None:
    settings = bench.workspace.settings
    bench.workspace = Workspace(bench.workspace.root, replace(settings, tag=replace(settings.tag, prefix=prefix)))


def copies(bench: Bench, file: str) -> list[Path]:
    """Return every file of the workspace with these bytes."""
    return [one for one in bench.workspace.data.rglob("*") if one.is_file() and sha(one.read_bytes()) == file]


# What the last scan saw may not be so any more


def test_a_sample_that_may_be_the_last_copy_is_not_deleted_whatever_the_last_scan_saw(bench: Bench) -> None:
    file, other = bench.add(1), bench.add(2)
    bench.label(file, "archive")
    bench.label(other, "archive")
    (bench.pictures / "picture 1.png").unlink()
    bench.journal.undo(2)
    bench.drain()
    assert bench.samples() == {}
    assert [one.parent.name for one in copies(bench, file)] == [".aside"]
    assert copies(bench, other) == []


def test_a_sample_is_put_aside_while_the_library_cannot_be_asked(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "archive")
    bench.library.down = True
    bench.journal.undo()
    bench.drain()
    assert [one.parent.name for one in copies(bench, file)] == [".aside"]


def test_a_file_to_be_kept_that_was_thrown_away_since_the_scan_is_to_be_rescued_too(bench: Bench) -> None:
    file = bench.add(1)
    throw_away(bench, file)
    bench.label(file, "archive")
    assert (staged(bench.journal).rescue, bench.state(file)) == (1, "trash")
    known = bench.catalog.file(file)
    assert known is not None
    assert known.state is FileState.TRASH
    bench.runner.commit()
    bench.drain()
    assert (bench.state(file), staged(bench.journal).rescues_open) == ("archive", 0)
    bench.journal.undo()
    bench.drain()
    assert bench.state(file) == "trash"
    bench.journal.redo()
    bench.drain()
    assert bench.state(file) == "archive"


def test_a_rescue_that_was_forgotten_is_not_staged_again(bench: Bench) -> None:
    file = bench.add(1)
    throw_away(bench, file)
    bench.label(file, "archive")
    (undone,) = bench.runner.forget()
    bench.drain()
    assert undone.file == file
    assert (bench.state(file), staged(bench.journal).rescues_open) == ("trash", 0)
    bench.journal.redo()
    bench.drain()
    assert staged(bench.journal).rescues_open == 1


def test_only_a_file_to_be_kept_is_rescued(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2)
    throw_away(bench, one)
    throw_away(bench, two)
    bench.label(one, "trash")
    bench.decider().decide(two, kind="unsure")
    bench.drain()
    assert staged(bench.journal).rescues_open == 0


# A move under way


def test_an_undo_that_comes_while_a_move_is_being_planned_is_not_overtaken(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    read = Journal.state_request
    undoing: list[threading.Thread] = []

    def and_undo(journal: Journal, wanted: str) -> StateRequest | None:
        found = read(journal, wanted)
        if not undoing:
            undoing.append(threading.Thread(target=journal.undo))
            undoing[0].start()
            undoing[0].join(0.2)
        return found

    monkeypatch.setattr(Journal, "state_request", and_undo)
    bench.drain()
    undoing[0].join()
    bench.drain()
    assert bench.journal.effective() == {}
    assert bench.state(file) == "inbox"


@pytest.mark.parametrize("label", ["archive", None])
def test_a_decision_that_comes_while_its_file_is_being_moved_takes_the_move_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, label: str | None
) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    move = bench.library.inner.change_state
    late: list[str] = []

    def and_decide(changes: Sequence[StateChange], reason: str) -> None:
        if not late:
            late.append(bench.decider().decide(file, label, kind="label" if label else "unsure").line)
        move(changes, reason)

    monkeypatch.setattr(bench.library.inner, "change_state", and_decide)
    bench.drain()
    assert len(late) == 1
    assert bench.state(file) == "inbox"
    assert bench.journal.trace(file, "state") is None
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


def test_an_undone_move_is_undone_although_the_next_decision_came_first(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    bench.drain()
    bench.journal.undo()
    bench.decider().decide(file, kind="unsure")
    bench.drain()
    assert bench.state(file) == "inbox"


def test_undo_of_a_move_puts_every_copy_back_where_it_stood(bench: Bench) -> None:
    file = bench.add(1, "holiday/2020")
    bench.add(1, "inbox")
    bench.add(1)
    before = {one: one.read_bytes() for one in bench.pictures.rglob("*.png")}
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    bench.drain()
    assert {one.relative_to(bench.pictures).parts[0] for one in bench.pictures.rglob("*.png")} == {"trash"}
    bench.journal.undo()
    bench.drain()
    assert {one: one.read_bytes() for one in bench.pictures.rglob("*.png")} == before


def test_undo_of_a_move_never_overwrites_what_stands_there_now(bench: Bench) -> None:
    file = bench.add(1, "holiday")
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    bench.drain()
    place = bench.pictures / "holiday" / "picture 1.png"
    place.write_bytes(png(2))
    bench.journal.undo()
    bench.drain()
    assert place.read_bytes() == png(2)
    assert bench.state(file) == "inbox"


@pytest.mark.parametrize("path", ["../outside.png", "/outside.png", "a/../../outside.png"])
def test_a_place_outside_the_library_is_never_returned_to(bench: Bench, path: str) -> None:
    file = bench.add(1, "trash")
    bench.library.inner.change_state([StateChange(file, FileState.INBOX, (path,))], "")
    assert [one.relative_to(bench.pictures).parts for one in bench.pictures.rglob("*.png")] == [("picture 1.png",)]


# Tags of an older prefix


def test_undo_takes_back_what_was_written_under_an_older_prefix(bench: Bench) -> None:
    file = bench.add(1)
    bench.library.inner.change_tags([TagChange(file, frozenset({"hyai:archive", "creator:me"}))])
    bench.label(file, "trash")
    use_prefix(bench, "other:")
    bench.journal.undo()
    bench.drain()
    assert bench.tags(file) == {"hyai:archive", "creator:me"}


def test_a_decision_replaces_our_tag_of_an_older_prefix(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    use_prefix(bench, "other:")
    bench.label(file, "archive")
    assert bench.tags(file) == {"other:archive"}
    bench.journal.undo(2)
    bench.drain()
    assert bench.tags(file) == set()


# A clock that is set back


def test_effects_that_wait_are_tried_although_the_clock_was_set_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bench.add(1)
    bench.library.down = True
    bench.decider().decide(file, "trash")
    bench.drain()
    bench.library.down = False
    assert bench.drain().done == 0
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now - DAY)
    bench.drain()
    assert bench.tags(file) == {"hyai:trash"}


def test_a_lease_of_the_future_holds_nobody_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.journal.take_lease("an app that died")
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now - DAY)
    assert bench.journal.lease() is None
    assert bench.journal.take_lease("another").holder == "another"


# Training folders that are away, or lead elsewhere


def unmount(bench: Bench) -> Path:
    """Take the training folders away, and leave an empty directory as an unmounted disk does."""
    away = bench.workspace.data.with_name("away")
    bench.workspace.data.rename(away)
    bench.workspace.data.mkdir()
    return away


def mount(bench: Bench, away: Path) -> None:
    shutil.rmtree(bench.workspace.data)
    away.rename(bench.workspace.data)
    bench.runner.retry()
    bench.drain()


def test_a_decision_made_while_the_training_folders_are_away_is_not_taken_for_removed_later(bench: Bench) -> None:
    files = [bench.add(number) for number in range(10)]
    for file in files[:9]:
        bench.label(file, "trash")
    away = unmount(bench)
    bench.label(files[9], "trash")
    assert list(bench.workspace.data.iterdir()) == []
    (waiting,) = bench.journal.effects("due")
    assert "trash is not there" in waiting.reason
    mount(bench, away)
    assert bench.sync().removed == 0
    assert bench.samples() == {f"{file}.png": "trash" for file in files}


def test_an_undo_made_while_the_training_folders_are_away_holds_when_they_are_back(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    away = unmount(bench)
    bench.journal.undo()
    bench.drain()
    mount(bench, away)
    assert bench.sync().added == 0
    assert bench.journal.effective() == {}
    assert bench.samples() == {}


def test_a_label_folder_that_was_taken_away_on_purpose_holds_nothing_up(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2)
    bench.label(one, "trash")
    shutil.rmtree(bench.workspace.data / "trash")
    bench.decider().decide(one, "archive")
    bench.decider().decide(two, "trash")
    bench.drain()
    assert bench.samples() == {}
    bench.sync(accept_removals=True)
    bench.runner.retry()
    bench.drain()
    assert bench.samples() == {f"{one}.png": "archive", f"{two}.png": "trash"}


@pytest.mark.parametrize("label", ["../../outside", "..", "a/../../../outside"])
def test_a_label_of_a_strangers_journal_leads_nowhere(bench: Bench, label: str) -> None:
    file = bench.add(1)
    with bench.journal.transaction() as connection:
        connection.execute("INSERT INTO labels(name, digit, at) VALUES (?, NULL, 0)", (label,))
    bench.decider().decide(file, label)
    bench.drain()
    assert copies(bench, file) == []
    assert {one.name for one in bench.workspace.root.parent.iterdir()} == {"workspace", "pictures", "runtime"}
    assert [one.target for one in bench.journal.effects("failed")] == ["sample"]


@pytest.mark.parametrize("path", ["../../victim.png", "trash/../../../victim.png"])
def test_a_sample_of_a_strangers_journal_leads_nowhere(bench: Bench, path: str) -> None:
    file = bench.add(1)
    victim = bench.workspace.root.parent / "victim.png"
    victim.write_bytes(png(1))
    bench.journal.note_samples([SampleRecord(path, file, file, "archive", ours=True)])
    bench.label(file, "trash")
    bench.journal.undo()
    bench.drain()
    assert victim.read_bytes() == png(1)


@pytest.mark.parametrize("above", [True, False])
def test_training_folders_that_lead_to_all_files_are_refused(
    bench: Bench, above: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "somebody"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    shutil.rmtree(bench.workspace.data)
    bench.workspace.data.symlink_to(bench.workspace.root.parent if above else home.parent)
    with pytest.raises(WorkspaceError, match="would be labels"):
        bench.sync()


def test_a_sample_that_is_a_link_becomes_a_copy_where_it_is_moved(bench: Bench) -> None:
    original = bench.workspace.root.parent / "original.png"
    original.write_bytes(png(1))
    folder = bench.workspace.data / "trash" / "sub"
    folder.mkdir()
    (folder / "one.png").symlink_to("../../../../original.png")
    bench.sync()
    bench.label(sha(png(1)), "archive")
    assert bench.samples() == {f"{sha(png(1))}.png": "archive"}
    (sample,) = (bench.workspace.data / "archive").iterdir()
    assert (sample.is_symlink(), sample.read_bytes(), original.read_bytes()) == (False, png(1), png(1))


def test_undo_of_a_move_gives_back_any_name_that_a_file_can_have(bench: Bench) -> None:
    name = "wei\udcffrd\n\x1b[31m.png"
    (bench.pictures / name).write_bytes(png(1))
    bench.scan()
    bench.decider(mode="STAGED").decide(sha(png(1)), "trash")
    bench.runner.commit()
    bench.drain()
    assert not (bench.pictures / name).exists()
    bench.journal.undo()
    bench.drain()
    assert (bench.pictures / name).read_bytes() == png(1)
