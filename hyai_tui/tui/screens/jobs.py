"""The jobs screen: one pane a job, newest first; they go on whether anybody looks or not."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.widgets.job_pane import JobPane
from hyai_tui.tui.widgets.lines import KeyLine
from hyai_tui.tui.widgets.title_line import TitleLine

_MOST = 12


class JobsScreen(Screen[None], inherit_bindings=False):
    """What runs and what ran."""

    CSS_PATH = "jobs.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    class Cancel(Message):
        """The person asks the chosen job to stop."""

        def __init__(self, job_id: str) -> None:
            super().__init__()
            self.job_id = job_id

    def __init__(self, jobs: tuple[JobView, ...]) -> None:
        super().__init__()
        self._jobs = jobs[:_MOST]
        self._usual = usual_seconds(jobs)
        self._chosen = 0

    def compose(self) -> ComposeResult:
        """Lay the panes out."""
        yield TitleLine("Jobs", id="jobs-title")
        yield VerticalScroll(id="job-list", can_focus=False)
        yield KeyLine(id="jobs-keys")

    async def on_mount(self) -> None:
        """Draw what is known."""
        await self._rebuild()
        self._name_keys()

    def _name_keys(self) -> None:
        """Show what the keys do now; only what runs can be cancelled."""
        hints = [("choose", "j k", "move")] if len(self._jobs) > 1 else []
        if self._jobs and self._jobs[self._chosen].running:
            hints.append(("cancel", "c", "cancel"))
        self.query_one(KeyLine).show([*hints, ("back", "Esc", "back")])

    async def show_jobs(self, jobs: tuple[JobView, ...]) -> None:
        """The jobs moved on."""
        before = [job.info.id for job in self._jobs]
        self._jobs = jobs[:_MOST]
        self._usual = usual_seconds(jobs)
        if [job.info.id for job in self._jobs] != before:
            await self._rebuild()
            self._name_keys()
            return
        self._name_keys()
        for pane, job in zip(self.query(JobPane), self._jobs, strict=False):
            pane.show(job)

    async def _rebuild(self) -> None:
        panes = self.query_one("#job-list", VerticalScroll)
        await panes.remove_children()
        if not self._jobs:
            none = "no jobs yet: r in the review trains, :scan reads the library"
            await panes.mount(Static(none, id="no-jobs"))
            return
        self._chosen = min(self._chosen, len(self._jobs) - 1)
        await panes.mount_all(
            [
                JobPane(job, chosen=at == self._chosen, usual=self._usual.get(job.info.kind))
                for at, job in enumerate(self._jobs)
            ]
        )

    def on_key(self, event: Key) -> None:
        """Choose, cancel, go back."""
        event.stop()
        event.prevent_default()
        if event.key in {"escape", "q", "J"}:
            self.dismiss(None)
        elif event.key in {"j", "down", "k", "up"}:
            self._choose(1 if event.key in {"j", "down"} else -1)
        elif event.key == "c":
            self._cancel()

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        if message.act == "choose":
            self._choose(1)
        elif message.act == "cancel":
            self._cancel()
        else:
            self.dismiss(None)

    def _cancel(self) -> None:
        if self._jobs:
            self.post_message(self.Cancel(self._jobs[self._chosen].info.id))

    def _choose(self, by: int) -> None:
        if not self._jobs:
            return
        self._chosen = (self._chosen + by) % len(self._jobs)
        for at, pane in enumerate(self.query(JobPane)):
            pane.set_class(at == self._chosen, "-chosen")
            if at == self._chosen:
                pane.scroll_visible(animate=False)
        self._name_keys()


def usual_seconds(jobs: Sequence[JobView]) -> dict[str, float]:
    """Return how long jobs that were done took, the middle one of each kind: what the next may take."""
    took: dict[str, list[float]] = {}
    for job in jobs:
        if job.info.state == "done" and job.info.ended is not None:
            took.setdefault(job.info.kind, []).append(job.info.ended - job.info.started)
    return {kind: median(seconds) for kind, seconds in took.items()}
