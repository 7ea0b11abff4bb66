"""Which files a tag run looks at on a client of any size: told by ids alone, and never by ids that mean other files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.jobs.candidates import Searching, candidates
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import ScanOptions
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.queues.context import load_context
from hyai_tui.tagging.patience import Patience
from hyai_tui.workspace import Workspace, create_workspace
from tests.contract.hydrus_fixtures import Connect, add_files, connect, fake, library
from tests.fake_hydrus import MY_TAGS, FakeHydrus

__all__ = ["connect", "fake", "library"]

TRASH = "hyai:trash"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return create_workspace(tmp_path / "art", "")


@pytest.fixture
def catalog(workspace: Workspace, fake: FakeHydrus, library: HydrusLibrary) -> Iterator[Catalog]:
    """What a scan of thirty files knows."""
    add_files(fake.client, 24)
    fake.client.change_tags(list(fake.client.files.values())[:7], MY_TAGS, {"0": [TRASH]})
    with workspace.open_catalog() as found:
        number = found.begin_scan()
        found.put(library.scan(ScanOptions()), number)
        found.finish_scan(number)
        yield found


def searching(workspace: Workspace, catalog: Catalog, library: HydrusLibrary) -> Searching:
    with workspace.open_journal() as journal:
        known = load_context(workspace, catalog=catalog, journal=journal)
    return Searching(library, known, catalog, Patience(lambda: None))


def rows_asked_for(fake: FakeHydrus) -> int:
    asked = [one for one in fake.requests if one.path == "/get_files/file_metadata"]
    return sum(len(one.args.get("file_ids", ())) for one in asked)


@pytest.mark.parametrize("criteria", [("system:inbox",), (TRASH,), ("system:everything",), ("creator:nobody",)])
def test_ids_select_the_very_files_that_names_select(
    workspace: Workspace, catalog: Catalog, fake: FakeHydrus, library: HydrusLibrary, criteria: tuple[str, ...]
) -> None:
    by_id = searching(workspace, catalog, library)
    named = sorted(library.search_candidates(criteria))
    fake.requests.clear()
    found, unknown = by_id.selected(criteria)
    assert sorted(by_id.known.file(at) for at in np.flatnonzero(found).tolist()) == named
    assert (unknown, rows_asked_for(fake)) == (0, 0)
    if criteria == (TRASH,):
        assert by_id.carrying(TRASH).tolist() == found.tolist()


def test_what_came_after_the_scan_is_counted_and_left_out(
    workspace: Workspace, catalog: Catalog, fake: FakeHydrus, library: HydrusLibrary
) -> None:
    new = add_files(fake.client, 2, ("inbox",))
    by_id = searching(workspace, catalog, library)
    found, unknown = by_id.selected(("system:everything",))
    assert (found.sum(), unknown) == (30, 2)
    chosen = candidates(by_id, ("system:inbox",), [TRASH], JobContext(workspace))
    assert not {one.sha256 for one in new} & set(chosen.batch(0, 100))


def test_ids_that_mean_other_files_by_now_are_not_believed(
    workspace: Workspace, catalog: Catalog, fake: FakeHydrus, library: HydrusLibrary, connect: Connect
) -> None:
    files = list(fake.client.files.values())
    numbers = [one.file_id for one in files]
    for one, number in zip(files, reversed(numbers), strict=True):
        one.file_id = number
    fake.client.files = {one.file_id: one for one in files}
    another = connect()
    by_id = searching(workspace, catalog, another)
    found, _ = by_id.selected((TRASH,))
    assert {by_id.known.file(at) for at in np.flatnonzero(found).tolist()} == {
        one.sha256 for one in files if TRASH in one.tagged(MY_TAGS)
    }
