"""A light linear head in numpy: what has just been labelled, learned while the next picture is looked at.

Multinomial logistic regression on standardised features, by Nesterov's accelerated gradient from where the last fit ended.
It orders *next best* between two trainings; it never tags, is never stored, and never takes the model's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.ordering.kmeans import Floats

# Inverse strength of the L2 penalty, per square root of the number of labels: few labels need a stronger one for each.
# Of .02, .035 and .07 the smallest lets *next-best* get on fastest, at .003 less accuracy with all labels.
STRENGTH = 0.02
STEPS = 60


@dataclass(frozen=True, eq=False)
class LightHead:
    """Weights of a linear head.

    Attributes:
        kernel: float32[d, K].
        bias: float32[K].
        centre, scale: float32[d], features become (x - centre) / scale.
    """

    kernel: Floats
    bias: Floats
    centre: Floats
    scale: Floats

    def probabilities(self, vectors: Floats) -> Floats:
        """Return float32[n, K]; rows sum to 1."""
        kernel = self.kernel / self.scale[:, None]
        logits = vectors @ kernel + (self.bias - self.centre @ kernel)
        return _softmax(logits)


def fit(
    vectors: Floats, truth: NDArray[np.int64], classes: int, before: LightHead | None = None, steps: int = STEPS
) -> LightHead:
    """Return a head trained on labelled features.

    Args:
        vectors: float32[n, d].
        truth: int64[n], labels 0 … classes - 1.
        classes: K.
        before: the last head, to go on from; its standardisation is kept, so that its weights keep their meaning.
        steps: gradient steps.
    """
    if before is None or before.kernel.shape != (vectors.shape[1], classes):
        centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        spread = vectors.std(axis=0, dtype=np.float64).astype(np.float32)
        scale = np.where(spread > 1e-6, spread, 1).astype(np.float32)
        kernel, bias = np.zeros((vectors.shape[1], classes), np.float32), np.zeros(classes, np.float32)
    else:
        centre, scale, kernel, bias = before.centre, before.scale, before.kernel, before.bias
    rows = (vectors - centre) / scale
    wanted = np.zeros((len(rows), classes), np.float32)
    wanted[np.arange(len(rows)), truth] = 1
    penalty = np.sqrt(len(rows)) / STRENGTH / len(rows)
    # The largest curvature of the softmax loss is half the largest eigenvalue of the features' second moments.
    step = 1 / (0.5 * (_largest_eigenvalue(rows) + 1) + penalty)
    ahead, ahead_bias, momentum = kernel.copy(), bias.copy(), 1.0
    for _ in range(steps):
        error = (_softmax(rows @ ahead + ahead_bias) - wanted) / len(rows)
        after = ahead - step * (rows.T @ error + penalty * ahead)
        after_bias = ahead_bias - step * error.sum(axis=0)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        push = (momentum - 1) / following
        ahead, ahead_bias = after + push * (after - kernel), after_bias + push * (after_bias - bias)
        kernel, bias, momentum = after, after_bias, following
    return LightHead(kernel.astype(np.float32), bias.astype(np.float32), centre, scale)


def _softmax(logits: NDArray[np.float32]) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: Floats = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def _largest_eigenvalue(rows: Floats) -> float:
    """Return the largest eigenvalue of rows.T @ rows / n, or a little less, by power iteration."""
    direction: NDArray[np.floating[Any]] = np.ones(rows.shape[1], np.float32)
    value = 0.0
    for _ in range(12):
        direction = rows.T @ (rows @ direction) / len(rows)
        value = float(np.linalg.norm(direction))
        if value < 1e-12:
            return 0.0
        direction /= value
    # Power iteration ends below the largest one; a tenth more keeps the steps from growing.
    return 1.1 * value
