"""What was learnt, in lines: tags that pull to a label, or visual groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from hyai_tui.patterns.patterns import Pull, times_text
from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.widgets.line_list import LineList

_TAG_WIDTH = 28


@dataclass(frozen=True, slots=True)
class PatternLine:
    """One line: a tag with its pull, or a visual group.

    Attributes:
        name: the tag, or how the group is called.
        files: files that it stands on.
        pull: of a tag.
        examples: files of a group, by SHA-256.
    """

    name: str
    files: int
    pull: Pull | None = None
    examples: Sequence[str] = ()

    @property
    def reason(self) -> str:
        """Why a file is in the list that this line opens."""
        return self.pull.reason if self.pull is not None else f"it looks like {self.name}"


class PatternList(LineList):
    """One line a pattern, however many there are."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.cursor = 0
        self._lines: Sequence[PatternLine] = ()

    @property
    def chosen(self) -> PatternLine | None:
        """The line at the cursor."""
        return self._lines[self.cursor] if self._lines else None

    def show(self, lines: Sequence[PatternLine]) -> None:
        """Draw other lines."""
        self._lines = lines
        self.cursor = min(self.cursor, max(0, len(lines) - 1))
        self.set_length(len(lines))

    def go(self, position: int) -> None:
        """Move the cursor, as far as there are lines, and bring it in."""
        self.cursor = max(0, min(position, len(self._lines) - 1))
        self.bring_in(self.cursor)
        self.refresh()

    def make_line(self, position: int, width: int) -> Content:
        """Return one line."""
        line = self._lines[position]
        mark = ("▸ " if position == self.cursor else "  ", "$accent bold")
        if line.pull is None:
            return Content.assemble(mark, (f"{line.files:>8,}  ", "bold"), visible(line.name))
        pull = line.pull
        shown = _cut(visible(line.name), _tag_width(width))
        strength = f"{times_text(pull.times)} ×"
        content = Content.assemble(
            mark,
            (shown, "bold"),
            f" {strength:>8} ",
            (f"{words.shape(pull.label)} {visible(pull.label)}", words.colour(pull.label)),
        )
        if width < _WIDE:
            return content
        label = " " * max(0, _LABEL_WIDTH - len(visible(pull.label)))
        room = f"{label}{f'{pull.low:.2f} … {pull.high:.2f}':>16}"
        files = (f"{pull.files:>9,}", (f" of {line.files:,} files" if width >= _WIDEST else "", "$muted"))
        return Content.assemble(content, (room, "$muted"), *files)

    def heading(self) -> Content:
        """Return what stands above the columns of the lines."""
        if not self._lines:
            return Content("")
        if self._lines[0].pull is None:
            return Content.styled(f"  {'files':>8}  looks like", "$muted")
        width = self.size.width
        text = f"  {'tag':{_tag_width(width)}} {'as often':>8} in"
        if width >= _WIDE:
            text = f"{text.ljust(_tag_width(width) + 14 + _LABEL_WIDTH - 1)}{'log odds, 95 %':>17}{'there':>9}"
        return Content.styled(text, "$muted")


def _tag_width(width: int) -> int:
    """Return the cells of a tag in a list of a width: all others shall be seen whole."""
    return max(12, min(_TAG_WIDTH, width - 24))


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"


_WIDE, _WIDEST, _LABEL_WIDTH = 78, 100, 12
