"""One job: stage, count, rate, time left, live numbers and the end of its log."""

from __future__ import annotations

import time
from dataclasses import replace

from textual.content import Content
from textual.widgets import Static

from hyai_tui.braille import curve
from hyai_tui.text import duration, visible
from hyai_tui.tui import words
from hyai_tui.tui.jobview import JobView

_STATES = {"running": "$success", "done": "$muted", "failed": "$error", "died": "$error", "cancelled": "$warning"}
# The number that says most comes first.
_TOLD = {"macro_f1": "F1", "accuracy": "accuracy", "val_loss": "loss", "loss": "loss"}
# One loss and one metric are drawn, the first of each that there is.
_DRAWN = (("val_loss", "loss"), ("macro_f1", "accuracy"))
# What numbers are called for people; all others by their own names.
_CALLED = {"macro_f1": "macro F1", "val_loss": "held-out loss", "val_accuracy": "held-out accuracy"}
_ROWS, _WIDEST = 3, 60
_SHAPES = {"running": "⟳", "done": "✓", "failed": "✗", "died": "✗", "cancelled": "■"}


class JobPane(Static):
    """A job in full, for the Jobs screen."""

    def __init__(self, job: JobView, *, chosen: bool = False, usual: float | None = None) -> None:
        super().__init__(markup=False)
        self.job = job
        # Seconds that such a job took before; None where there was none.
        self._usual = usual
        self.set_class(chosen, "-chosen")

    def on_mount(self) -> None:
        """Draw."""
        self.show(self.job)

    def on_resize(self) -> None:
        """Bars have another length."""
        self.show(self.job)

    def show(self, job: JobView) -> None:
        """Draw the job as it stands now."""
        self.job = job
        self.border_title = f"{_SHAPES.get(job.info.state, '?')} {job.info.kind}  {job.info.id.rpartition('-')[2]}"
        width = max(20, self.size.width - 2)
        lines = [_state(job), *_progress(job, width, self._usual)]
        lines += _charts(job, width) if job.running else _curves(job, width)
        lines += [Content.styled(visible(line)[:width], "$muted") for line in job.log[-(6 if job.running else 2) :]]
        self.update(Content("\n").join(lines))


class JobLine(Static):
    """The running job in short, beside the picture."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)

    def show(self, job: JobView | None) -> None:
        """Draw the job, or nothing."""
        self.display = job is not None
        if job is None:
            return
        width = max(20, self.size.width or 30)
        lines = [Content.assemble((job.info.kind, "bold"), f"  {visible(job.info.stage)}")]
        lines += _progress(job, width) + _curves(job, width)
        self.update(Content("\n").join(lines))


def job_words(job: JobView) -> list[str]:
    """Return how far a job is in a few words, the longest first: what it does, its epoch, its newest number, its share."""
    share = f" {words.percent(job.share)}" if job.share is not None else ""
    stage = f" {visible(job.info.stage)}" if job.info.stage not in {"", job.info.kind} else ""
    if job.step is None or not job.steps:
        return [f"⟳ {job.info.kind}{stage}{share}", f"⟳ {job.info.kind}{share}"]
    epoch = f" epoch {job.step}/{job.steps}"
    numbers = [
        f" · {said} {words.fraction(job.curves[name][-1])}" for name, said in _TOLD.items() if job.curves.get(name)
    ]
    newest = numbers[0] if numbers else ""
    about = f" · {visible(job.info.what)} ·" if job.info.what else ""
    left = f" · {duration(job.seconds_left)} left" if job.seconds_left is not None else ""
    return [
        f"⟳ {job.info.kind}{about}{epoch}{newest}{left}",
        f"⟳ {job.info.kind}{epoch}{newest}{left}",
        f"⟳ {job.info.kind}{epoch}{newest}",
        f"⟳ {job.info.kind}{epoch}",
        f"⟳ {job.info.kind}{share}",
    ]


def _state(job: JobView) -> Content:
    info = job.info
    colour = _STATES.get(info.state, "")
    ran = duration((info.ended or time.time()) - info.started)
    about = f"  {visible(info.what)}" if info.what else ""
    fix = f" · {visible(info.fix)}" if info.fix else ""
    when = words.ago(info.ended) if info.ended else "now"
    return Content.assemble((info.state, f"bold {colour}"), (f"  {ran}  {when}", "$muted"), about, fix)


def _progress(job: JobView, width: int, usual: float | None = None) -> list[Content]:
    if not job.running:
        return []
    share = job.share
    parts = []
    if job.info.total:
        parts.append(f"{job.info.done or 0:,} of {job.info.total:,} {job.info.unit}")
    if job.step is not None and job.steps:
        parts.append(f"epoch {job.step}/{job.steps}")
    if job.rate:
        parts.append(f"{job.rate:,.0f}/s" if job.rate >= 10 else f"{job.rate:.1f}/s")
    if job.seconds_left is not None:
        parts.append(f"{duration(job.seconds_left)} left")
    if usual is not None:
        parts.append(f"usually {duration(usual)} in all")
    lines = [] if share is None else [Content.styled(words.bar(share, min(40, width)), "$success")]
    if parts:
        lines.append(Content(" · ".join(parts)))
    return [*lines, Content.styled(visible(job.waiting), "bold $warning")] if job.waiting else lines


def _charts(job: JobView, width: int) -> list[Content]:
    """Return the course of the numbers that say most in braille, each below its newest value; the others in a line."""
    known = [[name for name in names if len(job.curves.get(name, ())) > 1] for names in _DRAWN]
    drawn = [names[0] for names in known if names]
    lines = []
    for name in drawn:
        values = job.curves[name]
        span = f"{min(values):.3f} to {max(values):.3f}"
        lines.append(
            Content.assemble((f"{_CALLED.get(name, visible(name))} {values[-1]:.3f}", "bold"), (f"  {span}", "$muted"))
        )
        lines += [Content.styled(row, "$primary") for row in curve(values, min(_WIDEST, width), _ROWS)]
    rest = replace(job, curves={name: values for name, values in job.curves.items() if name not in drawn})
    return lines + _curves(rest, width)


def _curves(job: JobView, width: int) -> list[Content]:
    """Return each live number with its newest value and its course."""
    lines = []
    for name, values in list(job.curves.items())[:6]:
        label = f"{_CALLED.get(name, visible(name))[:17]:17} {values[-1]:7.3f} "
        lines.append(Content.assemble(label, (words.sparkline(values, max(4, width - len(label))), "$primary")))
    return lines
