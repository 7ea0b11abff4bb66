"""A bounded picture of the library for neighbours: vectors of some thousands of its files, reduced to their main directions.

Neighbours among twenty thousand tagged files are found in milliseconds, whatever the size of the library, and suggest
nearly what neighbours among all would. The reduction is a principal component analysis of the centred vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.largest import largest

MOST_FILES: Final = 20_000
DIRECTIONS: Final = 96
# Files whose likeness to all others is held at a time: 256 × 20,000 × 4 bytes is 20 MB.
_BLOCK: Final = 256

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reference:
    """Files that others are compared with.

    Attributes:
        made_of: what it was made with: settings, as a text that changes whenever it has to be made anew.
        total: vectors that there were then.
        encoder: id of the encoder version whose vectors it takes.
        mean: float32[D], taken off every vector.
        basis: float32[D, d], the main directions.
        files: S64[r], identities.
        vectors: float32[r, d], reduced, each of length 1 (or 0).
        starts, tags: int64[r + 1] and int32[t]: the tags of each file, as in `TagTable`.
        side: int8[r], the label that people or the library gave the file, -1 for none.
        group: int16[r], the visual group, -1 for none.
        centres: float32[g, d], of the visual groups, each of length 1.
    """

    made_of: str
    total: int
    encoder: str
    mean: Floats
    basis: Floats
    files: NDArray[np.bytes_]
    vectors: Floats
    starts: NDArray[np.int64]
    tags: NDArray[np.int32]
    side: NDArray[np.int8]
    group: NDArray[np.int16]
    centres: Floats

    def __len__(self) -> int:
        return len(self.files)

    def reduced(self, vectors: Floats) -> Floats:
        """Return float32[q, d]: vectors of the encoder as this compares them."""
        return unit((vectors - self.mean) @ self.basis)

    def nearest(self, question: Floats, count: int, without: int = -1) -> tuple[NDArray[np.int64], Floats]:
        """Return (int64[k], float32[k]): the nearest files by row and their cosines, the nearest first.

        Args:
            question: float32[d], reduced.
            count: how many at most.
            without: row of a file that is left out; -1 for none.
        """
        cosines = self.vectors @ question
        if without >= 0:
            cosines[without] = -np.inf
        count = min(count, len(cosines) - (without >= 0))
        if count <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        floor = np.partition(cosines, len(cosines) - count)[len(cosines) - count]
        near = np.flatnonzero(cosines >= floor)
        order = near[np.argsort(-cosines[near], kind="stable")[:count]]
        return order, cosines[order]

    def nearest_of(self, rows: NDArray[np.int64], count: int) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        """Yield what `nearest` returns for files of the reference, each left out of its own neighbours."""
        for start in range(0, len(rows), _BLOCK):
            part = rows[start : start + _BLOCK]
            cosines = self.vectors[part] @ self.vectors.T
            cosines[np.arange(len(part)), part] = -np.inf
            most = min(count, len(self) - 1)
            if most <= 0:
                yield from ((np.empty(0, np.int64), np.empty(0, np.float32)) for _ in part)
            else:
                yield from zip(*largest(cosines, most), strict=True)

    def tags_of(self, row: int) -> NDArray[np.int32]:
        """Return int32[k]: the tags of the file at a row."""
        return self.tags[self.starts[row] : self.starts[row + 1]]

    def row_of(self, file: str) -> int:
        """Return the row of a file, -1 where it is not among these."""
        found = np.flatnonzero(self.files == file.encode("ascii"))
        return int(found[0]) if len(found) else -1

    def group_of(self, question: Floats) -> tuple[int, float]:
        """Return (group, cosine) of the visual group whose centre is nearest; (-1, 0) without groups."""
        if not len(self.centres):
            return -1, 0.0
        cosines = self.centres @ question
        best = int(cosines.argmax())
        return best, float(cosines[best])

    def with_tags(self, starts: NDArray[np.int64], tags: NDArray[np.int32], side: NDArray[np.int8]) -> Reference:
        """Return the same files with what is known of them now."""
        return replace(self, starts=starts, tags=tags, side=side)


def principal(vectors: Floats, directions: int = DIRECTIONS) -> tuple[Floats, Floats]:
    """Return (float32[D] mean, float32[D, d] basis): the main directions of the vectors, the widest first."""
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = vectors - mean
    count = min(directions, vectors.shape[1], max(1, len(vectors) - 1))
    if len(vectors) < vectors.shape[1]:
        # The same directions by way of the smaller matrix, of files by files.
        _, found = np.linalg.eigh(centred @ centred.T)
        return mean, unit((centred.T @ found[:, ::-1][:, :count]).T).T.copy()
    _, found = np.linalg.eigh(centred.T @ centred)
    return mean, np.ascontiguousarray(found[:, ::-1][:, :count], np.float32)


def unit(vectors: NDArray[np.floating[Any]]) -> Floats:
    """Return the vectors at length 1; a vector of length 0 stays 0 and resembles nothing."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Floats = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    return found
