"""Turns a choice into an encoder that works. Heavy: only jobs import this.

A network is loaded when there is a picture to encode, and not before. The last one stays in its process: a worker that
stays warm takes it up again in its next job.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError, tensorflow_for
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoder import Encoder, EncoderVersion
from hyai_tui.features.encoders import small
from hyai_tui.features.encoders.hog import HogEncoder
from hyai_tui.features.encoders.networks import NETWORKS
from hyai_tui.features.memory import pictures_a_step
from hyai_tui.features.recipe import Recipe
from hyai_tui.features.runtimes import litert_file
from hyai_tui.features.weights import check_weights


def load(choice: EncoderChoice, *, batch_size: int = 16, warn: Callable[[str], None] = lambda text: None) -> Encoder:
    """Return the chosen encoder, ready to encode. A network takes 6 to 10 seconds and 600 MB.

    Args:
        choice: from `hyai_tui.features.choosing.choose`.
        batch_size: pictures a step.
        warn: shows a sentence to the user, for instance that memory is short.

    Raises:
        ModelError: if the weights do not fit.
    """
    encoder: Encoder
    if choice.plugin is not None:
        encoder = choice.plugin.load(batch_size, warn)
    elif choice.name == small.VERSION.name:
        encoder = small.SmallEncoder()
    elif choice.weights_path is None:
        encoder = HogEncoder()
    elif (file := litert_file(choice.version)) is not None:
        # Measured on this machine: the same vectors, faster, and without TensorFlow's start.
        from hyai_tui.features.encoders.litert import LiteRtEncoder

        network = NETWORKS[choice.name]
        version = network.version(check_weights(choice.weights_path, network))
        encoder = LiteRtEncoder(version, file, batch_size, warn)
    else:
        with tensorflow_for(f"The encoder {choice.name}", "'hyai config set features.encoder small'"):
            from hyai_tui.features.encoders.keras_networks import KerasEncoder

            encoder = KerasEncoder(NETWORKS[choice.name], choice.weights_path, batch_size, warn)
    if encoder.version != choice.version:
        raise ModelError("The encoder's files have changed since they were looked at", "Start again")
    return encoder


class _Voice:
    """Says sentences to whichever job works with the encoder now."""

    def __init__(self) -> None:
        self.say: Callable[[str], None] = lambda text: None

    def __call__(self, text: str) -> None:
        self.say(text)


class _Kept:
    """The encoder that was loaded last; one, so that a process never holds two networks."""

    def __init__(self) -> None:
        self._key: tuple[EncoderVersion, Path | None, int] | None = None
        self._encoder: Encoder | None = None
        self._voice = _Voice()

    def take(self, choice: EncoderChoice, batch_size: int, warn: Callable[[str], None]) -> Encoder:
        """Return the chosen encoder, loaded if it is another than the last."""
        key = choice.version, choice.weights_path, batch_size
        if self._encoder is None or self._key != key:
            # The old one goes before the new one comes.
            self._key = self._encoder = None
            self._voice = _Voice()
            self._voice.say = warn
            self._encoder = load(choice, batch_size=batch_size, warn=self._voice)
            self._key = key
        self._voice.say = warn
        return self._encoder


_kept = _Kept()


class EncoderOnDemand:
    """The chosen encoder, loaded at the first picture: a build with nothing to do does not wait for TensorFlow.

    Args:
        choice: from `hyai_tui.features.choosing.choose`; its version is known without loading.
        batch_size: pictures a step; 0 is what the free memory bears.
        warn: as in `load`.
    """

    def __init__(self, choice: EncoderChoice, batch_size: int, warn: Callable[[str], None]) -> None:
        self._choice = choice
        self._batch_size = pictures_a_step(batch_size)
        self._warn = warn
        self._loaded: Encoder | None = None

    @property
    def version(self) -> EncoderVersion:
        """What the vectors may be compared with."""
        return self._choice.version

    @property
    def recipe(self) -> Recipe:
        """How pictures become its pixels."""
        return self._choice.recipe

    def load(self) -> None:
        """Load it, and encode one empty picture: a network prepares its first step for a while. Raises ModelError if the weights do not fit."""
        size = self.recipe.size
        self.encode(np.zeros((1, size, size, 3), np.uint8))

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, version.dimension] for uint8[n, h, w, 3] as the recipe gives them. Raises ModelError if the weights do not fit."""
        if self._loaded is None:
            self._loaded = _kept.take(self._choice, self._batch_size, self._warn)
        return self._loaded.encode(pixels)
