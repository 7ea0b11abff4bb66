"""Exact nearest neighbours by cosine, straight from the shards: every row is read once, in memory that does not grow.

A pure function of the stored vectors and the questions. Rows of equal similarity are ordered by their content, so that the
answer depends neither on the order of storage nor on the size of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.store import FeatureStore

_BLOCK_ROWS: Final = 8_192
# Similarities of a block to this many questions are held at a time: 8,192 × 512 × 4 bytes is 16 MiB.
_QUESTIONS: Final = 512

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest contents of each question, the nearest first.

    Attributes:
        contents: S64[q, k], SHA-256 in hex; empty where the store holds fewer than k contents.
        similarity: float32[q, k], cosine in -1..1; -inf where there is no content.
    """

    contents: NDArray[np.bytes_]
    similarity: Floats

    def of(self, question: int) -> list[tuple[str, float]]:
        """Return (content, cosine) of one question, the nearest first, without empty places."""
        return [
            (content.decode("ascii"), value)
            for content, value in zip(self.contents[question].tolist(), self.similarity[question].tolist(), strict=True)
            if content
        ]


def top_k(
    store: FeatureStore,
    questions: Floats,
    k: int,
    *,
    centre: Floats | None = None,
    wanted: Callable[[NDArray[np.bytes_]], NDArray[np.bool_]] | None = None,
    block_rows: int = _BLOCK_ROWS,
    check: Callable[[], None] = lambda: None,
) -> Neighbours:
    """Return the k contents of the store whose vectors point most nearly where each question points.

    A content that is itself a question is its own nearest neighbour: ask for one more and leave it out.

    Args:
        store: opened for reading.
        questions: float32[q, d].
        k: how many for each, at least 1.
        centre: float32[d], taken off every vector first, such as the mean of a sample of the store. Vectors of one encoder
            share a large common part; without it the cosine tells copies from other pictures much better.
        wanted: given S64[m] contents, says which of them count; all count without it.
        block_rows: rows read at a time; changes memory, not the answer.
        check: called between blocks; may raise to stop.

    Raises:
        ValueError: the questions are no float[q, d] of the store's d, or k is under 1.
    """
    if questions.ndim != 2 or questions.shape[1] != store.dimension:
        raise ValueError(f"questions of shape {questions.shape}, not (q, {store.dimension})")
    blocks = ((np.array(names, "S64"), vectors) for names, vectors in store.blocks(block_rows))
    return nearest(_chosen(blocks, wanted, check), questions, k, centre)


def nearest(
    blocks: Iterable[tuple[NDArray[np.bytes_], Floats]], questions: Floats, k: int, centre: Floats | None = None
) -> Neighbours:
    """As `top_k`, over blocks of (S64[m] contents, float32[m, d] vectors) from anywhere; a content comes once."""
    if k < 1:
        raise ValueError(f"the {k} nearest were asked for; it takes at least 1")
    asked = unit_rows(questions, centre)
    names = np.zeros((len(asked), k), "S64")
    best = np.full((len(asked), k), -np.inf, np.float32)
    for contents, vectors in blocks:
        rows = unit_rows(vectors, centre)
        for start in range(0, len(asked), _QUESTIONS):
            part = slice(start, start + _QUESTIONS)
            _merge(names[part], best[part], contents, asked[part] @ rows.T)
    return Neighbours(names, best)


def _chosen(
    blocks: Iterator[tuple[NDArray[np.bytes_], Floats]],
    wanted: Callable[[NDArray[np.bytes_]], NDArray[np.bool_]] | None,
    check: Callable[[], None],
) -> Iterator[tuple[NDArray[np.bytes_], Floats]]:
    for contents, vectors in blocks:
        check()
        if wanted is None:
            yield contents, vectors
            continue
        keep = wanted(contents)
        if keep.any():
            yield contents[keep], vectors[keep]


def unit_rows(vectors: Floats, centre: Floats | None) -> Floats:
    """Return float32[n, d]: the vectors, less the centre, at length 1; a vector of length 0 stays 0 and resembles nothing."""
    moved = vectors.astype(np.float32) if centre is None else np.asarray(vectors - centre, np.float32)
    length = np.sqrt(np.einsum("nd,nd->n", moved, moved))
    moved /= np.where(length > 0, length, np.float32(1))[:, None]
    return moved


def _merge(names: NDArray[np.bytes_], best: Floats, contents: NDArray[np.bytes_], similar: Floats) -> None:
    """Put what is nearer of a block (S64[m], and float32[q, m] of its similarities) into the best k, in place and in order."""
    k = best.shape[1]
    # Most blocks of a large store hold nothing nearer for most questions. Equals count: their order goes by content.
    for question in np.flatnonzero(similar.max(axis=1, initial=-np.inf) >= best[:, -1]):
        row = similar[question]
        floor = best[question, -1]
        if len(row) > k:
            floor = max(floor, np.partition(row, len(row) - k)[len(row) - k])
        at = np.flatnonzero(row >= floor)
        found = np.concatenate([best[question], row[at]])
        named = np.concatenate([names[question], contents[at]])
        order = np.lexsort((named, -found))[:k]
        best[question], names[question] = found[order], named[order]
