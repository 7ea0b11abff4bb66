"""What a Hydrus key may do, what it may not, and what would allow it."""

from __future__ import annotations

import pytest

from hyai_tui.errors import LibraryError, PermissionMissing
from hyai_tui.library.base import (
    FileState,
    StateChange,
)
from hyai_tui.library.hydrus.library import HydrusLibrary
from tests.contract.hydrus_fixtures import Connect, connect, fake, library, of_state, scanned, tag
from tests.fake_hydrus import FakeHydrus

__all__ = ["connect", "fake", "library"]

PTR = "77" * 32


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
