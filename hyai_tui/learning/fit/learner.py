"""A head in training on stored features, and the components of these that it learns: for labels and for tags alike.

Features are reduced to their principal components first, which does a fifth of the work and generalises as well: what
lies outside them is noise to a few thousand samples. The head that ships has the components multiplied into its first
layer, so it takes features as they are stored. Neither labels nor tags play a part in finding them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.linalg import eigh

from hyai_tui.learning.fit.dense import Network, Shape, Targets
from hyai_tui.learning.fit.out_of_fold import Rows
from hyai_tui.learning.fit.state import NetworkState
from hyai_tui.learning.head import Head, Layer
from hyai_tui.settings import TrainSettings

# Features are centred, and scaled all alike to this mean spread. With features as they come the first epochs go into
# learning their mean: this halves the epochs at the same quality, whatever the encoder's scale. At larger spreads the
# held-out loss gets worse, and so it does when each feature is scaled by its own.
_SPREAD = 0.25
# Photographs: 128, 256 and 512 components give the same accuracy at 500 and 2,000 samples. More samples can bear more.
COMPONENTS = 256
_MANY_SAMPLES = 5000
_BLOCK = 4096


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


def shape_of(settings: TrainSettings, reduced: Reduced, outputs: int) -> Shape:
    """Return the shape of a head on these features, as the settings have it."""
    return Shape(
        inputs=reduced.features.shape[1],
        hidden=settings.hidden,
        outputs=outputs,
        fan_in=len(reduced.centre),
        dropout=settings.dropout,
        learning_rate=settings.learning_rate,
        batch=settings.batch_size,
        focal=settings.loss == "focal",
    )


def versions() -> dict[str, str]:
    """Return the versions that a training depends on, besides numpy's."""
    return {"scipy": str(scipy.__version__)}
