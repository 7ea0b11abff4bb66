"""One check in a process of its own: `python -m hyai_tui.checks.running WORKSPACE NAME`, started by the check job.

It says how far it is in lines of its own on standard output, at most a few a second; the last other line says what went
wrong.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Final

from hyai_tui.checks import again, registry, results
from hyai_tui.checks.base import CheckPlace, Progress, untold
from hyai_tui.errors import HyaiError
from hyai_tui.logs import start_log
from hyai_tui.queues.context import load_context
from hyai_tui.workspace import Workspace, open_workspace

_PROGRESS: Final = "\x1dprogress"
_EVERY_SECONDS: Final = 0.25


def progress_of(line: str) -> tuple[int, int | None, str] | None:
    """Return (done, total, what is counted) of a line that says how far a check is; None for any other line."""
    word, *parts = line.rstrip("\n").split(" ", 3)
    if word != _PROGRESS or len(parts) < 3 or not (parts[0].isdecimal() and (parts[1] or "0").isdecimal()):
        return None
    return int(parts[0]), int(parts[1]) if parts[1] else None, parts[2]


class Telling:
    """Writes how far a check is; what comes too soon after the line before is left out."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, done: int, total: int | None, unit: str = "files", /) -> None:
        """Write a line, if it is time for one."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_SECONDS
            sys.stdout.write(f"{_PROGRESS} {done} {'' if total is None else total} {unit}\n")
            sys.stdout.flush()


def run_check(workspace: Workspace, name: str, progress: Progress = untold) -> results.Kept:
    """Run a check and keep what it found.

    Raises:
        HyaiError: what the check met; the result of the run before stays.
    """
    check = registry.load(name)
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        marks = again.marks(workspace, catalog, journal)
        context = load_context(workspace, catalog=catalog, journal=journal)
        found = check.run(CheckPlace(workspace, catalog, journal, context, progress))
    return results.keep(workspace, name, found, time.time(), marks)


def main(arguments: list[str]) -> int:
    """Run the check that the arguments name; says in one line what went wrong."""
    start_log()
    root, name = arguments
    try:
        run_check(open_workspace(Path(root)), name, Telling())
    except HyaiError as error:
        sys.stdout.write(f"{error}\n")
        return int(error.exit_code)
    except Exception as error:
        # A plug-in's code runs here; whatever it raises is told like any other failure.
        logging.getLogger(__name__).exception("the check %s failed", name)
        sys.stdout.write(f"it failed: {type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
