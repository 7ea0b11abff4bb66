"""A folder as a library: what belongs to it, what is skipped, and that a hash never leads to other bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hyai_tui.errors import PermissionMissing, WrongUse
from hyai_tui.library.base import FileState, Library, TagChange
from tests.unit.catalog_fixtures import folder, home, listed, put, root, scan, sha

__all__ = ["home", "root"]


def test_it_is_a_library(root: Path, home: Path) -> None:
    with folder(root, home) as (library, _):
        assert isinstance(library, Library)
        rights = library.rights()
        assert (rights.read, rights.tag, rights.change_state, rights.cannot) == (True, True, True, ())


def test_the_first_state_folder_on_the_path_gives_the_state(root: Path, home: Path) -> None:
    states = {
        "a.jpg": FileState.INBOX,
        "inbox/b.png": FileState.INBOX,
        "archive/c.webp": FileState.ARCHIVE,
        "trash/d.gif": FileState.TRASH,
        "trash/archive/e.bmp": FileState.TRASH,
        "2024/archive/f.tif": FileState.ARCHIVE,
        "Archive/g.tiff": FileState.INBOX,
        "archive.jpg": FileState.INBOX,
        "cats/archived/h.AVIF": FileState.INBOX,
    }
    for name in states:
        put(root, name)
    with folder(root, home) as (library, _):
        files, skipped = listed(library)
    assert {name: file.state for name, file in files.items()} == states
    assert skipped == {}
    assert files["archive/c.webp"].archived


def test_the_suffix_decides_and_says_whether_it_moves(root: Path, home: Path) -> None:
    for name in ("a.JPeG", "b.mp4", "c.txt", "d.png.part", "noext", "e.gif"):
        put(root, name)
    with folder(root, home) as (library, _):
        files, skipped = listed(library)
        assert library.count() == 3
    assert {name: (file.mime, file.motion) for name, file in files.items()} == {
        "a.JPeG": ("image/jpeg", False),
        "b.mp4": ("video/mp4", True),
        "e.gif": ("image/gif", False),
    }
    assert skipped == dict.fromkeys(["c.txt", "d.png.part", "noext"], "not-a-picture")


def test_the_workspace_its_samples_hidden_folders_other_workspaces_and_linked_folders_are_left_out(
    root: Path, home: Path
) -> None:
    for name in (
        "hyai.toml",
        "journal.db",
        "a.jpg",
        "data/trash/sample.jpg",
        ".hyai/thumbs/b.jpg",
        ".git/c.jpg",
        "deep/.cache/d.jpg",
        "other/hyai.toml",
        "other/e.jpg",
        "other/below/f.jpg",
        "deep/data/g.jpg",
    ):
        put(root, name)
    (root / "link").symlink_to(root / "deep")
    (root / "loop").symlink_to(root)
    (root / "named.jpg").symlink_to(root / "deep")
    with folder(root, home) as (library, _):
        files, skipped = listed(library)
    assert set(files) == {"a.jpg", "deep/data/g.jpg"}
    assert skipped == {}


def test_a_folder_called_data_belongs_where_the_root_is_no_workspace(root: Path, home: Path) -> None:
    put(root, "data/a.jpg")
    with folder(root, home) as (library, _):
        assert set(listed(library)[0]) == {"data/a.jpg"}


def test_equal_bytes_are_one_file_with_several_paths(root: Path, home: Path) -> None:
    put(root, "archive/a.jpg", b"same")
    put(root, "archive/deep/b.png", b"same")
    with folder(root, home) as (library, catalog):
        report = scan(library, catalog)
        found = catalog.file(sha(b"same"))
    assert found
    assert (report.files, found.paths) == (1, ("archive/a.jpg", "archive/deep/b.png"))
    assert (found.state, found.conflict) == (FileState.ARCHIVE, False)


def test_conflicting_states_of_equal_bytes_are_a_contradiction_and_never_guessed(root: Path, home: Path) -> None:
    put(root, "archive/a.jpg", b"same")
    put(root, "trash/b.jpg", b"same")
    with folder(root, home) as (library, catalog):
        report = scan(library, catalog)
        found = catalog.file(sha(b"same"))
    assert found
    assert (report.conflicts, found.conflict, found.state) == (1, True, FileState.INBOX)


def test_any_name_that_a_file_can_have_works_everywhere(root: Path, home: Path) -> None:
    names = [
        "with space.jpg",
        "new\nline.jpg",
        "[bold]markup[/].jpg",
        "\x1b[31mred\x07.jpg",
        "'; DROP TABLE files; --.jpg",
        "-rf.jpg",
        "ünï \U0001f431.jpg",
        os.fsdecode(b"\xff\xfe broken.jpg"),
        os.fsdecode(b"trash/\x80/x.jpg"),
    ]
    hashes = {name: put(root, name) for name in names}
    with folder(root, home) as (library, catalog):
        assert scan(library, catalog).files == len(names)
        assert scan(library, catalog).added == 0
        for name, sha256 in hashes.items():
            assert catalog.resolve(str(root / name), root) == sha256
            assert library.path(sha256) == root / name
            assert library.read(sha256) == os.fsencode(name)
            assert library.lookup([sha256])[sha256].paths == (name,)


def test_tags_are_kept_by_hash_and_survive_moves_and_the_catalog(root: Path, home: Path) -> None:
    one, two = put(root, "a.jpg"), put(root, "b.jpg")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        assert library.lookup([one])[one].tags == frozenset()
        assert not (home / "tags.db").exists()
        library.change_tags([TagChange(one, add=frozenset({"hyai:trash", "x"})), TagChange(two, add=frozenset({"y"}))])
        library.change_tags([TagChange(one, add=frozenset({"hyai:archive"}), remove=frozenset({"hyai:trash"}))])
    (root / "a.jpg").rename(root / "renamed.jpg")
    (home / "catalog.db").unlink()
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        assert {sha256: file.tags for sha256, file in library.lookup([one, two]).items()} == {
            one: {"hyai:archive", "x"},
            two: {"y"},
        }
        assert catalog.tags(one) == {"hyai:archive", "x"}


def test_criteria_select_as_written(root: Path, home: Path) -> None:
    inbox, kept, thrown, film = (put(root, name) for name in ("a.jpg", "archive/b.jpg", "trash/c.jpg", "inbox/d.mp4"))
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        library.change_tags([TagChange(inbox, add=frozenset({"hyai:trash"})), TagChange(kept, add=frozenset({"cat"}))])

        def found(*criteria: str) -> set[str]:
            return set(library.search_candidates(criteria))

        assert found() == found("system:everything") == {inbox, kept, thrown, film}
        assert found("system:inbox") == {inbox, film}
        assert found("system:archive") == {kept}
        assert found("system:inbox", "system:archive") == set()
        assert found("system:filetype is image", "system:has no duration") == {inbox, kept, thrown}
        assert found("system:filetype = image", "system:no duration") == {inbox, kept, thrown}
        assert found("cat") == {kept}
        assert found("-cat", "-hyai:trash", "system:filetype is image") == {thrown}
        assert len(found("system:limit is 2")) == 2
        assert len(found("system:limit =1", "system:limit is 3")) == 1
        assert found("system:limit is 0") == set()


@pytest.mark.parametrize("predicate", ["system:width > 100", "-system:inbox", "system:limit is many", "system:inbx"])
def test_an_unknown_predicate_is_named(root: Path, home: Path, predicate: str) -> None:
    with folder(root, home) as (library, _), pytest.raises(WrongUse) as caught:
        list(library.search_candidates([predicate]))
    assert predicate in caught.value.what
    assert "system:inbox" in caught.value.fix


def test_read_only_refuses_every_write(root: Path, home: Path) -> None:
    sha256 = put(root, "a.jpg")
    with folder(root, home, read_only=True) as (library, catalog):
        scan(library, catalog)
        with pytest.raises(PermissionMissing):
            library.change_tags([TagChange(sha256, add=frozenset({"x"}))])
        rights = library.rights()
        assert (rights.read, rights.tag, rights.change_state) == (True, False, False)
        assert "read-only" in rights.cannot[0]
    assert not (home / "tags.db").exists()
