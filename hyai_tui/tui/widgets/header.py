"""The line at the top: where, with what, in which mode, how far."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.facts import LibraryLine, SessionLine
from hyai_tui.tui.listing import ModelLine


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
    made: int = 0
    rate: float | None = None
    job: str = ""
    hidden: bool = False


class Header(Static):
    """One line; parts go from the right as the terminal gets narrower."""

    line: reactive[HeaderLine] = reactive(HeaderLine())

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)

    def watch_line(self) -> None:
        """Draw the new line."""
        self.update(self._content(), layout=False)

    def on_resize(self) -> None:
        """Parts come and go with the width."""
        self.update(self._content(), layout=False)

    def _content(self) -> Content:
        width = self.size.width or 80
        left = [part for part, least in self._left(self.line) if width >= least]
        right = [part for part, least in self._right(self.line) if width >= least]
        start, end = Content("  ").join(left), Content("   ").join(right)
        while right and start.cell_length + end.cell_length + 2 > width:
            right.pop()
            end = Content("   ").join(right)
        gap = max(1, width - start.cell_length - end.cell_length - 2)
        return Content.assemble(" ", start, " " * gap, end, " ")

    def _left(self, line: HeaderLine) -> list[tuple[Content, int]]:
        parts = [(Content.styled("hyai", "bold $primary"), 60)]
        if line.workspace and not line.hidden:
            parts.append((Content(visible(line.workspace)[:24]), 100))
        parts.append((_library(line.library), 80))
        parts.append((_mode(line.session), 0))
        if line.model is not None:
            f1 = f" F1 {words.fraction(line.model.macro_f1)}" if line.model.macro_f1 is not None else ""
            parts.append((Content.assemble(f"#{line.model.number}", (f1, "$muted")), 80))
        elif line.library.connected:
            parts.append((Content.styled("no model yet", "$muted"), 80))
        parts.append((_saved(line), 0))
        if line.session.rescues:
            noun = "file" if line.session.rescues == 1 else "files"
            parts.append(
                (Content.styled(f"⚠ {line.session.rescues} rescued {noun} still in trash: :commit", "$warning"), 60)
            )
        return parts

    def _right(self, line: HeaderLine) -> list[tuple[Content, int]]:
        parts = []
        if line.queue:
            at = f" {line.position + 1:,}/{line.length:,}" if line.length else " 0/0"
            parts.append((Content.assemble((line.queue, "$accent"), at), 0))
        if line.job:
            parts.append((Content.styled(line.job, "$success"), 80))
        if line.made:
            rate = f" · {line.rate:.0f}/min" if line.rate else ""
            parts.append((Content.styled(f"{line.made} decided{rate}", "$muted"), 100))
        return parts


def _library(line: LibraryLine) -> Content:
    if line.trouble:
        return Content.styled(f"○ {visible(line.name) or 'library'} down", "$error")
    if not line.connected:
        return Content.styled("○ opening", "$muted")
    return Content.assemble(("●", "$success"), f" {visible(line.name)}")


def _mode(line: SessionLine) -> Content:
    if line.look_only:
        return Content.styled(" LOOK ONLY ", "$background on $warning")
    staged = f" {line.staged}" if line.mode == "STAGED" or line.staged else ""
    style = "bold $background on $accent" if line.mode == "STAGED" else "bold $background on $secondary"
    return Content.styled(f" {line.mode}{staged} ", style)


def _saved(line: HeaderLine) -> Content:
    if line.blocked:
        return Content.styled("NOT SAVED", "bold $background on $error")
    if line.unsaved:
        return Content.styled(f"saving {line.unsaved}", "$warning")
    trouble = f" · {line.session.failed} effects failed" if line.session.failed else ""
    pending = f" · {line.session.pending} to do" if line.session.pending else ""
    return Content.assemble(("saved ✓", "$success"), (pending, "$muted"), (trouble, "$error"))
