"""What was learnt, in lines: tags with their pull, visual groups, tags that files may lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from hyai_tui.patterns.patterns import Pull, times_text
from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.widgets.line_list import LineList

_TAG_WIDTH = 28
# Suggested tags that are at least so likely are written when a whole line is accepted.
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class PatternLine:
    """One line: a tag, a visual group, or a tag that files may lack.

    Attributes:
        name: the tag, or how the group is called.
        files: files that it stands on.
        pull: of a tag, where it pulls surely to a label.
        examples: files of a group, or those that may lack the tag, the likeliest first; by SHA-256.
        whole: True for a line of all tags, whether they pull or not.
        chances: how likely each of the `examples` deserves the tag, where that is offered.
        reasons: why, one sentence each.
    """

    name: str
    files: int
    pull: Pull | None = None
    examples: Sequence[str] = ()
    whole: bool = False
    chances: Sequence[float] = ()
    reasons: Sequence[str] = ()

    @property
    def offered(self) -> bool:
        """True for a tag that files may lack."""
        return bool(self.chances)

    @property
    def is_tag(self) -> bool:
        """True for a tag that its files carry."""
        return self.whole or self.pull is not None

    @property
    def reason(self) -> str:
        """Why a file is in the list that this line opens."""
        if self.pull is not None:
            return self.pull.reason
        return f"it carries {self.name}" if self.whole else f"it looks like {self.name}"


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

    @property
    def lines(self) -> Sequence[PatternLine]:
        """All lines that are listed."""
        return self._lines

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
        if line.offered:
            return Content.assemble(mark, self._offered(line, width))
        if line.whole:
            return Content.assemble(mark, self._whole(line, width))
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

    def _offered(self, line: PatternLine, width: int) -> Content:
        """Return a tag that files may lack: how many are likely to, how many in all, how sure it is of the first."""
        likely = sum(chance >= LIKELY for chance in line.chances)
        shown = _cut(visible(line.name), _tag_width(width))
        return Content.assemble(
            (shown, "bold"),
            (f" {likely:>8,}", "" if likely else "$muted"),
            (f" {line.files:>8,}", "$muted"),
            (f"  {words.percent(line.chances[0]):>6}" if width >= _SURE_TOO else "", "$muted"),
        )

    def _whole(self, line: PatternLine, width: int) -> Content:
        """Return a tag with its files, and the label that it pulls to."""
        shown = _cut(visible(line.name), _tag_width(width))
        pull = line.pull
        side = (
            ("", "")
            if pull is None
            else (
                f"  {words.shape(pull.label)} {times_text(pull.times)} × {visible(pull.label)}",
                words.colour(pull.label),
            )
        )
        return Content.assemble((shown, "bold"), f" {line.files:>8,}", side)

    def heading(self) -> Content:
        """Return what stands above the columns of the lines."""
        if not self._lines:
            return Content("")
        first, width = self._lines[0], self.size.width
        if first.offered:
            sure = f"  {'surest':>6}" if width >= _SURE_TOO else ""
            return Content.styled(f"  {'tag':{_tag_width(width)}} {'likely':>8} {'may lack':>8}{sure}", "$muted")
        if first.whole:
            return Content.styled(f"  {'tag':{_tag_width(width)}} {'files':>8}  pulls to", "$muted")
        if first.pull is None:
            return Content.styled(f"  {'files':>8}  looks like", "$muted")
        text = f"  {'tag':{_tag_width(width)}} {'as often':>8} in"
        if width >= _WIDE:
            text = f"{text.ljust(_tag_width(width) + 14 + _LABEL_WIDTH - 1)}{'log odds, 95 %':>17}{'there':>9}"
        return Content.styled(text, "$muted")


def _tag_width(width: int) -> int:
    """Return the cells of a tag in a list of a width: all others shall be seen whole."""
    return max(12, min(_TAG_WIDTH, width - 24))


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"


_WIDE, _WIDEST, _LABEL_WIDTH, _SURE_TOO = 78, 100, 12, 56
