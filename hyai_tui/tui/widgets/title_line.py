"""The line at the top of a screen over the review: what it is, and how far the job that runs is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Static

from hyai_tui.tui.widgets.job_pane import job_words

if TYPE_CHECKING:
    from hyai_tui.tui.jobview import JobView

_GAP = 3


class TitleLine(Static):
    """A title on the left; on the right the running job, as far as there is room for it."""

    DEFAULT_CSS = """
    TitleLine {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $primary;
        text-style: bold;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self.title = Content(text)
        self._job: JobView | None = None

    def on_mount(self) -> None:
        """Draw what is known."""
        jobs = getattr(getattr(self.app, "review", None), "jobs", ())
        self._job = next((job for job in jobs if job.running), None)
        self._draw()

    def on_resize(self) -> None:
        """More or less of the job fits."""
        self._draw()

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show another title."""
        self.title = content if isinstance(content, Content) else Content(str(content))
        self._draw()

    def show_job(self, job: JobView | None) -> None:
        """Show how far this job is; None where none runs."""
        self._job = job
        self._draw()

    def _draw(self) -> None:
        width = self.content_size.width
        line = self.title
        if self._job is not None and width:
            for said in job_words(self._job):
                room = width - line.cell_length - len(said)
                if room >= _GAP:
                    line = Content.assemble(line, " " * room, (said, "$success"))
                    break
        super().update(line, layout=False)
