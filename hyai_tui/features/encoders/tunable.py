"""A network cut before its last blocks, so that these can learn (heavy: starts TensorFlow).

What lies below the cut stays as it is, so each picture goes through it once, and what comes out, its map, is learned from in every
epoch: that makes tuning bearable on a processor too. The statistics of batch normalisation stay those that the network came with;
a few thousand pictures give no better ones.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.features.encoder import INPUT_SIZE, check_pixels
from hyai_tui.features.encoders.keras_networks import SCALED, built, quiet_tensorflow
from hyai_tui.features.encoders.networks import Network

# How the layers of one block begin, in the networks of Keras Applications; those after the last block are one more.
_BLOCK: Final = re.compile(r"(block_\d+|conv\d+_block\d+|block\d+[a-z])_")
_AFTER: Final = "after"

Floats = NDArray[np.float32]
Maps = NDArray[np.float16]


class TunableNetwork:
    """A network with a linear head on its vectors; the head and the last blocks learn by Adam.

    The same seed and rows give the same network on the same machine's processor.

    Args:
        network: which one.
        weights: its weights file.
        blocks: how many of its last blocks learn.
        outputs: labels to tell apart.
        rates: learning rates of the head and of the blocks.
        seed: of the head's start.

    Raises:
        ModelError: the file does not hold this network's weights.
        WrongUse: it has not so many blocks.
    """

    def __init__(
        self, network: Network, weights: Path, blocks: int, outputs: int, rates: tuple[float, float], seed: int
    ) -> None:
        tf = self._tf = quiet_tensorflow()
        import keras

        tf.config.experimental.enable_op_determinism()
        self._network = network
        self._model = built(network, weights)
        starts = block_starts([layer.name for layer in self._model.layers if layer.weights])
        if blocks > len(starts):
            raise WrongUse(f"{network.title} has {len(starts)} blocks, not {blocks}", "Let fewer of them learn")
        entry = self._model.get_layer(starts[-blocks]).input
        below, self._above = keras.Model(self._model.input, entry), keras.Model(entry, self._model.output)
        self._above.trainable = True
        spread = np.sqrt(6 / (network.dimension + outputs))
        start = np.random.default_rng(seed).uniform(-spread, spread, (network.dimension, outputs))
        self._head = [tf.Variable(start.astype(np.float32)), tf.Variable(np.zeros(outputs, np.float32))]
        self._blocks = [one.value for one in self._above.trainable_variables]
        self._adams = [keras.optimizers.Adam(rate) for rate in rates]
        for adam, variables in zip(self._adams, (self._head, self._blocks), strict=True):
            adam.build(variables)
        self.shape = tuple(int(side) for side in entry.shape[1:])
        scaled = SCALED[network.pixels]

        @tf.function(input_signature=[tf.TensorSpec((None, INPUT_SIZE, INPUT_SIZE, 3), tf.uint8)])  # type: ignore[untyped-decorator]
        def mapped(pixels: Any) -> Any:
            return tf.cast(below(scaled(tf.cast(pixels, tf.float32)), training=False), tf.float16)

        self._mapped = mapped
        self._said = self._graph_of_logits()
        self._steps = {learning: self._graph_of_step(learning) for learning in (False, True)}

    @property
    def parameters(self) -> int:
        """How many numbers of the network learn."""
        return sum(int(np.prod(one.shape)) for one in self._blocks)

    def maps(self, pixels: NDArray[np.uint8]) -> Maps:
        """Return float16[n, *shape]: what comes out below the cut, of uint8[n, 224, 224, 3]."""
        check_pixels(pixels)
        found: Maps = self._mapped(self._tf.constant(pixels)).numpy()
        return found

    def logits(self, maps: Maps) -> Floats:
        """Return float32[n, outputs] of float16[n, *shape]."""
        found: Floats = self._said(self._tf.constant(maps)).numpy()
        return found

    def step(self, maps: Maps, truth: NDArray[np.int64], weights: Floats, *, blocks: bool) -> float:
        """Take one step of the optimisers on some rows and return the sum of their losses.

        Args:
            maps: float16[n, *shape].
            truth: int64[n].
            weights: float32[n], how much each row counts.
            blocks: whether the blocks learn, or the head alone.
        """
        constant = self._tf.constant
        return float(self._steps[blocks](constant(maps), constant(truth), constant(weights)))

    def state(self) -> list[NDArray[Any]]:
        """Return the numbers that learn; `restore` puts them back."""
        return [one.numpy() for one in (*self._head, *self._blocks)]

    def restore(self, state: Sequence[NDArray[Any]]) -> None:
        """Take numbers that `state` gave."""
        for variable, numbers in zip((*self._head, *self._blocks), state, strict=True):
            variable.assign(numbers)

    def save(self, path: Path) -> None:
        """Write the network without its head as a weights file, whole or not at all; its name ends in `.weights.h5`."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f".{os.getpid()}-{path.name}")
        self._model.save_weights(str(new))
        new.replace(path)

    def _logits_of(self, maps: Any) -> Any:
        vectors = self._above(self._tf.cast(maps, self._tf.float32), training=False)
        return vectors @ self._head[0] + self._head[1]

    def _graph_of_logits(self) -> Any:
        tf = self._tf

        @tf.function(input_signature=[tf.TensorSpec((None, *self.shape), tf.float16)])  # type: ignore[untyped-decorator]
        def logits(maps: Any) -> Any:
            return self._logits_of(maps)

        return logits

    def _graph_of_step(self, blocks: bool) -> Any:
        tf, learning = self._tf, [(self._adams[0], self._head)]
        if blocks:
            learning.append((self._adams[1], self._blocks))
        signature = [
            tf.TensorSpec((None, *self.shape), tf.float16),
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((None,), tf.float32),
        ]

        @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
        def step(maps: Any, truth: Any, weights: Any) -> Any:
            with tf.GradientTape() as tape:
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=truth, logits=self._logits_of(maps))
                total = tf.reduce_sum(losses * weights)
                mean = total / tf.cast(tf.shape(truth)[0], tf.float32)
            gradients = tape.gradient(mean, [variables for _, variables in learning])
            for (adam, variables), found in zip(learning, gradients, strict=True):
                adam.apply_gradients(zip(found, variables, strict=True))
            return total

        return step


def block_starts(layers: Sequence[str]) -> list[str]:
    """Return the first layer of each block, in their order.

    Args:
        layers: names of the layers that have weights, in the order of the network.
    """
    starts: dict[str, str] = {}
    for name in layers:
        match = _BLOCK.match(name)
        # What comes before the first block belongs to none: it sees edges and colours, and has nothing to learn here.
        if match is not None or starts:
            starts.setdefault(match[1] if match is not None else _AFTER, name)
    return list(starts.values())
