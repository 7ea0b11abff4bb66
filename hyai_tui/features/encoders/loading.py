"""Turns a choice into an encoder that works. Heavy: only jobs import this."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError, tensorflow_for
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoder import Encoder, EncoderVersion
from hyai_tui.features.encoders.hog import HogEncoder
from hyai_tui.features.encoders.networks import NETWORKS
from hyai_tui.features.memory import pictures_a_step
from hyai_tui.features.recipe import Recipe


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
    elif choice.weights_path is None:
        return HogEncoder()
    else:
        with tensorflow_for(f"The encoder {choice.name}", "'hyai config set features.encoder hog'"):
            from hyai_tui.features.encoders.keras_networks import KerasEncoder

            encoder = KerasEncoder(NETWORKS[choice.name], choice.weights_path, batch_size, warn)
    if encoder.version != choice.version:
        raise ModelError("The encoder's files have changed since they were looked at", "Start again")
    return encoder


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

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, version.dimension] for uint8[n, h, w, 3] as the recipe gives them. Raises ModelError if the weights do not fit."""
        if self._loaded is None:
            self._loaded = load(self._choice, batch_size=self._batch_size, warn=self._warn)
        return self._loaded.encode(pixels)
