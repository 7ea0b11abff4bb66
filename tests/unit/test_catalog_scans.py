"""What a scan changes in the catalog, and what it must never change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hyai_tui.catalog.scanning import ManyGone
from hyai_tui.errors import LibraryDown, WrongUse
from hyai_tui.library.base import FileState, ScanItem, Skipped
from tests.unit.catalog_fixtures import file, opened, take_in


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
