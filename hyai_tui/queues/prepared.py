"""What a job works out from the features for the queues, aligned with a context: rankings and neighbours.

Queues are pure functions over arrays, and some of them need features. Reading millions of vectors is a job's work; what
it found is a few numbers a file, kept until the next time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _no_places() -> NDArray[np.int64]:
    return np.empty(0, np.int64)


def _no_values() -> NDArray[np.float32]:
    return np.empty(0, np.float32)


@dataclass(frozen=True)
class Ranking:
    """Files in an order that a job found.

    Attributes:
        positions: int64[m] into the context, best first.
        values: float32[m], what the order goes by; its meaning is the queue's.
        made: False where no job has worked it out yet.
        model: the model that it was worked out with; empty for none.
        method: how oddities were found; `lof` or `forest`.
    """

    positions: NDArray[np.int64] = field(default_factory=_no_places)
    values: NDArray[np.float32] = field(default_factory=_no_values)
    made: bool = False
    model: str = ""
    method: str = "lof"


@dataclass(frozen=True)
class Prepared:
    """All that was prepared.

    Attributes:
        next_best: what to label next; values are 0 for a file drawn at random, 1 for one of its region's middle.
        diverse: farthest from all that is labelled first; values are that distance.
        oddities: least like any others first; values are the outlier factor.
        copies: int64[n], the group of near duplicates that a file is in; -1 for none. None where nobody has looked.
        best: int8[n], what people have settled in the library itself: 1 for the best of several duplicates, -1 for one of
            the others, 0 where nothing is known. None where nobody has looked.
    """

    next_best: Ranking = field(default_factory=Ranking)
    diverse: Ranking = field(default_factory=Ranking)
    oddities: Ranking = field(default_factory=Ranking)
    copies: NDArray[np.int64] | None = None
    best: NDArray[np.int8] | None = None

    def rank_of(self, position: int) -> int:
        """Return what `best` says of a file; 0 where nothing was asked."""
        return 0 if self.best is None else int(self.best[position])


NOTHING_PREPARED = Prepared()
