"""Networks of Keras Applications: the one module that starts TensorFlow for features (6 to 10 s, 600 MB).

Weights come from a file; random weights are useless (accuracy .52 to .63) and there is no way to get them here.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.features.encoder import INPUT_SIZE, EncoderVersion, check_pixels
from hyai_tui.features.encoders.networks import Network
from hyai_tui.features.memory import Steps
from hyai_tui.features.weights import check_weights


class KerasEncoder:
    """Forward passes in fp32 inside one `tf.function`, twice as fast as Keras' `predict`.

    Args:
        network: which one.
        weights: an HDF5 weights file without top.
        batch_size: pictures a step; halved, with a warning, when memory does not suffice.
        warn: shows a sentence to the user.

    Raises:
        ModelError: if the file does not hold this network's weights.
    """

    def __init__(self, network: Network, weights: Path, batch_size: int, warn: Callable[[str], None]) -> None:
        self._version = network.version(check_weights(weights, network))
        self._tf = quiet_tensorflow()
        self._forward = _forward(self._tf, network, weights)
        self._steps = Steps(batch_size, warn, (self._tf.errors.ResourceExhaustedError,))

    @property
    def version(self) -> EncoderVersion:
        """What the vectors may be compared with."""
        return self._version

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, version.dimension] for uint8[n, 224, 224, 3].

        Raises:
            ModelError: if not even one picture fits into memory.
        """
        check_pixels(pixels)
        return self._steps.run(
            pixels, self._version.dimension, lambda step: self._forward(self._tf.constant(step)).numpy()
        )

    def for_litert(self) -> bytes:
        """Return the same graph as LiteRT reads it, in fp32."""
        with _closed_stderr():
            converter = self._tf.lite.TFLiteConverter.from_concrete_functions([self._forward.get_concrete_function()])
            return bytes(converter.convert())


def quiet_tensorflow() -> Any:
    """Import TensorFlow without its remarks on the terminal, and return it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    for name in ("tensorflow", "absl", "h5py"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with _closed_stderr():
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            # Takes memory as it needs it, instead of all of it at once.
            tf.config.experimental.set_memory_growth(gpu, True)
    return tf


@contextmanager
def _closed_stderr() -> Iterator[None]:
    """Send file descriptor 2 nowhere: TensorFlow's libraries write to it before they read any log level."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def built(network: Network, weights: Path) -> Any:
    """Return the Keras model of a network with the weights of a file, from scaled pixels to vectors.

    Raises:
        ModelError: the file does not hold this network's weights.
    """
    import keras

    try:
        return getattr(keras.applications, network.title)(
            weights=str(weights), include_top=False, pooling="avg", input_shape=(INPUT_SIZE, INPUT_SIZE, 3)
        )
    except (ValueError, OSError, KeyError, TypeError, AttributeError) as error:
        # What Keras and h5py raise when the layers of the file are not those of the network.
        raise ModelError(
            f"{weights} does not hold {network.title}'s weights without top ({type(error).__name__})",
            "Set features.weights to such a file, or to 'imagenet'",
        ) from error


def _forward(tf: Any, network: Network, weights: Path) -> Any:
    """Return the compiled network: uint8[n, 224, 224, 3] to float32[n, dimension]."""
    model = built(network, weights)
    model.trainable = False
    scaled = SCALED[network.pixels]

    @tf.function(input_signature=[tf.TensorSpec((None, INPUT_SIZE, INPUT_SIZE, 3), tf.uint8)])  # type: ignore[untyped-decorator]
    def forward(pixels: Any) -> Any:
        return model(scaled(tf.cast(pixels, tf.float32)), training=False)

    return forward


# Pixels 0..255 as each network was trained on them (`keras.applications.imagenet_utils.preprocess_input`).
SCALED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "tf": lambda pixels: pixels / 127.5 - 1.0,
    "caffe": lambda pixels: pixels[..., ::-1] - (103.939, 116.779, 123.68),
    "raw": lambda pixels: pixels,
}
