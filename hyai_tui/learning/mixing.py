"""How two opinions become one: logits mixed by two weights that make the log loss of held-out items smallest.

Stacked generalisation (Wolpert 1992) with the fewest numbers that can be fitted. As with calibration, the mix is kept only
if it makes the log loss of items that it was not fitted on lower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.calibration import LEAST_ITEMS, Calibration
from hyai_tui.learning.metrics import Labels, log_loss

Floats = NDArray[np.floating[Any]]

_LEAST_GAIN = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """What `choose` found.

    Attributes:
        weights: (a, b), fitted on all items; None where the first opinion stays alone.
        logits: float32[n, o] of the items themselves, each mixed without its own fold; the first opinion's without a mix.
        losses: held-out log loss of the first alone and of the mix; empty where none was tried.
    """

    weights: tuple[float, float] | None
    logits: NDArray[np.float32]
    losses: dict[str, float]


def choose(own: Floats, scores: Floats, truth: Labels, folds: Labels) -> Mixed:
    """Return the mix of two opinions on held-out items, or the first alone where the mix is not better.

    Args:
        own: [n, 1] for two labels or [n, K], out-of-fold logits.
        scores: of the same shape, out-of-fold.
        truth: int64[n].
        folds: int64[n]; each fold's items are mixed by weights fitted on the others.
    """
    alone = Mixed(None, own.astype(np.float32), {})
    if len(truth) < LEAST_ITEMS:
        return alone
    crossed = np.array(own, np.float32)
    calibrated = np.array(own, np.float32)
    for fold in np.unique(folds):
        held = folds == fold
        if len(np.unique(truth[~held])) < 2:
            return alone
        a, b = fit(own[~held], scores[~held], truth[~held])
        crossed[held] = a * own[held] + b * scores[held]
        # Both are compared after the best scaling of each: a mix must not win by being less sure alone.
        calibrated[held] = fit(own[~held], np.zeros_like(own[~held]), truth[~held])[0] * own[held]
    losses = {
        "alone": log_loss(truth, Calibration().probabilities(calibrated)),
        "mixed": log_loss(truth, Calibration().probabilities(crossed)),
    }
    weights = fit(own, scores, truth)
    if losses["alone"] - losses["mixed"] < _LEAST_GAIN or weights[1] <= 0:
        return Mixed(None, alone.logits, losses)
    return Mixed(weights, crossed, losses)


def fit(own: Floats, scores: Floats, truth: Labels) -> tuple[float, float]:
    """Return (a, b) at which a · own + b · scores has the lowest log loss, by Newton's method; the loss is convex.

    A little of a pull towards nothing keeps the weights finite where the items are told apart without an error.
    """
    parts = [_columns(own), _columns(scores)]
    target = np.eye(parts[0].shape[1])[truth]
    place = np.array([1.0, 0.0])
    for _ in range(50):
        mixed = place[0] * parts[0] + place[1] * parts[1]
        raised = np.exp(mixed - mixed.max(axis=1, keepdims=True))
        p = raised / raised.sum(axis=1, keepdims=True)
        means = [(p * part).sum(axis=1) for part in parts]
        gradient = np.array([((p - target) * part).sum(axis=1).mean() for part in parts]) + 1e-4 * place
        curvature = np.array(
            [
                [
                    ((p * one * other).sum(axis=1) - mean * with_).mean()
                    for other, with_ in zip(parts, means, strict=True)
                ]
                for one, mean in zip(parts, means, strict=True)
            ]
        ) + 1e-4 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        # A long step may overshoot where the loss is flat.
        step *= min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
        place -= step
        if np.abs(step).max() < 1e-8:
            break
    return float(place[0]), float(place[1])


def _columns(logits: Floats) -> NDArray[np.float64]:
    """Return float64[n, K]: one logit of two labels as the logits of both."""
    wide = logits.astype(np.float64)
    return np.hstack([np.zeros_like(wide), wide]) if wide.shape[1] == 1 else wide
