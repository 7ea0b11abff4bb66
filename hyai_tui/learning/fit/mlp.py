"""The mlp head: Dense(hidden, relu), Dropout, Dense(1, sigmoid) or, for more labels, Dense(K, softmax).

It is the head of the original classifier, trained on stored features instead of running the backbone in every epoch.
The heads of all folds are trained side by side, and after every epoch all samples have been predicted out of fold. That
decides when to stop, and it lets a person stop a training at any epoch and keep what is best so far, with metrics that
are as complete as those of a training that ran to its end. The head to ship ends at the epoch that turned out to be the best.

Features are reduced to their principal components first, which does a fifth of the work and generalises as well: what
lies outside them is noise to a few thousand samples. The head that ships has the components multiplied into its first
layer, so it takes features as they are stored. Labels play no part in finding them.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

from hyai_tui.errors import WrongUse
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.balance import class_weights
from hyai_tui.learning.fit.data import TrainingData, Watch
from hyai_tui.learning.fit.dense import Network, Shape, Targets
from hyai_tui.learning.fit.out_of_fold import HeldOut, Part, Rows, Trained, best_step, judgement
from hyai_tui.learning.fit.state import NetworkState, TrainingState
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.metrics import log_loss
from hyai_tui.settings import TrainSettings

# Features are centred, and scaled all alike to this mean spread. With features as they come the first epochs go into
# learning their mean: this halves the epochs at the same quality, whatever the encoder's scale. At larger spreads the
# held-out loss gets worse, and so it does when each feature is scaled by its own.
_SPREAD = 0.25
# Photographs: 128, 256 and 512 components give the same accuracy at 500 and 2,000 samples. More samples can bear more.
COMPONENTS = 256
_MANY_SAMPLES = 5000
_BLOCK = 4096
# Seconds: who stops a training waits no longer than this for the epoch to end.
_LONG_EPOCH = 1.0


class MlpFitter:
    """Trains mlp heads; the same seed gives the same head on the same machine's CPU.

    Args:
        data: samples.
        settings: how it is trained; `epochs` counts those of the training that it goes on from.
        watch: told of epochs; may end the training between batches.
        start: where an earlier training of the same samples, folds and shape ended.
    """

    def __init__(
        self, data: TrainingData, settings: TrainSettings, watch: Watch, start: TrainingState | None = None
    ) -> None:
        self._data = data
        self._settings = settings
        self._watch = watch
        self._start = start
        self._classes = len(data.labels)
        self._row_weights = data.row_weights(np.arange(len(data.truth)))

    def train(self, parts: Sequence[Part], everything: Part) -> Trained:
        """Train all parts side by side until the target is reached or their mean held-out loss falls no more.

        Raises:
            Cancelled: the user asked to stop before the first epoch of all parts was complete.
            WrongUse: what it was to go on from does not fit.
        """
        self._watch.report.stage("train", f"training {len(parts)} folds side by side")
        cores = min(os.cpu_count() or 1, len(parts) + 1)
        # A head a thread wastes less than threads on one product, and gives the same numbers on any count of cores.
        with threadpool_limits(1), ThreadPoolExecutor(cores, "train") as pool:
            reduced = reduce_features(self._data.vectors, everything.train, pool)
            learners = [self._learner(part, reduced) for part in (*parts, everything)]
            progress = _Progress(parts)
            if self._start is not None:
                progress.go_on(self._start, learners)
            shipped = Shipped(learners[-1], len(parts), cores)
            stop, finished = self._train(pool, progress, learners[:-1], shipped)
            head = shipped.at(progress.best + 1).head()
            return Trained(progress.held(), head, stop, finished, progress.history, progress.state(learners))

    def about_step(self, step: int) -> dict[str, Any]:
        """Return the epochs."""
        return {"epochs": step + 1}

    def _train(
        self, pool: ThreadPoolExecutor, progress: _Progress, learners: Sequence[Learner], shipped: Shipped
    ) -> tuple[str, bool]:
        """Train the parts' heads epoch by epoch; return why it ended, and whether it ended by itself."""
        settings, began, parts = self._settings, progress.epochs, progress.parts
        seconds = math.inf
        while progress.epochs < settings.epochs:
            stopped = f"stopped by the user after {progress.epochs} of {settings.epochs} epochs", False
            if progress.epochs and self._watch.cancelled():
                return stopped
            started = time.monotonic()
            # A short epoch is finished; a long one is cut, and the heads go back to where it began.
            cut = self._watch.cancelled if seconds > _LONG_EPOCH else _never
            before = [one.state().copied() for one in learners] if progress.epochs and cut is not _never else []
            turns = shipped.beside(learners, parts, progress.epochs)
            passed = list(pool.map(lambda turn, cut=cut: turn[0].turn(turn[1], cut), turns))[: len(parts)]
            known = [one for one in passed if one is not None]
            if len(known) < len(passed):
                if not progress.epochs:
                    self._watch.check()
                for learner, state in zip(learners, before, strict=True):
                    learner.restore(state)
                return stopped
            logits = [one.logits for one in known]
            progress.take(logits, [self._loss(part, one) for part, one in zip(parts, logits, strict=True)])
            shipped.mark(progress.best + 1)
            found = judgement(self._data, np.concatenate([part.held for part in parts]), np.concatenate(logits))
            loss = float(np.mean([one.loss for one in known]))
            row = {"loss": round(loss, 6), "val_loss": round(progress.losses[-1], 6), **found}
            self._tell(progress.epochs, row)
            seconds = time.monotonic() - started
            progress.history.append({"epoch": progress.epochs, **row, "seconds": round(seconds, 3)})
            if settings.target and found["accuracy"] >= settings.target:
                return f"reached the target: accuracy {found['accuracy']:.3f} of {settings.target:g}", True
            # Somebody who lets a training go on wants it to try for a while, whatever it was like before.
            if progress.epochs - max(progress.best + 1, began) >= settings.patience:
                return f"no better held-out loss for {settings.patience} epochs", True
        return f"reached {settings.epochs} epochs", True

    def _learner(self, part: Part, reduced: Reduced) -> Learner:
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
        return Learner(part.train, reduced, truth, weights * self._row_weights, Network(shape, part.seed))

    def _loss(self, part: Part, logits: NDArray[np.float32]) -> float:
        judged = self._data.judged(part.held)
        place = np.searchsorted(part.held, judged)
        return log_loss(self._data.truth[judged], Calibration().probabilities(logits[place]))

    def _tell(self, epoch: int, row: Mapping[str, float]) -> None:
        most = self._settings.epochs
        for name in ("loss", "val_loss", "accuracy", "macro_f1"):
            self._watch.report.metric(name, row[name], epoch, most)
        self._watch.report.progress(epoch, most, "epochs")


class _Progress:
    """What is known of all folds after each epoch.

    Attributes:
        parts: one a fold.
        history: a row an epoch.
        losses: mean held-out loss after each epoch.
        best: the epoch of the lowest one, from 0.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.history: list[Mapping[str, Any]] = []
        self._sizes = np.array([len(part.held) for part in parts], float)
        self._logits: list[list[NDArray[np.float32]]] = [[] for _ in parts]
        self._curves: list[list[float]] = [[] for _ in parts]

    @property
    def epochs(self) -> int:
        return len(self._curves[0])

    @property
    def losses(self) -> list[float]:
        found: list[float] = (self._sizes @ np.array(self._curves) / self._sizes.sum()).tolist()
        return found

    @property
    def best(self) -> int:
        return best_step(np.array(self._curves), self._sizes)

    def take(self, logits: Sequence[NDArray[np.float32]], losses: Sequence[float]) -> None:
        """Take what the folds' heads say of their held-out rows after one more epoch."""
        for place, (said, loss) in enumerate(zip(logits, losses, strict=True)):
            self._logits[place].append(said)
            self._curves[place].append(loss)

    def held(self) -> list[HeldOut]:
        """Return what the trainer gives back."""
        both = zip(self._logits, self._curves, strict=True)
        return [HeldOut(np.stack(logits), np.array(losses)) for logits, losses in both]

    def state(self, learners: Sequence[Learner]) -> TrainingState:
        """Return where a later training can go on from."""
        logits = [np.stack(one) for one in self._logits]
        return TrainingState([one.state() for one in learners], logits, np.array(self._curves), self.history)

    def go_on(self, start: TrainingState, learners: Sequence[Learner]) -> None:
        """Stand where an earlier training ended.

        Raises:
            WrongUse: it was of other samples, folds or settings.
        """
        try:
            for learner, state in zip(learners, start.networks, strict=True):
                learner.restore(state)
            for place, (part, logits) in enumerate(zip(self.parts, start.logits, strict=True)):
                if logits.shape[1] != len(part.held):
                    raise ValueError(f"{logits.shape[1]} rows, not {len(part.held)}")
                self._logits[place] = list(logits)
                self._curves[place] = start.losses[place].tolist()
        except (ValueError, KeyError) as error:
            raise WrongUse(
                f"That training cannot be resumed: its network or samples were others ({error})",
                "Leave its shape (--hidden, --head, folds) as it was, or begin anew with 'hyai train --repeat RUN'",
            ) from error
        self.history = list(start.history)


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


def reduce_features(vectors: NDArray[np.float32], rows: Rows, pool: ThreadPoolExecutor) -> Reduced:
    """Return all vectors in the principal components of some rows, 256 of them or 512 where there are many rows.

    Args:
        vectors: float32[n, d].
        rows: int64[m], the rows that may be looked at.
        pool: works on blocks of rows side by side, which changes no digit.
    """
    dimension = vectors.shape[1]
    centre = vectors[rows].mean(axis=0, dtype=np.float64).astype(np.float32)

    def product(start: int) -> NDArray[np.float32]:
        block = vectors[rows[start : start + _BLOCK]] - centre
        found: NDArray[np.float32] = block.T @ block
        return found

    products = np.zeros((dimension, dimension))
    for one in pool.map(product, range(0, len(rows), _BLOCK)):
        products += one
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

    def put(start: int) -> None:
        part = slice(start, start + _BLOCK)
        np.matmul((vectors[part] - centre) / np.float32(scale), basis, out=features[part])

    for _ in pool.map(put, range(0, len(vectors), _BLOCK)):
        pass
    return Reduced(features, centre, scale, basis)


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """What an epoch of a head gave: its mean loss, and float32[m, outputs] of the rows that it did not see."""

    loss: float
    logits: NDArray[np.float32]


@dataclass(slots=True, eq=False)
class Learner:
    """A head in training.

    Attributes:
        rows: what it is trained on.
        reduced: the features of all rows.
        truth: of all rows, see `dense.Targets`.
        weights: float32[n], how much each row counts.
        network: its layers.
        epochs: epochs so far.
    """

    rows: Rows
    reduced: Reduced
    truth: Targets
    weights: NDArray[np.float32]
    network: Network
    epochs: int = 0

    def pass_once(self, stop: Callable[[], bool]) -> float | None:
        """Train for one epoch and return the mean loss; None if it was stopped between."""
        loss = self.network.pass_over(self.reduced.features, self.truth, self.weights, self.rows, stop)
        self.epochs += loss is not None
        return loss

    def turn(self, held: Rows, stop: Callable[[], bool]) -> Turn | None:
        """Train for one epoch, then look at rows that are held out; None if it was stopped between."""
        loss = self.pass_once(stop)
        return None if loss is None else Turn(loss, self.network.logits(self.reduced.features[held]))

    def state(self) -> NetworkState:
        """Return how it stands."""
        found = self.network.state()
        return NetworkState(found.arrays, {**found.facts, "epochs": self.epochs})

    def restore(self, state: NetworkState) -> None:
        """Stand where it stood then."""
        self.network.restore(state)
        self.epochs = int(state.facts["epochs"])

    def head(self) -> Head:
        """Return it as it is now, for features as they are stored."""
        network, reduced = self.network, self.reduced
        kernel = (reduced.basis @ network.kernel).astype(np.float32)
        layers = Layer(kernel, network.bias, "relu"), Layer(network.last_kernel, network.last_bias)
        return Head("mlp", layers, reduced.centre, np.full_like(reduced.centre, reduced.scale))


class Shipped:
    """The head to ship, which is to end at the epoch that the folds find best.

    Where the last round of the folds leaves a core idle, it is trained along with them, and how it stood at the best epoch
    so far is kept. Elsewhere it is trained when that epoch is known. Both give the same head.

    Args:
        learner: the head.
        folds: that are trained beside it.
        cores: that train.
    """

    def __init__(self, learner: Learner, folds: int, cores: int) -> None:
        self._learner = learner
        self._along = folds % cores > 0
        self._best: NetworkState | None = None

    def beside(self, learners: Sequence[Learner], parts: Sequence[Part], epochs: int) -> list[tuple[Learner, Rows]]:
        """Return the heads of an epoch with the rows that each holds out: the folds' own, and this one where it goes along."""
        turns = [(one, part.held) for one, part in zip(learners, parts, strict=True)]
        # One that went on from another training may stand behind: then it follows in the end.
        self._along = self._along and self._learner.epochs == epochs
        if self._along and epochs and self._best is None:
            self._best = self._learner.state().copied()
        return [*turns, (self._learner, np.empty(0, np.int64))] if self._along else turns

    def mark(self, best: int) -> None:
        """Keep how it stands, if so many epochs are the best so far and it has had just them."""
        if self._along and self._learner.epochs == best:
            self._best = self._learner.state().copied()

    def at(self, epochs: int) -> Learner:
        """Return it after so many epochs, the best of those that were marked."""
        if self._best is not None:
            self._learner.restore(self._best)
        while self._learner.epochs < epochs:
            # Nothing but the program's end stops these: without them there is no model.
            self._learner.pass_once(_never)
        return self._learner


def _never() -> bool:
    return False


def versions() -> dict[str, str]:
    """Return the versions that a training depends on, besides numpy's."""
    return {"scipy": str(scipy.__version__)}
