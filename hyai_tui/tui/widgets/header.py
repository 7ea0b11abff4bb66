"""The line at the top: where, with what, in which mode, how far."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.content import Content
from textual.reactive import reactive

from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.facts import LibraryLine, SessionLine
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.listing import ModelLine
from hyai_tui.tui.widgets.job_pane import job_words
from hyai_tui.tui.widgets.swift import SwiftLines


@dataclass(frozen=True)
class HeaderLine:
    """All that the header tells."""

    workspace: str = ""
    library: LibraryLine = field(default_factory=LibraryLine)
    session: SessionLine = field(default_factory=SessionLine)
    model: ModelLine | None = None
    unsaved: int = 0
    blocked: bool = False
    queue: str = ""
    position: int = 0
    length: int = 0
    rate: float | None = None
    advice: str = ""
    job: JobView | None = None
    hidden: bool = False
    rescue_left: str = ""
    patterns: int | None = None


# What goes first where there is no room for all of it. Mode, rescued files and what is saved always stay.
_DROPPED = (
    "patterns",
    "advice",
    "rate",
    "today",
    "F1",
    "sentence",
    "workspace",
    "job's stage",
    "model",
    "library's name",
    "hyai",
    "queue",
    "job",
    "deadline",
    "words",
)


class Header(SwiftLines):
    """One line; the least important parts go as the terminal gets narrower."""

    line: reactive[HeaderLine] = reactive(HeaderLine())

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        # How many parts went last time: mostly as many go the next time.
        self._gone = 0

    def watch_line(self) -> None:
        """Draw the new line."""
        self._draw()

    def on_resize(self) -> None:
        """Parts come and go with the width."""
        self._draw()

    def _draw(self) -> None:
        content, self._gone = fitted(self.line, self.size.width or 80, self._gone)
        self.show_lines([content])


def header_content(line: HeaderLine, width: int) -> Content:
    """Return the line in at most `width` cells, with as many parts as fit."""
    return fitted(line, width)[0]


def fitted(line: HeaderLine, width: int, guess: int = 0) -> tuple[Content, int]:
    """Return the line with as many parts as fit, and how many went.

    Args:
        line: what is to be told.
        width: cells.
        guess: how many parts will probably have to go; a wrong one costs time and changes nothing.
    """
    content, fits = _without(line, width, guess)
    while not fits and guess < len(_DROPPED):
        guess += 1
        content, fits = _without(line, width, guess)
    while guess:
        fuller, fits = _without(line, width, guess - 1)
        if not fits:
            break
        content, guess = fuller, guess - 1
    return content, guess


def _without(line: HeaderLine, width: int, number: int) -> tuple[Content, bool]:
    """Return the line without the first so many parts that go, and whether it fits."""
    dropped = frozenset(_DROPPED[:number])
    start = Content("  ").join(_left(line, dropped))
    end = Content("   ").join(_right(line, dropped))
    gap = width - start.cell_length - end.cell_length - 2
    whole = Content.assemble(" ", start, " " * max(1, gap), end, " ")
    return whole, gap >= 2 or (gap >= 0 and not end.cell_length)


def _left(line: HeaderLine, dropped: frozenset[str]) -> list[Content]:
    parts = [] if "hyai" in dropped else [Content.styled("hyai", "bold $primary")]
    if line.workspace and not line.hidden and "workspace" not in dropped:
        parts.append(Content(visible(line.workspace)[:24]))
    parts.append(_library(line.library, named="library's name" not in dropped))
    parts.append(_mode(line.session))
    if "model" not in dropped:
        parts += _model(line, scored="F1" not in dropped)
    if line.patterns is not None and "patterns" not in dropped:
        parts.append(Content.styled(f"patterns v{line.patterns}", "$muted"))
    parts.append(_saved(line, in_words="words" not in dropped))
    if number := line.session.rescues:
        noun = "file" if number == 1 else "files"
        left = f", {line.rescue_left}" if line.rescue_left and "deadline" not in dropped else ""
        place = f" rescued {noun} still in trash" if "sentence" not in dropped else " in trash"
        about = f"{place}{left}: :commit"
        parts.append(Content.styled(f"⚠ {number}{'' if 'words' in dropped else about}", "$warning"))
    return parts


def _right(line: HeaderLine, dropped: frozenset[str]) -> list[Content]:
    parts = []
    if line.queue:
        at = f"{line.position + 1:,}/{line.length:,}" if line.length else "0/0"
        queue, _, part = line.queue.partition(":")
        name = "" if "queue" in dropped else f"{part}? " if part else f"{queue} "
        parts.append(Content.assemble((name, "$accent"), at))
    if line.job is not None and "job" not in dropped:
        parts.append(Content.styled(_job(line.job, staged="job's stage" not in dropped), "$success"))
    pace = []
    if line.session.today and "today" not in dropped:
        rate = f" · {line.rate:.0f}/min" if line.rate and "rate" not in dropped else ""
        pace.append(f"{line.session.today:,} today{rate}")
    if line.advice and "advice" not in dropped:
        pace.append(line.advice)
    if pace:
        parts.append(Content.styled(" · ".join(pace), "$muted"))
    return parts


def _model(line: HeaderLine, *, scored: bool) -> list[Content]:
    if line.model is not None:
        f1 = f" F1 {words.fraction(line.model.macro_f1)}" if scored and line.model.macro_f1 is not None else ""
        return [Content.assemble(f"#{line.model.number}", (f1, "$muted"))]
    return [Content.styled("no model yet", "$muted")] if line.library.connected else []


def _job(job: JobView, *, staged: bool) -> str:
    """Return `⟳ train epoch 7/30 · accuracy .91`, or how much of a job is done; shorter where there is little room."""
    said = job_words(job)
    if job.step is None or not job.steps:
        return said[0] if staged else said[-1]
    return said[2] if staged else said[-1]


def _library(line: LibraryLine, *, named: bool) -> Content:
    if line.trouble:
        return Content.styled(f"○ {visible(line.name) or 'library'} down" if named else "○ down", "$error")
    if not line.connected:
        return Content.styled("○ opening" if named else "○", "$muted")
    return Content.assemble(("●", "$success"), f" {visible(line.name)}" if named else "")


def _mode(line: SessionLine) -> Content:
    if line.look_only:
        return Content.styled(" LOOK ONLY ", "$background on $warning")
    staged = f" {line.staged}" if line.mode == "STAGED" or line.staged else ""
    if line.mode == "LIVE":
        return Content.styled(f" {line.mode}{staged} ", "bold reverse")
    style = "bold $background on $accent" if line.mode == "STAGED" else "bold $background on $secondary"
    return Content.styled(f" {line.mode}{staged} ", style)


def _saved(line: HeaderLine, *, in_words: bool) -> Content:
    if line.blocked:
        return Content.styled("NOT SAVED", "bold $background on $error")
    if line.unsaved:
        return Content.styled(f"saving {line.unsaved}", "$warning")
    failed, due = line.session.failed, line.session.pending
    trouble = (f" · {failed} effects failed" if in_words else f" · {failed} ✗") if failed else ""
    # Decisions and undos are on disk; the tick waits until what they ask of library and folders has happened too.
    pending = (f" · {due:,} to do" if in_words else f" · {due:,} …") if due else ""
    return Content.assemble(("saved" if due else "saved ✓", "$success"), (pending, "$muted"), (trouble, "$error"))
