"""Numbers as lines and bars: what there is, and how somebody gets on."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from hyai_tui.journal.pace import Pace
from hyai_tui.text import duration, visible
from hyai_tui.tui import words

if TYPE_CHECKING:
    from hyai_tui.queues.statistics import Histogram, Statistics

_NAME = 12
# Below so many cells a terminal is a phone's.
_PHONE = 60
# Cells of the longest bar: a longer one says nothing more.
_LONGEST = 80
NOBODY = "nobody"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def library_lines(found: Statistics, width: int) -> list[Content]:
    """Return totals, labels, progress and confidence.

    Args:
        found: the numbers.
        width: cells of a line.
    """
    lines = _line("files", f"{found.files:,}", _amounts(found.states), width)
    if found.motion or found.gone:
        lines += _line("", "", f"beside them {found.motion:,} motion pictures, {found.gone:,} gone", width)
    bar = progress(found.progress, max(10, min(40, width - 40)))
    lines.append(
        Content.assemble(
            (f"{'decided':{_NAME}}", "$muted"),
            f"{found.decided:>{_digits(width)},}  ",
            bar,
            f" {words.percent(found.progress)}",
        )
    )
    decided = {**found.labels, "unsure": found.unsure, "ignored": found.ignored}
    lines += _shares(decided, max(1, found.decided), width)
    lines += _line("samples", f"{sum(found.samples.values()):,}", _amounts(found.samples), width)
    if found.model is not None:
        lines += _line("scored", f"{found.scored:,}", f"by model #{int(found.model[1:5])}", width)
        lines += _shares(found.predicted, max(1, found.scored), width)
        lines += _line("confidence", "", "high from 80 %, low below 50 %", width)
        lines += _shares(found.bands, max(1, found.scored), width)
    return lines


def score_lines(found: Statistics, width: int) -> list[Content]:
    """Return how all scores lie, and how those of the samples do; a blank line between the two."""
    lines: list[Content] = []
    for title, histogram in (("All scores", found.scores), ("Samples, by models that never saw them", found.held_out)):
        if histogram is not None:
            lines += [*([Content("")] if lines else []), *histogram_lines(title, histogram, width)]
    return lines


def pace_lines(today: Pace, session: Pace, days: int, goal: int, width: int) -> list[Content]:
    """Return how today and this session go, with the goal where there is one."""
    lines = [Content.styled("Your pace", "bold")]
    lines += _line("today", f"{today.decided:,}", _rate(today), width)
    if goal:
        bar = progress(min(1.0, today.decided / goal), max(10, min(40, width - 40)))
        lines.append(Content.assemble((f"{'goal':{_NAME}}", "$muted"), f"{f'of {goal:,}':>{_digits(width)}}  ", bar))
    lines += _line("session", f"{session.decided:,}", _rate(session), width)
    lines += _shares(session.labels or {}, max(1, session.decided), width)
    lines += _line(
        "streak", f"{session.streak:,}", f"decisions without a pause; today's longest {today.longest:,}", width
    )
    if days:
        lines += _line("days", f"{days:,}", "in a row" + (" with the goal reached" if goal else ""), width)
    return lines


def histogram_lines(title: str, histogram: Histogram, width: int) -> list[Content]:
    """Return one line a bin: where it begins, how many of each label, and a bar in the labels' colours."""
    total = histogram.total
    most = max(1, *total)
    names = list(histogram.rows)
    room = max(3, min(_LONGEST, width - 8 - 9 * len(names)))
    head = [Content.styled(f"{visible(name)[:8]:>9}", _style(name)) for name in names]
    lines = [
        Content.assemble((title, "bold"), (f"  probability of {visible(histogram.label)}", "$muted")),
        Content.assemble("     ", *head),
    ]
    for at in range(len(total)):
        numbers = [Content(f"{histogram.rows[name][at]:>9,}") for name in names]
        cells = round(total[at] / most * room) or (1 if total[at] else 0)
        bar, used = [], 0
        for place, name in enumerate(names):
            until = sum(histogram.rows[one][at] for one in names[: place + 1])
            stop = round(cells * until / total[at]) if total[at] else 0
            bar.append(Content.styled("█" * (stop - used), _style(name)))
            used = stop
        lines.append(Content.assemble((f"{at / len(total):5.2f}", "$muted"), *numbers, "  ", *bar))
    return lines


def progress(share: float, width: int) -> Content:
    """Return a bar of so many cells, filled to a share of it by eighths."""
    eighths = round(share * width * 8)
    full, part = divmod(min(eighths, width * 8), 8)
    text = "█" * full + (_EIGHTHS[part] if part else "")
    return Content.assemble((text, "$accent"), ("·" * (width - len(text)), "$muted"))


def _shares(amounts: Mapping[str, int], whole: int, width: int) -> list[Content]:
    """Return one line a name, with its share of the whole as a bar."""
    room = max(5, min(40, width - _NAME - _digits(width) - 10))
    lines = []
    for name, number in amounts.items():
        bar = "█" * (round(number / whole * room) or (1 if number else 0))
        lines.append(
            Content.assemble(
                (f"  {words.shape(name)} {visible(name)[: _NAME - 5]:{_NAME - 4}}", _style(name)),
                f"{number:>{_digits(width)},}  ",
                (bar, _style(name)),
                (f" {words.percent(number / whole)}", "$muted"),
            )
        )
    return lines


def _digits(width: int) -> int:
    """Return the cells of a number; on a phone words need the room more."""
    return 7 if width < _PHONE else 10


def _style(name: str) -> str:
    return "$muted" if name == NOBODY else words.colour(name)


def _line(name: str, number: str, text: str, width: int) -> list[Content]:
    """Return a name, a number and what is to be said of it, over several lines where there is little room."""
    digits = _digits(width)
    pieces = textwrap.wrap(text, max(12, width - _NAME - digits - 2), break_on_hyphens=False) or [""]
    heads = [(f"{name:{_NAME}}", f"{number:>{digits}}  "), *[(" " * _NAME, " " * (digits + 2))] * (len(pieces) - 1)]
    return [
        Content.assemble((head, "$muted"), amount, (piece, "$foreground"))
        for (head, amount), piece in zip(heads, pieces, strict=True)
    ]


def _amounts(amounts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {visible(name)}" for name, number in amounts.items()) or "none"


def _rate(pace: Pace) -> str:
    if pace.per_minute is None:
        return "no rate yet"
    return f"{pace.per_minute:.0f} a minute, {duration(pace.seconds)} at it"
