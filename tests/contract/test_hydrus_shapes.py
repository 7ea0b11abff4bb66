"""Answers of other versions: rows and services whose shape has changed, and the fake client as a program."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hyai_tui.errors import LibraryError
from hyai_tui.library.base import FileState, MediaFile, TagChange
from hyai_tui.library.hydrus.changes import merged_tags
from hyai_tui.library.hydrus.confirmed import ConfirmedHashes
from hyai_tui.library.hydrus.predicates import in_hydrus, leave_trash_out
from hyai_tui.library.hydrus.rows import is_known, media_file
from hyai_tui.library.hydrus.services import MY_TAGS, Services
from tests.contract.hydrus_fixtures import add_files, library_of, scanned
from tests.fake_hydrus import FakeHydrus
from tests.fake_hydrus.recordings import recording, recordings

ROWS = list(recordings("mistakes_fixture")[2]["body"]["metadata"][:8])
ROWS += [one["body"]["metadata"][0] for one in recordings("file_metadata")[:6]]
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(float("nan")), st.just("text"), st.just([]), st.just({})
)


@pytest.mark.parametrize(
    ("case", "state", "archived", "motion"),
    [
        ("one archived file (hash), no services object", FileState.ARCHIVE, True, False),
        ("trashed file that was archived first", FileState.TRASH, True, False),
        ("trashed file (from inbox)", FileState.TRASH, False, True),
        ("inbox file", FileState.INBOX, False, True),
        ("physically deleted", FileState.GONE, True, False),
        ("mp4", FileState.INBOX, False, True),
        ("zip (no thumbnail filetype)", FileState.ARCHIVE, True, False),
    ],
)
def test_recorded_rows_are_read_as_they_were_meant(case: str, state: FileState, archived: bool, motion: bool) -> None:
    row = recording("file_metadata", case)["body"]["metadata"][0]
    file = media_file(row, MY_TAGS)
    assert (file.state, file.archived, file.motion) == (state, archived, motion)
    assert file.tags == set(row["tags"][MY_TAGS]["storage_tags"]["0"])
    assert (file.width, file.height, file.size) == (row["width"], row["height"], row["size"])


@pytest.mark.parametrize("row", ROWS, ids=[str(one["file_id"]) for one in ROWS])
def test_the_state_is_found_without_the_flags_too(row: dict[str, Any]) -> None:
    flags = {"is_inbox", "is_local", "is_trashed", "is_deleted"}
    bare = {key: value for key, value in row.items() if key not in flags}
    assert media_file(bare, MY_TAGS).state is media_file(row, MY_TAGS).state


@given(row=st.sampled_from(ROWS), changes=st.dictionaries(st.sampled_from(sorted(ROWS[0])), ANYTHING, max_size=6))
def test_a_field_of_another_type_never_ends_a_scan(row: dict[str, Any], changes: dict[str, Any]) -> None:
    changed = row | changes
    if is_known(changed):
        assert isinstance(media_file(changed, MY_TAGS), MediaFile)


def test_services_are_read_in_the_old_shape_and_in_the_new() -> None:
    answer = recording("get_services", "full")["body"]
    old = {key: value for key, value in answer.items() if key not in {"services", "services_v2"}}
    new = {key: answer[key] for key in ("services", "version", "hydrus_version")}
    for shape in (answer, old, new):
        services = Services.read(shape)
        assert services.media == [b"all local media".hex()]
        assert services.trash == [b"trash".hex()]
        assert services.writable_tags(MY_TAGS) == MY_TAGS


def test_a_client_without_a_domain_of_all_files_is_searched_domain_by_domain() -> None:
    answer = recording("get_services", "full")["body"]
    old = {key: value for key, value in answer.items() if not key.startswith("services") and key != "all_local_media"}
    assert Services.read(old).media == [b"local files".hex(), "22" * 32]


@pytest.mark.parametrize("answer", [{}, {"version": 95}, {"local_tags": [], "version": "95"}, {"services": []}])
def test_an_answer_that_lists_no_service_is_no_hydrus(answer: dict[str, Any]) -> None:
    with pytest.raises(LibraryError, match="no Hydrus"):
        Services.read(answer)


def test_predicates_are_put_in_the_words_of_hydrus() -> None:
    assert in_hydrus([" SYSTEM:Has  No duration ", "Creator:X", ""]) == ["system:no duration", "Creator:X"]
    assert in_hydrus([]) == ["system:everything"]
    assert leave_trash_out(in_hydrus(["System: Archive"]))
    assert not leave_trash_out(in_hydrus(["system:everything"]))


def test_hashes_are_remembered_up_to_a_limit_and_the_oldest_go_first() -> None:
    hashes = [f"{number:064x}" for number in range(5)]
    confirmed = ConfirmedHashes(capacity=3)
    confirmed.add(hashes)
    assert confirmed.missing(hashes) == hashes[:2]


TAGS = st.frozensets(st.sampled_from("abc"), max_size=3)


@given(st.lists(st.tuples(st.integers(0, 2), TAGS, TAGS), max_size=8), st.lists(TAGS, min_size=3, max_size=3))
def test_folded_changes_do_what_the_changes_do_one_by_one(
    steps: list[tuple[int, frozenset[str], frozenset[str]]], before: list[frozenset[str]]
) -> None:
    changes = [TagChange(f"{number:064x}", add, remove) for number, add, remove in steps]
    one_by_one = list(before)
    for number, add, remove in steps:
        one_by_one[number] = (one_by_one[number] - remove) | add
    at_once = list(before)
    for (add, remove), hashes in merged_tags(changes).items():
        assert not add & remove
        for one in hashes:
            at_once[int(one, 16)] = (at_once[int(one, 16)] - remove) | add
    assert at_once == one_by_one


def test_eight_threads_share_one_library() -> None:
    with FakeHydrus() as fake:
        files = add_files(fake.client, 60)
        library = library_of(fake)
        hashes = list(scanned(library))
        with ThreadPoolExecutor(8) as pool:
            originals = list(pool.map(library.read, hashes))
            thumbnails = list(pool.map(library.thumbnail, hashes))
        library.close()
        by_hash = {one.sha256: one for one in files}
        assert originals == [by_hash[one].content for one in hashes]
        assert thumbnails == [by_hash[one].thumbnail for one in hashes]


def test_the_fake_client_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "tests.fake_hydrus", "--port", "0", "--drawn", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout is not None
            said = json.loads(running.stdout.readline())
            answer = requests.get(f"{said['url']}/api_version", timeout=10).json()
        finally:
            running.terminate()
    assert said["files"] == 3
    assert answer == {"version": 95, "hydrus_version": 682}
