"""Puts further points on a map that some were laid out on: each among those of them that it is nearest to.

Poličar, Stražar and Zupan, *Embedding to Reference t-SNE Space Addresses Batch Effects in Single-Cell Classification*, 2023:
the median of the places of the nearest neighbours. Their further optimisation moves a point by less than a cell of a map.
"""

from __future__ import annotations

import numpy as np

from hyai_tui.features.largest import largest
from hyai_tui.queues.ordering.kmeans import Floats

NEIGHBOURS = 10
_BLOCK = 2_048


def place_beside(points: Floats, reference: Floats, places: Floats) -> Floats:
    """Return where points belong on a map.

    Args:
        points: float32[n, c].
        reference: float32[m, c], the points that the map was laid out for; at least one.
        places: float32[m, 2], where each of those lies.

    Returns:
        float32[n, 2], the median place of the 10 nearest of them.
    """
    found = np.empty((len(points), 2), np.float32)
    lengths = (reference**2).sum(axis=1)
    most = min(NEIGHBOURS, len(reference))
    for start in range(0, len(points), _BLOCK):
        # The point's own length less the square of the distance; that length is the same for all of the reference.
        closeness = 2 * (points[start : start + _BLOCK] @ reference.T) - lengths
        near, _ = largest(closeness, most)
        found[start : start + _BLOCK] = np.median(places[near], axis=1)
    return found
