"""FILE arguments: a hash, a beginning of one, or a path, and never the file that used to stand at a path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import UnknownFile
from hyai_tui.library.base import FileState, MediaFile
from tests.unit.catalog_fixtures import file, folder, opened, put, scan, sha, take_in


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    return made


def test_a_hash_and_a_unique_beginning_of_one_name_a_file(tmp_path: Path) -> None:
    sha256 = file(1).sha256
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1), file(2)])
        for text in (sha256, sha256.upper(), sha256[:12], sha256[:5], sha256[:4]):
            assert catalog.resolve(text, None) == sha256


def test_a_folder_is_no_file_and_is_called_one(tmp_path: Path, root: Path) -> None:
    put(root, "trash/one.png")
    with opened(tmp_path / "home") as catalog, pytest.raises(UnknownFile, match="trash is a folder"):
        catalog.resolve("trash", root)


@pytest.mark.parametrize("text", ["", "abc", "0" * 64, "f" * 65, "nowhere.jpg", "a\0b", "~nobody/x.jpg", "x" * 5000])
def test_what_names_nothing_says_so(tmp_path: Path, root: Path, text: str) -> None:
    with opened(tmp_path / "home") as catalog:
        take_in(catalog, [file(1)])
        for library_root in (root, None):
            with pytest.raises(UnknownFile) as caught:
                catalog.resolve(text, library_root)
            assert caught.value.fix


def test_an_ambiguous_beginning_lists_up_to_five_candidates(tmp_path: Path) -> None:
    same = [f"abcd{n:060x}" for n in range(7)]
    with opened(tmp_path) as catalog:
        take_in(catalog, [MediaFile(one, FileState.INBOX) for one in same[:3]])
        with pytest.raises(UnknownFile) as caught:
            catalog.resolve("abcd", None)
        assert caught.value.what.count("abcd00000000") == 3
        take_in(catalog, [MediaFile(one, FileState.INBOX) for one in same])
        with pytest.raises(UnknownFile) as caught:
            catalog.resolve("ABCD", None)
        assert caught.value.what.count("abcd00000000") == 5
        assert "and more" in caught.value.what
        assert catalog.resolve(same[6], None) == same[6]


def test_a_gone_file_is_still_named_by_its_hash(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1)])
        take_in(catalog, [])
        assert catalog.resolve(file(1).sha256[:8], None) == file(1).sha256


def test_a_path_is_taken_absolute_from_here_and_from_the_library_s_root(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = put(root, "cats/a.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        assert catalog.resolve(str(root / "cats/a.jpg"), root) == sha256
        assert catalog.resolve("cats/a.jpg", root) == sha256
        monkeypatch.chdir(root / "cats")
        assert catalog.resolve("a.jpg", root) == sha256
        assert catalog.resolve("../cats/a.jpg", root) == sha256
        (tmp_path / "link").symlink_to(root)
        assert catalog.resolve(str(tmp_path / "link/cats/a.jpg"), root) == sha256


def test_a_file_that_was_never_scanned_is_put_into_the_catalog(tmp_path: Path, root: Path) -> None:
    with opened(tmp_path / "home") as catalog:
        sha256 = put(root, "trash/new.jpg")
        assert catalog.resolve("trash/new.jpg", root) == sha256
        found = catalog.file(sha256)
        assert found
        assert (found.state, found.paths) == (FileState.TRASH, ("trash/new.jpg",))


def test_a_path_never_reaches_the_file_that_used_to_stand_there(tmp_path: Path, root: Path) -> None:
    old = put(root, "a.jpg", b"old")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        new = put(root, "a.jpg", b"new", age=9)
        assert catalog.resolve("a.jpg", root) == new != old
        found, before = catalog.file(new), catalog.file(old)
        assert found
        assert before
        assert (found.paths, before.paths) == (("a.jpg",), ())
        report = scan(library, catalog)
        assert (report.added, report.gone) == (0, 1)


def test_a_path_whose_file_is_gone_is_refused_and_names_the_hash(tmp_path: Path, root: Path) -> None:
    old = put(root, "a.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        (root / "a.jpg").unlink()
        with pytest.raises(UnknownFile) as caught:
            catalog.resolve("a.jpg", root)
        assert old[:12] in caught.value.fix


def test_a_gone_file_that_is_back_is_itself_again(tmp_path: Path, root: Path) -> None:
    sha256 = put(root, "a.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        number = catalog.file(sha256).number  # type: ignore[union-attr]
        (root / "a.jpg").unlink()
        scan(library, catalog)
        put(root, "a.jpg")
        assert catalog.resolve("a.jpg", root) == sha256
        found = catalog.file(sha256)
        assert found
        assert (found.number, found.state) == (number, FileState.INBOX)


def test_a_second_copy_that_contradicts_is_flagged_at_once(tmp_path: Path, root: Path) -> None:
    sha256 = put(root, "archive/a.jpg", b"same")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        put(root, "trash/b.jpg", b"same")
        assert catalog.resolve("trash/b.jpg", root) == sha256
        found = catalog.file(sha256)
        assert found
        assert found.conflict


def test_tags_stay_when_a_path_is_hashed_again(tmp_path: Path, root: Path) -> None:
    sha256 = put(root, "a.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        catalog.update_state(sha256, tags={"hyai:trash"})
        os.utime(root / "a.jpg")
        assert catalog.resolve("a.jpg", root) == sha256
        assert catalog.tags(sha256) == {"hyai:trash"}


@pytest.mark.parametrize("name", ["data/trash/a.jpg", ".hidden/a.jpg", "other/a.jpg", "notes.txt"])
def test_what_the_scan_leaves_out_does_not_come_in_by_its_path(tmp_path: Path, root: Path, name: str) -> None:
    put(root, "hyai.toml")
    put(root, "other/hyai.toml")
    put(root, name)
    with opened(tmp_path / "home") as catalog:
        with pytest.raises(UnknownFile):
            catalog.resolve(name, root)
        assert catalog.counts()["files"] == 0


def test_a_copy_elsewhere_names_the_library_s_file_of_the_same_bytes(tmp_path: Path) -> None:
    sha256 = put(tmp_path, "elsewhere/copy.jpg", b"1")
    assert sha256 == sha(b"1") == file(1).sha256
    with opened(tmp_path / "home") as catalog:
        take_in(catalog, [file(1)])
        assert catalog.resolve(str(tmp_path / "elsewhere/copy.jpg"), None) == sha256
        put(tmp_path, "elsewhere/other.jpg", b"other")
        with pytest.raises(UnknownFile, match="no file of the library has its bytes"):
            catalog.resolve(str(tmp_path / "elsewhere/other.jpg"), None)


def test_a_folder_or_a_pipe_is_no_file(tmp_path: Path, root: Path) -> None:
    (root / "folder.jpg").mkdir()
    os.mkfifo(root / "pipe.jpg")
    with Catalog.open(tmp_path / "catalog.db") as catalog:
        for name in ("folder.jpg", "pipe.jpg", "."):
            with pytest.raises(UnknownFile):
                catalog.resolve(name, root)


def test_a_copy_that_was_exchanged_meanwhile_is_no_copy_any_more(tmp_path: Path, root: Path) -> None:
    sha256 = put(root, "a.jpg", b"same")
    put(root, "trash/b.jpg", b"same")
    with folder(root, tmp_path / "home") as (library, catalog):
        scan(library, catalog)
        put(root, "trash/b.jpg", b"other bytes")
        put(root, "a.jpg", b"same", age=10)
        assert catalog.resolve("a.jpg", root) == sha256
        found = catalog.file(sha256)
        assert found
        assert (found.conflict, found.state) == (False, FileState.INBOX)
