"""Who carries our tags on a client of any size is known by ids, each file once; a count needs no look at a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.jobs import untag
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import Library
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.tagging.carriers import Named, Numbered, find_carriers
from hyai_tui.tagging.patience import Patience
from hyai_tui.workspace import Workspace, create_workspace
from tests.contract.hydrus_fixtures import Connect, connect, fake, library
from tests.contract.hydrus_fixtures import add_files as add
from tests.fake_hydrus import MY_TAGS, FakeHydrus
from tests.fake_hydrus.services import DOWNLOADER_TAGS

__all__ = ["connect", "fake", "library"]

ARCHIVE, TRASH = "hyai:archive", "hyai:trash"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeHydrus) -> Workspace:
    """A workspace of ours beside a client where nine of twenty files carry our tags, two of them both."""
    (tmp_path / "run").mkdir(mode=0o700)
    given = {"HOME": tmp_path, "XDG_RUNTIME_DIR": tmp_path / "run", "HYAI_HYDRUS_KEY": fake.key.key}
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    add(fake.client, 20)
    files = list(fake.client.files.values())
    fake.client.change_tags(files[:5], MY_TAGS, {"0": [ARCHIVE, "blue"]})
    fake.client.change_tags(files[3:9], MY_TAGS, {"0": [TRASH]})
    fake.client.change_tags(files[9:12], DOWNLOADER_TAGS, {"0": [TRASH]})
    settings = f'[library]\nkind = "hydrus"\nurl = "{fake.url}"\n[tag]\nbatch_size = 4\n'
    return create_workspace(tmp_path / "art", settings)


def carried(fake: FakeHydrus, service: str = MY_TAGS) -> list[str]:
    return sorted(
        tag for one in fake.client.files.values() for tag in one.tags.get(service, {}).get("0", ()) if "hyai:" in tag
    )


def test_a_dry_run_says_what_the_searches_say_and_reads_no_file(workspace: Workspace, fake: FakeHydrus) -> None:
    before = len(fake.requests)
    found = untag.run(JobContext(workspace, {"dry_run": True}))
    assert found == {"cleared": 9, "tags": {ARCHIVE: 5, TRASH: 6}, "dry_run": True}
    paths = [one.path for one in fake.requests[before:]]
    assert "/get_files/file_metadata" not in paths
    assert "/add_tags/add_tags" not in paths


def test_the_clearing_takes_what_the_dry_run_counted_and_another_service_keeps_its_own(
    workspace: Workspace, fake: FakeHydrus
) -> None:
    counted = untag.run(JobContext(workspace, {"dry_run": True}))
    done = untag.run(JobContext(workspace, {}))
    assert done == {**counted, "dry_run": False}
    assert carried(fake) == []
    assert carried(fake, DOWNLOADER_TAGS) == [TRASH] * 3
    assert untag.run(JobContext(workspace, {"dry_run": True}))["cleared"] == 0
    assert untag.run(JobContext(workspace, {"undo": True}))["restored"] == 9
    assert carried(fake) == [ARCHIVE] * 5 + [TRASH] * 6


def test_files_are_named_batch_by_batch_and_the_same_as_by_names(
    workspace: Workspace, fake: FakeHydrus, library: HydrusLibrary, connect: Connect
) -> None:
    patience = Patience(lambda: None)
    by_id = find_carriers(library, [ARCHIVE, TRASH], patience, lambda: None)
    assert isinstance(by_id, Numbered)

    class ByName:
        """The same client, which only names files."""

        def search_candidates(self, criteria: tuple[str, ...]) -> list[str]:
            return [one for one in library.search_candidates(criteria) if one in mine]

    mine = {file for start in range(0, len(by_id), 4) for file in by_id.batch(start, 4)}
    plain: Library = ByName()  # type: ignore[assignment]
    named = find_carriers(plain, [ARCHIVE, TRASH], patience, lambda: None)
    assert isinstance(named, Named)
    assert (len(by_id), len(named)) == (9, 9)
    assert [file for start in range(0, 9, 4) for file in named.batch(start, 4)] == sorted(mine)
