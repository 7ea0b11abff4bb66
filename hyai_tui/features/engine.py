"""From work items to vectors: what a build asks of an engine, and the engine of this machine alone.

An engine answers in the order of the list, so that a store is filled in the same order, byte for byte, whoever does the
work. Batches end at every stretch of the list: whoever encodes a whole stretch makes the same batches of it, and a network
whose sums depend on what stands beside a picture gives the same numbers.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.encoder import Encoder
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.reading import ByteSource, Decoded, fetch_and_decode
from hyai_tui.features.recipe import Recipe

# Items of a stretch: a few seconds of work, which is what is done again where a machine is lost.
STRETCH: Final = 256


@dataclass(frozen=True, slots=True)
class Encoded:
    """What became of a work item.

    Attributes:
        item: the work item.
        content: SHA-256 of the bytes that were decoded; None where none could be fetched.
        vector: float32[d], or None where it failed.
        reason: why it failed, else empty.
        phash: as of `Decoded`.
    """

    item: WorkItem
    content: str | None
    vector: NDArray[np.float32] | None
    reason: str = ""
    phash: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What an engine has to know besides the items.

    Attributes:
        library: where bytes come from.
        source: `file` or `thumbnail`.
        batch_size: pictures a step.
        threads: that decode; 0 is one a core.
        recipe: how the encoder wants its pixels.
        refused: says why an item's bytes need not be fetched at all; empty where they are.
    """

    library: ByteSource
    source: str
    batch_size: int
    threads: int = 0
    recipe: Recipe = field(default_factory=Recipe)
    refused: Callable[[WorkItem], str] = lambda item: ""

    def prepare(self, item: WorkItem) -> Decoded:
        """Fetch and decode an item, unless that is refused."""
        reason = self.refused(item)
        if reason:
            return Decoded(item, None, None, reason)
        return fetch_and_decode(item, self.library, self.source, self.recipe)


class Engine(Protocol):
    """Whoever does the work."""

    def encoded(self, items: Sequence[WorkItem], work: Work) -> Generator[list[Encoded]]:
        """Yield what became of the items, in their order and each once.

        An empty list says that the work goes on and nothing more is finished: between lists a build may be
        cancelled, and closes the generator.

        Raises:
            LibraryDown, LibraryError, ModelError: the work cannot go on.
        """
        ...


class LocalEngine:
    """Decodes ahead in threads and encodes in batches, in this process.

    Args:
        encoder: pixels to vectors.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def encoded(self, items: Sequence[WorkItem], work: Work) -> Generator[list[Encoded]]:
        """Yield batches, each with up to `work.batch_size` vectors."""
        for batch in _batches(_decoded(items, work), work.batch_size):
            pixels = [one.pixels for one in batch if one.pixels is not None]
            vectors = iter(self._encoder.encode(np.stack(pixels)) if pixels else ())
            yield [
                Encoded(one.item, one.content, None if one.pixels is None else next(vectors), one.reason, one.phash)
                for one in batch
            ]


def _decoded(items: Iterable[WorkItem], work: Work) -> Iterator[Decoded]:
    """Yield the decoded items in their order, decoding ahead in threads by a bounded number of pictures."""
    threads = work.threads or os.cpu_count() or 1
    ahead = 2 * work.batch_size + 2 * threads
    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    waiting: deque[Future[Decoded]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work.prepare, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(items: Iterator[Decoded], size: int) -> Iterator[list[Decoded]]:
    """Yield lists of items, each with up to `size` that have pixels; one ends at the end of every stretch."""
    batch: list[Decoded] = []
    full = 0
    for number, item in enumerate(items, 1):
        batch.append(item)
        full += item.pixels is not None
        # Failures alone end a batch too, so that a run of bad files still shows progress and can be cancelled.
        if full == size or len(batch) >= 4 * size or number % STRETCH == 0:
            yield batch
            batch, full = [], 0
    if batch:
        yield batch
