"""A worker that stays warm takes the next job while an app is there, and is gone when there is none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hyai_tui
from hyai_tui.jobs import supervisor, warm
from hyai_tui.jobs.events import read_events
from hyai_tui.journal.journal import Journal
from hyai_tui.workspace import Workspace
from tests.unit.jobs_fixtures import make_workspace, use_sample_worker

HOLDER = "an app"


def wait_for(truth: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not truth():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_sample_worker(monkeypatch)
    monkeypatch.setenv("SAMPLE_STAYS", "1")
    return make_workspace(tmp_path, monkeypatch)


@pytest.fixture
def app(workspace: Workspace) -> Iterator[Journal]:
    """An app that holds its lease, and gives it back at the end."""
    with workspace.open_journal() as journal:
        journal.take_lease(HOLDER)
        yield journal
        journal.release_lease(HOLDER)
        wait_for(lambda: not (workspace.runtime / warm.SOCKET).exists())


def work(workspace: Workspace, kind: str = "train", *, stays_warm: bool = True) -> tuple[int, Path]:
    """Do a job to its end; return the process that did it, and the job's directory."""
    job = supervisor.start(workspace, kind, {"steps": 1}, stays_warm=stays_warm)
    assert list(supervisor.follow(job))[-1].type == "result"
    return next(int(event.data["pid"]) for event in read_events(job.directory)), job.directory


def is_waiting(workspace: Workspace) -> bool:
    return warm.somebody_listens(workspace.runtime / warm.SOCKET)


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_next_job_goes_to_the_warm_worker_with_its_locks_and_its_own_log(
    workspace: Workspace, app: Journal
) -> None:
    first, _ = work(workspace)
    wait_for(lambda: is_waiting(workspace))
    second, directory = work(workspace)
    assert second == first
    assert (directory / "worker.log").is_file()
    # Every lock is free again, so that the next one can start at once.
    wait_for(lambda: not any(info.state == "running" for info in supervisor.jobs(workspace)))
    # A command may use it too, and a job that may run beside others never waits for it.
    wait_for(lambda: is_waiting(workspace))
    assert work(workspace, stays_warm=False)[0] == first
    assert work(workspace, "evaluate")[0] != first


def test_it_leaves_with_the_app(workspace: Workspace) -> None:
    with workspace.open_journal() as journal:
        journal.take_lease(HOLDER)
        process, _ = work(workspace)
        wait_for(lambda: is_waiting(workspace))
        journal.release_lease(HOLDER)
        wait_for(lambda: gone(process))
    assert not is_waiting(workspace)


def test_no_worker_stays_without_an_app_nor_for_a_command(workspace: Workspace) -> None:
    process, _ = work(workspace)
    wait_for(lambda: gone(process))
    with workspace.open_journal() as journal:
        journal.take_lease(HOLDER)
        process, _ = work(workspace, stays_warm=False)
        wait_for(lambda: gone(process))
    assert not is_waiting(workspace)


def test_it_leaves_where_the_environment_or_the_code_is_another(
    workspace: Workspace, app: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = work(workspace)
    wait_for(lambda: is_waiting(workspace))
    monkeypatch.setenv("HYAI_TRAIN_EPOCHS", "3")
    second, _ = work(workspace)
    assert second != first
    wait_for(lambda: gone(first))


def test_a_fingerprint_follows_code_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "hyai_tui"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(hyai_tui, "__file__", str(package / "__init__.py"))
    before = warm.fingerprint()
    assert warm.fingerprint() == before
    (package / "new.py").write_text("x = 1")
    changed = warm.fingerprint()
    assert changed != before
    monkeypatch.setenv("COLUMNS", "99")
    assert warm.fingerprint() == changed
    monkeypatch.setenv("HYAI_READ_ONLY", "true")
    assert warm.fingerprint() != changed


def test_what_a_killed_worker_left_behind_stands_in_nobody_s_way(workspace: Workspace, app: Journal) -> None:
    (workspace.runtime / warm.SOCKET).touch()
    first, _ = work(workspace)
    wait_for(lambda: is_waiting(workspace))
    second, _ = work(workspace)
    assert second == first
