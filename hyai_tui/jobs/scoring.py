"""From stored vectors to probabilities: what a scoring asks of an engine, and the engine of this machine alone."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hyai_tui.features.keys import Keys
from hyai_tui.features.store import FeatureStore
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.scoring import HalfScorer

# Rows a block: who cancels waits for the blocks under way, one a core and one more.
BLOCK: Final = 2048


class Scoring(Protocol):
    """Whoever does the work."""

    def score(
        self,
        store: FeatureStore,
        contents: Keys,
        bundle: Bundle,
        found: NDArray[np.float32],
        done: Callable[[int], None],
    ) -> None:
        """Put the model's probabilities of stored contents into a table, and leave the rows of others as they are.

        Args:
            store: opened for reading.
            contents: uint8[n, 32].
            bundle: the model.
            found: float32[n, K], takes the probabilities.
            done: called again and again with the number of rows since the last call; may raise to end the work.
        """
        ...


class LocalScoring:
    """Scores in this process, a block a core."""

    def score(
        self,
        store: FeatureStore,
        contents: Keys,
        bundle: Bundle,
        found: NDArray[np.float32],
        done: Callable[[int], None],
    ) -> None:
        """See `Scoring`. Along the shards rather than file by file: the disk is read in order, and nothing is copied."""
        with Crew(bundle, found) as crew:
            for at, bits in store.visit(contents, BLOCK):
                done(0)
                crew.score(at, bits)
                done(len(at))


class Crew:
    """Scores blocks of vectors, one a core: blocks side by side with one thread each waste less than threads on one block.

    Args:
        bundle: the model.
        found: float32[n, K], takes the probabilities.
    """

    def __init__(self, bundle: Bundle, found: NDArray[np.float32]) -> None:
        self._bundle = bundle
        self._found = found
        self._cores = os.cpu_count() or 1
        self._running: deque[Future[None]] = deque()
        self._closing = ExitStack()
        self._own = threading.local()

    def __enter__(self) -> Self:
        self._closing.enter_context(threadpool_limits(1))
        self._pool = self._closing.enter_context(ThreadPoolExecutor(self._cores, "score"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._closing:
            if kind is not None:
                # Nobody wants what has not begun yet.
                for one in self._running:
                    one.cancel()
                return
            while self._running:
                self._running.popleft().result()

    def score(self, rows: NDArray[np.int64], bits: NDArray[np.uint16]) -> None:
        """Put the probabilities of stored vectors into rows of `found`, soon; waits while enough blocks are under way."""
        self._running.append(self._pool.submit(self._predict, rows, bits))
        if len(self._running) > self._cores:
            self._running.popleft().result()

    def _predict(self, rows: NDArray[np.int64], bits: NDArray[np.uint16]) -> None:
        if not hasattr(self._own, "scorer"):
            self._own.scorer = HalfScorer(self._bundle)
        self._found[rows] = self._own.scorer.probabilities(bits)
