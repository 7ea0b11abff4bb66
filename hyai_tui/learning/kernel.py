"""A kernel part beside an mlp's layers: what the samples nearest to a picture say, in numpy.

Kernel ridge regression (Saunders, Gammerman and Vovk 1998) with a Gaussian kernel between directions: features are
drawn together by a signed square root, centred, and brought to length 1. It sees what stands close to a picture, where
an mlp draws broad borders, and errs on other pictures than the mlp does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MOST_LANDMARKS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class KernelPart:
    """Scores of likeness to labelled pictures, and how they are mixed with the layers' logits.

    Attributes:
        centre: float32[d], mean of the roots of the samples' features.
        landmarks: float16[m, d], directions of samples; at length 1 but for rounding. float32 works too, and faster.
        weights: float32[m, o], what each landmark says; o = 1 for two labels, else one a label.
        bias: float32[o].
        width: of the kernel, exp(2 · width · (cosine - 1)).
        mix: (a, b): logits = a · those of the layers + b · scores.
    """

    centre: Floats
    landmarks: NDArray[np.floating[Any]]
    weights: Floats
    bias: Floats
    width: float
    mix: tuple[float, float] = (1.0, 0.0)

    def scores(self, vectors: Floats) -> Floats:
        """Return float32[n, o] of vectors float32[n, d]; about -1 … 1, high for the column's label."""
        near = likeness(directions(vectors, self.centre), np.asarray(self.landmarks, np.float32), self.width)
        found: Floats = near @ self.weights + self.bias
        return found

    def mixed(self, logits: Floats, vectors: Floats) -> Floats:
        """Return the layers' logits float32[n, o] mixed with the scores of the same vectors."""
        found: Floats = np.float32(self.mix[0]) * logits + np.float32(self.mix[1]) * self.scores(vectors)
        return found

    def with_mix(self, own: float, scores: float) -> KernelPart:
        """Return the same part with other weights of the mix."""
        return replace(self, mix=(own, scores))

    def faults(self, dimension: int, outputs: int) -> Iterator[str]:
        """Yield what is wrong with the arrays; nothing for a sound part of a head of that shape."""
        count = len(self.landmarks)
        shapes = {
            "centre": (self.centre.shape, (dimension,)),
            "landmarks": (self.landmarks.shape, (count, dimension)),
            "weights": (self.weights.shape, (count, outputs)),
            "bias": (self.bias.shape, (outputs,)),
        }
        for name, (found, wanted) in shapes.items():
            if found != wanted:
                yield f"the {name} of its kernel part have shape {found} and not {wanted}"
        arrays: tuple[NDArray[Any], ...] = (self.centre, self.landmarks, self.weights, self.bias)
        if not 0 < count <= MOST_LANDMARKS or not all(np.isfinite(one).all() for one in arrays):
            yield "its kernel part holds numbers that are not usable"
        if not (0 < self.width < 1000 and np.isfinite(self.mix).all()):
            yield f"its kernel part has the width {self.width} and the mix {self.mix}"


def roots(vectors: Floats) -> Floats:
    """Return the signed square root of each feature: a few large ones no longer outvote all others."""
    found: Floats = np.sign(vectors) * np.sqrt(np.abs(vectors))
    return found


def directions(vectors: Floats, centre: Floats) -> Floats:
    """Return float32[n, d]: roots less their centre, at length 1 (0 for the centre itself)."""
    found = roots(vectors)
    found -= centre
    length = np.sqrt(np.einsum("ij,ij->i", found, found))[:, None]
    np.divide(found, length, out=found, where=length > 1e-12)
    return found


def likeness(some: Floats, others: Floats, width: float) -> Floats:
    """Return float32[n, m]: the kernel of two sets of directions, 1 for equal ones, near 0 for unlike ones."""
    found: Floats = some @ others.T
    found -= 1
    found *= np.float32(2 * width)
    np.exp(found, out=found)
    return found
