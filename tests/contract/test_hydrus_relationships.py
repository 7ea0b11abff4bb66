"""What a client's duplicate filter has settled is read and never written, and a key that may not ask is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.checks import settled
from hyai_tui.errors import LibraryError, PermissionMissing
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.hydrus.relationships import read_relations
from hyai_tui.library.relations import FileRelations, KnowsRelations, Relations
from hyai_tui.workspace import Workspace, create_workspace
from tests.contract.hydrus_fixtures import UNKNOWN, Connect, connect, fake, library
from tests.fake_hydrus import FakeHydrus

__all__ = ["connect", "fake", "library"]

PATH = "/manage_file_relationships/get_file_relationships"


def test_kings_duplicates_alternates_and_false_positives_are_read(fake: FakeHydrus, library: HydrusLibrary) -> None:
    a, b, c, d, e, _f = (one.sha256 for one in fake.client.files.values())
    fake.client.duplicates = [(b, a)]
    fake.client.apart = {frozenset({b, c}): "3", frozenset({b, d}): "1"}
    assert isinstance(library, KnowsRelations)
    found = library.relations([a, b, c, d, e, UNKNOWN])
    assert found == {
        a: FileRelations(b, frozenset({b}), frozenset({c, d})),
        b: FileRelations(b, frozenset({a}), frozenset({c, d})),
        c: FileRelations(c, apart=frozenset({b})),
        d: FileRelations(d, apart=frozenset({b})),
        e: FileRelations(e),
    }
    said = Relations(found)
    assert [said.rank(one) for one in (a, b, c, e, UNKNOWN)] == [-1, 1, 0, 0, 0]
    # c was compared with the best copy alone; that holds for the other copies too.
    assert said.are_apart(a, c)
    assert said.are_apart(c, a)
    assert not said.are_apart(a, b)
    assert not said.are_apart(c, d)
    assert fake.violations == []
    # Nothing is asked about a hash that the client did not list.
    assert all(UNKNOWN not in str(one.args) for one in fake.requests if one.path == PATH)


def test_a_best_copy_that_is_gone_is_not_known() -> None:
    gone, here = "ab" * 32, "cd" * 32
    answer = {"file_relationships": {here: {"king": gone, "king_is_local": True, "8": [], "1": [], "3": []}}}
    assert read_relations(answer) == {here: FileRelations("")}
    assert Relations(read_relations(answer)).rank(here) == 0
    with pytest.raises(LibraryError, match="file_relationships"):
        read_relations({"version": 95})


def test_a_key_without_the_permission_is_named(fake: FakeHydrus, connect: Connect) -> None:
    first = next(iter(fake.client.files.values())).sha256
    with pytest.raises(PermissionMissing, match="edit file relationships"):
        connect(fake.allow(2, 3).key).relations([first])


def test_a_check_goes_on_where_the_client_may_not_be_asked(
    fake: FakeHydrus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYAI_HYDRUS_KEY", fake.allow(2, 3).key)
    monkeypatch.setenv("HYAI_HYDRUS_URL", fake.url)
    made: Workspace = create_workspace(tmp_path / "w", f'[library]\nkind = "hydrus"\nurl = "{fake.url}"\n')
    said, told = settled.ask(made, [next(iter(fake.client.files.values())).sha256])
    assert said.known == {}
    assert "edit file relationships" in told
    monkeypatch.setenv("HYAI_HYDRUS_KEY", fake.key.key)
    said, told = settled.ask(made, [next(iter(fake.client.files.values())).sha256])
    assert len(said.known) == 1
    assert told == ""
