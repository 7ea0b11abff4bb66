"""The mlp head in Keras: Dense(hidden, relu), Dropout, Dense(1, sigmoid) or, for more labels, Dense(K, softmax).

It is the head of the original classifier, trained on stored features instead of running the backbone in every epoch.
The heads of all folds are trained side by side, an epoch each in turn, so that after every epoch all samples have been
predicted out of fold. That decides when to stop, and it lets a person stop a training at any epoch and keep what is
best so far, with metrics that are as complete as those of a training that ran to its end. The head to ship follows:
it is trained on to an epoch only when that epoch turned out to be the best so far.

A whole epoch (gather a batch, step, next) is one graph, three times as fast as `Model.fit` on few samples. It is
traced once: the heads' weights are its arguments.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.data import TrainingData, Watch, class_weights
from hyai_tui.learning.fit.out_of_fold import HeldOut, Part, Rows, Trained, best_step
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.metrics import accuracy, log_loss, predicted_labels
from hyai_tui.settings import TrainSettings

# Lin et al., "Focal Loss for Dense Object Detection", 2017.
_FOCUS = 2.0
# Kingma and Ba, "Adam", 2015, with Keras' epsilon.
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-7
# Features are centred, and scaled all alike to this mean spread. With features as they come the first epochs go into
# learning their mean: this halves the epochs at the same quality, whatever the encoder's scale. At larger spreads the
# held-out loss gets worse, and so it does when each feature is scaled by its own.
_SPREAD = 0.25


class MlpFitter:
    """Trains mlp heads; the same seed gives the same head on the same machine's CPU."""

    def __init__(self, data: TrainingData, settings: TrainSettings, watch: Watch) -> None:
        # What an earlier training of a process that stays warm has left is not kept for ever.
        keras.utils.clear_session(free_memory=False)
        tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(settings.seed)
        self._data = data
        self._settings = settings
        self._watch = watch
        self._classes = len(data.labels)
        self._model = keras.Sequential(
            [
                keras.Input((data.vectors.shape[1],)),
                keras.layers.Dense(settings.hidden, activation="relu"),
                keras.layers.Dropout(settings.dropout, seed=settings.seed),
                keras.layers.Dense(1 if self._classes == 2 else self._classes),
            ]
        )
        self._vectors = tf.constant(data.vectors)
        self._truth = tf.constant(data.truth, tf.int32)
        self._row_weights = tf.constant(data.row_weights(np.arange(len(data.truth))))
        self._epoch = tf.function(self._pass)
        self._look = tf.function(self._predict)

    def train(self, parts: Sequence[Part], everything: Part) -> Trained:
        """Train all parts side by side until their mean held-out loss has not fallen for `patience` epochs.

        Raises:
            Cancelled: the user asked to stop before the first epoch of all parts was complete.
        """
        self._watch.report.stage("train", f"training {len(parts)} folds side by side")
        learners, shipped = [self._learner(part) for part in parts], self._learner(everything)
        sizes = np.array([len(part.held) for part in parts], float)
        heard: list[list[NDArray[np.float32]]] = []
        curves: list[list[float]] = []
        best, most = 0, self._settings.epochs
        stop, finished = f"reached {most} epochs", True
        while len(heard) < most:
            loss = self._pass_all(learners, stoppable=bool(heard))
            if loss is None:
                stop, finished = f"stopped by the user after {len(heard)} of {most} epochs", False
                break
            heard.append([self._logits(learner, part.held) for learner, part in zip(learners, parts, strict=True)])
            curves.append([self._loss(part, logits) for part, logits in zip(parts, heard[-1], strict=True)])
            self._tell(len(heard), loss, float(sizes @ curves[-1] / sizes.sum()), self._accuracy(parts, heard[-1]))
            best = best_step(np.array(curves).T, sizes)
            while shipped.epochs < best + 1:
                self._pass_once(shipped)
            if len(heard) - 1 - best >= self._settings.patience:
                stop = f"no better held-out loss for {self._settings.patience} epochs"
                break
        held = [
            HeldOut(np.stack([epoch[place] for epoch in heard]), np.array([epoch[place] for epoch in curves]))
            for place in range(len(parts))
        ]
        return Trained(held, shipped.head(), stop, finished)

    def about_step(self, step: int) -> dict[str, Any]:
        """Return the epochs."""
        return {"epochs": step + 1}

    def _learner(self, part: Part) -> _Learner:
        """Return a head at its start, which the part's seed gives."""
        random = np.random.default_rng(part.seed)
        start = []
        for variable in self._model.trainable_variables:
            if len(variable.shape) == 2:
                limit = np.sqrt(6 / sum(variable.shape))  # Glorot and Bengio, 2010
                start.append(random.uniform(-limit, limit, variable.shape).astype(np.float32))
            else:
                start.append(np.zeros(variable.shape, np.float32))
        vectors = self._data.vectors[part.train]
        centre = vectors.mean(axis=0, dtype=np.float64)
        spread = float(np.sqrt(vectors.var(axis=0, dtype=np.float64).mean()))
        return _Learner(
            part.train,
            random,
            tf.constant(centre, tf.float32),
            # Vectors that are all the same say nothing, and nothing is to be blown up.
            tf.constant(spread / _SPREAD if spread > 1e-6 else 1.0, tf.float32),
            tf.constant(
                class_weights(
                    self._data.truth[part.train],
                    self._classes,
                    self._settings.class_weights,
                    self._data.row_weights(part.train),
                )
            ),
            [tf.Variable(one) for one in start],
            [tf.Variable(np.zeros_like(one)) for one in start],
            [tf.Variable(np.zeros_like(one)) for one in start],
            # The state of dropout's generator; without dropout Keras has none.
            [tf.constant([part.seed % 2**32, 0], one.dtype) for one in self._model.non_trainable_variables],
            tf.constant(0.0),
        )

    def _pass_all(self, learners: Sequence[_Learner], *, stoppable: bool) -> float | None:
        """Train every head for one epoch and return their mean loss.

        None if the user asked to stop and there are whole epochs to keep; this one counts for nothing then, as some
        heads have been trained longer than others.
        """
        losses = []
        for learner in learners:
            if stoppable and self._watch.cancelled():
                return None
            self._watch.check()
            losses.append(self._pass_once(learner))
        return float(np.mean(losses))

    def _pass_once(self, learner: _Learner) -> float:
        """Train a head for one epoch and return its mean loss."""
        order = tf.constant(learner.random.permutation(learner.rows), tf.int32)
        if self._epoch.experimental_get_tracing_count() == 0:
            # One graph for parts of any size.
            self._epoch.get_concrete_function(*learner.arguments, tf.TensorSpec([None], tf.int32))
        loss, learner.updates, learner.dropout = self._epoch(*learner.arguments, order)
        learner.epochs += 1
        return float(loss)

    def _pass(
        self,
        centre: tf.Tensor,
        scale: tf.Tensor,
        weights: list[tf.Variable],
        means: list[tf.Variable],
        squares: list[tf.Variable],
        updates: tf.Tensor,
        dropout: list[tf.Tensor],
        of_class: tf.Tensor,
        order: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Train once on the rows in this order, a batch at a time; return the mean loss and what goes on from here."""
        rows = tf.shape(order)[0]
        total = tf.constant(0.0)
        for start in tf.range(0, rows, self._settings.batch_size):
            batch = order[start : start + self._settings.batch_size]
            truth = tf.gather(self._truth, batch)
            with tf.GradientTape() as tape:
                features = (tf.gather(self._vectors, batch) - centre) / scale
                logits, dropout = self._model.stateless_call(weights, dropout, features, training=True)
                counts = tf.gather(of_class, truth) * tf.gather(self._row_weights, batch)
                loss = tf.reduce_mean(self._losses(logits, truth) * counts)
            updates += 1.0
            for weight, mean, square, gradient in zip(
                weights, means, squares, tape.gradient(loss, weights), strict=True
            ):
                # Keras' Adam in one operation: its own ten take a fifth of the time of an epoch.
                tf.raw_ops.ResourceApplyAdam(
                    var=weight.handle,
                    m=mean.handle,
                    v=square.handle,
                    beta1_power=_BETA_1**updates,
                    beta2_power=_BETA_2**updates,
                    lr=self._settings.learning_rate,
                    beta1=_BETA_1,
                    beta2=_BETA_2,
                    epsilon=_EPSILON,
                    grad=gradient,
                )
            total += loss * tf.cast(tf.shape(batch)[0], tf.float32)
        return total / tf.cast(rows, tf.float32), updates, dropout

    def _predict(self, centre: tf.Tensor, scale: tf.Tensor, weights: list[tf.Variable], rows: tf.Tensor) -> tf.Tensor:
        """Return the logits of rows."""
        features = (tf.gather(self._vectors, rows) - centre) / scale
        logits, _ = self._model.stateless_call(weights, self._model.non_trainable_variables, features, training=False)
        return logits

    def _losses(self, logits: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row: cross-entropy, or focal loss, which takes weight off the easy rows."""
        if self._classes == 2:
            entropy = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(truth, tf.float32), logits[:, 0])
        else:
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)
        if self._settings.loss == "focal":
            return (1 - tf.exp(-entropy)) ** _FOCUS * entropy
        return entropy

    def _logits(self, learner: _Learner, rows: Rows) -> NDArray[np.float32]:
        """Return a head's logits of rows."""
        arguments = learner.centre, learner.scale, learner.weights
        if self._look.experimental_get_tracing_count() == 0:
            self._look.get_concrete_function(*arguments, tf.TensorSpec([None], tf.int32))
        found: NDArray[np.float32] = self._look(*arguments, tf.constant(rows, tf.int32)).numpy()
        return found

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


@dataclass(slots=True, eq=False)
class _Learner:
    """A head in training.

    Attributes:
        rows: what it is trained on.
        random: of the order of rows.
        centre, scale: float32[d] and a number, features become (x - centre) / scale.
        of_class: float32[K], weight of each label.
        weights, means, squares: its variables, and Adam's two moments of each.
        dropout: state of dropout's random numbers.
        updates: steps of the optimiser so far.
        epochs: epochs so far.
    """

    rows: Rows
    random: np.random.Generator
    centre: tf.Tensor
    scale: tf.Tensor
    of_class: tf.Tensor
    weights: list[tf.Variable]
    means: list[tf.Variable]
    squares: list[tf.Variable]
    dropout: list[tf.Tensor]
    updates: tf.Tensor
    epochs: int = 0

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What an epoch takes besides the order of its rows."""
        return (
            self.centre,
            self.scale,
            self.weights,
            self.means,
            self.squares,
            self.updates,
            self.dropout,
            self.of_class,
        )

    def head(self) -> Head:
        """Return it as it is now."""
        kernel, bias, last_kernel, last_bias = (one.numpy() for one in self.weights)
        centre = self.centre.numpy()
        scale = np.full_like(centre, self.scale.numpy())
        return Head("mlp", (Layer(kernel, bias, "relu"), Layer(last_kernel, last_bias)), centre, scale)


def versions() -> dict[str, str]:
    """Return the versions that a training depends on."""
    return {"tensorflow": str(tf.__version__), "keras": str(keras.__version__)}
