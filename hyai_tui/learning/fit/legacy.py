"""Takes in a model of the original classifier: `python -m hyai_tui.learning.fit.legacy FILE TARGET …`, a process of its own.

The Keras file is read in safe mode, which refuses everything that could run code, and only the weights of its dense
head are kept, as an ordinary bundle. Its labels are archive and trash: the original knew no others. Where the file carries the
network before the head, that must be the encoder's: a head goes with the features that it learned from and no others.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import Exit, ModelError
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.head import Head, Layer

LABELS = ("archive", "trash")
_MOST_BYTES = 1_000_000_000
# Weights of one network that was saved in other ways differ in their last digits.
_MOST_APART = 1e-4
_FIX = "Take in a best_model.topless.keras of the original classifier, or train a model with 'hyai train'"


def convert(file: Path, encoder: EncoderStamp, source: str, weights: Path | None = None) -> Bundle:
    """Return the head of a Keras file as a bundle.

    Args:
        weights: the encoder's weights file, to compare the file's own network with; None compares nothing.
        file: a `.keras` file: the whole network, or its head alone.
        encoder: the workspace's, which the head's vectors must come from.
        source: `file` or `thumbnail`.

    Raises:
        ModelError: it is no such file, or its head does not fit the encoder.
    """
    if encoder.name != "mobilenetv2":
        raise ModelError(
            f"{file.name} was trained on MobileNetV2, and this workspace uses the encoder {encoder.name}",
            "Get MobileNetV2's weights first: 'hyai cache build --download-weights', or set features.weights",
        )
    model = _load(file)
    layers_of_model = list(_flat(model))
    dense = [one for one in layers_of_model if isinstance(one, keras.layers.Dense)]
    network = [
        np.asarray(array)
        for one in layers_of_model
        if not isinstance(one, keras.layers.Dense)
        for array in one.get_weights()
    ]
    layers = tuple(_layer(one, last=place == len(dense) - 1) for place, one in enumerate(dense))
    head = Head("mlp" if len(layers) > 1 else "linear", layers)
    fault = next(head.faults(), None)
    if not layers or fault is not None:
        raise ModelError(f"{file.name} has no dense head that can be used" + (f": {fault}" if fault else ""), _FIX)
    if head.dimension != encoder.dimension:
        raise ModelError(
            f"The head of {file.name} takes {head.dimension:,} numbers, and {encoder.name} gives {encoder.dimension:,}",
            _FIX,
        )
    record = {
        "imported": file.name,
        "imported_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "keras": str(keras.__version__),
        "backbone": _compared(file.name, network, weights),
    }
    return Bundle(head, LABELS, encoder, source, record=record, created=time.time())


def _load(file: Path) -> Any:
    """Return the Keras model, read in safe mode and not compiled."""
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError):
        raise ModelError(f"{file.name} is no .keras file, or it is damaged", _FIX) from None
    if size > _MOST_BYTES:
        raise ModelError(f"{file.name} unpacks to {size:,} bytes, which no such model has", _FIX)
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError, AttributeError, ImportError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(f"Keras refuses {file.name}: {reason}", _FIX) from error


def _flat(model: Any) -> Iterator[Any]:
    """Yield the layers in order, those of models inside in their place."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        else:
            yield layer


def _compared(name: str, network: Sequence[NDArray[Any]], weights: Path | None) -> str:
    """Return what the file's own network is beside the encoder's.

    Args:
        name: of the file.
        network: its weights before the head, in the order of the layers; empty for a head alone.
        weights: the encoder's weights file.

    Raises:
        ModelError: it is another network, or its weights are others.
    """
    if not network:
        return "not in the file"
    if weights is None:
        return "not compared"
    reference = keras.applications.MobileNetV2(
        weights=str(weights), include_top=False, pooling="avg", input_shape=(224, 224, 3)
    )
    own = [np.asarray(array) for one in _flat(reference) for array in one.get_weights()]
    if [one.shape for one in own] != [one.shape for one in network]:
        raise ModelError(f"The network in {name} is no MobileNetV2 for pictures of 224 × 224", _FIX)
    apart = max(float(np.abs(one - other).max()) for one, other in zip(own, network, strict=True))
    if apart > _MOST_APART:
        raise ModelError(
            f"The network in {name} has other weights than the encoder of this workspace (up to {apart:.3g} apart), so its"
            " head would be asked about features that it never learned",
            "Set features.weights to the weights that it was trained with, or train a model with 'hyai train'",
        )
    return "the encoder's, weight by weight"


def _layer(dense: Any, *, last: bool) -> Layer:
    """Return a dense layer of ours; the last one gives one logit, for trash."""
    activation = dense.get_config()["activation"]
    kernel = np.asarray(dense.kernel, np.float32)
    bias = np.asarray(dense.bias, np.float32) if dense.use_bias else np.zeros(kernel.shape[1], np.float32)
    if not last:
        if activation not in {"relu", "linear"}:
            raise ModelError(f"The head has a layer with the activation {activation!r}", _FIX)
        return Layer(kernel, bias, "relu" if activation == "relu" else "none")
    if kernel.shape[1] == 1 and activation in {"sigmoid", "linear"}:
        return Layer(kernel, bias)
    if kernel.shape[1] == 2 and activation == "softmax":
        # The softmax of two logits is the sigmoid of their difference.
        return Layer(kernel[:, 1:] - kernel[:, :1], bias[1:] - bias[:1])
    raise ModelError(
        f"The head ends in {kernel.shape[1]} outputs with the activation {activation!r}, not in one sigmoid", _FIX
    )


def main(arguments: list[str]) -> int:
    """Convert, and on failure print what happened and what to do, separated by a tab, as the last line."""
    file, target, encoder_id, name, dimension, source, weights = arguments
    try:
        convert(
            Path(file), EncoderStamp(encoder_id, name, int(dimension)), source, Path(weights) if weights else None
        ).save(Path(target))
    except ModelError as error:
        sys.stdout.write(f"\n{error.what}\t{error.fix}\n")
        return int(error.exit_code)
    return int(Exit.DONE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
