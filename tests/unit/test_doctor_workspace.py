"""doctor in a workspace: each trouble that can be made there is named with what to do, and doing that mends it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.cli.running import exit_code
from hyai_tui.features import choosing
from hyai_tui.features.store import FeatureStore
from hyai_tui.features.upkeep import verify
from hyai_tui.journal.model import NewDecision
from hyai_tui.workspace import Workspace, open_workspace

Doctor = Callable[[str], dict[str, Any]]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "run").mkdir(mode=0o700)
    for name, directory in (("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
        monkeypatch.setenv(name, str(tmp_path / directory))
    monkeypatch.delenv("HYAI_HOME", raising=False)
    monkeypatch.delenv("HYAI_WEIGHTS", raising=False)
    (tmp_path / "art").mkdir()
    monkeypatch.chdir(tmp_path / "art")
    assert exit_code(["init"]) == 0
    return open_workspace()


@pytest.fixture
def doctor(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return what doctor says in one row; its exit code tells whether all rows are all right."""

    def check(row: str) -> dict[str, Any]:
        capsys.readouterr()
        code = exit_code(["doctor", "--json"])
        checks = json.loads(capsys.readouterr().out)["checks"]
        assert code == (0 if all(one["ok"] for one in checks) else 1)
        found: dict[str, Any] = next(one for one in checks if one["name"] == row)
        return found

    return check


def with_features(workspace: Workspace) -> Path:
    """Store three vectors and return the directory of their store."""
    choice = choosing.choose(workspace)
    choosing.record(workspace, choice.version)
    directory = choosing.features_directory(workspace, choice)
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version) as store:
        store.append([f"{n:064x}" for n in range(3)], np.ones((3, choice.version.dimension), np.float32))
    return directory


def test_vectors_that_are_gone_are_missed_and_verifying_mends_it(workspace: Workspace, doctor: Doctor) -> None:
    assert "hyai cache build" in doctor("features")["fix"]
    directory = with_features(workspace)
    assert doctor("features")["detail"].startswith("3 vectors")

    next(directory.glob("0*.npy")).write_bytes(b"")
    found = doctor("features")
    assert not found["ok"]
    assert found["detail"] == "1 shard file of 1 damaged or gone"
    assert "hyai cache verify" in found["fix"]

    version = choosing.choose(workspace).version
    with FeatureStore.open(directory, version.dimension, version=version) as store:
        verify(store)
    assert doctor("features")["ok"]


def test_a_damaged_index_is_named_with_the_command_that_removes_it(workspace: Workspace, doctor: Doctor) -> None:
    directory = with_features(workspace)
    for path in directory.glob("index.db*"):
        path.unlink()
    (directory / "index.db").write_bytes(b"no database" * 1000)
    found = doctor("features")
    assert not found["ok"]
    assert "hyai cache reset" in found["fix"]

    shutil.rmtree(directory)
    assert doctor("features")["ok"]


def test_a_damaged_catalog_or_journal_is_named_and_moving_it_away_mends_it(
    workspace: Workspace, doctor: Doctor
) -> None:
    for row, path in (("catalog", workspace.cache / "catalog.db"), ("journal", workspace.root / "journal.db")):
        assert doctor(row)["ok"]
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
        path.write_bytes(b"no database" * 1000)
        found = doctor(row)
        assert not found["ok"]
        assert "damaged" in found["detail"]
        assert found["fix"]
        assert doctor({"catalog": "library", "journal": "running"}[row])["detail"] == f"see {row}", "it is said once"
        path.unlink()
        assert doctor(row)["ok"]


def test_a_clock_that_was_set_back_is_seen_by_the_newest_decision(
    workspace: Workspace, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor("clock")["ok"]
    now = time.time
    with workspace.open_journal() as journal, monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now() + 3 * 3600)
        journal.decide([NewDecision("0" * 64, "label", "trash")], session="s", source="command")
    found = doctor("clock")
    assert not found["ok"]
    assert "3 h from now" in found["detail"]
    assert "network time" in found["fix"]


def test_an_app_that_is_open_is_told_and_fails_nothing(workspace: Workspace, doctor: Doctor) -> None:
    assert doctor("running")["detail"] == "no app and no job"
    with workspace.open_journal() as journal:
        journal.take_lease("another", "hyai on pts/7")
    found = doctor("running")
    assert found["ok"]
    assert found["detail"] == "an app is open (hyai on pts/7)"
    assert "take over" in found["fix"]


def test_a_disk_without_room_is_a_failed_check(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor("disk")["ok"]
    usage = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=1_000_000))
    found = doctor("disk")
    assert not found["ok"]
    assert "Free some space" in found["fix"]


def test_weights_that_are_named_and_not_there_are_a_failed_check(workspace: Workspace, doctor: Doctor) -> None:
    assert exit_code(["config", "set", "features.weights", str(workspace.root / "none.h5")]) == 0
    found = doctor("encoder")
    assert not found["ok"]
    assert "none.h5" in found["detail"]
    assert exit_code(["config", "set", "features.weights", "imagenet"]) == 0
    assert doctor("encoder")["ok"]
