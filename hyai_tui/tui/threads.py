"""Two kinds of threads behind the screen: one where only the newest wish counts, one that does things in order."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from hyai_tui.errors import HyaiError

Wish = Callable[[], None]


class LatestThread:
    """Does the newest of what it was asked for; older wishes that have not begun are dropped.

    Args:
        name: of the thread.
        failed: told of errors that a user can do something about; anything else is logged and told as a defect.
    """

    def __init__(self, name: str, failed: Callable[[HyaiError], None]) -> None:
        self._wish: Wish | None = None
        self._idle: list[Wish] = []
        self._idle_from = 0.0
        self._failed = failed
        self._ready = threading.Condition()
        self._doing = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """True while what was asked for last has not been done; what follows it by itself does not count."""
        with self._ready:
            return self._wish is not None or self._doing

    def ask(self, wish: Wish | None, *, then: Sequence[Wish] = (), pause: float = 0.0) -> None:
        """Do this next; `then` what follows if nobody asks for anything else before.

        Args:
            wish: what is wanted now; None where only what follows is.
            then: what will probably be wanted, in order; replaces what was to follow an earlier wish.
            pause: seconds without another wish before any of `then` begins, so that it never runs between held keys.
        """
        with self._ready:
            self._wish, self._idle = wish, list(then)
            self._idle_from = time.monotonic() + pause
            self._ready.notify()

    def ask_after(self, wish: Wish) -> None:
        """Do this after all that was asked for, unless something else is asked for before."""
        with self._ready:
            self._idle.append(wish)
            self._ready.notify()

    def stop(self) -> None:
        """End after what is being done."""
        with self._ready:
            self._stopped, self._wish, self._idle = True, None, []
            self._ready.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while (wish := self._next()) is not None:
            perform(wish, self._failed)

    def _next(self) -> Wish | None:
        with self._ready:
            self._doing = False
            while self._wish is None and not self._stopped:
                wait = self._idle_from - time.monotonic() if self._idle else None
                if wait is not None and wait <= 0:
                    break
                self._ready.wait(wait)
            if self._stopped:
                return None
            if self._wish is not None:
                wish, self._wish = self._wish, None
                self._doing = True
                return wish
            return self._idle.pop(0)


class OrderedThread:
    """Does everything that it was asked for, in order, and looks around while there is nothing.

    Args:
        name: of the thread.
        failed: as for `LatestThread`.
        tick: called after each wait of `every` seconds without a task, and once at the start.
        every: seconds.
    """

    def __init__(self, name: str, failed: Callable[[HyaiError], None], tick: Wish, every: float = 0.4) -> None:
        self._tasks: queue.Queue[Wish | None] = queue.Queue()
        self._failed = failed
        self._tick = tick
        self._every = every
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def busy(self) -> bool:
        """True while something that was asked for has not been done."""
        return self._tasks.unfinished_tasks > 0

    def ask(self, task: Wish) -> None:
        """Do this after all that was asked before."""
        self._tasks.put(task)

    def stop(self, timeout: float) -> bool:
        """End after all that was asked for; returns False if that took longer than the timeout."""
        self._tasks.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=self._every)
            except queue.Empty:
                perform(self._tick, self._failed)
                continue
            if task is None:
                return
            perform(task, self._failed)
            self._tasks.task_done()


def perform(wish: Wish, failed: Callable[[HyaiError], None]) -> None:
    """Run a task of a thread; an error is told and the thread goes on."""
    try:
        wish()
    except HyaiError as error:
        failed(error)
    except Exception:
        # The outermost place of a thread: without it one defect would end all saving, or all pictures, in silence.
        logging.getLogger(__name__).exception("a task of the app failed")
        failed(HyaiError("Something went wrong inside hyai", "The log has the rest"))
