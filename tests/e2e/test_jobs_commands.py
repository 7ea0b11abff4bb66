"""Jobs as a user meets them: a bar in a terminal, Ctrl-C, a lost terminal, a second terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from hyai_tui.jobs.listing import is_running, job_directories
from hyai_tui.workspace import Workspace, create_workspace
from tests.e2e.shell import run_hyai

SLOW_SCAN = Path(__file__).with_name("jobs_slow_scan.py")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    for name in [one for one in os.environ if one.startswith(("HYAI_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    made = create_workspace(tmp_path / "workspace", "")
    monkeypatch.chdir(made.root)
    yield made
    for directory in job_directories(made):
        if is_running(directory):
            run_hyai("jobs", "cancel", directory.name)


def data(*arguments: str) -> Any:
    done = run_hyai(*arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SLOW_SCAN), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(truth: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not truth():
        assert time.monotonic() < until
        time.sleep(0.05)


def counting(workspace: Workspace) -> bool:
    """A job runs and has begun to count."""
    return any(info["stage"] == "count" and info["done"] for info in data("jobs", "list", "--json"))


def test_ctrl_c_cancels_the_job_and_the_command_says_130(workspace: Workspace) -> None:
    command = start("scan")
    wait_for(lambda: counting(workspace))
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "Cancelling" in said
    assert [info["state"] for info in data("jobs", "list", "--json")] == ["cancelled"]


def test_a_lost_terminal_leaves_the_job_running_for_another_to_follow_and_end(workspace: Workspace) -> None:
    command = start("scan", "--json")
    wait_for(lambda: counting(workspace))
    command.send_signal(signal.SIGHUP)
    command.communicate(timeout=60)
    assert command.returncode == -signal.SIGHUP
    running = data("jobs", "list", "--json")[0]
    assert running["state"] == "running"

    busy = run_hyai("scan")
    assert busy.returncode == 3
    assert running["id"] in busy.stderr

    follower = subprocess.Popen(
        [sys.executable, "-m", "hyai_tui", "jobs", "attach", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert data("jobs", "cancel", running["id"][-4:], "--json") == {"job": running["id"], "state": "cancelled"}
    follower.communicate(timeout=60)
    assert follower.returncode == 130
    not_running = run_hyai("jobs", "cancel")
    assert not_running.returncode == 3
    assert running["id"] in not_running.stderr


def test_attaching_after_the_end_gives_the_result_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "3")
    command = start("scan")
    command.communicate(timeout=60)
    assert data("jobs", "attach", "--json")["counted"] == 3


def test_a_killed_worker_is_said_and_the_next_one_starts(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "3")
    monkeypatch.setenv("END", "killed")
    command = start("scan")
    _, said = command.communicate(timeout=60)
    assert command.returncode == 1
    assert "killed before its end" in said
    assert "goes on from what was finished" in said
    assert data("jobs", "list", "--json")[0]["state"] == "died"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # pexpect forks, and execs at once
def test_a_terminal_shows_a_live_bar_and_ctrl_c_ends_it(workspace: Workspace) -> None:
    screen = pexpect.spawn(sys.executable, [str(SLOW_SCAN), "scan"], timeout=60, encoding="utf-8", dimensions=(24, 120))
    try:
        screen.expect("counting")
        screen.expect(r"\d+ of 2,000 files")
        screen.sendintr()
        screen.expect("Cancelled; what was finished is kept")
        screen.expect(pexpect.EOF)
    finally:
        screen.close()
    assert screen.exitstatus == 130


def test_no_job_and_a_wrong_name_are_said_in_a_sentence(workspace: Workspace) -> None:
    assert data("jobs", "list", "--json") == []
    assert "No jobs yet" in run_hyai("jobs").stdout
    nothing = run_hyai("jobs", "attach")
    assert nothing.returncode == 2
    assert "no jobs yet" in nothing.stderr
