"""Takes in a model of the original classifier: `python -m hyai_tui.learning.fit.legacy FILE TARGET …`, a process of its own.

The Keras file is read in safe mode, which refuses everything that could run code, and only the weights of its dense
head are kept, as an ordinary bundle. Its labels are archive and trash: the original knew no others.
"""

from __future__ import annotations

import os
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from hyai_tui.errors import Exit, ModelError
from hyai_tui.learning.bundle import Bundle, EncoderStamp
from hyai_tui.learning.head import Head, Layer

LABELS = ("archive", "trash")
_MOST_BYTES = 1_000_000_000
_FIX = "Take in a best_model.topless.keras of the original classifier, or train a model with 'hyai train'"


def convert(file: Path, encoder: EncoderStamp, source: str) -> Bundle:
    """Return the head of a Keras file as a bundle.

    Args:
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
    dense = list(_dense_layers(_load(file)))
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
    record = {"imported": file.name, "keras": str(keras.__version__)}
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


def _dense_layers(model: Any) -> Iterator[Any]:
    """Yield the dense layers in order; a backbone before them has none of its own without its top."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _dense_layers(layer)
        elif isinstance(layer, keras.layers.Dense):
            yield layer


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
    file, target, encoder_id, name, dimension, source = arguments
    try:
        convert(Path(file), EncoderStamp(encoder_id, name, int(dimension)), source).save(Path(target))
    except ModelError as error:
        sys.stdout.write(f"\n{error.what}\t{error.fix}\n")
        return int(error.exit_code)
    return int(Exit.DONE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
