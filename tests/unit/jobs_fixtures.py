"""A workspace with a runtime directory of its own, and jobs that need no neighbour."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.jobs import supervisor
from hyai_tui.workspace import Workspace, create_workspace

SAMPLE_WORKER = Path(__file__).with_name("jobs_sample_worker.py")


def make_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str = "") -> Workspace:
    """Return a new workspace; locks and logs stay under tmp_path."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return create_workspace(tmp_path / "workspace", settings)


def use_sample_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the supervisor start the sample worker, in a real process, for every kind."""
    monkeypatch.setattr(supervisor, "_WORKER", ("-P", str(SAMPLE_WORKER)))
