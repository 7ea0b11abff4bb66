"""The checks in lines: how the newest run of each ended, what it found, and how that went from run to run."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.events import Click

from hyai_tui.checks.book import BANDS, Book, Choice
from hyai_tui.checks.results import Run, sparkline
from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.widgets.finding_list import BAND_COLOURS
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.swift import SwiftLines

if TYPE_CHECKING:
    from hyai_tui.jobs.listing import JobInfo

_SHAPES = {"ok": ("✓", "$success"), "failed": ("✗", "$error"), "timeout": ("✗", "$error"), "": ("·", "$muted")}
_RUNS_SHOWN = 12
_TOP = 10


@dataclass(frozen=True)
class CheckLine:
    """One check.

    Attributes:
        name: its name.
        about: what it looks for.
        runs: all of its runs, oldest first.
        open: findings that are open.
        new: findings that the newest run was the first to have.
        facts, advice: of the newest result.
    """

    name: str
    about: str
    runs: Sequence[Run] = ()
    open: int = 0
    new: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    advice: Sequence[str] = ()


class CheckList(SwiftLines):
    """One line a check, two where there is little room."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.cursor = 0
        self._lines: Sequence[CheckLine] = ()
        self._job: JobInfo | None = None

    @property
    def chosen(self) -> CheckLine | None:
        """The check at the cursor."""
        return self._lines[self.cursor] if self._lines else None

    def go(self, position: int) -> None:
        """Move the cursor; past an end it comes back at the other."""
        self.cursor = position % max(1, len(self._lines))

    def show(self, lines: Sequence[CheckLine], running: JobInfo | None) -> None:
        """Draw the checks, and how far the one is that runs."""
        self._lines, self._job = lines, running
        self.styles.height = len(lines) * self._each
        self._draw()

    @property
    def _each(self) -> int:
        return 1 if self.size.width >= 84 else 2

    def on_resize(self) -> None:
        """One line or two fit."""
        self.styles.height = len(self._lines) * self._each
        self._draw()

    def on_click(self, event: Click) -> None:
        """A click chooses a check."""
        if 0 <= (position := event.y // self._each) < len(self._lines):
            self.post_message(LineList.Picked(position))

    def _draw(self) -> None:
        drawn: list[Content] = []
        for at, line in enumerate(self._lines):
            first, second = self._one(line, here=at == self.cursor)
            drawn += [Content.assemble(first, second)] if self._each == 1 else [first, Content.assemble("   ", second)]
        self.show_lines(drawn)

    def _one(self, line: CheckLine, *, here: bool) -> tuple[Content, Content]:
        newest = line.runs[-1] if line.runs else None
        shape, colour = _SHAPES.get(newest.status if newest is not None else "", _SHAPES[""])
        running = self._job
        if running is not None and f"check {line.name}," in running.stage:
            shape, colour = "⟳", "$success"
        first = Content.assemble(
            ("▸ " if here else "  ", "$accent bold"),
            (f"{shape} ", colour),
            (f"{visible(line.name)[:18]:18}", "bold" if here else ""),
            (f"{line.open:>9,}" if newest is not None else f"{'—':>9}", "bold"),
            (" open  ", "$muted"),
        )
        return first, self._second(line, newest, shape)

    def _second(self, line: CheckLine, newest: Run | None, shape: str) -> Content:
        running = self._job
        if shape == "⟳" and running is not None:
            share = (running.done or 0) / running.total if running.total else None
            far = f"{running.done:,}" + (f" of {running.total:,}" if running.total else "") if running.done else "…"
            bar = [(words.bar(share, 20) + " ", "$success")] if share is not None else []
            return Content.assemble(*bar, far)
        if newest is None:
            return Content.styled("has not run yet", "$muted")
        if newest.status != "ok":
            return Content.styled(f"{visible(newest.error)}, {words.ago(newest.at)}", "$error")
        numbers = [run.findings or 0 for run in line.runs if run.findings is not None][-_RUNS_SHOWN:]
        resolved = newest.resolved or 0
        course = sparkline(numbers) if len(numbers) > 1 else ""
        course = f"{course:{_RUNS_SHOWN}}  " if self._each == 1 else f"{course} " if course else ""
        return Content.assemble(
            (course, "$primary"),
            (f"{resolved:,} resolved", "$success" if resolved else "$muted"),
            (" · ", "$muted"),
            (f"{line.new:,} new", "$warning" if line.new else "$muted"),
            (f"  {words.ago(newest.at)}", "$muted"),
        )


def check_facts(line: CheckLine, book: Book, width: int) -> list[Content]:
    """Return what the newest run of a check found: by kind, by confidence, its tags, and what to do next."""
    lines = [Content.styled(f" {visible(line.name)}", "bold $primary")]
    lines += [Content.styled(f" {text}", "$muted") for text in textwrap.wrap(visible(line.about), width)]
    ended = [run for run in line.runs if run.findings is not None]
    if not ended:
        return lines
    lines.append(Content(""))
    open_now = [book.findings[at] for at in book.chosen(Choice(check=line.name)).tolist()]
    kinds = Counter(one.kind for one in open_now)
    for kind, number in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])):
        bands = Counter(one.band for one in open_now if one.kind == kind)
        parts = [(f"  {bands[band]:,} {band}", BAND_COLOURS[band]) for band in BANDS if bands[band]]
        lines.append(Content.assemble((f" {number:>7,}  ", "bold"), f"{visible(kind):22}", *parts))
    numbers = [run.findings or 0 for run in ended]
    if len(numbers) > 1:
        course = " → ".join(f"{one:,}" for one in numbers[-6:])
        lines += [
            Content(""),
            Content.assemble((" runs   ", "$muted"), (sparkline(numbers[-40:]), "$primary"), f"  {course}"),
        ]
    lines += [Content(""), *_tag_facts(line.facts, width)] if line.facts.get("most_frequent") else []
    if line.advice:
        lines.append(Content(""))
        for text in line.advice:
            pieces = textwrap.wrap(visible(text), max(20, width - 9))
            lines += [
                Content.assemble((" next   " if at == 0 else "        ", "$muted"), one)
                for at, one in enumerate(pieces)
            ]
    return lines


def _tag_facts(facts: Mapping[str, Any], width: int) -> list[Content]:
    """Return the most frequent tags, and the share of tags that describe the picture."""
    about = facts["tags"]
    ratio = facts.get("descriptive_ratio")
    share = f", {ratio:.0%} describe the picture" if ratio is not None else ""
    lines = [Content.assemble((" tags   ", "$muted"), f"{about['total']:,}, {about['different']:,} different{share}")]
    rows = facts["most_frequent"][:_TOP]
    each = max(1, min(len(rows), width // 30))
    for start in range(0, len(rows), each):
        cells = [f"{row['files']:>7,} {visible(str(row['tag']))[:20]:20}" for row in rows[start : start + each]]
        lines.append(Content(f" {'  '.join(cells)}"))
    return lines
