"""The directions in which vectors differ most: principal components, by the covariance of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

COMPONENTS: Final = 50


@dataclass(frozen=True, eq=False)
class Projection:
    """The directions in which vectors differ most: (x - mean) @ axes.

    Attributes:
        mean: float32[d].
        axes: float32[d, c], orthonormal columns, the widest direction first; each with a sign that its largest number
            is positive, so that the same vectors always give the same picture.
    """

    mean: Floats
    axes: Floats

    def of(self, vectors: Floats) -> Floats:
        """Return float32[n, c]."""
        found: Floats = np.asarray((vectors - self.mean) @ self.axes, np.float32)
        return found


def principal(vectors: Floats, components: int = COMPONENTS) -> Projection:
    """Return the principal components of float32[n, d], by the covariance; fewer where the rows span less."""
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = vectors - mean
    if len(vectors) < vectors.shape[1]:
        # Fewer rows than numbers in a row: the small side has the same directions, and costs less.
        sizes, sides = np.linalg.eigh(centred @ centred.T)
        wide = sizes > 1e-6 * max(float(sizes[-1]), 1e-12)
        axes = centred.T @ sides[:, wide] / np.sqrt(sizes[wide])
    else:
        _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :components]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return Projection(mean, (axes * signs).astype(np.float32))
