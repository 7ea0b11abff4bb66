"""Logits to probabilities that mean what they say.

Platt scaling for two labels (Platt 1999; Newton's method of Lin, Lin and Weng 2007), temperature scaling for any
number (Guo et al. 2017). A calibrator is kept only if it makes the log loss of items that it was not fitted on lower,
and none is fitted on fewer than 100 items: there it makes a good model worse. Isotonic regression is not offered, it had the worst log loss of all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.metrics import Labels, log_loss

KINDS = ("none", "platt", "temperature")

Floats = NDArray[np.floating[Any]]

# Log loss must fall by at least this much, so that noise in the last digits never changes the kind between runs.
_LEAST_GAIN = 1e-4
LEAST_ITEMS = 100
_LEAST_FITTED = 20


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map of logits: z becomes slope · z + offset.

    Attributes:
        kind: `none` (slope 1, offset 0), `platt` (both fitted, two labels only), `temperature` (slope = 1 / T).
    """

    kind: str = "none"
    slope: float = 1.0
    offset: float = 0.0

    def probabilities(self, logits: Floats) -> NDArray[np.float32]:
        """Return float32[n, K], rows sum to 1.

        Args:
            logits: [n, 1] for two labels (the column is the last label's side), else [n, K].
        """
        scaled = logits.astype(np.float64) * self.slope + self.offset
        if logits.shape[1] == 1:
            last = _sigmoid(scaled[:, 0]).astype(np.float32)
            return np.stack([1 - last, last], axis=1)
        raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares: NDArray[np.float32] = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares


def fit_platt(logits: Floats, truth: Labels) -> Calibration:
    """Return Platt scaling for two labels, fitted by Newton's method on targets drawn in from 0 and 1.

    Args:
        logits: [n, 1].
        truth: int64[n], 0 or 1, both present.
    """
    z = logits[:, 0].astype(np.float64)
    positive = truth == 1
    high = (positive.sum() + 1) / (positive.sum() + 2)
    low = 1 / ((~positive).sum() + 2)
    target = np.where(positive, high, low)
    columns = np.stack([z, np.ones_like(z)], axis=1)
    place = np.array([1.0, 0.0])

    def loss(at: NDArray[np.float64]) -> float:
        scaled = columns @ at
        return float((np.logaddexp(0, scaled) - target * scaled).sum())

    for _ in range(100):
        p = _sigmoid(columns @ place)
        gradient = columns.T @ (p - target)
        curvature = (columns * (p * (1 - p))[:, None]).T @ columns + 1e-10 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        length = 1.0
        while length > 1e-10 and loss(place - length * step) > loss(place):
            length /= 2
        place = place - length * step
        if np.abs(length * step).max() < 1e-9:
            break
    return Calibration("platt", float(place[0]), float(place[1]))


def fit_temperature(logits: Floats, truth: Labels) -> Calibration:
    """Return temperature scaling: the one number that makes the log loss smallest, between 1/20 and 20."""

    def loss(log_slope: float) -> float:
        return log_loss(truth, Calibration("temperature", float(np.exp(log_slope))).probabilities(logits))

    # Golden-section search: the loss is convex in the slope.
    low, high = -np.log(20.0), np.log(20.0)
    ratio = (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    loss_left, loss_right = loss(left), loss(right)
    while high - low > 1e-5:
        if loss_left < loss_right:
            high, right, loss_right = right, left, loss_left
            left = high - ratio * (high - low)
            loss_left = loss(left)
        else:
            low, left, loss_left = left, right, loss_right
            right = low + ratio * (high - low)
            loss_right = loss(right)
    return Calibration("temperature", float(np.exp((low + high) / 2)))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What `choose` found.

    Attributes:
        calibration: to ship, fitted on all items.
        probabilities: float32[n, K] of the items themselves, each calibrated without its own fold.
        losses: cross-fitted log loss of each kind that was tried.
    """

    calibration: Calibration
    probabilities: NDArray[np.float32]
    losses: dict[str, float]


def choose(logits: Floats, truth: Labels, folds: Labels) -> Calibrated:
    """Return the kind of calibration whose cross-fitted log loss is lowest; `none` unless another is really lower.

    Fewer than `LEAST_ITEMS` items get none.

    Args:
        logits: [n, 1] or [n, K], out-of-fold.
        truth: int64[n].
        folds: int64[n]; each fold's items are calibrated by a fit on the others.
    """
    plain = Calibration().probabilities(logits)
    losses = {"none": log_loss(truth, plain)}
    found = {"none": (Calibration(), plain)}
    kinds: dict[str, Callable[[Floats, Labels], Calibration]] = {"temperature": fit_temperature}
    if len(truth) < LEAST_ITEMS:
        kinds = {}
    elif logits.shape[1] == 1:
        kinds["platt"] = fit_platt
    for kind, fit in kinds.items():
        crossed = _cross_fit(fit, logits, truth, folds)
        if crossed is not None:
            losses[kind] = log_loss(truth, crossed)
            found[kind] = (fit(logits, truth), crossed)
    best = min(losses, key=lambda kind: (losses[kind], KINDS.index(kind)))
    if losses["none"] - losses[best] < _LEAST_GAIN or found[best][0].slope <= 0:
        best = "none"
    calibration, probabilities = found[best]
    return Calibrated(calibration, probabilities, {kind: round(loss, 6) for kind, loss in losses.items()})


def _cross_fit(
    fit: Callable[[Floats, Labels], Calibration], logits: Floats, truth: Labels, folds: Labels
) -> NDArray[np.float32] | None:
    """Return probabilities of each fold calibrated on the others; None where the others are too few to fit on."""
    crossed = Calibration().probabilities(logits)
    for fold in np.unique(folds):
        held = folds == fold
        if (~held).sum() < _LEAST_FITTED or len(np.unique(truth[~held])) < 2:
            return None
        crossed[held] = fit(logits[~held], truth[~held]).probabilities(logits[held])
    return crossed


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + e^-z) without overflow: the exponent is never positive."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))
