"""Out-of-fold predictions: each sample is predicted by a head that never saw it nor its near duplicates.

How long to train (epochs of the mlp, strength of regularisation of the linear head) is a step that is chosen on
held-out loss. For the samples of a fold it is chosen by the *other* folds, so that no item helps to choose the head
that it is judged by; the shipped head takes the step that all folds choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.learning import metrics
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.learning.head import Head

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One fold's turn to be held out.

    Attributes:
        train: int64[n], rows to train on.
        held: int64[m], rows of the fold.
        seed: of this part's weights and order.
    """

    train: Rows
    held: Rows
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What the heads of one part say about the items that they did not see.

    Attributes:
        logits: float32[steps, m, outputs], after each step.
        losses: float64[steps], mean log loss on those items.
    """

    logits: NDArray[np.float32]
    losses: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a fitter gives back.

    Attributes:
        held: one a part, all of the same number of steps.
        head: trained on everything, up to the step that `best_step` finds over all parts.
        stop: why no further step was tried.
        finished: False if the user asked to stop before the training would have ended by itself.
        history: what is known of each step, for the record: losses and metrics by name.
        state: what a later training can go on from; None where there is nothing to go on from.
    """

    held: Sequence[HeldOut]
    head: Head
    stop: str
    finished: bool
    history: Sequence[Mapping[str, Any]]
    state: TrainingState | None = None


class HeadFitter(Protocol):
    """Trains heads of one kind on one set of data."""

    def train(self, parts: Sequence[Part], everything: Part) -> Trained:
        """Train a head for each part, judge it on the part's held-out rows after each step, and train the one to ship.

        Args:
            parts: one a fold.
            everything: rows of the head to ship; none are held out.

        Raises:
            Cancelled: the user asked to stop before there was anything honest to keep.
        """
        ...

    def about_step(self, step: int) -> dict[str, Any]:
        """Return what the step stands for, for the record."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CrossFitted:
    """All folds together.

    Attributes:
        rows: int64[m], the rows that were held out once: all but the test split and copies.
        logits: float32[m, outputs], aligned with `rows`.
        head: trained on all of `rows`.
        step: the step that all folds together choose, which the head stands at.
        stop: why no further step was tried.
        finished: False if the user stopped the training.
        history: a row for each step that was tried, the chosen one marked (`is_best`).
        state: what a later training can go on from, if anything.
    """

    rows: Rows
    logits: NDArray[np.float32]
    head: Head
    step: int
    stop: str
    finished: bool
    history: Sequence[Mapping[str, Any]]
    state: TrainingState | None


def cross_fit(fitter: HeadFitter, data: TrainingData, seed: int) -> CrossFitted:
    """Hold each fold out once, choose the step, and train the head to ship.

    Args:
        fitter: trains heads on `data`.
        data: samples; rows of fold -1 take no part. Copies are trained on with the fold of their originals, never held out.
        seed: each fold's training has its own, made of this and the fold.
    """
    learned = np.flatnonzero(data.folds >= 0)
    used = learned[~data.copied[learned]]
    numbers = np.unique(data.folds[used]).tolist()
    if len(numbers) < 2:
        raise WrongUse(
            "All samples are copies of one picture, so none can be held out",
            "Label pictures that differ from each other",
        )
    parts = [
        Part(learned[data.folds[learned] != fold], used[data.folds[used] == fold], seed * 1009 + fold + 1)
        for fold in numbers
    ]
    trained = fitter.train(parts, Part(learned, used[:0], seed * 1009))
    curves = np.stack([one.losses for one in trained.held])
    sizes = np.array([len(part.held) for part in parts], float)
    logits = np.zeros((len(data.truth), trained.held[0].logits.shape[2]), np.float32)
    for place, (part, held) in enumerate(zip(parts, trained.held, strict=True)):
        others = np.arange(len(parts)) != place
        logits[part.held] = held.logits[best_step(curves[others], sizes[others])]
    step = best_step(curves, sizes)
    history = [{**row, "is_best": place == step} for place, row in enumerate(trained.history)]
    return CrossFitted(used, logits[used], trained.head, step, trained.stop, trained.finished, history, trained.state)


def best_step(curves: NDArray[np.float64], sizes: NDArray[np.float64]) -> int:
    """Return the step of the lowest mean loss over all items; of equal ones the first.

    Args:
        curves: float64[parts, steps], loss of each part's held-out items after each step.
        sizes: float64[parts], held-out items of each part.
    """
    return int(np.argmin(sizes @ curves))


def judgement(data: TrainingData, rows: Rows, logits: NDArray[np.float32]) -> dict[str, float]:
    """Return accuracy and macro F1 of held-out rows after a step, before any calibration; of those that the network never saw.

    Args:
        data: samples.
        rows: int64[m].
        logits: float32[m, outputs], of those rows.
    """
    free = ~data.known[rows]
    if free.any():
        rows, logits = rows[free], logits[free]
    guessed = metrics.predicted_labels(Calibration().probabilities(logits))
    return {
        "accuracy": round(metrics.accuracy(data.truth[rows], guessed), 6),
        "macro_f1": round(metrics.macro_f1(data.truth[rows], guessed, len(data.labels)), 6),
    }
