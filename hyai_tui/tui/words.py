"""Labels as people see them: a word, a shape and a colour of the theme, so that none of the three stands alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.color import Color

if TYPE_CHECKING:
    from hyai_tui.journal.model import Decision

SHAPES = {"archive": "▲", "trash": "▼", "unsure": "◇", "ignore": "–", "skip": "»", "inbox": "□", "gone": "✕"}
# The page of the client that files are shown in.
PAGE = "hyai"
_COLOURS = {"archive": "$archive", "trash": "$trash", "unsure": "$unsure"}
# What people chose for their labels, as it can be read on the theme's ground; see `paint`.
_chosen: dict[str, str] = {}
# Contrast that larger signs need (WCAG 2.1, 1.4.11).
_CONTRAST = 3.0
# What each kind of mistake is called where there is room for a sentence, and where there is not.
MISTAKES = {
    "trash→keep": "you trashed, model would keep",
    "keep→trash": "you kept, model would trash",
    "sample": "sample, model disagrees",
}


def word(decision: Decision) -> str | None:
    """Return the word of a decision in force: its label, `unsure`, `ignore`; None for skip and clear."""
    if decision.kind == "label":
        return decision.label
    return None if decision.kind in {"skip", "clear"} else decision.kind


def shape(label: str) -> str:
    """Return the label's shape."""
    return SHAPES.get(label, "●")


def colour(label: str) -> str:
    """Return the label's colour, a name that styles understand."""
    return _chosen.get(label) or _COLOURS.get(label, "$accent")


def paint(colours: Mapping[str, str], ground: str) -> bool:
    """Draw labels in the colours that a person chose for them, on every screen; returns whether one is another now.

    Args:
        colours: label to `#rrggbb`; all others have the theme's.
        ground: what they are drawn on, `#rrggbb`.
    """
    before = dict(_chosen)
    _chosen.clear()
    _chosen.update((label, readable(one, ground)) for label, one in colours.items())
    return before != _chosen


def chosen() -> Mapping[str, str]:
    """Return the colours that people chose, as they are drawn."""
    return dict(_chosen)


def readable(colour: str, ground: str) -> str:
    """Return a colour `#rrggbb`, made lighter or darker until it can be told from the ground."""
    wanted, below = Color.parse(colour), Color.parse(ground)
    towards = Color(255, 255, 255) if below.brightness < 0.5 else Color(0, 0, 0)
    for step in range(11):
        found = wanted.blend(towards, step / 10)
        if _contrast(found, below) >= _CONTRAST:
            return found.hex6.lower()
    return towards.hex6.lower()


def _contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG 2.1, 1 to 21."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def percent(share: float) -> str:
    """Return `93 %`; never 100 % for what is not certain."""
    return f"{min(99, round(share * 100)) if share < 1 else 100} %"


def fraction(value: float) -> str:
    """Return `.91`, as scores are written."""
    return f"{value:.2f}".removeprefix("0") if 0 <= value < 1 else f"{value:.2f}"


def short_count(number: int) -> str:
    """Return `59`, `1.2k`, `3.4M`."""
    if number < 1000:
        return str(number)
    if number < 100_000:
        return f"{number / 1000:.1f}k"
    return f"{number / 1000:.0f}k" if number < 1_000_000 else f"{number / 1e6:.1f}M"


def ago(then: float, now: float | None = None) -> str:
    """Return how long ago a moment was: `just now`, `5 min ago`, `2 days ago`."""
    seconds = max(0.0, (time.time() if now is None else now) - then)
    if seconds < 60:
        return "just now"
    for size, noun in ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {noun}{'' if number == 1 else 's'} ago"
    return "just now"


def moment(then: float, now: float | None = None) -> str:
    """Return a moment in local time, `14:02:11`, or `Nov 19 14:02` on another day."""
    day, today = time.localtime(then), time.localtime(time.time() if now is None else now)
    if day[:3] == today[:3]:
        return time.strftime("%H:%M:%S", day)
    return time.strftime("%b %d %H:%M" if day[0] == today[0] else "%Y-%m-%d", day)


def sparkline(values: list[float], width: int) -> str:
    """Return the course of the values as a line of blocks, at most `width` characters, the newest value last."""
    blocks = "▁▂▃▄▅▆▇█"
    if len(values) > width:
        values = [values[(at + 1) * len(values) // width - 1] for at in range(width)]
    if not values:
        return ""
    low, high = min(values), max(values)
    if high <= low:
        return blocks[0] * len(values)
    return "".join(blocks[min(7, int((value - low) / (high - low) * 8))] for value in values)


def bar(share: float, width: int) -> str:
    """Return a bar of `width` characters."""
    full = round(max(0.0, min(1.0, share)) * width)
    return "▓" * full + "░" * (width - full)
