"""The files nearest to one file: by comparing every stored vector in bounded memory, or by the index of a large store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import NotNow
from hyai_tui.features import inverted
from hyai_tui.features.picking import some_vectors
from hyai_tui.features.similar import unit_rows
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.bulk import hundredths
from hyai_tui.queues.near_duplicates import known_label_of
from hyai_tui.queues.queue import Kind, Queue, build
from hyai_tui.queues.vectors import Vectors
from hyai_tui.text import short_hash

NAME = "similar"
_BLOCK = 8_192
# What most vectors have in common is known from so many.
_SAMPLE = 16_384


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest files.

    Attributes:
        positions: int64[m] into the context, the nearest first; equal ones by file number.
        cosines: float32[m], -1 … 1, of vectors less the mean of a sample of all.
        recall: what an index finds of what comparing all would, in words; empty where all were compared.
    """

    positions: NDArray[np.int64]
    cosines: NDArray[np.float32]
    recall: str = ""


def nearest(context: QueueContext, vectors: Vectors, position: int, count: int) -> Neighbours:
    """Return the present files most similar to the one at a position, itself left out.

    Raises:
        NotNow: it has no vector yet.
    """
    _, own = vectors.at(np.array([position]))
    if not len(own):
        raise NotNow(f"{short_hash(context.file(position))} has no features yet", "Run 'hyai cache build'")
    index = inverted.opened(vectors.store)
    if index is not None:
        return _by_index(context, vectors, index, position, own, count)
    mean = some_vectors(vectors.store, _SAMPLE).mean(axis=0, dtype=np.float64).astype(np.float32)
    wanted = unit_rows(own, mean)[0]
    best = np.empty(0, np.int64), np.empty(0, np.float32)
    for at, rows in vectors.blocks(_BLOCK):
        cosines = unit_rows(rows, mean) @ wanted
        places = np.concatenate([best[0], at[at != position]])
        values = np.concatenate([best[1], cosines[at != position]])
        order = np.lexsort((places, -values))[:count]
        best = places[order], values[order]
    return Neighbours(*best)


def _by_index(
    context: QueueContext,
    vectors: Vectors,
    index: inverted.InvertedFile,
    position: int,
    own: NDArray[np.float32],
    count: int,
) -> Neighbours:
    """Ask the index for more until enough of what it names are files that are there."""
    asked, most = 2 * count + 1, len(vectors.store)
    while True:
        found = index.top_k(own, min(asked, most))
        names = found.contents[0][found.contents[0] != b""]
        at = vectors.holders(names)
        at = at[context.present[at] & (at != position)]
        if len(at) >= count or asked >= most or len(names) < asked:
            break
        asked *= 4
    order = np.argsort(names, kind="stable")
    cosines = found.similarity[0][: len(names)][order[np.searchsorted(names[order], vectors.contents[at])]]
    first = np.lexsort((at, -cosines))[:count]
    return Neighbours(at[first], cosines[first], index.record.line)


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
