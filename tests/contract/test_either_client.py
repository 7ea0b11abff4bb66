"""What holds of every client, the fake and a real one, with every key: see `either_client`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests

from hyai_tui.errors import LibraryError, PermissionMissing, PictureError, WrongUse
from hyai_tui.library.base import FileState, MediaFile, ScanOptions, Skipped, StateChange, TagChange
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.pictures.decode import open_picture
from tests.contract.either_client import DATABASE, FIND, HEADER, MANAGE_PAGES, SEE_PATHS, EitherClient, kinds, opened
from tests.contract.hydrus_fixtures import tag
from tests.fake_hydrus import MY_TAGS
from tests.fake_hydrus.services import ALL_KNOWN_TAGS, MEDIA, TRASH

UNKNOWN = "5a" * 32
TAG, OTHER = "hyai contract:one", "hyai contract:other"
EVERYTHING = "system:everything"
# It stays in a real client: the Client API closes no page.
PAGE = "hyai contract"


@pytest.fixture(params=kinds())
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EitherClient]:
    yield from opened(request.param, tmp_path / "client_files")


@pytest.fixture
def library(client: EitherClient) -> HydrusLibrary:
    return client.connect()


def listed(library: HydrusLibrary) -> dict[str, MediaFile]:
    return {one.sha256: one for one in library.scan(ScanOptions()) if isinstance(one, MediaFile)}


def a_file(client: EitherClient, predicate: str = EVERYTHING, domain: str = MEDIA) -> str:
    found = client.hashes(predicate, "system:limit=1", domains=(domain,))
    if not found:
        pytest.skip("this library has no such file")
    return found[0]


# What the key may


def test_the_rights_are_those_of_the_key_and_what_is_missing_is_named(
    client: EitherClient, library: HydrusLibrary
) -> None:
    rights = library.rights()
    assert (rights.read, rights.tag, rights.change_state) == (client.reads, client.tags, client.moves)
    assert rights.local_paths is client.may(SEE_PATHS)
    assert rights.name.startswith("Hydrus ")
    cannot = " | ".join(rights.cannot)
    assert ("tag filter" in cannot) is client.filtered
    assert ("write tags" in cannot) is not (client.may(2))
    assert ("archive, trash or rescue" in cannot) is not client.may(1)
    assert ("disk" in cannot) is not client.may(SEE_PATHS)


def test_a_key_that_cannot_list_the_library_is_told_why(client: EitherClient, library: HydrusLibrary) -> None:
    if client.reads:
        assert listed(library)
        return
    with pytest.raises(PermissionMissing, match="tag filter" if client.filtered else "search") as refused:
        listed(library)
    assert refused.value.fix
    assert client.writes == []


def test_another_key_is_not_known_and_says_where_keys_are(client: EitherClient) -> None:
    with pytest.raises(LibraryError, match="does not know this access key") as refused:
        client.connect(key="cd" * 32).rights()
    assert "client api" in refused.value.fix


# Reading


def needs_reading(client: EitherClient) -> None:
    if not client.reads:
        pytest.skip("this key cannot list the library")


def test_a_scan_lists_each_file_once_with_its_state_and_tags(client: EitherClient, library: HydrusLibrary) -> None:
    needs_reading(client)
    files = [one for one in library.scan(ScanOptions()) if isinstance(one, MediaFile | Skipped)]
    ids = client.ids(EVERYTHING)
    assert len(files) == len(ids) == library.count()
    trash = set(client.hashes(EVERYTHING, domains=(TRASH,)))
    inbox = set(client.hashes("system:inbox", domains=(MEDIA,)))
    ours = set(client.hashes("hyai:archive"))
    for one in files:
        if isinstance(one, MediaFile):
            expected = "trash" if one.sha256 in trash else "inbox" if one.sha256 in inbox else "archive"
            assert one.state.value == expected
            assert ("hyai:archive" in one.display_tags) is (one.sha256 in ours)
    assert client.harms() == []


def test_one_id_that_the_client_never_gave_fails_alone(client: EitherClient, library: HydrusLibrary) -> None:
    needs_reading(client)
    ids = client.ids(EVERYTHING)
    asked = np.array([*ids[:5], 2_000_000_001, *ids[5:]], np.int64)
    assert [row["file_id"] for row in library._client.rows_of_ids(asked)] == ids


def test_criteria_select_what_the_clients_own_search_selects(client: EitherClient, library: HydrusLibrary) -> None:
    needs_reading(client)
    for criteria, predicates, domains in (
        (["system:inbox"], ["system:inbox"], (MEDIA,)),
        (["System: Archive"], ["system:archive"], (MEDIA,)),
        ([], [EVERYTHING], (MEDIA, TRASH)),
        (
            ["system:has no duration", "system:filetype is image"],
            ["system:no duration", "system:filetype is image"],
            (),
        ),
        (["-hyai:archive", "-hyai:trash"], ["-hyai:archive", "-hyai:trash"], (MEDIA, TRASH)),
        (["system:limit is 2"], ["system:limit is 2"], (MEDIA, TRASH)),
    ):
        expected = client.hashes(*predicates, domains=domains or (MEDIA, TRASH))
        assert sorted(library.search_candidates(criteria)) == sorted(expected)
        assert expected


def test_a_predicate_that_is_none_is_named(client: EitherClient, library: HydrusLibrary) -> None:
    needs_reading(client)
    with pytest.raises(WrongUse, match="flarble"):
        list(library.search_candidates(["system:flarble > 3"]))


def test_originals_and_thumbnails_are_those_of_the_file(client: EitherClient, library: HydrusLibrary) -> None:
    needs_reading(client)
    for sha256 in (a_file(client), a_file(client, domain=TRASH)):
        assert hashlib.sha256(library.read(sha256)).hexdigest() == sha256
        thumbnail = library.thumbnail(sha256)
        assert thumbnail is not None
        assert open_picture(thumbnail, first_frame=True).width > 0


def test_thumbnails_are_read_from_disk_by_a_key_that_may_see_paths(
    client: EitherClient, library: HydrusLibrary
) -> None:
    needs_reading(client)
    wanted = [a_file(client), a_file(client, domain=TRASH)]
    other = client.connect()
    other._originals._thumbnails_in_vain = 99
    over_http = [other.thumbnail(one) for one in wanted]
    asked = len([one for one in client.sent if one.path == "/get_files/thumbnail"])
    assert asked == len(wanted)
    assert [library.thumbnail(one) for one in wanted] == over_http
    again = len([one for one in client.sent if one.path == "/get_files/thumbnail"]) - asked
    assert again == (0 if client.may(SEE_PATHS) else len(wanted))
    with pytest.raises(PictureError):
        library.thumbnail(UNKNOWN)
    assert client.rows(hashes=[UNKNOWN]) == [{"file_id": None, "hash": UNKNOWN}]


def test_a_path_is_given_to_a_key_that_may_see_it_and_holds_the_very_bytes(
    client: EitherClient, library: HydrusLibrary
) -> None:
    needs_reading(client)
    sha256 = a_file(client)
    path = library.path(sha256)
    assert (path is not None) is client.may(SEE_PATHS)
    assert path is None or hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def test_a_hash_that_the_client_never_saw_stays_unknown_to_it(client: EitherClient, library: HydrusLibrary) -> None:
    needs_reading(client)
    for ask in (library.read, library.thumbnail):
        with pytest.raises(PictureError):
            ask(UNKNOWN)
    assert library.path(UNKNOWN) is None
    assert library.lookup([UNKNOWN]) == {}
    if client.tags:
        library.change_tags([tag(UNKNOWN, TAG)])
    if client.moves:
        library.change_state([StateChange(UNKNOWN, FileState.TRASH)], "hyai: contract suite")
    assert client.rows(hashes=[UNKNOWN]) == [{"file_id": None, "hash": UNKNOWN}]
    assert client.writes == []


# Tags


def test_a_relabel_reaches_exactly_its_files_and_is_one_request(client: EitherClient, library: HydrusLibrary) -> None:
    if not client.tags:
        pytest.skip("this key may not write tags, or not read")
    chosen = [*client.hashes(EVERYTHING, "system:limit=3", domains=(MEDIA,)), a_file(client, domain=TRASH)]
    before = {one: client.tagged(one) for one in chosen}
    library.change_tags([tag(one, TAG) for one in chosen])
    library.change_tags([tag(one, OTHER, TAG) for one in chosen[:2]])
    try:
        assert [client.tagged(one) - before[one] for one in chosen] == [{OTHER}, {OTHER}, {TAG}, {TAG}]
        assert {one: file.tags for one, file in library.lookup(chosen).items()} == {
            one: client.tagged(one) for one in chosen
        }
        assert sorted(client.hashes(TAG)) == sorted(chosen[2:])
        assert len(client.writes) == 2
    finally:
        library.change_tags([TagChange(one, remove=frozenset({TAG, OTHER})) for one in chosen])
    assert {one: client.tagged(one) for one in chosen} == before
    assert client.harms() == []


def test_a_tag_that_was_taken_away_can_be_put_back(client: EitherClient, library: HydrusLibrary) -> None:
    if not client.tags:
        pytest.skip("this key may not write tags, or not read")
    sha256 = a_file(client)
    before = client.tagged(sha256)
    for change in (tag(sha256, TAG), tag(sha256, remove=TAG), tag(sha256, TAG)):
        library.change_tags([change])
    assert client.tagged(sha256) == before | {TAG}
    library.change_tags([tag(sha256, remove=TAG)])
    assert client.tagged(sha256) == before


def test_a_key_that_may_not_write_tags_sends_nothing_and_says_what_to_tick(
    client: EitherClient, library: HydrusLibrary
) -> None:
    if client.may(2):
        pytest.skip("this key may write tags")
    sha256 = a_file(client) if client.reads else UNKNOWN
    with pytest.raises(PermissionMissing, match="edit file tags") as refused:
        library.change_tags([tag(sha256, TAG)])
    assert "tick" in refused.value.fix
    assert client.writes == []


@pytest.mark.parametrize("service", [TRASH, ALL_KNOWN_TAGS, "77" * 32])
def test_only_a_local_tag_service_is_ever_written_to(client: EitherClient, service: str) -> None:
    if not client.tags:
        pytest.skip("this key may not write tags, or not read")
    with pytest.raises((PermissionMissing, WrongUse)):
        client.connect(tag_service=service).change_tags([tag(a_file(client), TAG)])
    assert client.writes == []


# States


def test_a_file_goes_to_each_state_and_back(client: EitherClient, library: HydrusLibrary) -> None:
    if not client.moves:
        pytest.skip("this key may not move files, or not read")
    sha256 = a_file(client, "system:inbox")
    other = a_file(client, "system:archive")
    tour = (FileState.ARCHIVE, FileState.TRASH, FileState.ARCHIVE, FileState.INBOX, FileState.TRASH, FileState.INBOX)
    for state in tour:
        library.change_state([StateChange(sha256, state)], "hyai: contract suite")
        assert client.state(sha256) == state.value
        assert library.lookup([sha256])[sha256].state is state
    assert client.state(other) == "archive"
    assert hashlib.sha256(library.read(sha256)).hexdigest() == sha256
    assert client.harms() == []


def test_a_key_that_may_not_move_files_sends_nothing_and_says_what_to_tick(
    client: EitherClient, library: HydrusLibrary
) -> None:
    if client.may(1):
        pytest.skip("this key may move files")
    sha256 = a_file(client) if client.reads else UNKNOWN
    with pytest.raises(PermissionMissing, match="import and delete files") as refused:
        library.change_state([StateChange(sha256, FileState.TRASH)], "no")
    assert "tick" in refused.value.fix
    assert client.writes == []


def test_read_only_writes_nothing_whatever_the_key_may(client: EitherClient) -> None:
    library = client.connect(read_only=True)
    sha256 = a_file(client) if client.reads else UNKNOWN
    with pytest.raises(PermissionMissing, match="read-only"):
        library.change_tags([tag(sha256, TAG)])
    with pytest.raises(PermissionMissing, match="read-only"):
        library.change_state([StateChange(sha256, FileState.TRASH)], "no")
    rights = library.rights()
    assert (rights.read, rights.tag, rights.change_state) == (client.reads, False, False)
    assert client.writes == []


# Pages


def of_people(client: EitherClient, files: list[str]) -> list[dict[str, object]]:
    """What their user has said of files: ratings, notes, tags, state."""
    answer = client.ask("/get_files/file_metadata", hashes=files, include_notes=True, include_services_object=False)
    kept = ("hash", "ratings", "notes", "tags", "is_inbox", "is_trashed")
    return [{name: row.get(name) for name in kept} for row in answer["metadata"]]


def test_files_are_shown_in_a_page_and_read_back_from_it_and_nothing_said_of_them_changes(
    client: EitherClient, library: HydrusLibrary
) -> None:
    if not client.may(MANAGE_PAGES):
        with pytest.raises(PermissionMissing, match="manage pages"):
            library.pages().top()
        assert client.writes == []
        return
    needs_reading(client)
    files = client.hashes(EVERYTHING, "system:limit=3", domains=(MEDIA,))
    before = of_people(client, files)
    for _ in range(2):
        assert library.pages(to_write=True).show(PAGE, [*files, UNKNOWN]).name == PAGE
    pages = library.pages()
    assert sum(page.name == PAGE for _, page in pages.top().walk()) == 1
    read = pages.files(pages.find([PAGE.upper()]))
    assert set(files) <= set(read)
    assert len(set(read)) == len(read)
    assert UNKNOWN not in read
    assert of_people(client, files) == before
    assert client.harms() == []


def test_a_read_only_library_opens_no_page(client: EitherClient) -> None:
    with pytest.raises(PermissionMissing, match="read-only"):
        client.connect(read_only=True).pages(to_write=True)
    assert client.writes == []


# A locked database


def test_a_lock_is_waited_for_and_told_apart_from_a_client_that_is_not_there(client: EitherClient) -> None:
    if not client.may(DATABASE):
        pytest.skip("this key may not lock the database")
    library = client.connect()
    client.tell("/manage_database/lock_on")
    unlock = threading.Timer(0.05, lambda: client.tell("/manage_database/lock_off"))
    unlock.start()
    try:
        assert listed(library)
    finally:
        unlock.join()


# The answers that the library stands on


def test_refusals_have_the_status_that_the_library_expects(client: EitherClient) -> None:
    def status(path: str, key: str | None = client.key, **query: str) -> int:
        headers = {} if key is None else {HEADER: key}
        return requests.get(client.url + path, params=query, headers=headers, timeout=60).status_code

    assert status("/verify_access_key", key=None) == 401
    assert status("/verify_access_key", key="cd" * 32) == 403
    assert status("/verify_access_key", key="not hex") == 400
    assert status("/no/such/path") == 404
    if client.may(FIND):
        assert status("/get_files/search_files", tags="[not json") == 400
        assert status("/get_files/file_metadata", file_ids="[2000000001]") == 404


def test_my_tags_is_where_tags_go_unless_another_service_is_named(client: EitherClient) -> None:
    if not client.tags:
        pytest.skip("this key may not write tags, or not read")
    sha256 = a_file(client)
    services = client.ask("/get_services")["local_tags"]
    for key in (MY_TAGS, *(one["service_key"] for one in services)):
        library = client.connect(tag_service="" if key == MY_TAGS else key)
        library.change_tags([tag(sha256, TAG)])
        assert TAG in client.tagged(sha256, key)
        library.change_tags([tag(sha256, remove=TAG)])
        assert TAG not in client.tagged(sha256, key)
    assert client.harms() == []
