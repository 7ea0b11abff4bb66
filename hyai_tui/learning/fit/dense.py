"""The mlp's layers in training, in numpy: Dense(hidden, relu), Dropout, Dense(1 or K), with Adam.

On a few hundred features this needs no framework: the products of a batch are all of the work, and numpy gives them to
the same kind of library as a framework does. Several networks are trained side by side in threads, which numpy's
products and large operations leave to run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.fit.state import NetworkState
from hyai_tui.learning.metrics import Labels

Floats = NDArray[np.float32]
# int64[n], the label of each row; or float32[n, outputs], 1 for each tag that a row has, where it may have several.
Targets = Labels | Floats

# Kingma and Ba, "Adam", 2015, with the epsilon of Keras.
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-7
# Lin et al., "Focal Loss for Dense Object Detection", 2017.
_FOCUS = 2.0
_SHARES = 256
# Numbers of a variable that a step of Adam takes at a time: with their moments they stay in a second-level cache.
_NUMBERS = 32_768


@dataclass(frozen=True, slots=True)
class Shape:
    """What a network looks like, and how it learns.

    Attributes:
        inputs: features of a row.
        hidden: units of the hidden layer.
        outputs: 1 for two labels (its logit is that of the second), else one a label or tag.
        fan_in: inputs that the first layer's start is scaled for; more than `inputs` where these were projected.
        dropout: share of hidden units left out of a step.
        learning_rate: of Adam.
        batch: rows a step.
        focal: learn by focal loss, which takes weight off the easy rows.
    """

    inputs: int
    hidden: int
    outputs: int
    fan_in: int
    dropout: float
    learning_rate: float
    batch: int
    focal: bool


class Network:
    """One head in training; the same seed and rows give the same head on the same machine.

    Args:
        shape: of the network.
        seed: of its start, of the order of rows, and of dropout.
    """

    def __init__(self, shape: Shape, seed: int) -> None:
        self._shape = shape
        self._random = np.random.default_rng(seed)
        first = np.sqrt(6 / (shape.fan_in + shape.hidden))  # Glorot and Bengio, 2010
        last = np.sqrt(6 / (shape.hidden + shape.outputs))
        self.kernel = self._random.uniform(-first, first, (shape.inputs, shape.hidden)).astype(np.float32)
        self.bias = np.zeros(shape.hidden, np.float32)
        self.last_kernel = self._random.uniform(-last, last, (shape.hidden, shape.outputs)).astype(np.float32)
        self.last_bias = np.zeros(shape.outputs, np.float32)
        self._adam = [_Adam(one, shape.learning_rate) for one in self._variables]
        self._steps = 0

    @property
    def _variables(self) -> tuple[Floats, ...]:
        return self.kernel, self.bias, self.last_kernel, self.last_bias

    def state(self) -> NetworkState:
        """Return how it stands; `restore` goes on from there."""
        arrays: dict[str, Floats] = {}
        for place, (variable, adam) in enumerate(zip(self._variables, self._adam, strict=True)):
            arrays |= {f"variable{place}": variable, f"mean{place}": adam.mean, f"square{place}": adam.square}
        return NetworkState(arrays, {"steps": self._steps, "random": self._random.bit_generator.state})

    def restore(self, state: NetworkState) -> None:
        """Stand where another network of the same shape stood.

        Raises:
            ValueError, KeyError: it was of another shape.
        """
        for place, (variable, adam) in enumerate(zip(self._variables, self._adam, strict=True)):
            for own, name in ((variable, "variable"), (adam.mean, "mean"), (adam.square, "square")):
                kept = state.arrays[f"{name}{place}"]
                if kept.shape != own.shape:
                    raise ValueError(f"{name}{place} is {kept.shape}, not {own.shape}")
                own[...] = kept
        self._steps = int(state.facts["steps"])
        self._random.bit_generator.state = state.facts["random"]

    def logits(self, features: Floats) -> Floats:
        """Return float32[n, outputs] of float32[n, inputs], without dropout."""
        hidden: Floats = features @ self.kernel
        hidden += self.bias
        np.maximum(hidden, 0, out=hidden)
        found: Floats = hidden @ self.last_kernel
        found += self.last_bias
        return found

    def pass_over(
        self, features: Floats, truth: Targets, weights: Floats, rows: NDArray[np.int64], stop: Callable[[], bool]
    ) -> float | None:
        """Train once on some rows in random order; return the mean loss, None if `stop` ended it between batches.

        Args:
            features: float32[n, inputs].
            truth: see `Targets`.
            weights: float32[n], how much each row counts.
            rows: int64[m], the rows to train on.
            stop: asked before each batch.
        """
        order = self._random.permutation(rows)
        total = 0.0
        for start in range(0, len(order), self._shape.batch):
            if stop():
                return None
            batch = order[start : start + self._shape.batch]
            total += self._step(features[batch], truth[batch], weights[batch])
        return total / max(1, len(order))

    def _step(self, features: Floats, truth: Targets, weights: Floats) -> float:
        """Take one step of the optimiser, and return the sum of the rows' losses."""
        hidden: Floats = features @ self.kernel
        hidden += self.bias
        open_units = self._open(hidden)
        hidden *= open_units
        logits: Floats = hidden @ self.last_kernel
        logits += self.last_bias
        losses, gradient = losses_of(logits, truth, focal=self._shape.focal)
        gradient *= (weights / len(truth))[:, None]
        inner = gradient @ self.last_kernel.T
        inner *= open_units
        gradients = (features.T @ inner, inner.sum(axis=0), hidden.T @ gradient, gradient.sum(axis=0))
        self._steps += 1
        for adam, variable, one in zip(self._adam, self._variables, gradients, strict=True):
            adam.step(variable, one, self._steps)
        return float(losses @ weights)

    def _open(self, hidden: Floats) -> Floats:
        """Return float32[n, hidden]: 0 for units that are closed or left out of this step, else what makes up for these."""
        dropout = self._shape.dropout
        found = hidden > 0
        if dropout:
            # A byte of noise a unit is enough for a share of 1/256, and four times as fast as a float.
            noise = np.frombuffer(self._random.bytes(hidden.size), np.uint8).reshape(hidden.shape)
            left_out = round(dropout * _SHARES)
            found &= noise >= left_out
            return found * np.float32(_SHARES / (_SHARES - left_out))
        return found.astype(np.float32)


def losses_of(logits: Floats, truth: Targets, *, focal: bool) -> tuple[Floats, Floats]:
    """Return float32[n], the loss of each row, and float32[n, outputs], its gradient by the logits.

    Args:
        logits: float32[n, 1] for two labels, else [n, K].
        truth: see `Targets`; of tags the loss is the sum of their binary cross-entropies.
        focal: focal loss instead of cross-entropy; not for tags.
    """
    if truth.ndim == 2:
        both = np.logaddexp(np.float32(0), logits)
        losses: Floats = (both - logits * truth).sum(axis=1)
        return losses, (np.exp(logits - both) - truth).astype(np.float32)
    if logits.shape[1] == 1:
        signed = np.where(truth == 1, logits[:, 0], -logits[:, 0])
        entropy = np.logaddexp(np.float32(0), -signed)
        gradient: Floats = (np.exp(-np.logaddexp(np.float32(0), -logits)) - truth[:, None]).astype(np.float32)
    else:
        shifted: Floats = logits - logits.max(axis=1, keepdims=True)
        shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        own = np.arange(len(truth)), truth
        entropy = -shifted[own]
        gradient = np.exp(shifted)
        gradient[own] -= 1
    if not focal:
        return entropy.astype(np.float32), gradient
    sure = np.exp(-entropy)
    slope = (1 - sure) ** _FOCUS + _FOCUS * (1 - sure) ** (_FOCUS - 1) * sure * entropy
    gradient *= slope[:, None].astype(np.float32)
    return ((1 - sure) ** _FOCUS * entropy).astype(np.float32), gradient


class _Adam:
    """The moments of one variable (mean and square), and room to work in: a step allocates nothing."""

    def __init__(self, variable: Floats, rate: float) -> None:
        self._rate = rate
        self.mean, self.square = np.zeros_like(variable), np.zeros_like(variable)
        self._room = np.empty(min(variable.size, _NUMBERS), np.float32)

    def step(self, variable: Floats, gradient: Floats, number: int) -> None:
        """Change the variable by its gradient; steps are counted from 1."""
        rate = np.float32(self._rate * np.sqrt(1 - _BETA_2**number) / (1 - _BETA_1**number))
        flat, slopes, mean, square = (one.reshape(-1) for one in (variable, gradient, self.mean, self.square))
        for start in range(0, variable.size, _NUMBERS):
            part = slice(start, start + _NUMBERS)
            self._part(flat[part], slopes[part], mean[part], square[part], rate)

    def _part(self, variable: Floats, gradient: Floats, mean: Floats, square: Floats, rate: np.float32) -> None:
        room = self._room[: variable.size]
        mean *= np.float32(_BETA_1)
        mean += np.multiply(gradient, np.float32(1 - _BETA_1), out=room)
        square *= np.float32(_BETA_2)
        np.multiply(gradient, gradient, out=room)
        room *= np.float32(1 - _BETA_2)
        square += room
        np.sqrt(square, out=room)
        room += np.float32(_EPSILON)
        np.divide(mean, room, out=room)
        room *= rate
        variable -= room
