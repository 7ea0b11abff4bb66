"""Real workers of Ray on this machine: the same bytes as without, also where one of them is killed in the middle.

Ray is an extra that the lock file holds and `make test` does not install: `uv sync --inexact --extra ray` brings it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from hyai_tui.errors import Exit
from tests.e2e.shell import Shell
from tests.unit.training_fixtures import draw

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed"),
]


_STARTS = 4


def _workers() -> list[int]:
    """Return the processes of this user that do a task of ours now."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if one.stat().st_uid == os.getuid() and b"MapWorker(MapBatches(_Actor)).submit" in one.read_bytes():
                found.append(int(one.parent.name))
        except OSError:
            continue
    return found


def _build(shell: Shell, options: Sequence[str], *, kill: bool) -> bool:
    """Build, kill one of Ray's workers where that is wanted, and return whether one was killed.

    Ray itself waits no longer than half a minute for its own start; on a busy machine the next one gets there.
    """
    command = [sys.executable, "-m", "hyai_tui", "cache", "build", *options]
    for _ in range(_STARTS):
        killed = False
        # A cluster of its own, whatever runs on this machine.
        with subprocess.Popen(
            command, cwd=shell.here, env=shell.environment | {"RAY_ADDRESS": "local"}, stderr=subprocess.PIPE, text=True
        ) as build:
            while build.poll() is None:
                if kill and not killed and (workers := _workers()):
                    os.kill(workers[0], signal.SIGKILL)
                    killed = True
                time.sleep(0.02)
            said = build.stderr.read() if build.stderr else ""
        if build.returncode != Exit.NOT_NOW or "Ray did not start" not in said:
            break
    assert build.returncode == 0, said
    return killed


@pytest.mark.timeout(600)
def test_two_workers_of_which_one_is_killed_leave_the_same_bytes_as_one_machine(tmp_path: Path) -> None:
    for number in range(600):
        draw(tmp_path / "pictures" / f"{number}.png", "trash", number)
    shards = []
    for name, options in (("alone", []), ("together", ["--engine", "ray", "--workers", "2"])):
        (tmp_path / name).mkdir()
        shell = Shell(tmp_path / f"home of {name}", tmp_path / name)
        shell("init", "--library", tmp_path / "pictures")
        shell("config", "set", "features.encoder", "hog")
        shell("scan")
        killed = _build(shell, options, kill=name == "together")
        assert killed == (name == "together")
        shards.append({one.name: one.read_bytes() for one in (tmp_path / name).rglob("features/*/*.npy")})
        assert not list((tmp_path / name / ".hyai").glob("parts/*"))
    assert shards[0] == shards[1]
    assert shards[0]
