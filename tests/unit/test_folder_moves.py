"""Changing a state moves the file: never over another one, never out of the root, never through a link."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hyai_tui.errors import LibraryError, PermissionMissing, WrongUse
from hyai_tui.library.base import FileState, StateChange
from hyai_tui.library.folder_moves import move, target_of
from tests.unit.catalog_fixtures import folder, put, root, scan

__all__ = ["root"]


def names(root: Path) -> set[str]:
    return {str(one.relative_to(root)) for one in root.rglob("*") if one.is_file() or one.is_symlink()}


@pytest.mark.parametrize(
    ("path", "state", "target"),
    [
        ("a.jpg", FileState.ARCHIVE, "archive/a.jpg"),
        ("cats/a.jpg", FileState.TRASH, "trash/cats/a.jpg"),
        ("inbox/cats/a.jpg", FileState.ARCHIVE, "archive/cats/a.jpg"),
        ("archive/cats/a.jpg", FileState.TRASH, "trash/cats/a.jpg"),
        ("archive/cats/a.jpg", FileState.INBOX, "cats/a.jpg"),
        ("2024/trash/a.jpg", FileState.ARCHIVE, "2024/archive/a.jpg"),
        ("archive/trash/a.jpg", FileState.INBOX, "inbox/trash/a.jpg"),
    ],
)
def test_the_folder_of_the_state_is_exchanged_and_the_rest_of_the_name_stays(
    root: Path, path: str, state: FileState, target: str
) -> None:
    assert target_of(root, path, state) == target


def test_back_to_the_inbox_goes_to_the_inbox_folder_where_there_is_one(root: Path) -> None:
    (root / "inbox").mkdir()
    assert target_of(root, "trash/a.jpg", FileState.INBOX) == "inbox/a.jpg"


def test_a_state_change_moves_the_file_and_everything_still_finds_it(root: Path, tmp_path: Path) -> None:
    sha256 = put(root, "inbox/cats/a.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        number = catalog.file(sha256).number  # type: ignore[union-attr]
        library.change_state([StateChange(sha256, FileState.TRASH)], "decided")
        assert names(root) == {"trash/cats/a.jpg"}
        assert library.lookup([sha256])[sha256].state is FileState.TRASH
        assert library.path(sha256) == root / "trash/cats/a.jpg"
        report = scan(library, catalog)
        assert (report.added, report.gone) == (0, 0)
        found = catalog.file(sha256)
        assert found
        assert (found.number, found.state) == (number, FileState.TRASH)
        library.change_state([StateChange(sha256, FileState.INBOX)], "undone")
        assert names(root) == {"inbox/cats/a.jpg"}


def test_a_state_that_it_has_moves_nothing(root: Path, tmp_path: Path) -> None:
    sha256 = put(root, "cats/a.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        library.change_state([StateChange(sha256, FileState.INBOX)], "")
    assert names(root) == {"cats/a.jpg"}


def test_two_names_of_one_place_never_cost_the_only_copy(root: Path) -> None:
    put(root, "archive/a.jpg")

    with pytest.raises(LibraryError, match="one and the same"):
        # As with one folder mounted a second time: the target is there already, and it is the source itself.
        move(root, "archive/a.jpg", FileState.TRASH, back_to="archive/a.jpg")

    assert names(root) == {"archive/a.jpg"}


def test_all_copies_are_brought_to_the_state(root: Path, tmp_path: Path) -> None:
    sha256 = put(root, "archive/a.jpg", b"same")
    put(root, "trash/b.jpg", b"same")
    put(root, "a.jpg", b"same")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        library.change_state([StateChange(sha256, FileState.ARCHIVE)], "")
        found = library.lookup([sha256])[sha256]
    assert (found.state, found.conflict) == (FileState.ARCHIVE, False)
    assert names(root) == {"archive/a.jpg", "archive/a (2).jpg", "archive/b.jpg"}


def test_a_file_that_is_in_the_way_is_never_overwritten(root: Path) -> None:
    put(root, "a.tar.jpg", b"mine")
    put(root, "trash/a.tar.jpg", b"theirs")
    put(root, "trash/a.tar (2).jpg", b"also theirs")
    assert move(root, "a.tar.jpg", FileState.TRASH) == "trash/a.tar (3).jpg"
    assert (root / "trash/a.tar.jpg").read_bytes() == b"theirs"
    assert (root / "trash/a.tar (2).jpg").read_bytes() == b"also theirs"
    assert (root / "trash/a.tar (3).jpg").read_bytes() == b"mine"


def test_a_move_that_was_killed_between_its_two_steps_is_finished(root: Path) -> None:
    put(root, "a.jpg")
    (root / "trash").mkdir()
    (root / "trash/a.jpg").hardlink_to(root / "a.jpg")
    assert move(root, "a.jpg", FileState.TRASH) == "trash/a.jpg"
    assert names(root) == {"trash/a.jpg"}


def test_without_hard_links_it_moves_too_and_overwrites_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    put(root, "a.jpg", b"mine")
    put(root, "trash/a.jpg", b"theirs")
    assert move(root, "a.jpg", FileState.TRASH) == "trash/a (2).jpg"
    assert (root / "trash/a.jpg").read_bytes() == b"theirs"
    assert (root / "trash/a (2).jpg").read_bytes() == b"mine"
    assert not (root / "a.jpg").exists()


def test_a_link_is_not_moved(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "outside.jpg")
    (root / "a.jpg").symlink_to(tmp_path / "outside.jpg")
    with pytest.raises(LibraryError, match="link"):
        move(root, "a.jpg", FileState.TRASH)
    assert names(root) == {"a.jpg"}


@pytest.mark.parametrize("path", ["a.jpg", "cats/a.jpg"])
def test_a_state_folder_that_links_out_of_the_root_is_refused(root: Path, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    put(root, path)
    (root / "trash").symlink_to(outside)
    with pytest.raises(LibraryError):
        move(root, path, FileState.TRASH)
    assert list(outside.iterdir()) == []
    assert (root / path).exists()


def test_a_source_folder_that_became_a_link_is_refused(root: Path, tmp_path: Path) -> None:
    put(tmp_path, "outside/a.jpg")
    (root / "inbox").symlink_to(tmp_path / "outside")
    with pytest.raises(LibraryError):
        move(root, "inbox/a.jpg", FileState.TRASH)
    assert (tmp_path / "outside/a.jpg").exists()


def test_a_file_in_place_of_a_state_folder_is_an_error_that_says_so(root: Path) -> None:
    put(root, "a.jpg")
    put(root, "trash")
    with pytest.raises(LibraryError):
        move(root, "a.jpg", FileState.TRASH)
    assert names(root) == {"a.jpg", "trash"}


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.EACCES, PermissionMissing), (errno.EROFS, PermissionMissing), (errno.EXDEV, LibraryError)],
)
def test_what_the_file_system_refuses_is_said_and_nothing_moves(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[LibraryError]
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    put(root, "a.jpg")
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(error) as caught:
        move(root, "a.jpg", FileState.TRASH)
    assert caught.value.fix
    assert names(root) == {"a.jpg"}


def test_gone_is_no_state_to_move_to(root: Path, tmp_path: Path) -> None:
    sha256 = put(root, "a.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        with pytest.raises(WrongUse):
            library.change_state([StateChange(sha256, FileState.GONE)], "")
    assert names(root) == {"a.jpg"}


def test_a_file_that_was_exchanged_since_the_scan_is_not_moved(root: Path, tmp_path: Path) -> None:
    sha256 = put(root, "a.jpg", b"old")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        put(root, "a.jpg", b"new", age=7)
        library.change_state([StateChange(sha256, FileState.TRASH)], "")
        assert library.lookup([sha256]) == {}
    assert names(root) == {"a.jpg"}
