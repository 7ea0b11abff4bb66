"""What the trash of a client will soon lose is kept in time and warned of; what it has lost can still be looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hyai_tui.errors import PictureError
from hyai_tui.jobs import scan, vanishing
from hyai_tui.jobs.context import JobContext, SilentReporter
from hyai_tui.pictures.thumbnails import ThumbnailCache, display_picture
from hyai_tui.workspace import Workspace, create_workspace
from tests.contract.hydrus_fixtures import add_files, fake
from tests.e2e.tagging_fixtures import Place, add_model
from tests.fake_hydrus import FakeHydrus

__all__ = ["fake"]


class Report(SilentReporter):
    """Keeps the warnings of a job."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture
def workspace(fake: FakeHydrus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "run").mkdir(mode=0o700)
    for name, value in (("HOME", tmp_path), ("XDG_RUNTIME_DIR", tmp_path / "run"), ("HYAI_HYDRUS_KEY", fake.key.key)):
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    add_files(fake.client, 12)
    workspace = create_workspace(tmp_path / "w", f'[library]\nkind = "hydrus"\nurl = "{fake.url}"\n')
    scan.run(JobContext(workspace))
    # The model would keep everything, so all of the trash is a mistake.
    add_model(Place(workspace, tmp_path, {}), {one.sha256: 0.05 for one in fake.client.files.values()})
    return workspace


def test_mistakes_in_the_trash_are_kept_in_time_warned_of_and_shown_after_the_client_has_lost_them(
    fake: FakeHydrus, workspace: Workspace
) -> None:
    report = Report()
    vanishing.after_scoring(JobContext(workspace, report=report))
    trash = [one for one in fake.client.files.values() if one.state == "trash"]
    (warning,) = report.warnings
    assert warning.startswith(f"{len(trash)} files in the trash would be kept by the model")
    assert "first may go" in warning
    lost = trash[0]
    fake.client.lose(lost)
    cache = ThumbnailCache(workspace.thumbnails_directory, 10**8)
    library = workspace.open_library()
    try:
        assert display_picture(cache, library, lost.sha256, (64, 64)).width > 0
        kept = next(one for one in fake.client.files.values() if one.state == "inbox")
        fake.client.lose(kept)
        with pytest.raises(PictureError):
            display_picture(cache, library, kept.sha256, (64, 64))
    finally:
        library.close()
    assert fake.writes == []
    assert fake.violations == []


def test_a_trash_that_keeps_files_for_ever_needs_no_warning(fake: FakeHydrus, workspace: Workspace) -> None:
    text = workspace.settings_file.read_text().replace("[library]", "[library]\ntrash_hours = 0")
    workspace.settings_file.write_text(text)
    from hyai_tui.workspace import open_workspace

    report = Report()
    vanishing.after_scoring(JobContext(open_workspace(workspace.root), report=report))
    assert report.warnings == []
    assert not any(one.path == "/get_files/thumbnail" for one in fake.requests)


def test_a_client_that_is_down_is_said_and_fails_nothing(fake: FakeHydrus, workspace: Workspace) -> None:
    report = Report()
    fake.faults.locked = True
    vanishing.after_scoring(JobContext(workspace, report=report))
    assert "could not be kept" in json.dumps(report.warnings)
