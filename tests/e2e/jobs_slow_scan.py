"""The real `hyai` with a scan that counts slowly, for tests that interrupt, leave and come back."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyai_tui.cli.running import run
from hyai_tui.jobs import supervisor
from hyai_tui.workspace import Workspace

WORKER = Path(__file__).parents[1] / "unit" / "jobs_sample_worker.py"
_start = supervisor.start


def start(
    workspace: Workspace, kind: str, options: Mapping[str, Any] | None = None, *, stays_warm: bool = False
) -> supervisor.JobHandle:
    """Start the slow job in place of the real one."""
    assert not stays_warm, "commands leave no worker behind"
    steps, end = int(os.environ.get("STEPS", "2000")), os.environ.get("END", "result")
    return _start(workspace, kind, {**(options or {}), "steps": steps, "seconds": 0.02, "end": end})


if __name__ == "__main__":
    # As a terminal gives it, also where the tests themselves run under nohup.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    supervisor._WORKER = ("-P", str(WORKER))
    supervisor.start = start
    run()
