"""What several threads tell of one key is drawn once, after the picture is out, and only the parts that it is about.

A decision is followed by three or four messages within some forty milliseconds: it is on disk, the counts of the header
changed, names were read, an effect was carried out. Each of them alone would draw lists, facts and header again, in front of
the next key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.timer import Timer

if TYPE_CHECKING:
    from hyai_tui.tui.screens.review import ReviewScreen

# Less than anybody sees, longer than what follows one key takes to come.
_GATHER_SECONDS = 0.04

Part = Literal["lists", "facts", "header"]


class Redrawing:
    """Draws parts of one review beside its picture, once for all that asked for them in a moment.

    Args:
        screen: the review.
    """

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._parts: set[Part] = set()

    def soon(self, *parts: Part) -> None:
        """Draw these parts in a moment, together with what else is told until then."""
        self._parts.update(parts)
        if self._timer is None:
            self._timer = self._screen.set_timer(_GATHER_SECONDS, self._draw)

    def drop(self) -> None:
        """All of it is drawn now."""
        self._parts.clear()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _draw(self) -> None:
        self._timer = None
        parts, self._parts = self._parts, set()
        if "lists" in parts:
            self._screen.refresh_lists()
        if "facts" in parts:
            self._screen.refresh_facts()
        if "header" in parts:
            self._screen.refresh_header()
