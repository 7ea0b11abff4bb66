"""What a job is given to work with: the workspace, its options, a reporter, and the question whether to stop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hyai_tui.errors import Cancelled
from hyai_tui.jobs.events import EventWriter
from hyai_tui.workspace import Workspace


class Reporter(Protocol):
    """Where a job tells what it is doing. May be called from several threads."""

    def stage(self, name: str, about: str = "") -> None:
        """Begin a stage: a short stable name, and one sentence for people."""
        ...

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        """Say how far the stage is; as often as is convenient, lines are thinned."""
        ...

    def metric(self, name: str, value: float, step: int | None = None, steps: int | None = None) -> None:
        """Report a number at a step of so many steps, such as the loss of an epoch."""
        ...

    def log(self, text: str, *, in_result: bool = False) -> None:
        """Say something that a person may want to read later; never a key, a path of a picture or a tag.

        Args:
            text: one line.
            in_result: the result that follows at once says it too, so whoever shows that need not say it twice.
        """
        ...

    def warning(self, text: str) -> None:
        """Say something that a person should read now."""
        ...

    def waiting(self, text: str) -> None:
        """Say what the job waits for, such as a library that is busy; an empty text when it goes on."""
        ...


class EventReporter:
    """Writes what is reported as events of the job."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer
        self._stage = ""
        self._lock = threading.Lock()

    def stage(self, name: str, about: str = "") -> None:
        """Begin a stage."""
        with self._lock:
            self._stage = name
            self._writer.write("stage", name=name, about=about)

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        """Say how far the stage is."""
        with self._lock:
            self._writer.write("progress", stage=self._stage, done=int(done), total=_whole(total), unit=unit)

    def metric(self, name: str, value: float, step: int | None = None, steps: int | None = None) -> None:
        """Report a number."""
        # JSON has no NaN; a loss that is not a number is reported as null and shown as such.
        number = float(value) if math.isfinite(value) else None
        with self._lock:
            self._writer.write("metric", name=name, value=number, step=_whole(step), steps=_whole(steps))

    def log(self, text: str, *, in_result: bool = False) -> None:
        """Say something for later."""
        with self._lock:
            self._writer.write("log", text=text, **({"in_result": True} if in_result else {}))

    def warning(self, text: str) -> None:
        """Say something for now."""
        with self._lock:
            self._writer.write("warning", text=text)

    def waiting(self, text: str) -> None:
        """Say what the job waits for."""
        with self._lock:
            self._writer.write("waiting", text=text)


class SilentReporter:
    """Tells nobody; for work that is done without a job around it."""

    def stage(self, name: str, about: str = "") -> None:
        """Begin a stage."""

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        """Say how far the stage is."""

    def metric(self, name: str, value: float, step: int | None = None, steps: int | None = None) -> None:
        """Report a number."""

    def log(self, text: str, *, in_result: bool = False) -> None:
        """Say something for later."""

    def warning(self, text: str) -> None:
        """Say something for now."""

    def waiting(self, text: str) -> None:
        """Say what the job waits for."""


def never() -> bool:
    """Answer that nobody asked to stop."""
    return False


@dataclass(frozen=True)
class JobContext:
    """A job's surroundings.

    Attributes:
        workspace: the workspace, with the settings of the specification.
        options: the command's options.
        report: where to tell what happens.
        cancelled: True once the user asked to stop; ask it between batches.
        began: when the job was asked for, seconds since the epoch.
    """

    workspace: Workspace
    options: Mapping[str, Any] = field(default_factory=dict)
    report: Reporter = field(default_factory=SilentReporter)
    cancelled: Callable[[], bool] = never
    began: float = field(default_factory=time.time)

    def check(self) -> None:
        """Raise if the user asked to stop; call it where all that was finished is on disk.

        Raises:
            Cancelled: what was finished is kept, and the next job of the kind goes on from there.
        """
        if self.cancelled():
            raise Cancelled("Cancelled; what was finished is kept", "Start it again to go on from there")


def _whole(number: int | None) -> int | None:
    return None if number is None else int(number)
