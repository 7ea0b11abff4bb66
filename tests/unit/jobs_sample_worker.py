"""A worker process whose job does what its options say; started by tests in place of the real worker."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from hyai_tui.errors import LibraryDown
from hyai_tui.jobs import worker
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.spec import JobSpec


class Sample:
    """Counts `steps` files, `seconds` each, then ends as `end` says."""

    KIND = "sample"
    COMPUTE = False

    def run(self, context: JobContext) -> Mapping[str, Any]:
        steps = int(context.options.get("steps", 1))
        context.report.stage("count", "counting")
        for step in range(steps):
            context.check()
            time.sleep(float(context.options.get("seconds", 0)))
            context.report.progress(step + 1, steps)
        end = context.options.get("end", "result")
        if end == "down":
            raise LibraryDown("Hydrus is not running", "Start it")
        if end == "defect":
            raise ZeroDivisionError("a defect")
        if end == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        return {"counted": steps, "batch": context.workspace.settings.tag.batch_size, "stdin": sys.stdin.read()}


def load(_spec: JobSpec) -> worker.JobModule:
    """Give the sample job, whatever the kind."""
    return Sample()


if __name__ == "__main__":
    if os.environ.get("SAMPLE_STAYS"):
        # As if something had been imported that takes long.
        worker._WORTH_KEEPING = frozenset({"sys"})
    code = worker.main(sys.argv[1:], load)
    if os.environ.get("SAMPLE_LINGERS"):
        time.sleep(1)
    sys.exit(code)
