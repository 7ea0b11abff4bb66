"""The log of writes holds every request that a client got from us, also those that failed, and forgets none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hyai_tui.errors import HyaiError
from hyai_tui.library.base import FileState, StateChange, TagChange
from hyai_tui.library.write_log import WriteLog, sign, writes
from tests.contract.hydrus_fixtures import Connect, connect, fake, library
from tests.fake_hydrus import FakeHydrus

__all__ = ["connect", "fake", "library"]


def test_every_write_request_is_noted_with_its_author_and_verified_once_read_back(
    fake: FakeHydrus, connect: Connect, tmp_path: Path
) -> None:
    client = connect()
    client.log = WriteLog(tmp_path / "writes.db")
    inbox, trashed = (
        next(one.sha256 for one in fake.client.files.values() if one.state == state) for state in ("inbox", "trash")
    )
    sign(client, {inbox: "decision 7", trashed: "undo"})
    client.change_tags([TagChange(one, frozenset({"hyai:trash"})) for one in (inbox, trashed)])
    assert {one.status for one in writes(tmp_path / "writes.db")} == {"sent"}
    client.change_state([StateChange(inbox, FileState.TRASH), StateChange(trashed, FileState.ARCHIVE)], "a reason")
    client.lookup([inbox, trashed])
    found = list(writes(tmp_path / "writes.db"))
    assert {one.status for one in found} == {"verified"}
    assert {(one.file, one.by) for one in found} == {(inbox, "decision 7"), (trashed, "undo")}
    assert [one.change.add for one in found if one.target == "tag"] == [("hyai:trash",)] * 2
    assert {one.change.step for one in found if one.file == trashed and one.target == "state"} >= {"undelete"}
    sent = sum(len(request.args["hashes"]) for request in fake.writes)
    assert len(found) == sent


def test_a_refused_write_is_noted_as_refused(fake: FakeHydrus, connect: Connect, tmp_path: Path) -> None:
    client = connect()
    client.log = WriteLog(tmp_path / "writes.db")
    file = next(iter(fake.client.files.values())).sha256
    client.rights()
    client.lookup([file])
    client._client.services()
    fake.faults.broken = True
    with pytest.raises(HyaiError):
        client.change_tags([TagChange(file, frozenset({"hyai:trash"}))])
    (one,) = writes(tmp_path / "writes.db")
    assert one.status.startswith("refused: ")


def test_no_row_of_the_log_can_be_deleted_or_rewritten(tmp_path: Path) -> None:
    log = WriteLog(tmp_path / "writes.db")
    from hyai_tui.library.write_log import Change

    with log.request("state", Change(step="trash"), ["ab" * 32]):
        pass
    connection = sqlite3.connect(tmp_path / "writes.db")
    for statement in ("DELETE FROM writes", "UPDATE writes SET by = 'nobody'"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


def test_without_a_log_that_can_be_written_nothing_is_sent(fake: FakeHydrus, connect: Connect, tmp_path: Path) -> None:
    client = connect()
    client.log = WriteLog(tmp_path / "writes.db")
    (tmp_path / "writes.db").write_bytes(b"no database at all" * 100)
    before = len(fake.writes)
    with pytest.raises(HyaiError, match=r"writes\.db"):
        client.change_tags([TagChange(next(iter(fake.client.by_hash)), frozenset({"hyai:trash"}))])
    assert len(fake.writes) == before
