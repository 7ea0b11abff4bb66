"""What is written to Hydrus: tags and states reach exactly their files, and services that may be written to."""

from __future__ import annotations

import pytest

from hyai_tui.errors import PermissionMissing, WrongUse
from hyai_tui.library.base import (
    FileState,
    StateChange,
)
from hyai_tui.library.hydrus.library import HydrusLibrary
from tests.contract.hydrus_fixtures import UNKNOWN, Connect, add_files, connect, fake, library, of_state, tag
from tests.fake_hydrus import MY_TAGS, FakeHydrus, drawn_picture, file_from_bytes
from tests.fake_hydrus.services import MEDIA

__all__ = ["connect", "fake", "library"]

PTR = "77" * 32


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
