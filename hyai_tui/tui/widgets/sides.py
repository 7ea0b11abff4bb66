"""The two sides of the thresholds, drawn: how the scores lie, and how many files each side gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from hyai_tui.text import count, visible
from hyai_tui.tui import words
from hyai_tui.tui.thresholds import Draft

if TYPE_CHECKING:
    from hyai_tui.learning.explorer import Explorer, Outcome, Side

_BLOCKS = " ▁▂▃▄▅▆▇█"
_MOST_BINS = 100


def score(value: float) -> str:
    """Return `.28` or `.735`: two places, a third where it matters."""
    text = f"{value:.3f}"
    text = text.removesuffix("0") if text.endswith("0") else text
    return text.removeprefix("0") if value < 1 else text


def histogram(draft: Draft, explorer: Explorer, width: int, height: int) -> list[Content]:
    """Return how the scores lie, each column in the colour of its side, with the thresholds below.

    Columns go by the square root of their files: scores lie in heaps at both ends, and what lies between matters here.
    """
    bins = max(10, min(_MOST_BINS, width))
    heights = explorer.histogram(bins)
    most = int(heights.max(initial=0))
    if not most or len(draft.labels) != 2:
        return []
    values = draft.thresholds.values
    eighths = [max(1, round((number / most) ** 0.5 * height * 8)) if number else 0 for number in heights.tolist()]
    styles = [_style(draft, (at + 0.5) / bins, values) for at in range(bins)]
    lines = []
    for row in reversed(range(height)):
        cells = [(_BLOCKS[max(0, min(8, one - row * 8))], style) for one, style in zip(eighths, styles, strict=True)]
        lines.append(Content.assemble(*cells))
    return [*lines, _axis(draft, values, bins)]


def _style(draft: Draft, at: float, values: Sequence[float]) -> str:
    if at <= values[0]:
        label = draft.labels[0]
    elif at >= values[1]:
        label = draft.labels[1]
    else:
        return "$muted"
    return "$muted" if label in draft.unmarked else words.colour(label)


def _axis(draft: Draft, values: Sequence[float], bins: int) -> Content:
    """Return `0 ▲.28      ▼.78 1`: where the sides end and begin."""
    cells = ["─"] * bins
    spans = []
    for place, value in enumerate(values):
        text = f"{words.shape(draft.labels[place])}{score(value)}"
        start = max(0, min(bins - len(text), round(value * bins) - (len(text) if place == 0 else 0)))
        cells[start : start + len(text)] = text
        spans.append((start, start + len(text), words.colour(draft.labels[place])))
    line = Content("".join(cells)).stylize("$frame")
    for start, end, style in spans:
        line = line.stylize(f"bold {style}", start, end)
    return line


def side_lines(draft: Draft, outcome: Outcome, width: int) -> list[Content]:
    """Return one field a label: its threshold, its files, and how often held-out samples were right there."""
    lines = []
    for place, (label, field) in enumerate(zip(draft.labels, draft.fields, strict=True)):
        side = outcome.sides[place]
        lines += _beside(_head(draft, place, label, changed=draft.changed(field)), _given(side), width)
        if side.precision is not None:
            between = f"{100 * side.low:.0f}–{side.high:.0%}"
            about = f"    held out: {side.precision:.0%} of {side.judged:,} right ({between})"
            lines.append(Content.styled(about, "$muted"))
    for side in outcome.sides[len(draft.labels) :]:
        if side.files:
            lines += _beside(
                _named(side.label, "by decision"), Content.styled(count(side.files, "file"), "bold"), width
            )
    lines += _beside(
        _named("unsure", "no tag", "between"), Content.styled(count(outcome.unsure, "file"), "bold"), width
    )
    if outcome.off:
        lines += _beside(
            _named("ignore", "tags stay as they are", "off"), Content.styled(count(outcome.off, "file"), "bold"), width
        )
    return lines


def _head(draft: Draft, place: int, label: str, *, changed: bool) -> Content:
    chosen = place == draft.place
    relation = "up to" if len(draft.labels) == 2 and place == 0 else "from"
    number = f"{draft.typed}▏" if chosen and draft.typed else score(draft.thresholds.values[place])
    origin = "not saved" if changed else draft.thresholds.origins[place]
    return Content.assemble(
        ("▸ " if chosen else "  ", "bold $accent"),
        (f"{words.shape(label)} {visible(label)[:10]:10}", f"bold {words.colour(label)}"),
        (f"{relation:6}", "$muted"),
        (f"{number:6}", "bold reverse" if chosen else "bold"),
        " ",
        (f"{origin:10}", "$warning" if changed else "$muted"),
    )


def _given(side: Side) -> Content:
    if not side.written:
        return Content.styled("switched off", "bold $warning")
    yours = f", {side.decided:,} by you" if side.decided else ""
    return Content.assemble((count(side.files, "file"), "bold"), (yours, "$muted"))


def _named(label: str, about: str, name: str = "") -> Content:
    named = f"  {words.shape(label)} {visible(name or label)[:10]:10}"
    return Content.assemble((named, f"bold {words.colour(label)}"), (about, "$muted"))


def _beside(head: Content, tail: Content, width: int) -> list[Content]:
    """Return both in one line where they fit, else one below the other."""
    gap = 2 if head.cell_length + 2 + tail.cell_length <= width else 0
    if not gap:
        return [head, Content.assemble("    ", tail)]
    return [Content.assemble(head, " " * max(gap, min(40, width - 30) - head.cell_length), tail)]


def about_lines(outcome: Outcome, *, asked: bool) -> list[str]:
    """Return what the counts are of."""
    of = "can get a tag (tag.criteria says which)" if asked else "of the last scan; the library has not answered yet"
    lines = [f"{count(outcome.files, 'file')} {of}."]
    if outcome.decided:
        lines.append(f"{outcome.decided:,} decided by you: they follow your decision, whatever the score.")
    if outcome.unscored:
        lines.append(f"{count(outcome.unscored, 'file')} without a score: left as they are.")
    return lines
