"""Out-of-fold predictions: each sample is predicted by a head that never saw it nor its near duplicates.

How long to train (epochs of the mlp, strength of regularisation of the linear head) is a step that is chosen on
held-out loss. For the samples of a fold it is chosen by the *other* folds, so that no item helps to choose the head
that it is judged by; the shipped head takes the step that all folds choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.learning.fit.data import TrainingData, Watch
from hyai_tui.learning.head import Head

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What the heads of one fold say about the items that they did not see.

    Attributes:
        logits: float32[steps, m, outputs], after each step.
        losses: float64[steps], mean log loss on those items.
        stop: why no further step was tried.
    """

    logits: NDArray[np.float32]
    losses: NDArray[np.float64]
    stop: str


class HeadFitter(Protocol):
    """Trains heads of one kind on one set of data."""

    def hold_out(self, train: Rows, held: Rows, seed: int) -> HeldOut:
        """Train on rows, and predict the held-out rows after each step."""
        ...

    def fit(self, train: Rows, step: int, seed: int) -> Head:
        """Return the head trained on rows up to the step (0 is the first)."""
        ...

    def about_step(self, step: int) -> dict[str, Any]:
        """Return what the step stands for, for the record."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CrossFitted:
    """All folds together.

    Attributes:
        rows: int64[m], the rows that were held out once: all but the test split.
        logits: float32[m, outputs], aligned with `rows`.
        step: the step that all folds together choose.
        stops: why each fold stopped.
    """

    rows: Rows
    logits: NDArray[np.float32]
    step: int
    stops: tuple[str, ...]


def cross_fit(fitter: HeadFitter, data: TrainingData, seed: int, watch: Watch) -> CrossFitted:
    """Hold each fold out once, and choose the step.

    Args:
        fitter: trains heads on `data`.
        data: samples; rows of fold -1 take no part.
        seed: each fold's training has its own, made of this and the fold.
        watch: told of each fold; may end it between epochs.
    """
    used = np.flatnonzero(data.folds >= 0)
    numbers = np.unique(data.folds[used]).tolist()
    if len(numbers) < 2:
        raise WrongUse(
            "All samples are copies of one picture, so none can be held out",
            "Label pictures that differ from each other",
        )
    heard: list[tuple[Rows, HeldOut]] = []
    for place, fold in enumerate(numbers):
        watch.check()
        watch.report.stage("train", f"training without fold {place + 1} of {len(numbers)}")
        held = used[data.folds[used] == fold]
        train = used[data.folds[used] != fold]
        heard.append((held, fitter.hold_out(train, held, seed * 1009 + fold)))
        watch.report.progress(place + 1, len(numbers) + 1, "rounds")
    sizes = np.array([len(held) for held, _ in heard], float)
    curves = _padded([result.losses for _, result in heard])
    outputs = heard[0][1].logits.shape[2]
    logits = np.zeros((len(data.truth), outputs), np.float32)
    for place, (held, result) in enumerate(heard):
        others = np.arange(len(heard)) != place
        step = _best_step(curves[others], sizes[others])
        logits[held] = result.logits[min(step, len(result.losses) - 1)]
    return CrossFitted(used, logits[used], _best_step(curves, sizes), tuple(result.stop for _, result in heard))


def _padded(curves: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return float64[folds, most steps]: a fold that stopped early keeps its last loss, which was past its best."""
    most = max(len(curve) for curve in curves)
    return np.stack([np.pad(curve, (0, most - len(curve)), mode="edge") for curve in curves])


def _best_step(curves: NDArray[np.float64], sizes: NDArray[np.float64]) -> int:
    """Return the step of the lowest mean loss over all items."""
    return int(np.argmin(sizes @ curves))
