"""What trying an effect came to, and how long to wait before the next try."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Effect, Status

LONGEST_WAIT_SECONDS = 300.0
MOST_UNVERIFIED = 4


@dataclass(slots=True)
class BatchResult:
    """The results of one batch of effects, to be written in one transaction.

    Attributes:
        settled: (id, status, reason) of effects that are done or refused for good.
        waiting: effects that stay due, with the reason.
        library_down: why the library cannot be asked any further now; empty if it can.
    """

    settled: list[tuple[int, Status, str]] = field(default_factory=list)
    waiting: list[tuple[Effect, str]] = field(default_factory=list)
    library_down: str = ""

    def done(self, effect: Effect, note: str = "") -> None:
        """The target is as it is wanted."""
        self.settled.append((effect.id, "done", note))

    def failed(self, effect: Effect, reason: str) -> None:
        """It will not work by trying again."""
        self.settled.append((effect.id, "failed", reason))

    def wait(self, effects: Iterable[Effect], reason: str) -> None:
        """It may work later."""
        self.waiting += [(effect, reason) for effect in effects]

    def unverified(self, effect: Effect) -> None:
        """The library took the change and does not show it: try again a few times, then say so."""
        reason = "The library accepted the change and does not show it"
        if effect.tries + 1 >= MOST_UNVERIFIED:
            self.failed(effect, reason)
        else:
            self.wait([effect], reason)

    def write(self, journal: Journal) -> None:
        """Record the results."""
        journal.settle_effects(self.settled)
        now = time.time()
        for effect, reason in self.waiting:
            journal.postpone_effects([effect.id], reason, [now + wait_seconds(effect.tries)])


def wait_seconds(tries: int) -> float:
    """Return how long to wait after the given number of vain tries: 1, 2, 4 … 300 seconds."""
    return min(2.0 ** min(tries, 16), LONGEST_WAIT_SECONDS)
