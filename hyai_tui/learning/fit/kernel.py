"""Fits the kernel part of a head: closed form, all folds from one kernel matrix, no steps to choose.

Up to `LANDMARKS` samples each is a landmark, and the ridge is solved exactly. Of more, a seeded choice stands for all
(Williams and Seeger, "Using the Nyström Method to Speed Up Kernel Machines", 2001), and the folds share the sums of their
products: what is trained without a fold is the whole less that fold's part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from hyai_tui.learning.fit.balance import class_weights
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.kernel import KernelPart, directions, likeness, roots
from hyai_tui.learning.metrics import Labels

LANDMARKS = 2048
# Found on out-of-fold log loss of photographs; half or twice of either changes little.
WIDTH = 1.4
RIDGE = 0.05
_BLOCK = 4096

Rows = NDArray[np.int64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FittedKernel:
    """A kernel part, and what it says of samples that it did not see.

    Attributes:
        part: fitted on all rows; its mix is still to be chosen.
        scores: float32[n, o], of each row by a fit without its fold.
    """

    part: KernelPart
    scores: NDArray[np.float32]


def fit_kernel(data: TrainingData, rows: Rows, balance: str, seed: int) -> FittedKernel:
    """Fit on some rows.

    Args:
        data: samples.
        rows: int64[n], those to fit on; none of the test split.
        balance: setting `train.class_weights`.
        seed: of the choice of landmarks.
    """
    truth, folds = data.truth[rows], data.folds[rows]
    vectors = data.vectors[rows]
    centre = roots(vectors).mean(axis=0, dtype=np.float64).astype(np.float32)
    chosen = _landmarks(len(rows), seed)
    # Rounded as the model keeps them, so that what is fitted is what is shipped.
    landmarks = directions(vectors[chosen], centre).astype(np.float16)
    weight = (data.row_weights(rows) * class_weights(truth, len(data.labels), balance)[truth]).astype(np.float64)
    wanted = _targets(truth, len(data.labels))
    middle: Matrix = (weight @ wanted) / weight.sum()
    solver = _Nystrom if len(chosen) < len(rows) else _Exact
    solved = solver(vectors, centre, landmarks, weight, wanted - middle)
    scores = (solved.held_out(folds) + middle).astype(np.float32)
    part = KernelPart(centre, landmarks, solved.all().astype(np.float32), middle.astype(np.float32), WIDTH)
    return FittedKernel(part, scores)


def _landmarks(count: int, seed: int) -> Rows:
    if count <= LANDMARKS:
        return np.arange(count)
    return np.sort(np.random.default_rng([seed, count]).choice(count, LANDMARKS, replace=False))


def _targets(truth: Labels, classes: int) -> Matrix:
    """Return float64[n, 1] of -1 and 1 for two labels, else float64[n, K]."""
    own = np.eye(classes)[truth]
    return (2 * (own[:, 1:] if classes == 2 else own) - 1).astype(np.float64)


def _solved(system: NDArray[Any], sides: NDArray[Any]) -> Matrix:
    """Solve a symmetric, positive definite system, in the precision that it has."""
    factor = cho_factor(system, lower=True, check_finite=False)
    found: Matrix = cho_solve(factor, sides.astype(system.dtype), check_finite=False).astype(np.float64)
    return found


class _Exact:
    """Every sample is a landmark: (K + λ / weight) w = targets."""

    def __init__(
        self,
        _vectors: NDArray[np.float32],
        _centre: NDArray[np.float32],
        landmarks: NDArray[np.float16],
        weight: NDArray[np.float64],
        wanted: Matrix,
    ) -> None:
        known = landmarks.astype(np.float32)
        # Between landmarks as they are rounded, for held-out rows too: the rounding is below what changes a score.
        self._near = likeness(known, known, WIDTH)
        # The ridge keeps it well conditioned: single precision is enough, and twice as fast.
        self._system = self._near.copy()
        self._system[np.diag_indices_from(self._system)] += RIDGE / np.maximum(weight, 1e-6)
        self._wanted = wanted

    def held_out(self, folds: Labels) -> Matrix:
        """Return float64[n, o]: the scores of each row by a fit without its fold."""
        found = np.empty_like(self._wanted)
        for fold in np.unique(folds):
            held, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            solved = _solved(self._system[np.ix_(train, train)], self._wanted[train])
            found[held] = self._near[np.ix_(held, train)] @ solved
        return found

    def all(self) -> Matrix:
        """Return what each landmark says, fitted on all rows."""
        return _solved(self._system, self._wanted)


class _Nystrom:
    """Some samples stand for all: (KᵀWK + λ K_mm) w = KᵀW targets, the products summed by fold."""

    def __init__(
        self,
        vectors: NDArray[np.float32],
        centre: NDArray[np.float32],
        landmarks: NDArray[np.float16],
        weight: NDArray[np.float64],
        wanted: Matrix,
    ) -> None:
        self._landmarks = landmarks.astype(np.float32)
        self._near = np.empty((len(vectors), len(landmarks)), np.float32)
        for start in range(0, len(vectors), _BLOCK):
            block = slice(start, start + _BLOCK)
            self._near[block] = likeness(directions(vectors[block], centre), self._landmarks, WIDTH)
        self._weight = weight.astype(np.float32)
        self._wanted = wanted
        ridge = RIDGE * likeness(self._landmarks, self._landmarks, WIDTH).astype(np.float64)
        # Nearly equal landmarks would make the system singular.
        ridge[np.diag_indices_from(ridge)] += 1e-6 * len(vectors)
        self._ridge = ridge
        self._products: Matrix = np.zeros_like(ridge)
        self._sides: Matrix = np.zeros((len(landmarks), wanted.shape[1]))

    def _sums(self, rows: Rows) -> tuple[NDArray[Any], Matrix]:
        near = self._near[rows]
        weighted = near * self._weight[rows, None]
        return weighted.T @ near, (weighted.T @ self._wanted[rows]).astype(np.float64)

    def held_out(self, folds: Labels) -> Matrix:
        """Return float64[n, o]: the scores of each row by a fit without its fold."""
        parts = {int(fold): np.flatnonzero(folds == fold) for fold in np.unique(folds)}
        sums = {fold: self._sums(rows) for fold, rows in parts.items()}
        self._products = np.sum([one for one, _ in sums.values()], axis=0, dtype=np.float64)
        self._sides = np.sum([side for _, side in sums.values()], axis=0)
        found = np.empty_like(self._wanted)
        for fold, rows in parts.items():
            products, sides = sums[fold]
            solved = _solved(self._products - products + self._ridge, self._sides - sides)
            found[rows] = self._near[rows] @ solved
        return found

    def all(self) -> Matrix:
        """Return what each landmark says, fitted on all rows; `held_out` comes first."""
        return _solved(self._products + self._ridge, self._sides)
