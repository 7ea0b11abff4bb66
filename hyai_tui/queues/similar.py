"""The files nearest to one file, exactly: every stored vector is compared, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import NotNow
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.bulk import hundredths
from hyai_tui.queues.near_duplicates import known_label_of
from hyai_tui.queues.queue import Kind, Queue, build
from hyai_tui.queues.vectors import Vectors
from hyai_tui.text import short_hash

NAME = "similar"
_BLOCK = 8_192


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest files.

    Attributes:
        positions: int64[m] into the context, the nearest first; equal ones by file number.
        cosines: float32[m], -1 … 1, of vectors less the mean of all.
    """

    positions: NDArray[np.int64]
    cosines: NDArray[np.float32]


def nearest(context: QueueContext, vectors: Vectors, position: int, count: int) -> Neighbours:
    """Return the present files most similar to the one at a position, itself left out.

    Raises:
        NotNow: it has no vector yet.
    """
    _, own = vectors.at(np.array([position]))
    if not len(own):
        raise NotNow(f"{short_hash(context.file(position))} has no features yet", "Run 'hyai cache build'")
    mean = _mean(vectors)
    centred = own[0] - mean
    wanted = centred / max(float(np.linalg.norm(centred)), 1e-12)
    best = np.empty(0, np.int64), np.empty(0, np.float32)
    for at, rows in vectors.blocks(_BLOCK):
        rows -= mean
        lengths = np.maximum(np.linalg.norm(rows, axis=1), 1e-12)
        cosines = ((rows @ wanted) / lengths).astype(np.float32)
        places = np.concatenate([best[0], at[at != position]])
        values = np.concatenate([best[1], cosines[at != position]])
        order = np.lexsort((places, -values))[:count]
        best = places[order], values[order]
    return Neighbours(*best)


def similar(context: QueueContext, position: int, found: Neighbours) -> Queue:
    """Return a file and its neighbours as a list, the nearest first; the notes are likeness and known label.

    Args:
        context: whose files they are.
        position: of the file itself, which comes first.
        found: its neighbours.
    """
    likeness = dict(zip(found.positions.tolist(), found.cosines.tolist(), strict=True))

    def label(context: QueueContext, position: int) -> str:
        return known_label_of(context, position) or "no label"

    def reason(context: QueueContext, position: int) -> str:
        return f"{hundredths(likeness[position])} alike, where 1.00 is the same; {label(context, position)}"

    def note(context: QueueContext, position: int) -> str:
        return f"{hundredths(likeness[position])} {label(context, position)}"

    own = Kind("this", lambda *_: "the file that the others are like", note=lambda *one: f"this {label(*one)}")
    others = Kind(NAME, reason, note=note)
    return build(NAME, context, [(own, np.array([position])), (others, found.positions)])


def _mean(vectors: Vectors) -> NDArray[np.float32]:
    total = np.zeros(vectors.store.dimension)
    count = 0
    for _, rows in vectors.store.blocks(_BLOCK):
        total += rows.sum(axis=0, dtype=np.float64)
        count += len(rows)
    return (total / max(1, count)).astype(np.float32)
