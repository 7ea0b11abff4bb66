"""What the labelled pictures nearest to a file say of the label that it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.largest import largest
from hyai_tui.learning.disagreement import NEIGHBOURS
from hyai_tui.queues.ordering.kmeans import Floats
from hyai_tui.queues.ordering.next_best import unit

_BLOCK = 1024


def disagreement(
    vectors: Floats, own: NDArray[np.int64], labelled: Floats, truth: NDArray[np.int64], k: int = NEIGHBOURS
) -> NDArray[np.float32]:
    """Return float32[n]: the share of the nearest labelled pictures with another label than the file's own, 0 … 1.

    As `learning.disagreement` does within the samples: nearest by cosine of vectors less the mean of the labelled ones, each
    counting by that cosine. NaN where nothing is labelled.

    Args:
        vectors: float32[n, d] of the files, none of them labelled.
        own: int64[n], the label that people gave each.
        labelled: float32[l, d].
        truth: int64[l].
        k: neighbours; fewer where fewer are labelled.
    """
    found = np.full(len(vectors), np.nan, np.float32)
    near_by = min(k, len(labelled))
    if not near_by:
        return found
    mean = labelled.mean(axis=0, dtype=np.float64).astype(np.float32)
    standing = unit(labelled - mean).T
    for start in range(0, len(vectors), _BLOCK):
        cosines = unit(vectors[start : start + _BLOCK] - mean) @ standing
        near, likeness = largest(cosines, near_by)
        weight = np.maximum(likeness, 1e-6)
        other = truth[near] != own[start : start + _BLOCK, None]
        found[start : start + _BLOCK] = (weight * other).sum(axis=1) / weight.sum(axis=1)
    return found
