"""What the Hydrus library does, against a fake client; each trap of the real one has its test."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from hyai_tui.effects.rescues import first_to_go
from hyai_tui.errors import LibraryDown, LibraryError, PermissionMissing, PictureError, WrongUse
from hyai_tui.library.base import (
    FileState,
    FileTexts,
    KnowsTexts,
    Library,
    MediaFile,
    ScanOptions,
    SearchesTags,
    Skipped,
    StateChange,
    TagChange,
)
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.hydrus.pace import MOST
from hyai_tui.settings import LibrarySettings
from tests.contract.hydrus_fixtures import UNKNOWN, Connect, add_files, connect, fake, library, scanned
from tests.fake_hydrus import MY_TAGS, FakeFile, FakeHydrus, drawn_picture, file_from_bytes
from tests.fake_hydrus.services import DOWNLOADER_TAGS, MEDIA, TRASH

__all__ = ["connect", "fake", "library"]

PTR = "77" * 32


def of_state(fake: FakeHydrus, state: str) -> FakeFile:
    return next(one for one in fake.client.files.values() if one.state == state)


def tag(sha256: str, add: str = "", remove: str = "") -> TagChange:
    return TagChange(sha256, frozenset(filter(None, [add])), frozenset(filter(None, [remove])))


def test_it_is_a_library(library: HydrusLibrary) -> None:
    assert isinstance(library, Library)
    assert library.kind == "hydrus"


# Listing


def test_a_scan_lists_every_file_of_all_domains_and_the_trash(fake: FakeHydrus, library: HydrusLibrary) -> None:
    states = {sha256: one.state.value for sha256, one in scanned(library).items()}
    assert states == {one.sha256: one.state for one in fake.client.files.values()}
    assert sorted(states.values()) == ["archive", "archive", "inbox", "inbox", "trash", "trash"]
    assert fake.violations == []


def test_a_scan_excludes_no_tag(fake: FakeHydrus, library: HydrusLibrary) -> None:
    for file in fake.client.files.values():
        file.tagged(MY_TAGS).add("hyai:trash")
    assert len(scanned(library)) == 6


def test_trash_beats_the_archive_flag_and_the_flag_is_kept(fake: FakeHydrus, library: HydrusLibrary) -> None:
    both = [one for one in scanned(library).values() if one.state is FileState.TRASH]
    assert sorted(one.archived for one in both) == [False, True]


def test_a_trashed_file_tells_since_when_and_no_other_does(fake: FakeHydrus, library: HydrusLibrary) -> None:
    for number, file in enumerate(one for one in fake.client.files.values() if one.trashed):
        file.current[TRASH] = 5_000_000 + number
    found = scanned(library)
    assert {one.trashed for one in found.values() if one.state is FileState.TRASH} == {5_000_000, 5_000_001}
    assert {one.trashed for one in found.values() if one.state is not FileState.TRASH} == {None}
    settings = LibrarySettings(kind="hydrus", trash_hours=10)
    assert first_to_go(library, sorted(found), settings) == 5_000_000 + 36_000
    assert first_to_go(library, sorted(found), replace(settings, trash_hours=0)) is None
    safe = [one.sha256 for one in found.values() if one.state is not FileState.TRASH]
    assert first_to_go(library, safe, settings) is None


def test_metadata_is_asked_for_256_files_at_a_time(fake: FakeHydrus, library: HydrusLibrary) -> None:
    add_files(fake.client, 600)
    assert len(scanned(library)) == 606
    asked = [one.args["file_ids"] for one in fake.requests if one.path.endswith("file_metadata")]
    assert sorted(len(one) for one in asked) == [94, 256, 256]


def test_a_scan_streams_and_asks_only_for_a_few_batches_ahead(
    fake: FakeHydrus, library: HydrusLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyai_tui.library.hydrus.client.BATCH", 5)
    add_files(fake.client, 94)
    items = library.scan(ScanOptions())
    next(items)
    assert len([one for one in fake.requests if one.path.endswith("file_metadata")]) <= MOST + 1
    assert len(list(items)) == 99


def test_a_scan_begins_with_the_trash_and_then_goes_from_the_newest_to_the_oldest(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    files = [one for one in library.scan(ScanOptions()) if isinstance(one, MediaFile)]
    assert [one.external_id for one in files] == [7, 5, 11, 9, 3, 1]
    assert [one.trashed is not None for one in files] == [True, True, False, False, False, False]


def test_counting_searches_once_for_the_scan_that_follows(fake: FakeHydrus, library: HydrusLibrary) -> None:
    assert library.count() == 6
    assert len(scanned(library)) == 6
    searches = [one.args["file_service_keys"] for one in fake.requests if one.path.endswith("search_files")]
    assert searches == [[MEDIA, TRASH], [TRASH]]


def test_an_id_that_the_client_forgot_costs_only_its_own_row(fake: FakeHydrus, library: HydrusLibrary) -> None:
    add_files(fake.client, 300)
    library.count()
    gone = list(fake.client.files)[40:43]
    fake.client.forgotten.update(gone)
    found = scanned(library)
    assert set(found) == {one.sha256 for one in fake.client.files.values() if one.file_id not in gone}


def test_a_file_that_lost_its_bytes_between_search_and_metadata_is_not_listed(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    library.count()
    lost = of_state(fake, "trash")
    fake.client.lose(lost)
    assert lost.sha256 not in scanned(library)


def test_a_client_that_drops_out_ends_the_scan_with_an_error_and_not_with_fewer_files(
    fake: FakeHydrus, library: HydrusLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyai_tui.library.hydrus.client.BATCH", 5)
    add_files(fake.client, 94)
    items = library.scan(ScanOptions())
    next(items)
    fake.faults.locked = True
    with pytest.raises(LibraryDown):
        list(items)


def test_motion_is_told_by_duration_and_frames_because_an_animated_webp_has_a_still_ones_type(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    moving = file_from_bytes(fake.client, out.getvalue())
    found = scanned(library)
    assert found[moving.sha256].motion
    assert found[moving.sha256].mime == "image/webp"
    assert [one.motion for one in found.values()].count(True) == 1


def test_what_is_no_picture_is_skipped_by_name(fake: FakeHydrus, library: HydrusLibrary) -> None:
    archive = file_from_bytes(fake.client, b"PK\x03\x04 a comic", name="comic.zip")
    assert [one for one in library.scan(ScanOptions()) if isinstance(one, Skipped)] == [
        Skipped(archive.sha256, "not-a-picture", archive.file_id)
    ]


def test_tags_are_those_of_our_service_and_shown_tags_are_not_counted_twice(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    file = of_state(fake, "inbox")
    file.tagged(MY_TAGS).update({"hyai:archive", "blue"})
    file.tagged(MY_TAGS, "2").add("hyai:trash")
    file.tagged(DOWNLOADER_TAGS).update({"creator:someone", "blue"})
    file.tagged(PTR).add("series:x")
    found = library.lookup([file.sha256])[file.sha256]
    assert found.tags == {"hyai:archive", "blue"}
    assert found.display_tags == {"hyai:archive", "blue", "creator:someone", "series:x"}


def test_fields_that_a_version_leaves_out_do_not_end_a_scan(fake: FakeHydrus, library: HydrusLibrary) -> None:
    for number, file in enumerate(fake.client.files.values()):
        file.details = {"mime": "image/png"} if number % 2 else {"mime": "image/png", "width": None, "new_field": {}}
    found = scanned(library)
    assert len(found) == 6
    assert {one.width for one in found.values()} == {None}


def test_lookup_reads_again_and_leaves_out_unknown_and_gone_files(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file, lost = of_state(fake, "inbox"), of_state(fake, "trash")
    fake.client.lose(lost)
    assert set(library.lookup([file.sha256, lost.sha256, UNKNOWN, "no hash"])) == {file.sha256}
    fake.client.archive([file])
    assert library.lookup([file.sha256])[file.sha256].state is FileState.ARCHIVE
    assert fake.violations == []


# Candidates


@pytest.mark.parametrize(
    ("criteria", "states"),
    [
        (["system:everything"], ["archive", "archive", "inbox", "inbox", "trash", "trash"]),
        ([], ["archive", "archive", "inbox", "inbox", "trash", "trash"]),
        (["system:inbox"], ["inbox", "inbox"]),
        (["System:Inbox"], ["inbox", "inbox"]),
        (["system:archive"], ["archive", "archive"]),
        (["system:filetype is image", "system:has no duration", "system:limit is 2"], ["archive", "inbox"]),
        (["keep"], ["archive"]),
        (["-keep"], ["archive", "inbox", "inbox", "trash", "trash"]),
    ],
)
def test_criteria_select_candidates(
    fake: FakeHydrus, library: HydrusLibrary, criteria: list[str], states: list[str]
) -> None:
    of_state(fake, "archive").tagged(MY_TAGS).add("keep")
    found = [fake.client.by_hash[one].state for one in library.search_candidates(criteria)]
    assert sorted(found) == states


def test_a_predicate_that_hydrus_does_not_understand_is_named(library: HydrusLibrary) -> None:
    with pytest.raises(WrongUse, match="system:flarble") as refused:
        list(library.search_candidates(["system:flarble > 3"]))
    assert "tag.criteria" in refused.value.what


def test_files_that_carry_a_tag_are_found_in_our_service_alone_and_in_the_trash_too(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    carrying = [of_state(fake, "archive"), of_state(fake, "trash")]
    for one in carrying:
        one.tagged(MY_TAGS).add("hyai:trash")
    of_state(fake, "inbox").tagged(DOWNLOADER_TAGS).add("hyai:trash")
    assert sorted(library.carrying("hyai:trash")) == sorted(one.sha256 for one in carrying)
    assert isinstance(library, SearchesTags)


def test_tags_of_all_services_are_shown_or_those_of_one(fake: FakeHydrus, connect: Connect) -> None:
    file = of_state(fake, "archive")
    file.tagged(MY_TAGS).add("hyai:archive")
    file.tagged(DOWNLOADER_TAGS).add("creator:someone")

    def shown(service: str) -> MediaFile:
        library = connect(shown_tags=service)
        (found,) = [one for one in library.scan(ScanOptions()) if one == library.lookup([file.sha256]).get(file.sha256)]
        assert isinstance(found, MediaFile)
        return found

    assert shown("").display_tags == {"hyai:archive", "creator:someone"}
    assert shown(MY_TAGS).display_tags == {"hyai:archive"}
    assert shown(DOWNLOADER_TAGS).display_tags == {"creator:someone"}
    assert shown(DOWNLOADER_TAGS).tags == {"hyai:archive"}, "what is written to is another service"
    with pytest.raises(WrongUse, match=r"library\.shown_tags is not a service key"):
        connect(shown_tags="my tags")


# Bytes


def test_no_file_is_left_in_a_temporary_directory(
    fake: FakeHydrus, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "temporary"
    room.mkdir()
    monkeypatch.setenv("TMPDIR", str(room))
    monkeypatch.setattr("tempfile.tempdir", None)
    library = connect()
    for file in fake.client.files.values():
        assert library.path(file.sha256) is None
        assert library.read(file.sha256) == file.content
        library.thumbnail(file.sha256)
    assert list(room.iterdir()) == []


def test_the_original_bytes_are_read_and_checked(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "inbox")
    assert library.read(file.sha256) == file.content
    file.content = b"another file's bytes"
    with pytest.raises(PictureError) as refused:
        library.read(file.sha256)
    assert refused.value.reason == "changed"


def test_a_file_that_left_the_trash_is_missing_and_has_no_default_icon(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    file = of_state(fake, "trash")
    scanned(library)
    fake.client.lose(file)
    for ask in (library.read, library.thumbnail):
        with pytest.raises(PictureError) as refused:
            ask(file.sha256)
        assert refused.value.reason == "missing"
    assert library.path(file.sha256) is None


def test_a_thumbnail_is_the_clients_own(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "archive")
    assert library.thumbnail(file.sha256) == file.thumbnail


def test_a_file_without_a_thumbnail_gives_none_and_never_an_icon(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "inbox")
    file.thumbnail = None
    assert library.thumbnail(file.sha256) is None


@pytest.mark.parametrize("ask", ["thumbnail", "read"])
def test_nothing_is_asked_about_a_hash_that_the_client_did_not_list(
    fake: FakeHydrus, library: HydrusLibrary, ask: str
) -> None:
    with pytest.raises(PictureError):
        getattr(library, ask)(UNKNOWN)
    assert library.path(UNKNOWN) is None
    assert fake.violations == []
    assert UNKNOWN not in fake.client.by_hash


def test_a_listed_hash_is_not_asked_about_again(fake: FakeHydrus, library: HydrusLibrary) -> None:
    scanned(library)
    # Once, it is asked where thumbnails stand on disk.
    library.thumbnail(of_state(fake, "archive").sha256)
    before = len(fake.requests)
    library.thumbnail(of_state(fake, "inbox").sha256)
    assert [one.path for one in fake.requests[before:]] == ["/get_files/thumbnail"]


def test_a_path_is_given_only_with_the_permission_and_a_file_that_can_be_read(
    fake: FakeHydrus, connect: Connect, tmp_path: Path
) -> None:
    file = of_state(fake, "inbox")
    file.path = tmp_path / f"{file.sha256}.png"
    assert file.content is not None
    file.path.write_bytes(file.content)
    assert connect().path(file.sha256) == file.path
    assert connect(fake.allow(1, 2, 3).key).path(file.sha256) is None
    file.path.unlink()
    assert connect().path(file.sha256) is None


def test_an_answer_cannot_point_at_another_file(fake: FakeHydrus, library: HydrusLibrary, tmp_path: Path) -> None:
    file = of_state(fake, "inbox")
    file.path = tmp_path / "credentials.toml"
    file.path.write_text("secret")
    assert library.path(file.sha256) is None


def test_a_client_on_another_machine_is_not_asked_for_paths_for_ever(fake: FakeHydrus, library: HydrusLibrary) -> None:
    hashes = list(scanned(library))
    assert [library.path(one) for one in hashes] == [None] * 6
    assert len([one for one in fake.requests if one.path.endswith("file_path")]) == 3


# Tags


def test_a_relabel_is_one_request_in_both_directions(fake: FakeHydrus, library: HydrusLibrary) -> None:
    files = list(fake.client.files.values())
    for file in files:
        file.tagged(MY_TAGS).update({"hyai:archive", "blue"})
    library.change_tags([tag(one.sha256, "hyai:trash", "hyai:archive") for one in files])
    assert [one.tagged(MY_TAGS) for one in files] == [{"hyai:trash", "blue"}] * 6
    assert [one.path for one in fake.writes] == ["/add_tags/add_tags"]
    assert fake.writes[0].args["service_keys_to_actions_to_tags"] == {
        MY_TAGS: {"0": ["hyai:trash"], "1": ["hyai:archive"]}
    }


def test_each_distinct_change_reaches_exactly_its_files(fake: FakeHydrus, library: HydrusLibrary) -> None:
    one, two, three, *others = fake.client.files.values()
    library.change_tags([tag(one.sha256, "hyai:trash"), tag(two.sha256, "hyai:archive"), tag(three.sha256)])
    assert [file.tagged(MY_TAGS) for file in (one, two, three, *others)] == [
        {"hyai:trash"},
        {"hyai:archive"},
        *[set()] * 4,
    ]
    assert len(fake.writes) == 2


def test_at_most_256_files_go_into_a_request(fake: FakeHydrus, library: HydrusLibrary) -> None:
    files = [*fake.client.files.values(), *add_files(fake.client, 594)]
    library.change_tags([tag(one.sha256, "hyai:trash") for one in files])
    assert [len(one.args["hashes"]) for one in fake.writes] == [256, 256, 88]
    assert {one.sha256 for one in files if one.tagged(MY_TAGS)} == {one.sha256 for one in files}


def test_tagging_an_unknown_file_makes_no_ghost(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "inbox")
    library.change_tags([tag(UNKNOWN, "hyai:trash"), tag(file.sha256, "hyai:trash")])
    assert fake.violations == []
    assert [one.args["hashes"] for one in fake.writes] == [[file.sha256]]
    assert UNKNOWN not in fake.client.by_hash


def test_removing_a_tag_that_is_not_there_leaves_no_record(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "inbox")
    library.change_tags([tag(file.sha256, remove="hyai:trash")])
    assert file.tagged(MY_TAGS, "2") == set()


def test_a_tag_that_was_removed_can_be_added_again(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "inbox")
    for change in (tag(file.sha256, "hyai:trash"), tag(file.sha256, remove="hyai:trash")):
        library.change_tags([change])
    assert file.tagged(MY_TAGS, "2") == {"hyai:trash"}
    library.change_tags([tag(file.sha256, "hyai:trash")])
    assert library.lookup([file.sha256])[file.sha256].tags == {"hyai:trash"}


def test_several_changes_of_one_file_are_folded_and_the_later_wins(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "inbox")
    library.change_tags([tag(file.sha256, "a"), tag(file.sha256, "b", "a"), tag(file.sha256, "c")])
    assert file.tagged(MY_TAGS) == {"b", "c"}
    assert len(fake.writes) == 1


def test_a_file_in_the_trash_can_be_tagged(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "trash")
    library.change_tags([tag(file.sha256, "hyai:archive")])
    assert library.lookup([file.sha256])[file.sha256].tags == {"hyai:archive"}


@pytest.mark.parametrize("service", [PTR, b"all known tags".hex(), b"trash".hex(), "ff" * 32])
def test_only_a_local_tag_service_is_written_to(fake: FakeHydrus, connect: Connect, service: str) -> None:
    with pytest.raises((PermissionMissing, WrongUse), match="tag service"):
        connect(tag_service=service).change_tags([tag(of_state(fake, "inbox").sha256, "hyai:trash")])
    assert fake.writes == []
    assert fake.violations == []


def test_a_services_name_in_place_of_its_key_is_refused_before_any_request(fake: FakeHydrus, connect: Connect) -> None:
    with pytest.raises(WrongUse, match="service key"):
        connect(tag_service="my tags")
    assert fake.requests == []


# States


@pytest.mark.parametrize("before", ["inbox", "archive", "trash"])
@pytest.mark.parametrize("after", [FileState.INBOX, FileState.ARCHIVE, FileState.TRASH])
def test_a_file_comes_to_the_wanted_state(
    fake: FakeHydrus, library: HydrusLibrary, before: str, after: FileState
) -> None:
    file = of_state(fake, before)
    others = {one.sha256: one.state for one in fake.client.files.values() if one is not file}
    library.change_state([StateChange(file.sha256, after)], "learned by hyai")
    assert library.lookup([file.sha256])[file.sha256].state is after
    assert {one: fake.client.by_hash[one].state for one in others} == others
    assert len(fake.writes) == {True: 0}.get(before == after.value, 2 if (before, after) == ("trash", "archive") else 1)
    assert fake.violations == []


def test_trash_goes_through_all_local_files_with_our_reason_and_deletes_no_bytes(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    file = of_state(fake, "archive")
    library.change_state([StateChange(file.sha256, FileState.TRASH)], "hyai: you said trash")
    assert fake.writes[0].args["file_service_keys"] == [MEDIA]
    assert file.delete_reason == "hyai: you said trash"
    assert file.content is not None


def test_an_archived_file_comes_back_archived_without_a_second_request(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    file = file_from_bytes(fake.client, drawn_picture(99), "archive+trash")
    library.change_state([StateChange(file.sha256, FileState.ARCHIVE)], "rescue")
    assert [one.path for one in fake.writes] == ["/add_files/undelete_files"]
    assert library.lookup([file.sha256])[file.sha256].state is FileState.ARCHIVE


def test_a_file_whose_bytes_are_gone_stays_gone_and_lookup_tells(fake: FakeHydrus, library: HydrusLibrary) -> None:
    file = of_state(fake, "trash")
    fake.client.lose(file)
    library.change_state([StateChange(file.sha256, FileState.ARCHIVE)], "rescue")
    assert library.lookup([file.sha256]) == {}
    assert fake.writes == []


def test_nothing_can_be_made_gone(fake: FakeHydrus, library: HydrusLibrary) -> None:
    with pytest.raises(WrongUse):
        library.change_state([StateChange(of_state(fake, "inbox").sha256, FileState.GONE)], "never")
    assert fake.requests == []


# Rights


def test_rights_name_what_the_key_may_not_do_and_what_would_allow_it(fake: FakeHydrus, connect: Connect) -> None:
    rights = connect().rights()
    assert (rights.read, rights.tag, rights.change_state, rights.local_paths) == (True, True, True, True)
    assert rights.name == "Hydrus 682"
    assert rights.cannot == ()
    rights = connect(fake.allow(2, 3).key).rights()
    assert (rights.read, rights.tag, rights.change_state, rights.local_paths) == (True, True, False, False)
    assert [one.split("'")[1] for one in rights.cannot] == ["import and delete files", "see local file paths"]


def test_a_key_with_a_tag_filter_cannot_list_the_library_and_is_told_so(fake: FakeHydrus, connect: Connect) -> None:
    library = connect(fake.allow(2, 3, namespace="hyai").key)
    rights = library.rights()
    assert (rights.read, rights.tag) == (False, False)
    assert "tag filter" in rights.cannot[0]
    with pytest.raises(PermissionMissing, match="tag filter"):
        scanned(library)


def test_rights_tell_when_tags_would_go_to_a_repository(fake: FakeHydrus, connect: Connect) -> None:
    rights = connect(tag_service=PTR).rights()
    assert not rights.tag
    assert "public tag repository is not a local tag service" in rights.cannot[-1]


def test_a_read_only_session_makes_no_write_request(fake: FakeHydrus, connect: Connect) -> None:
    library = connect(read_only=True)
    file = of_state(fake, "inbox")
    with pytest.raises(PermissionMissing, match="read-only"):
        library.change_tags([tag(file.sha256, "hyai:trash")])
    with pytest.raises(PermissionMissing, match="read-only"):
        library.change_state([StateChange(file.sha256, FileState.TRASH)], "no")
    assert fake.requests == []
    rights = library.rights()
    assert (rights.read, rights.tag, rights.change_state) == (True, False, False)


@pytest.mark.parametrize(
    ("permissions", "words"), [((3,), "edit file tags"), ((1, 3), "edit file tags"), ((), "edit file tags")]
)
def test_tagging_without_the_permission_names_it_and_writes_nothing(
    fake: FakeHydrus, connect: Connect, permissions: tuple[int, ...], words: str
) -> None:
    with pytest.raises(PermissionMissing, match=words):
        connect(fake.allow(*permissions).key).change_tags([tag(of_state(fake, "inbox").sha256, "hyai:trash")])
    assert fake.writes == []


def test_a_permission_that_was_just_ticked_counts_at_once(fake: FakeHydrus, connect: Connect) -> None:
    key = fake.allow(3)
    library = connect(key.key)
    file = of_state(fake, "inbox")
    with pytest.raises(PermissionMissing, match="import and delete files"):
        library.change_state([StateChange(file.sha256, FileState.TRASH)], "no")
    fake.client.keys[key.key] = fake.key
    library.change_state([StateChange(file.sha256, FileState.TRASH)], "yes")
    assert file.state == "trash"


def test_a_key_that_may_not_search_is_told_so_by_the_client(fake: FakeHydrus, connect: Connect) -> None:
    with pytest.raises(PermissionMissing, match="search for and fetch files"):
        scanned(connect(fake.allow(1, 2).key))


def test_an_old_client_is_told_to_update(fake: FakeHydrus, library: HydrusLibrary) -> None:
    fake.client.api_version = 50
    with pytest.raises(LibraryError, match="Client API 50") as refused:
        scanned(library)
    assert "Update Hydrus" in refused.value.fix


# Notes and addresses


def test_notes_and_addresses_of_files_that_have_some_are_read_the_newest_first(
    fake: FakeHydrus, library: HydrusLibrary
) -> None:
    assert isinstance(library, KnowsTexts)
    assert list(library.texts(10)) == []
    oldest, *_, newest = fake.client.files.values()
    oldest.notes = {"b": "a quiet harbour", "a": "translated"}
    newest.details = {**newest.details, "known_urls": ["https://example.org/harbour/42"]}
    of_newest = FileTexts(newest.sha256, ("https://example.org/harbour/42",))
    found = list(library.texts(10))
    assert {one.sha256: one for one in found} == {
        newest.sha256: of_newest,
        oldest.sha256: FileTexts(oldest.sha256, ("translated", "a quiet harbour")),
    }
    assert len(list(library.texts(1))) == 1
    assert fake.violations == []
