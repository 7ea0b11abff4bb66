"""Turns a choice into an encoder that works. Heavy: only jobs import this."""

from __future__ import annotations

from collections.abc import Callable

from hyai_tui.errors import ModelError
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoder import Encoder
from hyai_tui.features.encoders.hog import HogEncoder


def load(choice: EncoderChoice, *, batch_size: int = 16, warn: Callable[[str], None] = lambda text: None) -> Encoder:
    """Return the chosen encoder, ready to encode. MobileNetV2 takes 6 to 10 seconds and 600 MB.

    Args:
        choice: from `hyai_tui.features.choosing.choose`.
        batch_size: pictures a step.
        warn: shows a sentence to the user, for instance that memory is short.

    Raises:
        ModelError: if the weights do not fit.
    """
    if choice.weights_path is None:
        return HogEncoder()
    from hyai_tui.features.encoders.mobilenetv2 import MobileNetV2Encoder

    encoder = MobileNetV2Encoder(choice.weights_path, batch_size, warn)
    if encoder.version != choice.version:
        raise ModelError("The weights file has changed since it was looked at", "Start again")
    return encoder
