"""Originals, thumbnails and paths of a Hydrus library: the right file's or none, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.errors import PictureError
from hyai_tui.library.hydrus.library import HydrusLibrary
from tests.contract.hydrus_fixtures import UNKNOWN, Connect, connect, fake, library, of_state, scanned
from tests.fake_hydrus import FakeHydrus

__all__ = ["connect", "fake", "library"]


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
