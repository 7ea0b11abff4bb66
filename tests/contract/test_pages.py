"""Pages: read as a tree into sets of files, with what is on several of them; and files shown in a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.errors import NotNow, PermissionMissing, WrongUse
from hyai_tui.library import page_sets
from hyai_tui.library.hydrus.pages import Pages, path_of
from hyai_tui.library.write_log import WriteLog, writes
from tests.contract.hydrus_fixtures import Connect, connect, fake, library
from tests.fake_hydrus import FakeHydrus

__all__ = ["connect", "fake", "library"]


def lay_out(fake: FakeHydrus) -> list[str]:
    """Open dataset > keep > (old, new) and dataset > throw, and a page beside them; returns the hashes."""
    files = list(fake.client.by_hash)
    dataset = fake.client.add_page("Dataset", type=10)
    keep = fake.client.add_page("keep", type=10, above=dataset)
    fake.client.add_page("old", files[:2], above=keep)
    fake.client.add_page("new", files[1:4], above=keep, searches=2)
    fake.client.add_page("throw", files[4:6], above=dataset)
    fake.client.add_page("files", files)
    return files


def read(pages: Pages, names: list[str]) -> page_sets.PageSet:
    root = pages.find(names)
    return page_sets.made(names, "http://client", {path: pages.files(one) for path, one in root.walk()})


def test_a_page_tree_is_found_by_its_names_in_any_case_and_read_whole(fake: FakeHydrus, connect: Connect) -> None:
    files = lay_out(fake)
    waited: list[float] = []
    pages = Pages(connect()._client, sleep=waited.append)
    found = read(pages, path_of("dataset"))
    assert [(page.category, page.path, list(page.files)) for page in found.pages] == [
        ("keep", ("keep", "old"), files[:2]),
        ("keep", ("keep", "new"), files[1:4]),
        ("throw", ("throw",), files[4:6]),
    ]
    assert waited, "a page that searches is waited for"
    assert [page.path for page in read(pages, path_of("DATASET, Keep")).pages] == [("old",), ("new",)]
    assert (found.total, len(found.unique)) == (7, 6)


def test_a_file_on_two_pages_is_listed_with_both(fake: FakeHydrus, connect: Connect) -> None:
    files = lay_out(fake)
    found = read(Pages(connect()._client, sleep=lambda _: None), ["dataset"])
    assert found.duplicates() == {files[1]: [("keep", "old"), ("keep", "new")]}


def test_files_that_somebody_put_on_a_page_stay_there_and_an_empty_page_searches_first(
    fake: FakeHydrus, connect: Connect
) -> None:
    files = list(fake.client.by_hash)
    by_hand = fake.client.add_page("by hand", files[:3])
    fake.client.add_page("not searched yet", finds=files[3:5])
    pages = connect().pages()
    assert pages.files(pages.find(["by hand"])) == files[:3]
    assert by_hand.hashes == files[:3]
    assert pages.files(pages.find(["not searched yet"])) == files[3:5]


def test_a_page_that_never_ends_searching_is_given_up_after_five_minutes(fake: FakeHydrus, connect: Connect) -> None:
    page = fake.client.add_page("endless", searches=10_000)
    waited: list[float] = []
    pages = Pages(connect()._client, sleep=waited.append)
    with pytest.raises(NotNow, match="still searches after 300 s"):
        pages.files(pages.find([page.name]))
    assert sum(waited) == 300


def test_an_unknown_page_names_those_that_are_there(fake: FakeHydrus, connect: Connect) -> None:
    lay_out(fake)
    with pytest.raises(WrongUse, match="no page 'kept'") as refused:
        connect().pages().find(["dataset", "kept"])
    assert "keep, throw" in refused.value.fix


def test_a_key_that_may_not_see_pages_is_told_so(fake: FakeHydrus, connect: Connect) -> None:
    with pytest.raises(PermissionMissing, match="manage pages"):
        connect(fake.allow(1, 2, 3).key).pages().top()


def test_files_are_shown_in_a_new_page_and_behind_others_in_one_of_that_name(
    fake: FakeHydrus, connect: Connect, tmp_path: Path
) -> None:
    files = list(fake.client.by_hash)
    client = connect()
    client.log = WriteLog(tmp_path / "writes.db")
    client.pages(to_write=True).show("hyai", [files[0], "ab" * 32])
    (page,) = fake.client.top_page.pages
    assert (page.name, page.hashes) == ("hyai", files[:1])
    client.pages(to_write=True).show("hyai", files[2:4])
    assert page.hashes == [files[0], *files[2:4]]
    assert [one.file for one in writes(tmp_path / "writes.db")] == [*files[2:4], files[0]]
    assert {one.target for one in writes(tmp_path / "writes.db")} == {"page"}
    assert fake.violations == []


def test_a_read_only_library_shows_nothing_in_pages(fake: FakeHydrus, connect: Connect) -> None:
    with pytest.raises(PermissionMissing, match="read-only"):
        connect(read_only=True).pages(to_write=True)


def test_a_set_is_kept_and_its_mapping_has_the_original_shape(
    fake: FakeHydrus, connect: Connect, tmp_path: Path
) -> None:
    files = lay_out(fake)
    found = read(Pages(connect()._client, sleep=lambda _: None), ["dataset"])
    page_sets.save(tmp_path / "pages.db", found)
    page_sets.save(tmp_path / "pages.db", found)
    assert page_sets.names(tmp_path / "pages.db") == ["dataset"]
    kept = page_sets.load(tmp_path / "pages.db", "Dataset")
    assert kept == found
    mapping = kept.mapping()
    assert mapping["categories"] == {"keep": {"old": files[:2], "new": files[1:4]}, "throw": {"throw": files[4:6]}}
    assert mapping["individual_pages"]["keep / new"] == files[1:4]
    assert mapping["metadata"]["unique_files"] == 6
    with pytest.raises(WrongUse, match="There is no page set 'other'"):
        page_sets.load(tmp_path / "pages.db", "other")
