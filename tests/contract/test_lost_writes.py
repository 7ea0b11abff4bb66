"""A client that was killed comes back without the writes of its last half minute: they are written again, and no other."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hyai_tui.errors import LibraryDown
from hyai_tui.library.base import FileState, StateChange, TagChange
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.write_log import WriteLog, sign, writes
from tests.contract.hydrus_fixtures import Connect, add_files, connect, fake, library
from tests.fake_hydrus import MY_TAGS, FakeHydrus

__all__ = ["connect", "fake", "library"]

TRASH, ARCHIVE = frozenset({"hyai:trash"}), frozenset({"hyai:archive"})


@pytest.fixture
def logged(library: HydrusLibrary, tmp_path: Path) -> HydrusLibrary:
    library.log = WriteLog(tmp_path / "writes.db")
    return library


@contextmanager
def lost(fake: FakeHydrus) -> Iterator[None]:
    """What is written in the body is lost: the client dies before it commits, and comes back as it was."""
    before = {number: copy.deepcopy(vars(one)) for number, one in fake.client.files.items()}
    yield
    for number, was in before.items():
        vars(fake.client.files[number]).update(was)


def goes_away(fake: FakeHydrus, library: HydrusLibrary) -> None:
    """A call meets nobody."""
    fake.faults.drop_every = 1
    with pytest.raises(LibraryDown):
        library.lookup(["ab" * 32])
    fake.faults.drop_every = 0


@pytest.fixture
def asks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hyai_tui.library.hydrus.restarts.EVERY_SECONDS", 0.0)


def states(fake: FakeHydrus) -> list[str]:
    return [one.state for one in fake.client.files.values()]


def tags(fake: FakeHydrus) -> list[set[str]]:
    return [set(one.tagged(MY_TAGS)) for one in fake.client.files.values()]


def test_tags_and_moves_that_the_client_lost_are_written_again(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    files = [one.sha256 for one in add_files(fake.client, 6)]
    logged.change_tags([TagChange(files[0], ARCHIVE), TagChange(files[1], TRASH)])
    with lost(fake):
        sign(logged, {file: f"decision {number}" for number, file in enumerate(files)})
        logged.change_tags([TagChange(files[0], TRASH, ARCHIVE), TagChange(files[2], TRASH)])
        logged.change_tags([TagChange(files[2], remove=TRASH), TagChange(files[3], TRASH)])
        moves = (FileState.TRASH, FileState.TRASH, FileState.ARCHIVE, FileState.INBOX, FileState.ARCHIVE)
        logged.change_state([StateChange(file, state) for file, state in zip(files, moves, strict=False)], "r")
        logged.change_state([StateChange(files[1], FileState.INBOX)], "r")
        assert {one.state for one in logged.lookup(files).values()} == set(moves)
        wanted = states(fake), tags(fake)
    assert (states(fake), tags(fake)) != wanted
    goes_away(fake, logged)
    found = logged.lookup(files)
    assert (states(fake), tags(fake)) == wanted
    assert [set(found[file].tags) for file in files] == tags(fake)[-6:]
    assert fake.violations == []
    again = [one for one in writes(logged._writer.log._path) if one.file == files[3] and one.target == "tag"]  # type: ignore[union-attr]
    assert [(one.by, one.status) for one in again] == [("decision 3", "verified")] * 2
    goes_away(fake, logged)
    sent = len(fake.writes)
    logged.lookup(files)
    assert len(fake.writes) == sent


def test_what_the_client_kept_is_not_sent_again(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    files = [one.sha256 for one in fake.client.files.values()]
    logged.change_tags([TagChange(file, TRASH) for file in files])
    sent = len(fake.writes)
    goes_away(fake, logged)
    logged.lookup(files)
    assert len(fake.writes) == sent


def test_what_somebody_took_away_while_the_client_was_there_stays_away(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    file = next(iter(fake.client.files.values()))
    logged.change_tags([TagChange(file.sha256, TRASH)])
    file.tagged(MY_TAGS).clear()
    logged.lookup([file.sha256])
    assert file.tagged(MY_TAGS) == set()


def test_older_writes_and_those_of_a_read_only_library_are_left(
    fake: FakeHydrus, connect: Connect, logged: HydrusLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = next(iter(fake.client.files.values())).sha256
    with lost(fake):
        logged.change_tags([TagChange(file, TRASH)])
    reader = connect(read_only=True)
    reader.log = logged.log
    sent = len(fake.writes)
    goes_away(fake, reader)
    reader.lookup([file])
    monkeypatch.setattr("hyai_tui.library.hydrus.writing.LOSS_SECONDS", -3600.0)
    goes_away(fake, logged)
    logged.lookup([file])
    assert len(fake.writes) == sent


def test_a_client_that_goes_away_again_meanwhile_gets_the_rest_later(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    files = [one.sha256 for one in fake.client.files.values()]
    with lost(fake):
        for file in files:
            logged.change_tags([TagChange(file, TRASH)])
    goes_away(fake, logged)
    goes_away(fake, logged)
    logged.lookup(files[:1])
    assert tags(fake) == [{"hyai:trash"}] * len(files)


def killed_and_back(fake: FakeHydrus, logged: HydrusLibrary, files: list[str]) -> None:
    """The client loses a tag and a move that it has shown, and is back before anybody calls."""
    with lost(fake):
        logged.change_tags([TagChange(file, TRASH) for file in files])
        logged.change_state([StateChange(files[0], FileState.TRASH)], "r")
        logged.lookup(files)
    fake.client.restart()


@pytest.mark.usefixtures("asks_each_time")
def test_a_client_that_is_back_before_our_next_call_gets_what_it_lost(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    files = [one.sha256 for one in add_files(fake.client, 2, ("inbox",))]
    logged.change_tags([TagChange(files[0], ARCHIVE)])
    killed_and_back(fake, logged, files)
    found = logged.lookup(files)
    assert [one.tags for one in found.values()] == [TRASH | ARCHIVE, TRASH]
    assert found[files[0]].state is FileState.TRASH
    sent = len(fake.writes)
    logged.lookup(files)
    assert len(fake.writes) == sent


@pytest.mark.usefixtures("asks_each_time")
def test_what_another_process_had_written_is_noticed_by_the_next_one(
    fake: FakeHydrus, logged: HydrusLibrary, connect: Connect
) -> None:
    files = [one.sha256 for one in add_files(fake.client, 2, ("inbox",))]
    killed_and_back(fake, logged, files)
    next_one = connect()
    next_one.log = logged.log
    assert [one.tags for one in next_one.lookup(files).values()] == [TRASH, TRASH]


@pytest.mark.usefixtures("asks_each_time")
def test_found_out_late_only_tags_are_written_again_that_nobody_took_away(
    fake: FakeHydrus, logged: HydrusLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyai_tui.library.hydrus.writing.SOON_SECONDS", -1.0)
    files = [one.sha256 for one in add_files(fake.client, 2, ("inbox",))]
    killed_and_back(fake, logged, files)
    mine = fake.client.by_hash[files[0]]
    fake.client.change_tags([mine], MY_TAGS, {"0": sorted(TRASH)})
    fake.client.change_tags([mine], MY_TAGS, {"1": sorted(TRASH)})
    found = logged.lookup(files)
    assert [set(found[file].tags) for file in files] == [set(), set(TRASH)]
    assert found[files[0]].state is FileState.INBOX, "a move might be somebody's by now"


@pytest.mark.usefixtures("asks_each_time")
def test_a_client_that_was_not_started_again_keeps_what_its_user_did(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    (file,) = add_files(fake.client, 1)
    logged.change_tags([TagChange(file.sha256, TRASH)])
    logged.lookup([file.sha256])
    file.tagged(MY_TAGS).clear()
    logged.lookup([file.sha256])
    assert file.tagged(MY_TAGS) == set()


@pytest.mark.usefixtures("asks_each_time")
def test_a_client_that_cannot_tell_its_start_is_asked_once(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    fake.client.tells_boot = False
    (file,) = add_files(fake.client, 1)
    for _ in range(3):
        logged.change_tags([TagChange(file.sha256, TRASH)])
    assert sum(one.path == "/client_info" for one in fake.requests) == 1


def test_nothing_is_asked_of_a_client_to_which_nothing_was_written(fake: FakeHydrus, logged: HydrusLibrary) -> None:
    logged.lookup([one.sha256 for one in fake.client.files.values()])
    assert not [one for one in fake.requests if one.path == "/client_info"]
