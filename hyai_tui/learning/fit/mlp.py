"""The mlp head: Dense(hidden, relu), Dropout, Dense(1, sigmoid) or, for more labels, Dense(K, softmax).

It is the head of the original classifier, trained on stored features instead of running the backbone in every epoch.
The heads of all folds are trained side by side, and after every epoch all samples have been predicted out of fold. That
decides when to stop, and it lets a person stop a training at any epoch and keep what is best so far, with metrics that
are as complete as those of a training that ran to its end. The head to ship ends at the epoch that turned out to be the best.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.balance import class_weights
from hyai_tui.learning.fit.data import TrainingData, Watch
from hyai_tui.learning.fit.dense import Network
from hyai_tui.learning.fit.epochs import Shipped, cores_for, threads, train_folds
from hyai_tui.learning.fit.learner import Learner, Reduced, reduce_features, shape_of
from hyai_tui.learning.fit.out_of_fold import HeldOut, Part, Trained, best_step, judgement
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.learning.metrics import log_loss
from hyai_tui.settings import TrainSettings


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
        settings = self._settings
        self._watch.report.stage("train", f"training {len(parts)} folds side by side")
        cores = cores_for(len(parts))
        with threads(cores) as pool:
            reduced = reduce_features(self._data.vectors, everything.train, pool)
            learners = [self._learner(part, reduced) for part in (*parts, everything)]
            book = _Book(parts, self._data, settings, self._watch)
            if self._start is not None:
                book.go_on(self._start, learners)
            shipped = Shipped(learners[-1], len(parts), cores)
            stop, finished = train_folds(
                pool,
                parts,
                learners[:-1],
                shipped,
                self._watch,
                book,
                epochs=settings.epochs,
                patience=settings.patience,
            )
            head = shipped.at(book.best + 1).head()
            return Trained(book.held(), head, stop, finished, book.history, book.state(learners))

    def about_step(self, step: int) -> dict[str, Any]:
        """Return the epochs."""
        return {"epochs": step + 1}

    def _learner(self, part: Part, reduced: Reduced) -> Learner:
        settings = self._settings
        shape = shape_of(settings, reduced, 1 if self._classes == 2 else self._classes)
        truth, own = self._data.truth, self._data.row_weights(part.train)
        weights = class_weights(truth[part.train], self._classes, settings.class_weights, own)[truth]
        return Learner(part.train, reduced, truth, weights * self._row_weights, Network(shape, part.seed))


class _Book:
    """What is known of all folds after each epoch: all that their heads said, so that a later training can go on from it.

    Args:
        parts: one a fold.
        data: samples.
        settings: have the target.
        watch: told of each epoch.

    Attributes:
        history: a row an epoch.
        losses: mean held-out loss after each epoch.
        best: the epoch of the lowest one, from 0.
    """

    def __init__(self, parts: Sequence[Part], data: TrainingData, settings: TrainSettings, watch: Watch) -> None:
        self._parts = parts
        self._data = data
        self._settings = settings
        self._watch = watch
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

    def take(self, loss: float, logits: Sequence[NDArray[np.float32]], began: float) -> str:
        """Take what the folds' heads say of their held-out rows after one more epoch; return why that is enough, or nothing."""
        for place, (part, said) in enumerate(zip(self._parts, logits, strict=True)):
            self._logits[place].append(said)
            self._curves[place].append(self._loss(part, said))
        found = judgement(self._data, np.concatenate([part.held for part in self._parts]), np.concatenate(logits))
        row = {"loss": round(loss, 6), "val_loss": round(self.losses[-1], 6), **found}
        most, target = self._settings.epochs, self._settings.target
        for name in ("loss", "val_loss", "accuracy", "macro_f1"):
            self._watch.report.metric(name, row[name], self.epochs, most)
        self._watch.report.progress(self.epochs, most, "epochs")
        self.history.append({"epoch": self.epochs, **row, "seconds": round(time.monotonic() - began, 3)})
        reached = target and found["accuracy"] >= target
        return f"reached the target: accuracy {found['accuracy']:.3f} of {target:g}" if reached else ""

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
            for place, (part, logits) in enumerate(zip(self._parts, start.logits, strict=True)):
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

    def _loss(self, part: Part, logits: NDArray[np.float32]) -> float:
        judged = self._data.judged(part.held)
        place = np.searchsorted(part.held, judged)
        return log_loss(self._data.truth[judged], Calibration().probabilities(logits[place]))
