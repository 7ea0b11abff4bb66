"""A scan of a client reads what came or changed since the last one, and nothing else; it goes on where it was cut off."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyai_tui.errors import Cancelled, LibraryDown
from hyai_tui.jobs import scan
from hyai_tui.jobs.context import JobContext, SilentReporter
from hyai_tui.library.base import KnownIds
from hyai_tui.library.hydrus.changed import Present, in_reading_order, unread
from hyai_tui.library.hydrus.pace import MOST
from hyai_tui.workspace import Workspace, create_workspace
from tests.contract.hydrus_fixtures import add_files, fake, of_state
from tests.fake_hydrus import MY_TAGS, FakeFile, FakeHydrus, drawn_picture, file_from_bytes
from tests.fake_hydrus.services import MEDIA

__all__ = ["fake"]


class Heard(SilentReporter):
    def __init__(self) -> None:
        self.said: list[str] = []
        self.shown: list[tuple[int, int | None]] = []

    def log(self, text: str, *, in_result: bool = False) -> None:
        self.said.append(text)

    def warning(self, text: str) -> None:
        self.said.append(text)

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        self.shown.append((done, total))


@pytest.fixture
def workspace(fake: FakeHydrus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HYAI_HYDRUS_KEY", fake.key.key)
    monkeypatch.setattr("hyai_tui.library.hydrus.client.BATCH", 8)
    tmp_path.chmod(0o700)
    add_files(fake.client, 34)
    return create_workspace(tmp_path / "workspace", f'[library]\nkind = "hydrus"\nurl = "{fake.url}"\n')


def scanned(workspace: Workspace, heard: Heard | None = None, **options: Any) -> dict[str, Any]:
    return scan.run(JobContext(workspace, options, heard or Heard()))


def known(workspace: Workspace) -> dict[str, tuple[str, bool, frozenset[str]]]:
    with workspace.open_catalog() as catalog:
        return {one.sha256: (one.state.value, one.archived, one.tags) for one in catalog.files()}


def truth(fake: FakeHydrus) -> dict[str, tuple[str, bool, frozenset[str]]]:
    return {
        one.sha256: (one.state, not one.inbox, frozenset(one.tagged(MY_TAGS))) for one in fake.client.files.values()
    }


def read(fake: FakeHydrus) -> list[int]:
    """The ids of which whole rows were read since the log was last emptied."""
    rows = [one for one in fake.requests if one.path.endswith("file_metadata")]
    found = [number for one in rows if not one.args.get("only_return_identifiers") for number in one.args["file_ids"]]
    fake.requests.clear()
    return sorted(found)


def count_rows(fake: FakeHydrus) -> list[int]:
    """Return a list that grows with every row that the client gives: how many threads were asking for rows then."""
    beside: list[int] = []
    original = fake.client.row

    def row(file: FakeFile, *, milliseconds: bool = False) -> dict[str, Any]:
        beside.append(sum(one.name.startswith("hydrus") for one in threading.enumerate()))
        return original(file, milliseconds=milliseconds)

    fake.client.row = row  # type: ignore[method-assign]
    return beside


def test_the_number_of_files_is_said_before_any_is_read(workspace: Workspace) -> None:
    heard = Heard()
    scanned(workspace, heard)
    assert heard.said == ["will process 40 hashes"]


def test_a_second_scan_of_an_unchanged_client_reads_no_row(fake: FakeHydrus, workspace: Workspace) -> None:
    assert scanned(workspace)["added"] == 40
    assert len(read(fake)) == 40
    before = known(workspace)
    result = scanned(workspace)
    assert (result["files"], result["added"], result["changed"], result["gone"]) == (40, 0, 0, 0)
    assert read(fake) == []
    assert known(workspace) == before == truth(fake)


def test_what_came_went_moved_or_was_tagged_is_read_and_nothing_else(fake: FakeHydrus, workspace: Workspace) -> None:
    tagged_before = of_state(fake, "inbox", 3)
    tagged_before.tagged(MY_TAGS).add("hyai:trash")
    scanned(workspace)
    fake.requests.clear()
    client = fake.client
    archived, trashed, tagged = of_state(fake, "inbox"), of_state(fake, "archive"), of_state(fake, "inbox", 1)
    back, gone = of_state(fake, "trash"), of_state(fake, "trash", 1)
    client.archive([archived])
    client.trash([trashed], [MEDIA], "not wanted")
    client.change_tags([tagged], MY_TAGS, {"0": ["hyai:archive"]})
    client.change_tags([tagged_before], MY_TAGS, {"1": ["hyai:trash"]})
    client.undelete([back])
    client.lose(gone)
    came = file_from_bytes(client, drawn_picture(9_000), "inbox")
    result = scanned(workspace)
    assert read(fake) == sorted(one.file_id for one in (archived, trashed, tagged, tagged_before, back, came))
    assert (result["added"], result["changed"], result["gone"]) == (1, 5, 1)
    assert known(workspace) == truth(fake)


def test_another_tag_is_noticed_by_a_full_scan_alone(fake: FakeHydrus, workspace: Workspace) -> None:
    scanned(workspace)
    fake.client.change_tags([of_state(fake, "inbox")], MY_TAGS, {"0": ["blue"]})
    assert scanned(workspace)["changed"] == 0
    assert scanned(workspace, full=True)["changed"] == 1
    assert known(workspace) == truth(fake)


def test_a_tag_of_a_label_of_ones_own_is_watched_too(fake: FakeHydrus, workspace: Workspace) -> None:
    with workspace.open_journal() as journal:
        journal.add_label("wallpaper")
    scanned(workspace)
    fake.client.change_tags([of_state(fake, "inbox")], MY_TAGS, {"0": ["hyai:wallpaper"]})
    assert scanned(workspace)["changed"] == 1


def test_our_own_writes_are_not_read_again(fake: FakeHydrus, workspace: Workspace) -> None:
    scanned(workspace)
    file = of_state(fake, "inbox")
    fake.client.change_tags([file], MY_TAGS, {"0": ["hyai:archive"]})
    with workspace.open_catalog() as catalog:
        catalog.update_state(file.sha256, tags=["hyai:archive"])
    fake.requests.clear()
    scanned(workspace)
    assert read(fake) == []


def test_what_is_no_picture_is_passed_over_without_being_read_again(fake: FakeHydrus, workspace: Workspace) -> None:
    file_from_bytes(fake.client, b"PK\x03\x04 a comic", name="comic.zip")
    assert scanned(workspace)["skipped_reasons"] == {"not-a-picture": 1}
    fake.requests.clear()
    assert scanned(workspace)["skipped_reasons"] == {"not-a-picture": 1}
    assert read(fake) == []


def test_another_database_behind_the_same_address_is_read_anew(fake: FakeHydrus, workspace: Workspace) -> None:
    scanned(workspace)
    client = fake.client
    files = list(client.files.values())
    for one, file_id in zip(files, reversed([one.file_id for one in files]), strict=True):
        one.file_id = file_id
    client.files = {one.file_id: one for one in files}
    fake.requests.clear()
    assert scanned(workspace)["files"] == 40
    assert len(read(fake)) == 40
    assert known(workspace) == truth(fake)


def test_a_scan_that_was_cut_off_goes_on_with_what_it_has_not_read(
    fake: FakeHydrus, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyai_tui.jobs.scan._LOOK_UP", 4)
    stops = iter([False, False, False, True])
    with pytest.raises(Cancelled):
        scan.run(JobContext(workspace, {}, Heard(), cancelled=lambda: next(stops, True)))
    taken = set(known(workspace))
    assert 0 < len(taken) < 40
    fake.requests.clear()
    assert scanned(workspace)["files"] == 40
    # A request of the scan that was cut off may come in late, and so ask twice.
    assert sorted(set(read(fake))) == sorted(
        one.file_id for one in fake.client.files.values() if one.sha256 not in taken
    )
    assert known(workspace) == truth(fake)


def test_a_client_that_is_locked_half_way_is_waited_for_and_the_scan_is_whole(
    fake: FakeHydrus, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    given = count_rows(fake)

    def lock_once(done: int, total: int | None = None, unit: str = "files") -> None:
        if done > 10 and not any("locked" in one for one in heard.said):
            fake.faults.locked_answers = 12

    monkeypatch.setattr(heard, "progress", lock_once)
    monkeypatch.setattr("hyai_tui.jobs.scan._LOOK_UP", 4)
    monkeypatch.setattr("hyai_tui.tagging.patience._LONGEST_WAIT", 0.05)
    assert scanned(workspace, heard)["files"] == 40
    assert any("locked its database; waiting" in one for one in heard.said)
    assert "There is an answer again; going on" in heard.said
    assert known(workspace) == truth(fake)
    # What had been asked ahead when the client was locked is asked again, and nothing else.
    assert len(given) <= 40 + 8 * (MOST + 1)


def test_a_client_that_is_not_there_from_the_start_ends_the_scan_at_once(
    fake: FakeHydrus, workspace: Workspace
) -> None:
    fake.faults.locked = True
    with pytest.raises(LibraryDown):
        scanned(workspace)


def test_nothing_is_gone_after_a_scan_that_did_not_end(fake: FakeHydrus, workspace: Workspace) -> None:
    scanned(workspace)
    for one in list(fake.client.files.values())[:5]:
        fake.client.lose(one)
    with pytest.raises(Cancelled):
        scan.run(JobContext(workspace, {"full": True}, Heard(), cancelled=lambda: True))
    assert "gone" not in {state for state, _, _ in known(workspace).values()}


def test_one_request_more_is_under_way_while_a_batch_is_written(fake: FakeHydrus, workspace: Workspace) -> None:
    fake.faults.delay = 0.01
    beside = count_rows(fake)
    scanned(workspace)
    assert max(beside) > 1


# The comparison itself

IDS = st.frozensets(st.integers(1, 12), max_size=12)


def rising(ids: frozenset[int] | set[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array(sorted(ids), np.int64)


@given(now=st.tuples(IDS, IDS, IDS, IDS), before=st.tuples(IDS, IDS, IDS, IDS), over=IDS)
def test_exactly_what_differs_is_to_be_read(
    now: tuple[frozenset[int], ...], before: tuple[frozenset[int], ...], over: frozenset[int]
) -> None:
    def facts(sets: tuple[frozenset[int], ...], one: int) -> tuple[bool, ...]:
        return tuple(one in some for some in sets[1:])

    everything, trash, inbox, tagged = now
    files = sorted(before[0] - over)
    known_ids = KnownIds(
        ids=np.array(files, np.int64),
        numbers=np.array([one + 100 for one in files], np.int64),
        states=np.array([2 if one in before[1] else 0 if one in before[2] else 1 for one in files], np.uint8),
        archived=np.array([one not in before[2] for one in files], bool),
        tagged={"t": rising(before[3] & set(files))},
        passed_over=rising(over),
        samples={},
    )
    present = Present(rising(everything), rising(trash), rising(inbox), {"t": rising(tagged & everything)})
    ids, numbers, passed_over = unread(present, known_ids)
    same = {one for one in files if one in everything and facts(now, one) == facts(before, one)}
    assert set(ids.tolist()) == everything - over - same
    assert set(numbers.tolist()) == {one + 100 for one in same}
    assert passed_over == len(everything & over)
    order = in_reading_order(rising(everything), rising(trash)).tolist()
    assert order == sorted(everything, key=lambda one: (one not in trash, -one))
