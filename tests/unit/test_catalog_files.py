"""What the catalog gives back: files, arrays, tags, contents, skips; and what a damaged or newer file leads to."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.catalog.database import MIGRATIONS
from hyai_tui.catalog.errors import CatalogError
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.catalog.reading import Where
from hyai_tui.errors import Exit, LibraryError, NotNow
from hyai_tui.library.base import FileState, TagChange
from hyai_tui.library.folder_tags import FolderTags
from tests.unit.catalog_fixtures import file, opened, sha, take_in


def test_the_snapshot_aligns_numbers_hashes_and_flags(tmp_path: Path) -> None:
    states = [FileState.INBOX, FileState.ARCHIVE, FileState.TRASH]
    files = [file(n, states[n % 3], archived=n % 2 == 0, motion=n % 5 == 0, conflict=n % 7 == 0) for n in range(500)]
    with opened(tmp_path) as catalog:
        take_in(catalog, files)
        take_in(catalog, files[1:])
        arrays = catalog.snapshot()
        assert len(arrays) == 500
        assert (arrays.number[1:] > arrays.number[:-1]).all()
        for place in range(500):
            expected = catalog.file(arrays.sha256[place].decode())
            assert expected
            assert expected.number == arrays.number[place]
            assert STATE_CODES[expected.state] == arrays.state[place]
            assert (expected.archived, expected.motion, expected.conflict) == (
                arrays.archived[place],
                arrays.motion[place],
                arrays.conflict[place],
            )
        assert (arrays.state == STATE_CODES[FileState.GONE]).sum() == 1


def test_an_empty_catalog_gives_empty_arrays(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        arrays = catalog.snapshot()
        assert len(arrays) == 0
        assert arrays.sha256.dtype.str == "|S64"
        assert not list(catalog.files())
        assert catalog.counts() == dict.fromkeys(
            ("files", "inbox", "archive", "trash", "gone", "motion", "conflict"), 0
        )


def test_files_are_chosen_by_state_and_tags_together(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(
            catalog,
            [
                file(1, tags=frozenset({"hyai:trash", "cat"})),
                file(2, tags=frozenset({"cat"})),
                file(3, FileState.TRASH, tags=frozenset({"hyai:trash"})),
            ],
        )
        chosen = {
            "state": Where(state=FileState.INBOX),
            "both": Where(state=FileState.INBOX, tags=("hyai:trash", "cat")),
            "without": Where(without_tags=("hyai:trash",)),
            "unknown tag": Where(tags=("never seen",)),
            "without unknown": Where(without_tags=("never seen",)),
        }
        found = {name: [one.sha256 for one in catalog.files(where)] for name, where in chosen.items()}
    assert found == {
        "state": [file(1).sha256, file(2).sha256],
        "both": [file(1).sha256],
        "without": [file(2).sha256],
        "unknown tag": [],
        "without unknown": [file(1).sha256, file(2).sha256, file(3).sha256],
    }


def test_files_come_in_pages_without_losing_one(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(n) for n in range(4_500)])
        assert [one.number for one in catalog.files()] == list(range(1, 4_501))


def test_what_was_written_is_recorded_without_a_scan(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1, tags=frozenset({"a"})), file(2)])
        catalog.update_state(file(1).sha256, FileState.ARCHIVE, {"hyai:archive"}, archived=True)
        found = catalog.file(file(1).sha256)
        other = catalog.file(file(2).sha256)
        assert found
        assert other
        assert (found.state, found.archived, found.tags) == (FileState.ARCHIVE, True, frozenset({"hyai:archive"}))
        assert (other.state, other.tags) == (FileState.INBOX, frozenset())
        catalog.update_state(file(1).sha256, tags={"b"})
        assert catalog.file(file(1).sha256).state is FileState.ARCHIVE  # type: ignore[union-attr]
        assert catalog.tags(file(1).sha256) == {"b"}
        catalog.update([file(2, FileState.TRASH)])
        assert catalog.counts()["trash"] == 1


def test_tags_with_any_character_come_back_as_they_were(tmp_path: Path) -> None:
    tags = frozenset({"", " ", "a\nb", "[bold]x[/]", "\x1b[31m", "creator:Ünï", "日本", "'; DROP TABLE tags; --"})
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1, tags=tags, display_tags=frozenset({"shown"}))])
    with opened(tmp_path) as catalog:
        found = catalog.file(file(1).sha256)
        assert found
        assert (found.tags, found.display_tags) == (tags, frozenset({"shown"}))


def test_shown_tags_that_the_library_has_no_more_are_gone(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        for again in (catalog.update, lambda files: take_in(catalog, files)):
            take_in(catalog, [file(1, tags=frozenset({"a"}), display_tags=frozenset({"shown"}))])
            again([file(1, tags=frozenset({"a"}))])
            found = catalog.file(file(1).sha256)
            assert found
            assert found.display_tags == frozenset()


def test_contents_and_skips_are_kept_by_source(tmp_path: Path) -> None:
    one, two = sha(b"one"), sha(b"two")
    with opened(tmp_path) as catalog:
        catalog.put_contents("file", {one: one})
        catalog.put_contents("thumbnail", {one: two})
        catalog.put_skips("file", [(two, "truncated")])
        assert catalog.contents("file") == {one: one}
        assert catalog.contents("thumbnail") == {one: two}
        assert (catalog.skips("file"), catalog.skips("thumbnail")) == ({two: "truncated"}, {})
        catalog.put_contents("file", {two: two})
        assert catalog.skips("file") == {}
        catalog.put_skips("file", [(one, "missing")])
        catalog.clear_skips("file")
        assert catalog.skips("file") == {}


def test_threads_share_a_catalog(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(n) for n in range(50)])
        errors: list[Exception] = []

        def work(state: FileState) -> None:
            try:
                for n in range(50):
                    catalog.update_state(file(n).sha256, state, {state.value})
                    assert catalog.file(file(n).sha256)
            except Exception as error:  # noqa: BLE001 - reported below
                errors.append(error)

        threads = [threading.Thread(target=work, args=(state,)) for state in (FileState.ARCHIVE, FileState.TRASH)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert catalog.counts()["archive"] + catalog.counts()["trash"] == 50


def test_a_remade_catalog_has_another_identity(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as one, opened(tmp_path / "b") as other:
        assert one.identity != other.identity
    with opened(tmp_path / "a") as again:
        assert again.identity == one_identity(tmp_path / "a")


def one_identity(home: Path) -> str:
    connection = sqlite3.connect(home / "catalog.db")
    try:
        return str(connection.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()[0])
    finally:
        connection.close()


def test_a_damaged_catalog_says_that_it_can_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(CatalogError) as caught, opened(tmp_path):
        pass
    assert "hyai scan" in caught.value.fix
    assert caught.value.exit_code is Exit.FAILED


def test_a_catalog_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        catalog._database.connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(CatalogError, match="newer"), opened(tmp_path):
        pass


def test_a_migration_backs_the_catalog_up_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1)])
    monkeypatch.setattr(
        "hyai_tui.catalog.database.MIGRATIONS", (*MIGRATIONS, "ALTER TABLE files ADD COLUMN added_later INTEGER")
    )
    with opened(tmp_path) as catalog:
        assert catalog.file(file(1).sha256)
        catalog._database.connection.execute("SELECT added_later FROM files")
    backup = sqlite3.connect(tmp_path / f"catalog.db.version-{len(MIGRATIONS)}")
    assert backup.execute("SELECT count(*) FROM files").fetchone() == (1,)
    backup.close()


def test_a_failed_migration_leaves_the_old_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1)])
    broken = (*MIGRATIONS, "CREATE TABLE half (x); CREATE TABLE half (x)")
    with monkeypatch.context() as patch:
        patch.setattr("hyai_tui.catalog.database.MIGRATIONS", broken)
        with pytest.raises(CatalogError), opened(tmp_path):
            pass
    with opened(tmp_path) as catalog:
        assert catalog.counts()["files"] == 1


def test_opening_the_catalog_imports_no_numpy() -> None:
    program = (
        "import sys, tempfile, pathlib; from hyai_tui.catalog.catalog import Catalog;"
        "Catalog.open(pathlib.Path(tempfile.mkdtemp()) / 'c.db').counts();"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class RefusedOnce:
    """A connection whose next commit fails."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self.real = real
        self.refused = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def execute(self, statement: str, *rest: Any) -> Any:
        if statement == "COMMIT" and not self.refused:
            self.refused = True
            raise sqlite3.OperationalError("database or disk is full")
        return self.real.execute(statement, *rest)


def test_a_commit_that_fails_is_rolled_back_and_holds_no_lock(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(1)])
        catalog._database._local.connection = RefusedOnce(catalog._database.connection)
        with pytest.raises(NotNow, match="disk is full"):
            catalog.update_state(file(1).sha256, FileState.TRASH)
        assert not catalog._database.connection.in_transaction
        catalog.update_state(file(1).sha256, FileState.ARCHIVE)
        with opened(tmp_path) as other:
            found = other.file(file(1).sha256)
            assert found
            assert found.state is FileState.ARCHIVE


def test_tags_whose_commit_fails_are_rolled_back_and_hold_no_lock(tmp_path: Path) -> None:
    tags = FolderTags(tmp_path / "tags.db")
    one = sha(b"1")
    tags.change([TagChange(one, frozenset({"kept"}))])
    tags._local.connection = RefusedOnce(tags._local.connection)
    with pytest.raises(LibraryError):
        tags.change([TagChange(one, frozenset({"lost"}))])
    tags.change([TagChange(one, frozenset({"later"}))])
    assert tags.of([one]) == {one: {"kept", "later"}}
    tags.close()
