"""A model over vectors as the store keeps them: half precision, widened block by block in memory that stays in the cache.

Casting and the first product share a block, so that a linear head reads each stored byte once and writes almost none: more
than a million rows a second and core. An mlp head is bound by its product in float32; the cast adds a few percent to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.shards import widen
from hyai_tui.learning.bundle import Bundle

# Rows a step: what a hidden layer of the default width takes (512 × 1024 × 4 B) stays in a second-level cache; a linear
# head needs only the widened rows (128 × 1280 × 4 B).
_MLP_ROWS: Final = 512
_LINEAR_ROWS: Final = 128


class HalfScorer:
    """Probabilities of one model; keeps its working memory, so that each thread needs one of its own.

    Args:
        bundle: the model.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._layers = bundle.head.folded
        kernel = bundle.head.kernel
        # Cast once, not for every block.
        self._kernel = kernel and replace(kernel, landmarks=kernel.landmarks.astype(np.float32))
        self._rows = _LINEAR_ROWS if len(self._layers) == 1 else _MLP_ROWS
        self._wide = np.empty((self._rows, bundle.head.dimension), np.float32)
        self._between = [np.empty((self._rows, layer.kernel.shape[1]), np.float32) for layer in self._layers]

    def probabilities(self, bits: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Return calibrated probabilities float32[n, K], as `Bundle.predict` gives them, of the bits of halves uint16[n, d]."""
        logits = np.empty((len(bits), self._layers[-1].kernel.shape[1]), np.float32)
        for start in range(0, len(bits), self._rows):
            block = features = widen(bits[start : start + self._rows], self._wide)
            for layer, room in zip(self._layers, self._between, strict=True):
                block = np.dot(block, layer.kernel, out=room[: len(block)])
                block += layer.bias
                if layer.activation == "relu":
                    np.maximum(block, 0, out=block)
            logits[start : start + self._rows] = block if self._kernel is None else self._kernel.mixed(block, features)
        return self._bundle.calibration.probabilities(logits)
