"""Audit: how often the tags are wrong, estimated from files drawn at random, with the model's view hidden until the key.

The files are those that carry a tag of ours which this model stands by, in an order that is random by model: whoever goes
through the first n of them has drawn a sample without replacement. The interval is Clopper and Pearson's (*The Use of
Confidence or Fiducial Limits*, 1934): it covers the true rate at least as often as it says, whatever the rate.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hyai_tui.queues.arrays import LABELLED, Bools, QueueContext
from hyai_tui.queues.base import HIDES_MODEL
from hyai_tui.queues.queue import Kind, Queue, build, ranked
from hyai_tui.queues.ranks import seeded

NAME = "audit"
CONFIDENCE = 0.95
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an audit says of all that is tagged.

    Attributes:
        tagged: files that the estimate is about, those looked at included.
        looked_at: files of the audit with a label from a person.
        wrong: of those, how many have another label than the model gave.
        rate: wrong / looked_at; None before the first.
        low, high: interval of the true rate at `CONFIDENCE`.
    """

    tagged: int
    looked_at: int
    wrong: int
    rate: float | None
    low: float
    high: float

    def __str__(self) -> str:
        if self.rate is None:
            return f"none of {self.tagged:,} tagged files looked at yet"
        return (
            f"{self.wrong:,} of {self.looked_at:,} wrong: {100 * self.rate:.1f} % of {self.tagged:,} tags "
            f"({100 * self.low:.1f} to {100 * self.high:.1f} %)"
        )


def audit(context: QueueContext) -> Queue:
    """Return undecided tagged files in an order that is random by model."""
    chosen = tagged(context) & context.undecided
    seed = int.from_bytes(hashlib.sha256((context.model_id or "").encode()).digest()[:4], "big")
    return build(NAME, context, [(_KIND, ranked(chosen, seeded(context.sha256, seed)))])


def tagged(context: QueueContext) -> Bools:
    """Return bool[n]: present files whose tag of ours is what the model says now."""
    if context.carried is None:
        return np.zeros(len(context), bool)
    # Labels of the model come first in `names`, so a tag and a prediction have one index.
    tag = context.carried.tag
    found: Bools = context.present & context.scored & (tag >= 0) & (tag == context.predicted)
    return found


def estimate(context: QueueContext) -> Estimate:
    """Return the share of wrong tags among all that is tagged, from what people answered in this model's audit."""
    looked_at = wrong = 0
    if context.past is not None:
        asked = (context.past.audited >= 0) & (context.decision == LABELLED)
        looked_at = int(asked.sum())
        wrong = int((asked & (context.past.audited != context.decided_label)).sum())
    left = int((tagged(context) & context.undecided).sum())
    low, high = interval(wrong, looked_at)
    rate = wrong / looked_at if looked_at else None
    return Estimate(left + looked_at, looked_at, wrong, rate, low, high)


def interval(wrong: int, looked_at: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact interval of a rate, 0 … 1, from `wrong` of `looked_at`; (0, 1) from nothing."""
    if not looked_at:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    # The lowest rate at which so many or more would still be seen in a tail, and the highest for so few or fewer.
    low = 0.0 if wrong == 0 else _rate_where(lambda rate: 1 - _at_most(wrong - 1, looked_at, rate), tail)
    high = 1.0 if wrong == looked_at else 1 - _rate_where(lambda rest: _at_most(wrong, looked_at, 1 - rest), tail)
    return low, high


def _rate_where(rising: Callable[[float], float], value: float) -> float:
    """Return where a rising function of a rate reaches a value, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return (low + high) / 2


def _at_most(hits: int, draws: int, rate: float) -> float:
    """Return the chance of at most so many hits (binomial distribution)."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return 1.0 if hits >= draws else 0.0
    logs = (
        math.lgamma(draws + 1)
        - math.lgamma(k + 1)
        - math.lgamma(draws - k + 1)
        + k * math.log(rate)
        + (draws - k) * math.log1p(-rate)
        for k in range(hits + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))


def about(context: QueueContext) -> str:
    """Return one sentence with the estimate."""
    return f"random tagged files, the model's view hidden: {estimate(context)}"


def _reason(_context: QueueContext, _position: int) -> str:
    return "drawn at random from what is tagged; what the model says is hidden until you answer"


_KIND = Kind(HIDES_MODEL, _reason)
