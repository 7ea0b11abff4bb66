"""The mlp head: Dense(hidden, relu), Dropout, Dense(1, sigmoid) or, for more labels, Dense(K, softmax).

It is the head of the original classifier, trained on stored features instead of running the backbone in every epoch.
The heads of all folds are trained side by side, and after every epoch all samples have been predicted out of fold. That
decides when to stop, and it lets a person stop a training at any epoch and keep what is best so far, with metrics that
are as complete as those of a training that ran to its end. The head to ship follows: it is trained on to an epoch only
when that epoch turned out to be the best so far.

Features are reduced to their principal components first, which does a fifth of the work and generalises as well: what
lies outside them is noise to a few thousand samples. The head that ships has the components multiplied into its first
layer, so it takes features as they are stored. Labels play no part in finding them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.data import TrainingData, Watch, class_weights
from hyai_tui.learning.fit.dense import Network, Shape
from hyai_tui.learning.fit.out_of_fold import HeldOut, Part, Rows, Trained, best_step
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.metrics import accuracy, log_loss, predicted_labels
from hyai_tui.settings import TrainSettings

# Features are centred, and scaled all alike to this mean spread. With features as they come the first epochs go into
# learning their mean: this halves the epochs at the same quality, whatever the encoder's scale. At larger spreads the
# held-out loss gets worse, and so it does when each feature is scaled by its own.
_SPREAD = 0.25
# Photographs: 128, 256 and 512 components give the same accuracy at 500 and 2,000 samples. More samples can bear more.
COMPONENTS = 256
_MANY_SAMPLES = 5000
_BLOCK = 4096


class MlpFitter:
    """Trains mlp heads; the same seed gives the same head on the same machine's CPU."""

    def __init__(self, data: TrainingData, settings: TrainSettings, watch: Watch) -> None:
        self._data = data
        self._settings = settings
        self._watch = watch
        self._classes = len(data.labels)
        self._row_weights = data.row_weights(np.arange(len(data.truth)))

    def train(self, parts: Sequence[Part], everything: Part) -> Trained:
        """Train all parts side by side until their mean held-out loss has not fallen for `patience` epochs.

        Raises:
            Cancelled: the user asked to stop before the first epoch of all parts was complete.
        """
        self._watch.report.stage("train", f"training {len(parts)} folds side by side")
        cores = min(os.cpu_count() or 1, len(parts) + 1)
        # A head a thread wastes less than threads on one product, and gives the same numbers on any count of cores.
        with threadpool_limits(1), ThreadPoolExecutor(cores, "train") as pool:
            reduced = reduce_features(self._data.vectors, everything.train)
            learners = [self._learner(part, reduced) for part in parts]
            shipped = self._learner(everything, reduced)
            return self._train(pool, parts, learners, shipped)

    def about_step(self, step: int) -> dict[str, Any]:
        """Return the epochs."""
        return {"epochs": step + 1}

    def _train(
        self, pool: ThreadPoolExecutor, parts: Sequence[Part], learners: Sequence[_Learner], shipped: _Learner
    ) -> Trained:
        sizes = np.array([len(part.held) for part in parts], float)
        heard: list[list[NDArray[np.float32]]] = []
        curves: list[list[float]] = []
        best, most = 0, self._settings.epochs
        stop, finished = f"reached {most} epochs", True
        while len(heard) < most:
            losses = list(pool.map(lambda one: one.pass_once(self._watch.cancelled), learners))
            known = [loss for loss in losses if loss is not None]
            if len(known) < len(losses):
                if not heard:
                    self._watch.check()
                # The epoch counts for nothing: some heads have been trained longer than others.
                stop, finished = f"stopped by the user after {len(heard)} of {most} epochs", False
                break
            heard.append([one.logits(part.held) for one, part in zip(learners, parts, strict=True)])
            curves.append([self._loss(part, logits) for part, logits in zip(parts, heard[-1], strict=True)])
            right = self._accuracy(parts, heard[-1])
            self._tell(len(heard), float(np.mean(known)), float(sizes @ curves[-1] / sizes.sum()), right)
            best = best_step(np.array(curves).T, sizes)
            if len(heard) - 1 - best >= self._settings.patience:
                stop = f"no better held-out loss for {self._settings.patience} epochs"
                break
        while shipped.epochs < best + 1:
            # Nothing but the program's end stops these: without them there is no model.
            shipped.pass_once(lambda: False)
        held = [
            HeldOut(np.stack([epoch[place] for epoch in heard]), np.array([epoch[place] for epoch in curves]))
            for place in range(len(parts))
        ]
        return Trained(held, shipped.head(), stop, finished)

    def _learner(self, part: Part, reduced: Reduced) -> _Learner:
        settings = self._settings
        shape = Shape(
            inputs=reduced.features.shape[1],
            hidden=settings.hidden,
            outputs=1 if self._classes == 2 else self._classes,
            fan_in=self._data.vectors.shape[1],
            dropout=settings.dropout,
            learning_rate=settings.learning_rate,
            batch=settings.batch_size,
            focal=settings.loss == "focal",
        )
        truth, own = self._data.truth, self._data.row_weights(part.train)
        weights = class_weights(truth[part.train], self._classes, settings.class_weights, own)[truth]
        return _Learner(part.train, reduced, truth, weights * self._row_weights, Network(shape, part.seed))

    def _loss(self, part: Part, logits: NDArray[np.float32]) -> float:
        judged = self._data.judged(part.held)
        place = np.searchsorted(part.held, judged)
        return log_loss(self._data.truth[judged], Calibration().probabilities(logits[place]))

    def _accuracy(self, parts: Sequence[Part], logits: Sequence[NDArray[np.float32]]) -> float:
        """Return the accuracy on the held-out rows of all parts."""
        truth = np.concatenate([self._data.truth[part.held] for part in parts])
        return accuracy(truth, predicted_labels(Calibration().probabilities(np.concatenate(logits))))

    def _tell(self, epoch: int, loss: float, held_loss: float, right: float) -> None:
        most = self._settings.epochs
        for name, value in (("loss", loss), ("val_loss", held_loss), ("accuracy", right)):
            self._watch.report.metric(name, value, epoch, most)
        self._watch.report.progress(epoch, most, "epochs")


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """Vectors as the heads learn them.

    Attributes:
        features: float32[n, k], components of (vector - centre) / scale.
        centre: float32[d].
        scale: a number.
        basis: float32[d, k], columns of length 1; the identity where nothing is left out.
    """

    features: NDArray[np.float32]
    centre: NDArray[np.float32]
    scale: float
    basis: NDArray[np.float32]


def reduce_features(vectors: NDArray[np.float32], rows: Rows) -> Reduced:
    """Return all vectors in the principal components of some rows, 256 of them or 512 where there are many rows.

    Args:
        vectors: float32[n, d].
        rows: int64[m], the rows that may be looked at.
    """
    dimension = vectors.shape[1]
    centre = vectors[rows].mean(axis=0, dtype=np.float64).astype(np.float32)
    products = np.zeros((dimension, dimension))
    for start in range(0, len(rows), _BLOCK):
        block = vectors[rows[start : start + _BLOCK]] - centre
        products += block.T @ block
    variance = float(np.trace(products)) / max(1, products.shape[0] * len(rows))
    # Vectors that are all the same say nothing, and nothing is to be blown up.
    scale = float(np.sqrt(variance)) / _SPREAD if variance > 1e-12 else 1.0
    most = COMPONENTS * (2 if len(rows) > _MANY_SAMPLES else 1)
    if dimension <= most:
        basis = np.eye(dimension, dtype=np.float32)
    else:
        found = eigh(products, subset_by_index=[dimension - most, dimension - 1], check_finite=False)[1]
        basis = np.ascontiguousarray(found[:, ::-1], np.float32)
    features = np.empty((len(vectors), basis.shape[1]), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, start + _BLOCK)
        np.matmul((vectors[part] - centre) / np.float32(scale), basis, out=features[part])
    return Reduced(features, centre, scale, basis)


@dataclass(slots=True, eq=False)
class _Learner:
    """A head in training.

    Attributes:
        rows: what it is trained on.
        reduced: the features of all rows.
        truth: int64[n], of all rows.
        weights: float32[n], how much each row counts.
        network: its layers.
        epochs: epochs so far.
    """

    rows: Rows
    reduced: Reduced
    truth: NDArray[np.int64]
    weights: NDArray[np.float32]
    network: Network
    epochs: int = 0

    def pass_once(self, stop: Callable[[], bool]) -> float | None:
        """Train for one epoch and return the mean loss; None if it was stopped between."""
        loss = self.network.pass_over(self.reduced.features, self.truth, self.weights, self.rows, stop)
        self.epochs += loss is not None
        return loss

    def logits(self, rows: Rows) -> NDArray[np.float32]:
        """Return float32[m, outputs] of rows."""
        return self.network.logits(self.reduced.features[rows])

    def head(self) -> Head:
        """Return it as it is now, for features as they are stored."""
        network, reduced = self.network, self.reduced
        kernel = (reduced.basis @ network.kernel).astype(np.float32)
        layers = Layer(kernel, network.bias, "relu"), Layer(network.last_kernel, network.last_bias)
        return Head("mlp", layers, reduced.centre, np.full_like(reduced.centre, reduced.scale))


def versions() -> dict[str, str]:
    """Return the versions that a training depends on, besides numpy's."""
    return {"scipy": str(scipy.__version__)}
