"""The mlp head in Keras: Dense(hidden, relu), Dropout, Dense(1, sigmoid) or, for more labels, Dense(K, softmax).

It is the head of the original classifier, trained on stored features instead of running the backbone in every epoch.
A whole epoch (gather a batch, step, next) is one `tf.function`, three times as fast as `Model.fit` on few samples,
and it is traced once: every fold begins by putting the variables back.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.data import TrainingData, Watch, class_weights
from hyai_tui.learning.fit.out_of_fold import HeldOut, Rows
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.metrics import accuracy, log_loss, predicted_labels
from hyai_tui.settings import TrainSettings

# Lin et al., "Focal Loss for Dense Object Detection", 2017.
_FOCUS = 2.0


class MlpFitter:
    """Trains mlp heads; the same seed gives the same head on the same machine's CPU."""

    def __init__(self, data: TrainingData, settings: TrainSettings, watch: Watch) -> None:
        tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(settings.seed)
        self._data = data
        self._settings = settings
        self._watch = watch
        self._patience = settings.patience
        self._classes = len(data.labels)
        outputs = 1 if self._classes == 2 else self._classes
        self._dropout = keras.layers.Dropout(settings.dropout, seed=settings.seed)
        self._dense = (keras.layers.Dense(settings.hidden, activation="relu"), keras.layers.Dense(outputs))
        self._model = keras.Sequential(
            [keras.Input((data.vectors.shape[1],)), self._dense[0], self._dropout, self._dense[1]]
        )
        self._optimizer = keras.optimizers.Adam(settings.learning_rate)
        self._optimizer.build(self._model.trainable_variables)
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        self._vectors = tf.constant(data.vectors)
        self._truth = tf.constant(data.truth, tf.int32)
        self._weights = tf.Variable(tf.ones(self._classes))
        # A test of the loop's parts calls `_pass` itself; training always runs the traced graph.
        self._epoch = tf.function(self._pass, input_signature=[tf.TensorSpec([None], tf.int32)])

    def hold_out(self, train: Rows, held: Rows, seed: int) -> HeldOut:
        """Train until the held-out loss has not fallen for `patience` epochs, and predict after each.

        Folds after the first wait half as long: the epochs are chosen on the mean of all folds' losses, and the first
        fold has shown what comes later.
        """
        vectors, truth = self._data.vectors[held], self._data.truth[held]
        logits, losses = [], []
        best, most = 0, self._settings.epochs
        order = self._begin(train, seed)
        for epoch in range(most):
            self._watch.check()
            loss = float(self._epoch(order.permutation(train).astype(np.int32)))
            logits.append(self._model(vectors, training=False).numpy())
            probabilities = Calibration().probabilities(logits[-1])
            losses.append(log_loss(truth, probabilities))
            right = accuracy(truth, predicted_labels(probabilities))
            self._tell(epoch + 1, most, loss=loss, val_loss=losses[-1], accuracy=right)
            if losses[-1] < losses[best]:
                best = epoch
            if epoch - best >= self._patience:
                stop = f"no better held-out loss for {self._patience} epochs"
                break
        else:
            stop = f"reached {most} epochs"
        self._patience = max(1, self._settings.patience // 2)
        return HeldOut(np.stack(logits), np.array(losses), stop)

    def fit(self, train: Rows, step: int, seed: int) -> Head:
        """Return the head trained on rows for step + 1 epochs."""
        order = self._begin(train, seed)
        for epoch in range(step + 1):
            self._watch.check()
            loss = float(self._epoch(order.permutation(train).astype(np.int32)))
            self._tell(epoch + 1, step + 1, loss=loss)
        first, last = (
            Layer(layer.kernel.numpy(), layer.bias.numpy(), activation)
            for layer, activation in zip(self._dense, ("relu", "none"), strict=True)
        )
        return Head("mlp", (first, last))

    def about_step(self, step: int) -> dict[str, Any]:
        """Return the epochs."""
        return {"epochs": step + 1}

    def _begin(self, train: Rows, seed: int) -> np.random.Generator:
        """Put weights, optimiser and dropout back to a start given by the seed; return the order's generator."""
        random = np.random.default_rng(seed)
        for layer in self._dense:
            inputs, outputs = layer.kernel.shape
            limit = np.sqrt(6 / (inputs + outputs))  # Glorot and Bengio, 2010
            layer.kernel.assign(random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32))
            layer.bias.assign(np.zeros(outputs, np.float32))
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        if self._settings.dropout > 0:
            # Without dropout Keras makes no generator for it.
            self._dropout.seed_generator.state.assign([seed % 2**32, 0])
        weights = class_weights(self._data.truth[train], self._classes, self._settings.class_weights)
        self._weights.assign(weights)
        return random

    def _pass(self, order: tf.Tensor) -> tf.Tensor:
        """Train once on the rows in this order, a batch at a time; return the mean loss."""
        rows = tf.shape(order)[0]
        total = tf.constant(0.0)
        for start in tf.range(0, rows, self._settings.batch_size):
            batch = order[start : start + self._settings.batch_size]
            truth = tf.gather(self._truth, batch)
            with tf.GradientTape() as tape:
                logits = self._model(tf.gather(self._vectors, batch), training=True)
                loss = tf.reduce_mean(self._losses(logits, truth) * tf.gather(self._weights, truth))
            gradients = tape.gradient(loss, self._model.trainable_variables)
            self._optimizer.apply(gradients, self._model.trainable_variables)
            total += loss * tf.cast(tf.shape(batch)[0], tf.float32)
        return total / tf.cast(rows, tf.float32)

    def _losses(self, logits: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row: cross-entropy, or focal loss, which takes weight off the easy rows."""
        if self._classes == 2:
            entropy = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(truth, tf.float32), logits[:, 0])
        else:
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)
        if self._settings.loss == "focal":
            return (1 - tf.exp(-entropy)) ** _FOCUS * entropy
        return entropy

    def _tell(self, step: int, steps: int, **values: float) -> None:
        for name, value in values.items():
            self._watch.report.metric(name, value, step, steps)


def versions() -> dict[str, str]:
    """Return the versions that a training depends on."""
    return {"tensorflow": str(tf.__version__), "keras": str(keras.__version__)}
