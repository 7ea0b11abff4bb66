"""Runs a job for a command and shows what it does on standard error: a live bar in a terminal, else plain lines.

Ctrl-C (and SIGTERM) asks the job to stop after its batch; a second one leaves it to that and returns at once. A lost
terminal (SIGHUP) ends only the command: the job works in a process session of its own and goes on.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from hyai_tui.cli.output import narrate
from hyai_tui.credentials import warning_about
from hyai_tui.errors import NotNow
from hyai_tui.jobs import supervisor
from hyai_tui.jobs.events import Event
from hyai_tui.jobs.pace import Pace
from hyai_tui.text import duration, visible
from hyai_tui.workspace import Workspace

_PLAIN_SECONDS = 5.0


def run_job(workspace: Workspace, kind: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Start a job, show it to its end, and return its result.

    Raises:
        JobBusy: it could not start beside a running job.
        HyaiError: what the job failed with; `Cancelled` after Ctrl-C.
        KeyboardInterrupt: Ctrl-C came twice; the job ends on its own.
    """
    warn_of_open_address(workspace)
    with _interrupts() as interrupts:
        job = supervisor.start(workspace, kind, options)
        return _show(workspace, job, interrupts, cancels=True)


def warn_of_open_address(workspace: Workspace) -> None:
    """Say it where the library's access key would cross a network in the clear."""
    library = workspace.settings.library
    if library.kind == "hydrus" and (warning := warning_about(library.url)):
        narrate(f"warning: {warning}")


def attach(workspace: Workspace, job: supervisor.JobHandle) -> dict[str, Any]:
    """Show a job that someone else started, from its first event, and return its result.

    Ctrl-C stops looking only: whoever attaches did not start the work, and 'hyai jobs cancel' ends it.

    Raises:
        HyaiError: what the job failed with.
        KeyboardInterrupt: Ctrl-C came before its end.
    """
    with _interrupts() as interrupts:
        return _show(workspace, job, interrupts, cancels=False)


class _Interrupts:
    """Counts Ctrl-C and SIGTERM."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    """Count interrupts instead of dying of them; installed before the job starts, so that none falls in between."""
    counter = _Interrupts()
    before = {number: signal.signal(number, counter) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield counter
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(workspace: Workspace, job: supervisor.JobHandle, interrupts: _Interrupts, *, cancels: bool) -> dict[str, Any]:
    sent = False

    def stop() -> bool:
        nonlocal sent
        if interrupts.count and not cancels:
            return True
        if interrupts.count and not sent:
            sent = True
            narrate("Cancelling: the batch is finished first; Ctrl-C again returns at once")
            _cancel(workspace, job)
        return interrupts.count > 1

    with job_display() as display:
        try:
            return supervisor.result_of(supervisor.follow(job, stop), display.show)
        except NotNow:
            if interrupts.count <= int(cancels):
                raise
            narrate(f"{job.id} goes on; 'hyai jobs attach' follows it")
            raise KeyboardInterrupt from None


def _cancel(workspace: Workspace, job: supervisor.JobHandle) -> None:
    try:
        supervisor.cancel(workspace, job.id)
    except NotNow:
        # It ended before it could be asked to; following it shows how.
        return


class Display(Protocol):
    """Shows what a job tells."""

    def show(self, event: Event) -> None:
        """Show one event."""
        ...


@contextmanager
def job_display() -> Iterator[Display]:
    """Give the display that fits standard error."""
    if not sys.stderr.isatty():
        yield PlainLines()
        return
    from hyai_tui.cli.live import live_display

    with live_display() as display:
        yield display


class PlainLines:
    """One line for each thing that a log of the command should hold; progress at most every five seconds."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._pace = Pace()

    def show(self, event: Event) -> None:
        """Print the event if it is worth a line."""
        if (line := self._line(event)) is not None:
            narrate(line)

    def _line(self, event: Event) -> str | None:
        data = event.data
        if event.type == "stage":
            self._pace = Pace()
        if event.type == "stage" and data.get("name") != "starting":
            return str(data.get("about") or data.get("name", ""))
        if event.type == "warning":
            return f"warning: {data.get('text', '')}"
        if event.type == "log" and not data.get("in_result"):
            return str(data.get("text", ""))
        if event.type == "progress":
            self._pace.mark(event.t, int(data.get("done", 0)))
            complete = data.get("done") == data.get("total") and data.get("done")
            if complete or time.monotonic() - self._said >= _PLAIN_SECONDS:
                self._said = time.monotonic()
                left = self._pace.seconds_left(data.get("total"))
                return amount(data) + (f", about {duration(left)} left" if left else "")
        if event.type == "metric" and data.get("step") is not None and data.get("step") == data.get("steps"):
            return metric(data)
        return None


def amount(data: Mapping[str, Any]) -> str:
    """Return how far a stage is: `120 of 2,000 files`."""
    done, total, unit = data.get("done", 0), data.get("total"), visible(str(data.get("unit", "files")))
    return f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"


def metric(data: Mapping[str, Any]) -> str:
    """Return a number as it is shown: `loss 0.412`."""
    value = data.get("value")
    return f"{visible(str(data.get('name', '')))} {'–' if value is None else format(value, '.4g')}"
