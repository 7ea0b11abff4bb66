"""Which pictures stand out as alike by their features: nearer to each other than to what else is like them.

How near two copies are by features depends on the encoder and on the picture: two pages of text are near anyway. But a copy is
much nearer than the next best picture (the ratio of distances of Lowe, *Distinctive Image Features from Scale-Invariant
Keypoints*, 2004). Such pairs are candidates only: their pixels have to be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.twins import regions

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

# Neighbours of each picture that may be copies, and the one that shows how near others are that are none.
_NEAREST: Final = 4
_BACKGROUND: Final = 10
_RATIO: Final = 0.5
_BLOCK: Final = 2_048


def standing_out(
    rows: Floats, always: NDArray[np.bool_], check: Callable[[int, int], None] | None = None
) -> tuple[Places, Places, Floats]:
    """Return (int64[p], int64[p], float32[p]): pairs i < j that stand out, each once, and by what ratio, the least first.

    Args:
        rows: float32[n, d], centred and at length 1.
        always: bool[n], pictures whose nearest are candidates whether they stand out or not.
        check: called with (done, total) regions; may raise to stop.
    """
    near, cosine = _nearest(rows, check)
    depth = min(_BACKGROUND, near.shape[1]) - 1
    if depth < 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    background = np.maximum(1 - cosine[:, depth], 1e-6)
    ratio = (1 - cosine[:, : min(_NEAREST, depth)]) / background[:, None]
    ratio[always] = np.minimum(ratio[always], _RATIO)
    at, column = np.nonzero((ratio <= _RATIO) & (near[:, : ratio.shape[1]] >= 0))
    other, ratio = near[at, column].astype(np.int64), ratio[at, column]
    one, other = np.minimum(at, other), np.maximum(at, other)
    order = np.lexsort((ratio, one * len(rows) + other))
    _, first = np.unique((one * len(rows) + other)[order], return_index=True)
    kept = order[first]
    kept = kept[np.argsort(ratio[kept], kind="stable")]
    return one[kept], other[kept], ratio[kept].astype(np.float32)


def _nearest(rows: Floats, check: Callable[[int, int], None] | None) -> tuple[NDArray[np.int32], Floats]:
    """Return (int32[n, k], float32[n, k]): the nearest others of each picture, the nearest first; −1 and −1 where none is."""
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
            top = np.argpartition(like, like.shape[1] - k, axis=1)[:, -k:]
            _merge(near, cosine, members[part], members[top], np.take_along_axis(like, top, axis=1))
    return near, cosine


def _merge(near: NDArray[np.int32], cosine: Floats, at: Places, others: Places, values: Floats) -> None:
    """Put what is nearer into the nearest so far of some pictures, in place and in order; who is there already stays once."""
    again = (others[:, :, None] == near[at][:, None, :]).any(axis=2)
    values = np.where(again, -np.inf, values)
    joined = np.concatenate([cosine[at], values], axis=1)
    names = np.concatenate([near[at], others.astype(np.int32)], axis=1)
    order = np.argsort(-joined, axis=1, kind="stable")[:, : near.shape[1]]
    cosine[at] = np.maximum(np.take_along_axis(joined, order, axis=1), -1)
    near[at] = np.take_along_axis(names, order, axis=1)
