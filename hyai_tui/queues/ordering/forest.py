"""How odd a file is, by an isolation forest: what few random cuts set apart from all others is odd.

Liu, Ting and Zhou, *Isolation Forest*, 2008: 200 trees of 256 random files each, cut at random values of random directions; the
score is 2 to the power of minus the mean depth over the depth that is usual. It sees files that lie far out; the local outlier
factor (`outliers`) sees those that are unlike their own neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.ordering.kmeans import Floats

TREES, SAMPLE = 200, 256
_EULER = 0.5772156649


class IsolationForest:
    """Grown on some points, asked about any.

    Args:
        points: float32[n, c].
        seed: of all drawing.
        trees: how many.
        sample: points of each tree.
    """

    def __init__(self, points: Floats, seed: int = 1, trees: int = TREES, sample: int = SAMPLE) -> None:
        random = np.random.default_rng(seed)
        self._sample = min(sample, len(points))
        self._depth = max(1, int(np.ceil(np.log2(max(2, self._sample)))))
        nodes = 2 ** (self._depth + 1) - 1
        self._axis = np.full((trees, nodes), -1, np.int64)
        self._value = np.zeros((trees, nodes), np.float32)
        self._size = np.zeros((trees, nodes), np.int64)
        for tree in range(trees):
            chosen = random.choice(len(points), self._sample, replace=False)
            self._grow(tree, 0, 0, points[chosen], random)

    def _grow(self, tree: int, node: int, depth: int, points: Floats, random: np.random.Generator) -> None:
        self._size[tree, node] = len(points)
        spread = np.ptp(points, axis=0) if len(points) > 1 else np.zeros(points.shape[1])
        if depth == self._depth or not spread.any():
            return
        axis = int(random.choice(np.flatnonzero(spread)))
        value = np.float32(random.uniform(points[:, axis].min(), points[:, axis].max()))
        below = points[:, axis] < value
        self._axis[tree, node], self._value[tree, node] = axis, value
        self._grow(tree, 2 * node + 1, depth + 1, points[below], random)
        self._grow(tree, 2 * node + 2, depth + 1, points[~below], random)

    def scores(self, points: Floats) -> NDArray[np.float32]:
        """Return float32[n], 0 … 1: about .5 for what is ordinary, near 1 for what is set apart at once."""
        depths = np.zeros(len(points))
        rows = np.arange(len(points))
        for axes, values, sizes in zip(self._axis, self._value, self._size, strict=True):
            node = np.zeros(len(points), np.int64)
            depth = np.zeros(len(points))
            for _ in range(self._depth):
                inner = axes[node] >= 0
                below = points[rows, np.maximum(axes[node], 0)] < values[node]
                node = np.where(inner, 2 * node + np.where(below, 1, 2), node)
                depth += inner
            depths += depth + _usual_depth(sizes[node])
        usual = float(_usual_depth(np.array([self._sample]))[0])
        found: NDArray[np.float32] = (2.0 ** (-depths / len(self._axis) / max(usual, 1e-9))).astype(np.float32)
        return found


def _usual_depth(sizes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean depth at which one of so many points is alone in a random tree."""
    more = np.maximum(sizes, 2).astype(np.float64)
    found: NDArray[np.float64] = np.where(
        sizes > 2, 2 * (np.log(more - 1) + _EULER) - 2 * (more - 1) / more, np.where(sizes == 2, 1.0, 0.0)
    )
    return found
