"""A job in a terminal: one live bar with count, rate, time left and the newest numbers; what it says goes above it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from hyai_tui.cli.progress import amount, metric
from hyai_tui.jobs.events import Event
from hyai_tui.jobs.pace import Pace
from hyai_tui.text import duration, visible

# Columns of the bar, of a terminal that has room for the whole one, of the shortest name of a stage, and of what else a line holds:
# `12,345 of 136,959 files 0:12:34 1 h 10 min left` with the gaps between.
_BAR, _NARROW_BAR, _ROOMY, _LEAST_NAME, _NUMBERS = 24, 8, 112, 12, 48


class LiveBar:
    """Draws the events of one job."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._numbers: dict[str, str] = {}
        self._pace = Pace()

    def show(self, event: Event) -> None:
        """Draw the event."""
        data = event.data
        if event.type == "stage":
            self._begin(visible(str(data.get("about") or data.get("name", ""))))
        elif event.type == "progress" and self._task is not None:
            self._pace.mark(event.t, int(data.get("done", 0)))
            left = self._pace.seconds_left(data.get("total"))
            self._progress.update(
                self._task,
                completed=data.get("done", 0),
                total=data.get("total"),
                amount=amount(data),
                left=f"{duration(left)} left" if left else "",
            )
        elif event.type == "metric" and self._task is not None:
            self._numbers[str(data.get("name", ""))] = metric(data)
            self._progress.update(self._task, numbers="  ".join(self._numbers.values()))
        elif event.type == "warning":
            self._say(Text(visible(str(data.get("text", ""))), "yellow"))
        elif event.type == "log" and not data.get("in_result"):
            self._say(Text(visible(str(data.get("text", "")))))

    def _begin(self, about: str) -> None:
        """Close the stage before with its last count on the screen, and begin a new line."""
        if self._task is not None:
            task = self._progress.tasks[-1]
            self._progress.update(self._task, total=max(task.completed, 1), completed=max(task.completed, 1))
            self._progress.stop_task(self._task)
        self._numbers = {}
        self._pace = Pace()
        self._task = self._progress.add_task(about, total=None, amount="", left="", numbers="")

    def _say(self, text: Text) -> None:
        self._progress.console.print(text)


@contextmanager
def live_display() -> Iterator[LiveBar]:
    """Give a bar on standard error, and leave the terminal as it was."""
    console = Console(stderr=True, markup=False, highlight=False)
    # What a narrow terminal has no room for is taken off the bar and the names of stages, not off the numbers.
    bar = _BAR if console.width >= _ROOMY else _NARROW_BAR
    names = Column(no_wrap=True, overflow="ellipsis", max_width=max(_LEAST_NAME, console.width - _NUMBERS - bar))
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=names),
        BarColumn(bar_width=bar),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        TextColumn("{task.fields[numbers]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        yield LiveBar(progress)
