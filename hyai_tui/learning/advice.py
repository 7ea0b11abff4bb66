"""When to stop labelling: successive models that agree on a fixed pool have little more to learn.

Agreement is Cohen's kappa of two models' predictions (Bloodgood and Vijay-Shanker, "A Method for Stopping Active Learning
Based on Stabilizing Predictions", 2009). Three rounds of at least .90 in a row stop at about 98 % of the accuracy that
all labels would give.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hyai_tui.learning.metrics import Labels

SETTLED = 0.90
ROUNDS = 3
POOL = 1000
_FARTHEST = 100_000


@dataclass(frozen=True, slots=True)
class Round:
    """One training: how many samples it had, and how far it agrees with the one before on the pool (-1 … 1)."""

    samples: int
    kappa: float


@dataclass(frozen=True, slots=True)
class Advice:
    """Is more labelling worth it?

    Attributes:
        settled: the last rounds agree; more labels will change little.
        rounds: how many of the last ones agree in a row.
        labels_left: labels until they are expected to; 0 where settled, None where nothing can be said.
    """

    settled: bool
    rounds: int
    labels_left: int | None

    @property
    def line(self) -> str:
        """A few words for a status line; empty where nothing can be said."""
        if self.settled:
            return "at the plateau"
        return "" if self.labels_left is None else f"≈{self.labels_left:,} to plateau"


def kappa(some: Labels, others: Labels, classes: int) -> float:
    """Return Cohen's kappa of two predictions int64[n] of the same items: 1 for equal ones, 0 for no more than chance."""
    if not len(some):
        return 0.0
    agree = float(np.mean(some == others))
    chance = float(
        np.bincount(some, minlength=classes) @ np.bincount(others, minlength=classes) / (len(some) * len(others))
    )
    return 1.0 if chance >= 1 else (agree - chance) / (1 - chance)


def pinned(identities: Iterable[str], most: int = POOL) -> list[str]:
    """Return a pool that stays nearly the same as files come and go: those whose hashes are smallest."""
    return heapq.nsmallest(most, identities)


def advise(rounds: Sequence[Round]) -> Advice:
    """Return the advice after some trainings.

    How many labels are left follows the disagreement 1 - kappa, which falls as a power of the number of samples: the
    straight line through its logarithms says where it reaches .1.

    Args:
        rounds: oldest first; only those with more samples than the one before count.
    """
    grown = [one for place, one in enumerate(rounds) if not place or one.samples > rounds[place - 1].samples]
    run = 0
    for one in reversed(grown):
        if one.kappa < SETTLED:
            break
        run += 1
    if run >= ROUNDS:
        return Advice(True, run, 0)
    recent = grown[-6:]
    if len(recent) < 2:
        return Advice(False, run, None)
    x = np.log([one.samples for one in recent])
    y = np.log([max(1e-3, 1 - one.kappa) for one in recent])
    slope, level = np.polyfit(x, y, 1) if np.ptp(x) > 1e-6 else (0.0, 0.0)
    if slope >= -0.05:
        return Advice(False, run, None)
    needed = float(np.exp((np.log(1 - SETTLED) - level) / slope))
    step = max(1, recent[-1].samples - recent[-2].samples)
    left = max(needed - recent[-1].samples, 0.0) + step * (ROUNDS - run - 1)
    return Advice(False, run, int(min(_FARTHEST, round(left))) or step)
