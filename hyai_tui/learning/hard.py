"""Which samples are hard: those that look like samples of another label. A pure function over arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.largest import largest
from hyai_tui.learning.disagreement import centred_unit
from hyai_tui.learning.metrics import Labels

# Of each sample so many of its nearest of other labels, at this cosine of vectors less their mean or more.
NEAREST = 2
LEAST_COSINE = 0.5
_BLOCK = 1024


def close_opposites(
    vectors: NDArray[Any], truth: Labels, nearest: int = NEAREST, least: float = LEAST_COSINE
) -> NDArray[np.bool_]:
    """Return bool[n]: True for samples that are among the nearest samples of other labels to some sample.

    Args:
        vectors: float[n, d].
        truth: int64[n], the label of each.
        nearest: how many of other labels are looked at, for each sample.
        least: cosine of vectors less their mean below which nothing is close.
    """
    found = np.zeros(len(vectors), bool)
    if len(np.unique(truth)) < 2:
        return found
    unit = centred_unit(vectors)
    wanted = min(nearest, len(vectors) - 1)
    for start in range(0, len(vectors), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(vectors)))
        cosines = unit[block] @ unit.T
        cosines[truth[block][:, None] == truth[None, :]] = -2
        near, likeness = largest(cosines, wanted)
        found[near[likeness >= least]] = True
    return found
