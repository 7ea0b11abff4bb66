"""How odd a file is: the local outlier factor in the directions in which files differ most.

Breunig, Kriegel, Ng and Sander, *LOF: Identifying Density-Based Local Outliers*, 2000, on the first 50 principal components:
distances in 1,280 dimensions say little, and cost eight times as much. Files of a large library are compared with a random
part of it, so that the time grows with the number of files and not with its square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.largest import largest
from hyai_tui.queues.ordering.kmeans import Floats

NEIGHBOURS = 20
REFERENCE = 8_192
# So many points at once that their likenesses to the whole reference stay in the processor's cache.
_BLOCK = 256


class LocalOutliers:
    """Compares points with a reference set.

    Args:
        reference: float32[r, c], at least two points.
        neighbours: how many a point is compared with; fewer where the reference is smaller.
    """

    def __init__(self, reference: Floats, neighbours: int = NEIGHBOURS) -> None:
        self._reference = reference
        self._squares = np.einsum("ij,ij->i", reference, reference)
        self._k = min(neighbours, len(reference) - 1)
        reach, near = self._nearest(reference, own=True)
        # The distance of each reference point to the last of its neighbours.
        self._reach = reach[:, -1]
        self._density = self._densities(reach, near)

    def factors(self, points: Floats, *, own: bool = False) -> NDArray[np.float32]:
        """Return float32[n]: about 1 for an ordinary point, more for one in thinner company than its neighbours.

        Args:
            points: float32[n, c].
            own: the points are the reference points themselves, in their order; none is its own neighbour.
        """
        distances, near = self._nearest(points, own=own)
        density = self._densities(distances, near)
        found: NDArray[np.float32] = (self._density[near].mean(axis=1) / density).astype(np.float32)
        return found

    def _densities(self, distances: NDArray[np.float64], near: NDArray[np.int64]) -> NDArray[np.float64]:
        reachable = np.maximum(distances, self._reach[near])
        found: NDArray[np.float64] = 1 / (reachable.mean(axis=1) + 1e-10)
        return found

    def _nearest(self, points: Floats, *, own: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return (float64[n, k], int64[n, k]): distances and reference rows of the nearest, nearest first."""
        distances = np.empty((len(points), self._k))
        near = np.empty((len(points), self._k), np.int64)
        for start in range(0, len(points), _BLOCK):
            block = points[start : start + _BLOCK]
            # Twice the product less the reference's squares: the square of the point itself less that of the distance.
            closeness = block @ self._reference.T
            closeness *= 2
            closeness -= self._squares
            if own:
                closeness[np.arange(len(block)), start + np.arange(len(block))] = -np.inf
            near[start : start + _BLOCK], closest = largest(closeness, self._k)
            squares = np.einsum("ij,ij->i", block, block)[:, None] - closest
            distances[start : start + _BLOCK] = np.sqrt(np.maximum(squares, 0))
        return distances, near
