"""Epochs: the heads of all folds side by side, one each in turn, until their held-out loss falls no more or somebody stops them.

After every epoch all rows have been predicted out of fold, so a training that is stopped keeps what is best so far, and the
figures of that are as complete as those of any other. The head that ships ends at the epoch that turned out to be the best.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hyai_tui.learning.fit.data import Watch
from hyai_tui.learning.fit.learner import Learner
from hyai_tui.learning.fit.out_of_fold import Part, Rows
from hyai_tui.learning.fit.state import NetworkState

# Seconds: who stops a training waits no longer than this for the epoch to end.
_LONG_EPOCH = 1.0


class Book(Protocol):
    """What is known of all folds after each epoch.

    Attributes:
        epochs: how many there were.
        best: the one of the lowest held-out loss, from 0.
    """

    @property
    def epochs(self) -> int: ...  # noqa: D102
    @property
    def best(self) -> int: ...  # noqa: D102

    def take(self, loss: float, logits: Sequence[NDArray[np.float32]], began: float) -> str:
        """Take what the folds' heads say of their held-out rows after one more epoch.

        Args:
            loss: mean loss on what was trained on.
            logits: float32[m, outputs] of each fold.
            began: when the epoch began, monotonic seconds.

        Returns:
            Why that is enough; empty where it is not.
        """
        ...


@contextmanager
def threads(cores: int) -> Iterator[ThreadPoolExecutor]:
    """Give so many threads to train in.

    A head a thread wastes less than threads on one product, and gives the same numbers on any count of cores.
    """
    with threadpool_limits(1), ThreadPoolExecutor(cores, "train") as pool:
        yield pool


def cores_for(parts: int) -> int:
    """Return how many threads are worth it for so many parts and the head that ships."""
    return min(os.cpu_count() or 1, parts + 1)


def train_folds(
    pool: ThreadPoolExecutor,
    parts: Sequence[Part],
    learners: Sequence[Learner],
    shipped: Shipped,
    watch: Watch,
    book: Book,
    *,
    epochs: int,
    patience: int,
) -> tuple[str, bool]:
    """Train the folds' heads epoch by epoch; return why it ended, and whether it ended by itself.

    Args:
        pool: threads.
        parts: one a fold.
        learners: their heads.
        shipped: the head that ships, trained beside them where that costs nothing.
        watch: may end the training: between epochs, and in a long one between batches.
        book: takes each epoch.
        epochs: most of them, with those that the book begins with.
        patience: epochs without a better held-out loss.

    Raises:
        Cancelled: the user asked to stop before the first epoch of all parts was complete.
    """
    began, seconds = book.epochs, math.inf
    while book.epochs < epochs:
        stopped = f"stopped by the user after {book.epochs} of {epochs} epochs", False
        if book.epochs and watch.cancelled():
            return stopped
        started = time.monotonic()
        # A short epoch is finished; a long one is cut, and the heads go back to where it began.
        cut = watch.cancelled if seconds > _LONG_EPOCH else _never
        before = [one.state().copied() for one in learners] if book.epochs and cut is not _never else []
        turns = shipped.beside(learners, parts, book.epochs)
        passed = list(pool.map(lambda turn, cut=cut: turn[0].turn(turn[1], cut), turns))[: len(parts)]
        known = [one for one in passed if one is not None]
        if len(known) < len(passed):
            if not book.epochs:
                watch.check()
            for learner, state in zip(learners, before, strict=True):
                learner.restore(state)
            return stopped
        loss = float(np.mean([one.loss for one in known]))
        enough = book.take(loss, [one.logits for one in known], started)
        shipped.mark(book.best + 1)
        if enough:
            return enough, True
        seconds = time.monotonic() - started
        # Somebody who lets a training go on wants it to try for a while, whatever it was like before.
        if book.epochs - max(book.best + 1, began) >= patience:
            return f"no better held-out loss for {patience} epochs", True
    return f"reached {epochs} epochs", True


class Shipped:
    """The head to ship, which is to end at the epoch that the folds find best.

    Where the last round of the folds leaves a core idle, it is trained along with them, and how it stood at the best epoch
    so far is kept. Elsewhere it is trained when that epoch is known. Both give the same head.

    Args:
        learner: the head.
        folds: that are trained beside it.
        cores: that train.
    """

    def __init__(self, learner: Learner, folds: int, cores: int) -> None:
        self._learner = learner
        self._along = folds % cores > 0
        self._best: NetworkState | None = None

    def beside(self, learners: Sequence[Learner], parts: Sequence[Part], epochs: int) -> list[tuple[Learner, Rows]]:
        """Return the heads of an epoch with the rows that each holds out: the folds' own, and this one where it goes along."""
        turns = [(one, part.held) for one, part in zip(learners, parts, strict=True)]
        # One that went on from another training may stand behind: then it follows in the end.
        self._along = self._along and self._learner.epochs == epochs
        if self._along and epochs and self._best is None:
            self._best = self._learner.state().copied()
        return [*turns, (self._learner, np.empty(0, np.int64))] if self._along else turns

    def mark(self, best: int) -> None:
        """Keep how it stands, if so many epochs are the best so far and it has had just them."""
        if self._along and self._learner.epochs == best:
            self._best = self._learner.state().copied()

    def at(self, epochs: int) -> Learner:
        """Return it after so many epochs, the best of those that were marked."""
        if self._best is not None:
            self._learner.restore(self._best)
        while self._learner.epochs < epochs:
            # Nothing but the program's end stops these: without them there is no model.
            self._learner.pass_once(_never)
        return self._learner


def _never() -> bool:
    return False
