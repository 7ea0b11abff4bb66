"""Which pictures stand out as alike by their features: nearer to each other than to what else is like them.

How near two copies are by features depends on the encoder and on the picture: two pages of text are near anyway. But a copy is
much nearer than the next best picture (the ratio of distances of Lowe, *Distinctive Image Features from Scale-Invariant
Keypoints*, 2004). Such pairs are candidates only: their pixels have to be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.twins import regions
from hyai_tui.features.largest import largest

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

# Neighbours of each picture that may be copies, and the one that shows how near others are that are none.
_NEAREST: Final = 4
_BACKGROUND: Final = 10
_RATIO: Final = 0.5
_BLOCK: Final = 2_048
_ROUNDING: Final = 1e-5


@dataclass(frozen=True)
class Nearest:
    """The nearest others of n pictures.

    Attributes:
        near: int32[n, k], their places, the nearest first; −1 where there are no more.
        cosine: float32[n, k], likewise; −1 where there are no more.
    """

    near: NDArray[np.int32]
    cosine: Floats

    @property
    def background(self) -> Floats:
        """float32[n]: how far (1 − cosine) the last of the nearest is, which is no copy where copies are few."""
        found: Floats = np.maximum(1 - self.cosine[:, -1], 1e-6)
        return found


def standing_out(found: Nearest, always: NDArray[np.bool_]) -> tuple[Places, Places, Floats]:
    """Return (int64[p], int64[p], float32[p]): pairs i < j that stand out, each once, and by what ratio, the least first.

    Args:
        found: the nearest of each picture.
        always: bool[n], pictures whose nearest are candidates whether they stand out or not.
    """
    near, cosine = found.near, found.cosine
    depth = near.shape[1] - 1
    if depth < 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    ratio = (1 - cosine[:, : min(_NEAREST, depth)]) / found.background[:, None]
    ratio[always] = np.minimum(ratio[always], _RATIO)
    at, column = np.nonzero((ratio <= _RATIO) & (near[:, : ratio.shape[1]] >= 0))
    other, ratio = near[at, column].astype(np.int64), ratio[at, column]
    one, other = np.minimum(at, other), np.maximum(at, other)
    order = np.lexsort((ratio, one * len(near) + other))
    _, first = np.unique((one * len(near) + other)[order], return_index=True)
    kept = order[first]
    kept = kept[np.argsort(ratio[kept], kind="stable")]
    return one[kept], other[kept], ratio[kept].astype(np.float32)


def among_nearest(found: Nearest, rows: Floats, one: Places, other: Places) -> NDArray[np.bool_]:
    """Return bool[p]: pairs of which one is no farther from the other than the last of the other's nearest.

    A copy is; two pictures whose hashes agree by chance hardly ever are.

    Args:
        found: the nearest of each picture.
        rows: float32[n, d], what they were found by.
        one: int64[p], places.
        other: int64[p].
    """
    kept = np.zeros(len(one), bool)
    background = found.background
    for start in range(0, len(one), _BLOCK):
        part = slice(start, start + _BLOCK)
        far = 1 - np.einsum("pd,pd->p", rows[one[part]], rows[other[part]])
        kept[part] = far <= np.maximum(background[one[part]], background[other[part]]) + _ROUNDING
    return kept


def nearest(rows: Floats, check: Callable[[int, int], None] | None = None) -> Nearest:
    """Return the nearest others of each picture.

    Args:
        rows: float32[n, d], centred and at length 1.
        check: called with (done, total) regions; may raise to stop.
    """
    most = min(_BACKGROUND, max(1, len(rows) - 1))
    near = np.full((len(rows), most), -1, np.int32)
    cosine = np.full((len(rows), most), -1, np.float32)
    found = list(regions(lambda at: rows[at], len(rows)))
    for done, members in enumerate(found):
        if check is not None:
            check(done, len(found))
        inside = rows[members]
        k = min(most, len(members) - 1)
        if k < 1:
            continue
        for start in range(0, len(members), _BLOCK):
            part = np.arange(start, min(start + _BLOCK, len(members)))
            like = inside[part] @ inside.T
            like[np.arange(len(part)), part] = -np.inf
            top, values = largest(like, k)
            _merge(near, cosine, members[part], members[top], values)
    return Nearest(near, cosine)


def _merge(near: NDArray[np.int32], cosine: Floats, at: Places, others: Places, values: Floats) -> None:
    """Put what is nearer into the nearest so far of some pictures, in place and in order; who is there already stays once."""
    again = (others[:, :, None] == near[at][:, None, :]).any(axis=2)
    values = np.where(again, -np.inf, values)
    joined = np.concatenate([cosine[at], values], axis=1)
    names = np.concatenate([near[at], others.astype(np.int32)], axis=1)
    order = np.argsort(-joined, axis=1, kind="stable")[:, : near.shape[1]]
    cosine[at] = np.maximum(np.take_along_axis(joined, order, axis=1), -1)
    near[at] = np.take_along_axis(names, order, axis=1)
