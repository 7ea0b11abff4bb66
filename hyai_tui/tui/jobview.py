"""One job as its pane shows it: how it stands, its numbers, and the end of its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hyai_tui.jobs.listing import JobInfo


@dataclass
class JobView:
    """One job as its pane shows it.

    Attributes:
        info: how it stands.
        curves: metric name to its values so far.
        log: newest lines, warnings among them.
        rate: things a second over the last five minutes of this stage; None where not known yet.
        result: what it gave, once done.
        waiting: what it waits for, such as a library that is busy; empty if for nothing.
    """

    info: JobInfo
    curves: dict[str, list[float]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    rate: float | None = None
    result: Mapping[str, Any] | None = None
    step: int | None = None
    steps: int | None = None
    waiting: str = ""

    def copy(self) -> JobView:
        """Return a copy that the following thread will not change."""
        return replace(self, curves={name: list(curve) for name, curve in self.curves.items()}, log=list(self.log))

    @property
    def running(self) -> bool:
        """True while a process works on it."""
        return self.info.state == "running"

    @property
    def share(self) -> float | None:
        """How much of the stage is done, 0 to 1; None where it does not count."""
        if self.info.total and self.info.done is not None:
            return min(1.0, self.info.done / self.info.total)
        if self.steps and self.step is not None:
            return min(1.0, self.step / self.steps)
        return None

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds to the end of the stage; None where not known."""
        if not self.rate or not self.info.total or self.info.done is None:
            return None
        return max(0.0, (self.info.total - self.info.done) / self.rate)
