"""What the Hydrus library lists and reads, against a fake client; each trap of the real one has its test."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from hyai_tui.effects.rescues import first_to_go
from hyai_tui.errors import LibraryDown, WrongUse
from hyai_tui.library.base import (
    FileState,
    FileTexts,
    KnowsTexts,
    Library,
    MediaFile,
    ScanOptions,
    SearchesTags,
    Skipped,
)
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.hydrus.pace import MOST
from hyai_tui.settings import LibrarySettings
from tests.contract.hydrus_fixtures import UNKNOWN, Connect, add_files, connect, fake, library, of_state, scanned
from tests.fake_hydrus import MY_TAGS, FakeHydrus, file_from_bytes
from tests.fake_hydrus.services import DOWNLOADER_TAGS, MEDIA, TRASH

__all__ = ["connect", "fake", "library"]

PTR = "77" * 32


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
