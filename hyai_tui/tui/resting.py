"""Calls something once nobody has asked for it for a while, at the cost of one timer however often it is asked for.

What follows a key after a rest is put off by every key. A timer of Textual is a task of the event loop: to stop one and start
another for each key costs more than many a thing that waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer

# A timer that fires this much early counts as in time.
_EARLY_SECONDS = 0.002


class Rest:
    """One wish that waits for a rest; a newer one takes its place.

    Args:
        owner: whose timers are used; it has to run when the first wish comes.
    """

    def __init__(self, owner: MessagePump) -> None:
        self._owner = owner
        self._then: Callable[[], object] | None = None
        self._at = 0.0
        self._timer: Timer | None = None
        self._fires = 0.0

    def wait(self, seconds: float, then: Callable[[], object]) -> None:
        """Call this after so many seconds in which nothing else is asked for."""
        self._then, self._at = then, time.monotonic() + seconds
        if self._timer is None or self._fires > self._at:
            self._stop_timer()
            self._start(seconds)

    def drop(self) -> None:
        """Call nothing."""
        self._then = None
        self._stop_timer()

    def _stop_timer(self) -> None:
        """End the timer that runs, if one does."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _start(self, seconds: float) -> None:
        self._fires = time.monotonic() + seconds
        self._timer = self._owner.set_timer(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        left = self._at - time.monotonic()
        if self._then is None:
            return
        if left > _EARLY_SECONDS:
            self._start(left)
            return
        then, self._then = self._then, None
        then()
