"""The linear head: logistic regression on standardised features, by scikit-learn.

Steps are strengths of regularisation, from strong to weak.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.balance import class_weights
from hyai_tui.learning.fit.data import TrainingData, Watch
from hyai_tui.learning.fit.out_of_fold import HeldOut, Part, Trained, best_step, judgement
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.metrics import accuracy, log_loss, predicted_labels
from hyai_tui.settings import TrainSettings

# Inverse strength of the L2 penalty on standardised features, for scikit-learn's C.
STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03)
_MOST_ITERATIONS = 1000
_TOLERANCE = 1e-4
# A label without any item in a training part: this far below the others it is never predicted.
_ABSENT = -10.0


class LinearFitter:
    """Trains linear heads; deterministic, the seed changes nothing."""

    def __init__(self, data: TrainingData, settings: TrainSettings, watch: Watch) -> None:
        self._data = data
        self._settings = settings
        self._watch = watch

    def train(self, parts: Sequence[Part], everything: Part) -> Trained:
        """Train one part after the other, then the head to ship.

        There is nothing to keep of a training that is stopped between: some folds would have no prediction.

        Raises:
            Cancelled: the user asked to stop.
        """
        report, rounds = self._watch.report, len(parts) + 1
        held: list[HeldOut] = []
        for place, part in enumerate(parts):
            report.stage("train", f"training without fold {place + 1} of {len(parts)}")
            held.append(self._hold_out(part))
            report.progress(place + 1, rounds, "rounds")
        step = best_step(np.stack([one.losses for one in held]), np.array([len(part.held) for part in parts], float))
        self._watch.check()
        report.stage("train", "training on all samples")
        model = LogisticRegression(max_iter=_MOST_ITERATIONS, tol=_TOLERANCE)
        standardised = _Standardised(self._data.vectors[everything.train])
        layer = self._trained(model, standardised.vectors, everything.train, step)
        report.progress(rounds, rounds, "rounds")
        history = self._history(parts, held)
        return Trained(held, standardised.head(layer), "all strengths were tried", finished=True, history=history)

    def about_step(self, step: int) -> dict[str, Any]:
        """Return the strength."""
        return {"strength": STRENGTHS[step]}

    def _history(self, parts: Sequence[Part], held: Sequence[HeldOut]) -> list[dict[str, float]]:
        """Return for each strength its mean held-out loss and the other metrics over all folds."""
        sizes = np.array([len(part.held) for part in parts], float)
        losses = sizes @ np.stack([one.losses for one in held]) / sizes.sum()
        rows = np.concatenate([part.held for part in parts])
        return [
            {
                "strength": strength,
                "val_loss": round(float(losses[step]), 6),
                **judgement(self._data, rows, np.concatenate([one.logits[step] for one in held])),
            }
            for step, strength in enumerate(STRENGTHS)
        ]

    def _hold_out(self, part: Part) -> HeldOut:
        """Train one head for each strength, each going on from the one before, and predict the held-out rows."""
        judged = self._data.judged(part.held)
        truth, place = self._data.truth[judged], np.searchsorted(part.held, judged)
        model = LogisticRegression(max_iter=_MOST_ITERATIONS, tol=_TOLERANCE, warm_start=True)
        standardised = _Standardised(self._data.vectors[part.train])
        logits, losses = [], []
        for step in range(len(STRENGTHS)):
            self._watch.check()
            layer = self._trained(model, standardised.vectors, part.train, step)
            logits.append(standardised.head(layer).logits(self._data.vectors[part.held]))
            probabilities = Calibration().probabilities(logits[-1][place])
            losses.append(log_loss(truth, probabilities))
        best = int(np.argmin(losses))
        right = accuracy(truth, predicted_labels(Calibration().probabilities(logits[best][place])))
        # One number a fold, that of its best strength: the strengths are no epochs to watch.
        self._watch.report.metric("val_loss", losses[best], 1, 1)
        self._watch.report.metric("accuracy", right, 1, 1)
        return HeldOut(np.stack(logits), np.array(losses))

    def _trained(
        self, model: LogisticRegression, standard: NDArray[np.float32], rows: NDArray[np.int64], step: int
    ) -> Layer:
        """Return the layer of one strength; its output is 1 logit for two labels, else K."""
        truth, counting = self._data.truth[rows], self._data.row_weights(rows)
        classes = len(self._data.labels)
        outputs = 1 if classes == 2 else classes
        kernel = np.zeros((standard.shape[1], outputs), np.float32)
        present = np.unique(truth)
        if len(present) == 1:
            bias = np.full(outputs, _ABSENT, np.float32)
            bias[0 if outputs == 1 else present[0]] = 0 if outputs > 1 else (-_ABSENT if present[0] == 1 else _ABSENT)
            return Layer(kernel, bias)
        weights = class_weights(truth, classes, self._settings.class_weights, counting)
        model.set_params(C=STRENGTHS[step])
        # The solver's many small products are 20 times slower with several threads that wait for each other.
        with threadpool_limits(1):
            model.fit(standard, truth, sample_weight=weights[truth] * counting)
        if outputs == 1:
            return Layer(model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32))
        bias = np.full(classes, _ABSENT, np.float32)
        if len(present) == 2:
            # scikit-learn gives one row for two labels: half of it for each side is the same softmax.
            kernel[:, present[0]], kernel[:, present[1]] = -model.coef_[0] / 2, model.coef_[0] / 2
            bias[present[0]], bias[present[1]] = -model.intercept_[0] / 2, model.intercept_[0] / 2
        else:
            kernel[:, present], bias[present] = model.coef_.T, model.intercept_
        return Layer(kernel, bias)


class _Standardised:
    """Vectors at mean 0 and spread 1, and the numbers that a head needs to do the same."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        spread = vectors.std(axis=0, dtype=np.float64).astype(np.float32)
        # A feature that never changes says nothing, and dividing by its spread would blow noise up.
        self.scale = np.where(spread > 1e-6, spread, 1).astype(np.float32)
        self.vectors: NDArray[np.float32] = (vectors - self.centre) / self.scale

    def head(self, layer: Layer) -> Head:
        """Return a head that standardises its features the same way."""
        return Head("linear", (layer,), self.centre, self.scale)
