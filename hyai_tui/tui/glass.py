"""What lies on the glass over the cells of one widget: Sixel data and kitty placements.

Sixel data is gone as soon as text is written over it. A kitty picture stays until it is taken away: after each frame
the widget says what it shows now, and what it no longer shows is withdrawn then, so that no frame is empty between two
pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.control import Control
from rich.segment import ControlType, Segment

from hyai_tui.tui.drawing import Drawn
from hyai_tui.tui.sending import Transmitter


class Glass:
    """Keeps account of the pictures of one widget.

    Args:
        owner: the widget; its app may have a `transmitter` and `write_terminal`, else nothing is written.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._placed: dict[int, str] = {}

    def need(self, drawn: Drawn) -> None:
        """Give the terminal a picture that the next frame shows."""
        if (transmitter := self._transmitter) is not None:
            transmitter.need(drawn.encoded)

    def over(self, drawn: Drawn, x: int, y: int) -> Segment:
        """Return what goes out after the last row of a picture: to its corner, its data, and back.

        Args:
            drawn: has an overlay.
            x: column of its corner on the screen.
            y: row of its corner on the screen.
        """
        # Marked as a control so that it counts no cells and nobody cuts it.
        data = f"\x1b7{Control.move_to(x, y).segment.text}{drawn.encoded.overlay}\x1b8"
        return Segment(data, None, [(ControlType.CURSOR_FORWARD, 0)])

    def settle(self, shown: Iterable[Drawn]) -> None:
        """After a frame: withdraw the kitty pictures that it no longer shows."""
        now = {one.encoded.number: one.encoded.withdrawal for one in shown if one.encoded.number}
        gone = [withdrawal for number, withdrawal in self._placed.items() if number not in now]
        self._placed = now
        if (transmitter := self._transmitter) is not None:
            transmitter.showing(self._owner, now)
            if text := "".join(gone):
                transmitter.interject(text)

    @property
    def _transmitter(self) -> Transmitter | None:
        found = getattr(self._owner.app, "transmitter", None)
        return found if isinstance(found, Transmitter) else None
