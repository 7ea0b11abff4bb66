"""Asking a library that may be overloaded: wait and ask again, longer each time, and slow down for a while after."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from hyai_tui.errors import LibraryDown

T = TypeVar("T")

TRIES = 7
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Patience:
    """Retries what fails because the library is down or busy.

    Args:
        check: raises if the user asked to stop; called before each wait and each retry.
        sleep: waits for so many seconds.
        warn: told once a row of failures begins.
    """

    def __init__(
        self,
        check: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
        warn: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._check = check
        self._sleep = sleep
        self._warn = warn
        self._pause = 0.0

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer; waits .5, 1, 2 … seconds between tries.

        Raises:
            LibraryDown: it did not answer in the last try either.
        """
        if self._pause:
            self._sleep(self._pause)
            self._pause = 0.0 if self._pause <= _FIRST_PAUSE else self._pause / 2
        for left in range(TRIES - 1, -1, -1):
            try:
                return question()
            except LibraryDown as error:
                if not left:
                    raise
                failures = TRIES - 1 - left
                if not failures:
                    self._warn(f"{error.what}; trying again")
                self._slow_down(failures)
        raise AssertionError("the last try returns or raises")

    def _slow_down(self, failures: int) -> None:
        """Wait before the next try, and pause between requests from now on, less with each that succeeds."""
        self._check()
        self._pause = min(max(_FIRST_PAUSE, self._pause * 2), _LONGEST_PAUSE)
        # Jitter, so that two clients of one library do not come back together.
        self._sleep(min(_FIRST_WAIT * 2**failures, _LONGEST_WAIT) * random.uniform(0.75, 1.25))
        self._check()
