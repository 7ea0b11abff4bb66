"""What a scan changes in the catalog, and what it must never change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.scanning import ManyGone
from hyai_tui.errors import LibraryDown, WrongUse
from hyai_tui.library.base import FileState, MediaFile, ScanItem, ScannedPath, ScanOptions, Skipped, StateChange
from hyai_tui.library.folder import FolderLibrary
from tests.unit.catalog_fixtures import file, folder, opened, put, take_in
from tests.unit.catalog_fixtures import scan as whole_scan


def test_a_file_keeps_its_number_when_it_is_gone_and_when_it_is_back(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1), file(2)])
        first = catalog.file(file(1).sha256)
        assert first
        report = take_in(catalog, [file(2)])
        gone = catalog.file(file(1).sha256)
        assert gone
        assert (report.gone, gone.state, gone.number) == (1, FileState.GONE, first.number)
        report = take_in(catalog, [file(3), file(2), file(1)])
        back = catalog.file(file(1).sha256)
        assert back
        assert (report.added, report.returned, back.state) == (1, 1, FileState.INBOX)
        assert back.number == first.number


def test_an_unchanged_library_is_scanned_without_a_write(tmp_path: Path) -> None:
    files = [file(n, tags=frozenset({"a", "b"})) for n in range(600)]
    with opened(tmp_path) as catalog:
        take_in(catalog, files)
        scan = catalog.begin_scan()
        before = catalog._database.connection.total_changes
        catalog.put(files, scan)
        assert catalog._database.connection.total_changes == before
        report = catalog.finish_scan(scan)
    assert (report.files, report.added, report.changed, report.gone) == (600, 0, 0, 0)


def test_changed_state_and_tags_are_taken_over(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1, tags=frozenset({"old"}))])
        report = take_in(catalog, [file(1, FileState.TRASH, archived=True, tags=frozenset({"new"}))])
        found = catalog.file(file(1).sha256)
    assert found
    assert (report.changed, found.state, found.archived, found.tags) == (1, FileState.TRASH, True, frozenset({"new"}))


def test_a_scan_that_fails_midway_never_makes_a_file_look_gone(tmp_path: Path) -> None:
    def failing() -> Iterator[ScanItem]:
        yield file(1)
        raise LibraryDown("The disk went away", "Mount it")

    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1), file(2), file(3)])
        scan = catalog.begin_scan()
        with pytest.raises(LibraryDown):
            catalog.put(failing(), scan)
        assert catalog.counts()["gone"] == 0
        assert catalog.counts()["files"] == 3


def test_many_missing_files_ask_and_change_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(n) for n in range(40)])
        with pytest.raises(ManyGone) as caught:
            take_in(catalog, [file(n) for n in range(30)])
        assert "--accept-gone" in caught.value.fix
        assert catalog.counts()["gone"] == 0
        assert take_in(catalog, [file(n) for n in range(30)], accept_gone=True).gone == 10


@pytest.mark.parametrize(("before", "after", "gone"), [(9, 0, 9), (100, 80, 20), (12, 3, 9)])
def test_few_missing_files_do_not_ask(tmp_path: Path, before: int, after: int, gone: int) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(n) for n in range(before)])
        assert take_in(catalog, [file(n) for n in range(after)]).gone == gone


def test_new_files_do_not_hide_that_many_old_ones_are_missing(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(n) for n in range(40)])
        with pytest.raises(ManyGone):
            take_in(catalog, [file(n) for n in range(1000, 2000)])
        assert catalog.file(file(0).sha256).state is FileState.INBOX  # type: ignore[union-attr]


def test_skipped_entries_are_counted_by_reason_and_named(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        report = take_in(catalog, [Skipped("a.jpg", "unreadable"), Skipped("b.txt", "not-a-picture"), file(1)])
        assert report.skipped == {"unreadable": 1, "not-a-picture": 1}
        assert catalog.scan_skips() == {"a.jpg": "unreadable"}
        take_in(catalog, [file(1)])
        assert catalog.scan_skips() == {}


def test_a_scan_cannot_be_finished_twice(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        scan = catalog.begin_scan()
        catalog.finish_scan(scan)
        with pytest.raises(WrongUse):
            catalog.finish_scan(scan)
        assert catalog.last_scan() is not None


def test_two_scans_at_once_lose_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as other:
        first, second = one.begin_scan(), other.begin_scan()
        one.put([file(n) for n in range(300)], first)
        other.put([file(n) for n in range(300)], second)
        assert one.finish_scan(first).files == 300
        assert other.finish_scan(second).files == 300
        assert one.counts()["gone"] == 0


def walked(library: FolderLibrary, catalog: Catalog) -> tuple[list[ScanItem], list[ScanItem]]:
    """Return what a scan would say of paths, and what it would say of files at its end."""
    items = list(library.scan(ScanOptions(catalog.known_paths())))
    return [one for one in items if isinstance(one, ScannedPath)], [one for one in items if isinstance(one, MediaFile)]


def test_a_file_that_is_moved_while_a_scan_runs_is_known_where_it_is(tmp_path: Path) -> None:
    root = tmp_path / "root"
    moved, other = put(root, "inbox/a.jpg"), put(root, "inbox/b.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        whole_scan(library, catalog)
        number = catalog.begin_scan()
        paths, files = walked(library, catalog)
        catalog.put(paths, number)
        library.change_state([StateChange(moved, FileState.TRASH)], "decided meanwhile")
        catalog.update(library.lookup([moved]).values())
        catalog.put(files, number)
        report = catalog.finish_scan(number)
        assert report.gone == 0
        found = catalog.file(moved)
        assert found
        assert (found.state, found.paths) == (FileState.TRASH, ("trash/a.jpg",))
        assert library.lookup([moved, other]).keys() == {moved, other}
        report = whole_scan(library, catalog)
        assert (report.added, report.gone, report.changed) == (0, 0, 0)


def test_a_file_that_is_moved_past_a_scan_is_not_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    moved = put(root, "z/a.jpg")
    put(root, "z/b.jpg")
    with folder(root, tmp_path / "home") as (library, catalog):
        whole_scan(library, catalog)
        number = catalog.begin_scan()
        library.change_state([StateChange(moved, FileState.ARCHIVE)], "decided meanwhile")
        catalog.update(library.lookup([moved]).values())
        # The walk had left "archive" behind before, and came to "z" after the move.
        seen = [one for part in walked(library, catalog) for one in part]
        catalog.put([one for one in seen if getattr(one, "sha256", None) != moved], number)
        assert catalog.finish_scan(number).gone == 0
        found = catalog.file(moved)
        assert found
        assert (found.state, found.paths) == (FileState.ARCHIVE, ("archive/z/a.jpg",))


def test_what_was_learned_beside_a_scan_that_was_killed_is_read_again_by_the_next(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1)])
        catalog.begin_scan()
        catalog.update([file(1, FileState.TRASH)])
        take_in(catalog, [file(1, FileState.ARCHIVE)])
        found = catalog.file(file(1).sha256)
        assert found
        assert found.state is FileState.ARCHIVE
        take_in(catalog, [], accept_gone=True)
        assert catalog.counts()["files"] == 0
