"""Several queues as one list: a file that more than one of them wants appears once, with all its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.base import QueueRow
from hyai_tui.queues.queue import Queue, place_of


@dataclass(frozen=True)
class Combined:
    """The files of several queues of one context, by the best place that any of them gives.

    Attributes:
        name: the names of the queues, with commas.
        queues: in the order in which equal places are settled.
        positions: int32[m] into the context.
        places: int32[m, queues], the place of each file in each queue; -1 where it is not in it.
    """

    name: str
    queues: tuple[Queue, ...]
    positions: NDArray[np.int32]
    places: NDArray[np.int32]

    @property
    def model_id(self) -> str | None:
        """The model whose scores it was built from."""
        return self.queues[0].model_id

    def __len__(self) -> int:
        return len(self.positions)

    def file(self, place: int) -> str:
        """Return the SHA-256 at a place of the list."""
        return self.queues[0].context.file(int(self.positions[place]))

    def counts(self) -> dict[str, int]:
        """Return how many files each queue brought, files of several counted under the first."""
        firsts = np.bincount(self._first(), minlength=len(self.queues)) if len(self) else [0] * len(self.queues)
        return {queue.name: int(amount) for queue, amount in zip(self.queues, firsts, strict=True)}

    def only(self, kind: str) -> Combined:
        """Return the files that the queue of this name wants."""
        at = [queue.name for queue in self.queues].index(kind)
        chosen = self.places[:, at] >= 0
        return replace(self, positions=self.positions[chosen], places=self.places[chosen])

    @property
    def context(self) -> QueueContext:
        """What all of them were built from."""
        return self.queues[0].context

    def place_of(self, file: str) -> int | None:
        """Return where a file stands, without looking at each; None if it is not in the list."""
        return place_of(self.context, self.positions, file)

    def taken(self, places: NDArray[np.int64]) -> Combined:
        """Return the rows at these places, in their order."""
        return replace(self, positions=self.positions[places], places=self.places[places])

    def row(self, place: int) -> QueueRow:
        """Return one row."""
        return self.rows(place, place + 1)[0]

    def rows(self, start: int = 0, stop: int | None = None) -> list[QueueRow]:
        """Return the rows from `start` to before `stop`; kind and suggestion are those of the first queue that wants it."""
        made = []
        for places in self.places[start:stop].tolist():
            wanted = [queue.row(place) for queue, place in zip(self.queues, places, strict=True) if place >= 0]
            suggested = next((row.suggested for row in wanted if row.suggested is not None), None)
            reasons = "; ".join(dict.fromkeys(row.reason for row in wanted))
            made.append(replace(wanted[0], suggested=suggested, reason=reasons))
        return made

    def _first(self) -> NDArray[np.int64]:
        found: NDArray[np.int64] = (self.places >= 0).argmax(axis=1)
        return found


def combine(queues: Sequence[Queue], most: int | None = None) -> Combined:
    """Return queues of one context as one list.

    Args:
        queues: at least one; their contexts are the same.
        most: take no more than so many files from each.
    """
    size = len(queues[0].context)
    table = np.full((size, len(queues)), -1, np.int32)
    for column, queue in enumerate(queues):
        positions = queue.positions[:most]
        # A queue that names a file twice counts it where it first stands.
        table[positions[::-1], column] = np.arange(len(positions), dtype=np.int32)[::-1]
    wanted = np.flatnonzero((table >= 0).any(axis=1))
    ranks = np.where(table[wanted] >= 0, table[wanted], np.iinfo(np.int32).max)
    order = np.lexsort((ranks.argmin(axis=1), ranks.min(axis=1)))
    chosen = wanted[order]
    return Combined(",".join(queue.name for queue in queues), tuple(queues), chosen.astype(np.int32), table[chosen])
