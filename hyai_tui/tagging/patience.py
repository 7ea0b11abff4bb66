"""Asking a library that may be overloaded, locked or away: wait and ask again, longer each time, and slow down after.

This is the circuit breaker of long work. The first failure opens it: nothing is asked but one probe after each wait,
and the user is told. The first answer closes it, and for a while there is a pause between requests. A job outlives its
terminal, so it can afford to wait through a backup, an update or a night.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from hyai_tui.errors import DiskFull, LibraryDown

T = TypeVar("T")

MOST_SECONDS = 12 * 3600.0
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 15.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Patience:
    """Retries what fails because the library is down or busy, or the disk is full.

    Args:
        check: raises if the user asked to stop; called before each wait.
        sleep: waits for so many seconds.
        warn: told when it has to wait, and for what.
        tell: told when there is an answer again.
        waits: given the error when a row of failures begins, and None when it ends.
        seconds: longest wait for one answer; twelve hours unless given.
    """

    def __init__(
        self,
        check: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
        warn: Callable[[str], None] = lambda _text: None,
        tell: Callable[[str], None] = lambda _text: None,
        waits: Callable[[LibraryDown | DiskFull | None], None] = lambda _error: None,
        seconds: float | None = None,
    ) -> None:
        self._check = check
        self._sleep = sleep
        self._warn = warn
        self._tell = tell
        self._waits = waits
        self._seconds = MOST_SECONDS if seconds is None else seconds
        self._pause = 0.0
        self._failures = 0
        self._waited = 0.0

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer; waits .5, 1, 2 … 15 seconds between tries.

        Raises:
            LibraryDown, DiskFull: it did not work in the last try either.
        """
        if self._pause:
            self._sleep(self._pause)
            self._pause = 0.0 if self._pause <= _FIRST_PAUSE else self._pause / 2
        while True:
            try:
                answer = question()
            except (LibraryDown, DiskFull) as error:
                self.wait(error)
            else:
                self.answered()
                return answer

    def wait(self, error: LibraryDown | DiskFull) -> None:
        """Wait before the next try; to be called for each failure, with `answered` after the next success.

        Raises:
            LibraryDown, DiskFull: the error, once all patience is spent.
        """
        if self._waited >= self._seconds:
            raise error
        if not self._failures:
            self._warn(f"{error.what}; waiting, and trying again by itself")
            self._waits(error)
        self._check()
        # Jitter, so that two clients of one library do not come back together.
        seconds = min(_FIRST_WAIT * 2.0**self._failures, _LONGEST_WAIT) * random.uniform(0.75, 1.25)
        self._sleep_in_parts(seconds)
        self._failures += 1
        self._waited += seconds
        self._pause = min(max(_FIRST_PAUSE, self._pause * 2), _LONGEST_PAUSE)

    def answered(self) -> None:
        """Note a success."""
        if self._failures:
            self._tell("There is an answer again; going on")
            self._waits(None)
        self._failures, self._waited = 0, 0.0

    def _sleep_in_parts(self, seconds: float) -> None:
        """Sleep, and look every second whether the user asked to stop."""
        while seconds > 0:
            self._sleep(min(seconds, 1.0))
            seconds -= 1.0
            self._check()
