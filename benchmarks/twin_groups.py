"""Pictures that MobileNetV2 takes for copies of each other, in groups: so that a split for measuring tears none apart.

The cosine is that of MobileNetV2's vectors less their mean, of which it was measured; splits that were published stand on it. The
product itself compares distances with those of neighbours (`hyai_tui.learning.twins`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.disagreement import centred_unit

_COSINE = 0.85
_BLOCK = 1024


def groups(vectors: NDArray[np.float32]) -> list[list[int]]:
    """Return the rows of float32[n, d] in groups that are connected by a cosine of .85 or more."""
    return _connected(centred_unit(vectors), range(len(vectors)), _COSINE)


def _connected(unit: NDArray[np.float32], places: Sequence[int], least: float) -> list[list[int]]:
    chosen = unit[np.asarray(places, np.int64)]
    group = np.arange(len(places))
    for start in range(0, len(places), _BLOCK):
        # Only the pairs at and after this block: the others were met before.
        near = chosen[start : start + _BLOCK] @ chosen[start:].T >= least
        for row in np.flatnonzero(near.sum(axis=1) > 1):
            met = np.unique(group[np.append(np.flatnonzero(near[row]), row) + start])
            if len(met) > 1:
                group[np.isin(group, met)] = met[0]
    groups: dict[int, list[int]] = {}
    for one, place in zip(group.tolist(), places, strict=True):
        groups.setdefault(one, []).append(place)
    return list(groups.values())
