"""How many requests are under way at once: more while the client answers, half as many when it stumbles.

A client's API shares a thread with its user's own clicks; beyond four requests at a time it gets no faster.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST = 4
_CALM = 16


class Pace:
    """The number of requests that may be under way; for many threads. Additive increase, halved on trouble."""

    def __init__(self) -> None:
        self._width = 2
        self._calm = 0
        self._lock = threading.Lock()

    @property
    def width(self) -> int:
        """From 1 to 4."""
        return self._width

    def went_well(self) -> None:
        """Note an answer that came at once; after sixteen in a row one more request may be under way."""
        with self._lock:
            self._calm += 1
            if self._calm >= _CALM and self._width < MOST:
                self._width += 1
                self._calm = 0

    def stumbled(self) -> None:
        """Note a dropped connection, a time-out or a locked database."""
        with self._lock:
            self._width = max(1, self._width // 2)
            self._calm = 0


def ahead(ask: Callable[[Question], Answer], questions: Iterable[Question], pace: Pace) -> Iterator[Answer]:
    """Yield the answers in the order of the questions; the next are asked while the caller works on this one.

    What `ask` raises is raised where its answer would have stood; questions behind it are not asked any more.
    """
    waiting: deque[Future[Answer]] = deque()
    remaining = iter(questions)
    pool = ThreadPoolExecutor(MOST, thread_name_prefix="hydrus")
    try:
        while True:
            for question in remaining:
                waiting.append(pool.submit(ask, question))
                if len(waiting) > pace.width:
                    break
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        # The caller may have stopped half way: what is under way is let go, and nothing waits for it.
        pool.shutdown(wait=False, cancel_futures=True)
