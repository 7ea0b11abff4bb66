"""Files that change, vanish or cannot be read while a folder is scanned: no hash leads to other bytes, nothing is gone by mistake."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hyai_tui.errors import LibraryDown, PictureError
from hyai_tui.library.base import FileState, ScannedPath
from hyai_tui.library.folder_tree import FolderTree
from tests.unit.catalog_fixtures import folder, home, listed, put, root, scan, sha

__all__ = ["home", "root"]


def test_unchanged_files_are_not_read_again(root: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        put(root, f"{n}.jpg")
    taken: list[str] = []
    take = FolderTree.take

    def counted(tree: FolderTree, path: str) -> ScannedPath:
        taken.append(path)
        return take(tree, path)

    monkeypatch.setattr(FolderTree, "take", counted)
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        assert len(taken) == 5
        taken.clear()
        put(root, "2.jpg", b"other", age=60)
        report = scan(library, catalog)
    assert taken == ["2.jpg"]
    assert (report.added, report.gone) == (1, 1)


def test_a_change_that_keeps_size_and_time_is_seen_by_the_inode(root: Path, home: Path) -> None:
    put(root, "a.jpg", b"old!")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        before = (root / "a.jpg").stat()
        put(root, "b.tmp", b"new!")
        os.utime(root / "b.tmp", ns=(before.st_mtime_ns, before.st_mtime_ns))
        (root / "b.tmp").replace(root / "a.jpg")
        assert library.path(sha(b"old!")) is None
        scan(library, catalog)
        assert library.path(sha(b"new!")) == root / "a.jpg"


def test_a_hash_taken_within_the_clock_s_tick_of_a_change_is_taken_again(root: Path, home: Path) -> None:
    (root / "a.jpg").write_bytes(b"fresh")
    os.utime(root / "a.jpg")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        # Whether or not the first hash came too soon after the write, the bytes found are those that are there.
        (root / "a.jpg").write_bytes(b"newer")
        os.utime(root / "a.jpg")
        scan(library, catalog)
        assert library.path(sha(b"newer")) == root / "a.jpg"


def test_an_exchanged_file_is_never_taken_for_the_old_one(root: Path, home: Path) -> None:
    old = put(root, "a.jpg", b"old")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        put(root, "a.jpg", b"new", age=10)
        assert library.path(old) is None
        assert library.lookup([old]) == {}
        with pytest.raises(PictureError) as caught:
            library.read(old)
        assert caught.value.reason == "changed"
        (root / "a.jpg").unlink()
        with pytest.raises(PictureError) as caught:
            library.read(old)
        assert caught.value.reason == "missing"


def test_a_touched_file_is_still_found(root: Path, home: Path) -> None:
    sha256 = put(root, "a.jpg")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        os.utime(root / "a.jpg", (1, 1))
        assert library.path(sha256) == root / "a.jpg"


def test_a_file_that_changes_while_it_is_hashed_is_skipped_and_not_gone(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put(root, "a.jpg", b"first")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        put(root, "a.jpg", b"second", age=5)
        read = os.fstat

        def growing(descriptor: int) -> os.stat_result:
            with (root / "a.jpg").open("ab") as file:
                file.write(b".")
            return read(descriptor)

        monkeypatch.setattr("hyai_tui.library.folder_tree.os.fstat", growing)
        report = scan(library, catalog)
        found = catalog.file(first)
    assert report.skipped == {"changed": 1}
    assert report.gone == 0
    assert found
    assert found.state is FileState.INBOX


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_skipped_and_not_gone(root: Path, home: Path) -> None:
    put(root, "closed/a.jpg")
    put(root, "b.jpg")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        (root / "closed").chmod(0)
        (root / "b.jpg").chmod(0)
        try:
            report = scan(library, catalog)
        finally:
            (root / "closed").chmod(0o700)
    assert report.skipped == {"unreadable": 2}
    assert (report.files, report.gone) == (2, 0)


def test_an_unreadable_folder_keeps_what_is_known_below_it(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [put(root, "closed/a.jpg"), put(root, "closed/deep/b.jpg")]
    gone = [put(root, "closed0.jpg"), put(root, "close/c.jpg")]
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        for name in ("closed0.jpg", "close/c.jpg"):
            (root / name).unlink()
        listing = os.scandir

        def refusing(path: Path) -> Iterator[os.DirEntry[str]]:
            if Path(path).name == "closed":
                raise PermissionError(13, "Permission denied")
            return listing(path)

        monkeypatch.setattr("hyai_tui.library.folder_tree.os.scandir", refusing)
        report = scan(library, catalog)
        states = {one: catalog.file(one).state for one in kept + gone}  # type: ignore[union-attr]
    assert report.skipped == {"unreadable": 1}
    assert all(states[one] is FileState.INBOX for one in kept)
    assert all(states[one] is FileState.GONE for one in gone)


def test_pipes_broken_links_and_vanished_files_are_skipped_with_a_reason(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "pipe.jpg")
    (root / "broken.jpg").symlink_to(root / "nowhere")
    put(root, "a.jpg")
    put(root, "vanishing.jpg")
    take = FolderTree.take

    def vanishing(tree: FolderTree, path: str) -> ScannedPath:
        if path == "vanishing.jpg":
            (root / path).unlink()
        return take(tree, path)

    monkeypatch.setattr(FolderTree, "take", vanishing)
    with folder(root, home) as (library, _):
        files, skipped = listed(library)
    assert set(files) == {"a.jpg"}
    assert skipped == {"pipe.jpg": "not-a-file", "broken.jpg": "broken-link", "vanishing.jpg": "vanished"}


def test_a_missing_root_is_a_library_that_is_down(root: Path, home: Path) -> None:
    put(root, "a.jpg")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        root.rename(root.with_name("moved"))
        for act in (library.rights, lambda: scan(library, catalog), lambda: library.lookup([])):
            with pytest.raises(LibraryDown):
                act()
        assert catalog.counts()["gone"] == 0
        root.write_text("a file")
        with pytest.raises(LibraryDown):
            library.rights()


def test_a_root_that_is_replaced_during_the_scan_makes_nothing_gone(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{n}.jpg" for n in range(4)]
    for name in names:
        put(root, name)
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        for name in names:
            put(root, name, b"changed " + name.encode())
        take = FolderTree.take

        def unmounting(tree: FolderTree, path: str) -> ScannedPath:
            if path == "2.jpg":
                root.rename(root.with_name("unmounted"))
                root.mkdir()
            return take(tree, path)

        monkeypatch.setattr(FolderTree, "take", unmounting)
        with pytest.raises(LibraryDown):
            scan(library, catalog)
        assert catalog.counts()["gone"] == 0
