"""Tags from texts beside pictures: taken in by the scan, by hash, and the newest change wins."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from hyai_tui.jobs import learn
from hyai_tui.jobs import scan as scan_job
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import TagChange
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.library.folder_tags import FolderTags
from hyai_tui.library.sidecars import owners, read_tags
from hyai_tui.workspace import create_workspace
from tests.unit.catalog_fixtures import folder, home, put, root, scan, sha

__all__ = ["home", "root"]


def write(root: Path, name: str, text: str, seconds: int = 0) -> None:
    """Write a text that was changed so many seconds after a fixed moment, long ago."""
    path = root / name
    path.write_bytes(text.encode())
    os.utime(path, (1_700_000_000 + seconds, 1_700_000_000 + seconds))


def tags(library: FolderLibrary, content: bytes) -> set[str]:
    file = sha(content)
    return set(library.lookup([file])[file].tags)


def test_a_text_is_about_the_picture_of_its_whole_name_or_the_only_one_of_its_stem() -> None:
    pictures = ["a.jpg", "b.jpg", "b.png", "c.d.webp"]
    texts = ["a.jpg.txt", "a.txt", "b.txt", "b.png.TXT", "c.d.txt", "c.txt", "notes.txt"]
    assert owners(pictures, texts) == {
        "a.jpg.txt": "a.jpg",
        "a.txt": "a.jpg",
        "b.png.TXT": "b.png",
        "c.d.txt": "c.d.webp",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"Series: One\r\nsketch\n\n  person:Ann  Smith \n", {"series:one", "sketch", "person:ann smith"}),
        ("\ufeffblå\n".encode(), {"blå"}),
        (b"", set()),
        (b"\xff\xfe\x00", None),
        (b"a" * 201, None),
        (b"tag\x1b[31m\n", None),
        (b"person:\n", None),
    ],
)
def test_each_line_is_a_tag_or_the_text_is_none_of_tags(text: bytes, expected: set[str] | None) -> None:
    assert read_tags(text) == expected


def test_the_scan_takes_tags_in_and_counts_no_text_of_a_picture_as_skipped(root: Path, home: Path) -> None:
    put(root, "a.jpg", b"a")
    put(root, "deep/b.png", b"b")
    write(root, "a.jpg.txt", "series:one\nsketch\n")
    write(root, "deep/b.txt", "sketch\n")
    write(root, "readme.txt", "not about a picture\n")
    with folder(root, home) as (library, catalog):
        report = scan(library, catalog)
        assert dict(report.skipped) == {"not-a-picture": 1}
        assert library.texts_read == 2
        scan(library, catalog)
        assert library.texts_read == 2, "what has not changed is not read again"
        found = {one.paths[0]: set(one.tags) for one in catalog.files()}
    assert found == {"a.jpg": {"series:one", "sketch"}, "deep/b.png": {"sketch"}}


def test_a_tag_that_was_taken_off_stays_off_until_the_text_changes(root: Path, home: Path) -> None:
    put(root, "a.jpg", b"a")
    write(root, "a.jpg.txt", "one\ntwo\n")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        library.change_tags([TagChange(sha(b"a"), frozenset({"mine"}), frozenset({"one"}))])
        scan(library, catalog)
        assert tags(library, b"a") == {"two", "mine"}
        write(root, "a.jpg.txt", "one\nthree\n", 60)
        scan(library, catalog)
        # What came is added, what went is taken away, and what stayed on the list is nobody's news.
        assert tags(library, b"a") == {"three", "mine"}


def test_a_text_that_is_deleted_takes_nothing_with_it(root: Path, home: Path) -> None:
    put(root, "a.jpg", b"a")
    write(root, "a.jpg.txt", "one\n")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        (root / "a.jpg.txt").unlink()
        scan(library, catalog)
        assert tags(library, b"a") == {"one"}


def test_the_text_of_an_exchanged_picture_is_about_the_new_one(root: Path, home: Path) -> None:
    put(root, "a.jpg", b"a")
    write(root, "a.jpg.txt", "one\n")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        (root / "a.jpg").rename(root / "moved.jpg")
        put(root, "a.jpg", b"another")
        scan(library, catalog)
        assert tags(library, b"a") == {"one"}
        assert tags(library, b"another") == {"one"}


def test_what_another_text_of_equal_bytes_says_stays(root: Path, home: Path) -> None:
    put(root, "a.jpg", b"same")
    put(root, "b/a.jpg", b"same")
    write(root, "a.jpg.txt", "one\ntwo\n")
    write(root, "b/a.jpg.txt", "one\ntwo\n")
    with folder(root, home) as (library, catalog):
        scan(library, catalog)
        write(root, "a.jpg.txt", "two\n", 60)
        scan(library, catalog)
        assert tags(library, b"same") == {"one", "two"}
        write(root, "a.jpg.txt", "three\n", 120)
        write(root, "b/a.jpg.txt", "one\n", 120)
        scan(library, catalog)
        assert tags(library, b"same") == {"one", "three"}


def test_prose_pipes_and_unreadable_texts_are_skipped_with_a_reason(root: Path, home: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        put(root, name, name.encode())
    write(root, "a.jpg.txt", "A long story. " * 30)
    os.mkfifo(root / "b.jpg.txt")
    write(root, "c.jpg.txt", "x\n" * 600_000)
    with folder(root, home) as (library, catalog):
        report = scan(library, catalog)
        assert dict(report.skipped) == {"not-tags": 2, "not-a-file": 1}
        assert report.files == 3


def test_where_texts_are_not_wanted_they_are_no_pictures(root: Path, home: Path) -> None:
    put(root, "a.jpg", b"a")
    write(root, "a.jpg.txt", "one\n")
    with folder(root, home) as (library, catalog):
        library.close()
        plain = FolderLibrary(root, home / "tags.db", catalog, sidecars=False)
        assert dict(scan(plain, catalog).skipped) == {"not-a-picture": 1}
        assert tags(plain, b"a") == set()


def test_tags_of_the_first_version_are_read_and_stay(home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "tags.db") as old:
        old.executescript(
            "CREATE TABLE tags (sha256 BLOB NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (sha256, tag)) WITHOUT ROWID;"
            "CREATE INDEX tags_by_text ON tags (tag); PRAGMA user_version = 1;"
        )
        old.execute("INSERT INTO tags VALUES (?, 'kept')", (bytes.fromhex("ab" * 32),))
    old.close()
    book = FolderTags(home / "tags.db")
    try:
        assert book.of(["ab" * 32]) == {"ab" * 32: {"kept"}}
        assert book.taken(["a.txt"]) == {}
    finally:
        book.close()


def test_what_texts_say_can_be_learnt_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    workspace = create_workspace(tmp_path / "art", '[library]\npath = "pictures"\n')
    for number in range(6):
        put(workspace.library_root, f"{number}.jpg", bytes([number]))
        write(workspace.library_root, f"{number}.jpg.txt", "sketch\n" + ("ink\n" if number < 4 else ""))
    scan_job.run(JobContext(workspace))
    learnt = learn.run(JobContext(workspace))
    assert learnt["tags"] == 2
