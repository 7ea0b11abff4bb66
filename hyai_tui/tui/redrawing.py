"""What several threads tell of one key is drawn once, after the picture is out.

A decision is followed by three or four messages within some forty milliseconds: it is on disk, the counts of the header
changed, names were read, an effect was carried out. Each of them alone would draw lists, facts and header again, in front of
the next key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

if TYPE_CHECKING:
    from hyai_tui.tui.screens.review import ReviewScreen

# Less than anybody sees, longer than what follows one key takes to come.
_GATHER_SECONDS = 0.04


class Redrawing:
    """Draws everything of one review but its picture, once for all that asked for it in a moment.

    Args:
        screen: the review.
    """

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None

    def soon(self) -> None:
        """Draw in a moment, together with what else is told until then."""
        if self._timer is None:
            self._timer = self._screen.set_timer(_GATHER_SECONDS, self._draw)

    def drop(self) -> None:
        """All of it is drawn now."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _draw(self) -> None:
        self._timer = None
        self._screen.refresh_all()
