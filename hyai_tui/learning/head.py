"""The head: stored features to logits, in numpy.

Whatever trained it, a head is a list of dense layers, so that scoring needs neither TensorFlow nor scikit-learn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.kernel import KernelPart

Floats = NDArray[np.float32]

KINDS = ("mlp", "linear")
ACTIVATIONS = ("relu", "none")

# Rows per step: the hidden layer of a block (4096 × 1024 × 4 B = 16 MB) stays near the cache.
BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One dense layer: activation(x @ kernel + bias).

    Attributes:
        kernel: float32[inputs, outputs].
        bias: float32[outputs].
        activation: `relu` or `none`; the last layer's is `none`, it gives logits.
    """

    kernel: Floats
    bias: Floats
    activation: str = "none"

    @property
    def parameters(self) -> int:
        """Trained numbers of this layer: inputs × outputs + outputs."""
        return int(self.kernel.size + self.bias.size)


@dataclass(frozen=True, eq=False)
class Head:
    """Dense layers over features, and the standardisation that they were trained behind.

    Attributes:
        kind: `mlp` or `linear`.
        layers: from features to logits. One logit (of the last label) for two labels, else one a label.
        centre, scale: float32[d], features become (x - centre) / scale; both None where features are used as they are.
        kernel: a second opinion that is mixed into the logits; None without one.
    """

    kind: str
    layers: tuple[Layer, ...]
    centre: Floats | None = None
    scale: Floats | None = None
    kernel: KernelPart | None = None

    @property
    def dimension(self) -> int:
        """Features that go in."""
        return int(self.layers[0].kernel.shape[0])

    @property
    def classes(self) -> int:
        """Labels that it tells apart."""
        outputs = int(self.layers[-1].kernel.shape[1])
        return 2 if outputs == 1 else outputs

    @property
    def parameters(self) -> list[tuple[str, int]]:
        """(shape, trained numbers) of each layer, such as ("1280→1024", 1311744)."""
        return [("→".join(map(str, layer.kernel.shape)), layer.parameters) for layer in self.layers]

    def digest(self) -> str:
        """Return the SHA-256 of its kernels: tells two heads apart."""
        return hashlib.sha256(b"".join(layer.kernel.tobytes() for layer in self.layers)).hexdigest()

    def logits(self, vectors: NDArray[Any]) -> Floats:
        """Return float32[n, 1] for two labels, else float32[n, K], computed by blocks of rows.

        Args:
            vectors: [n, d], any float type; a block at a time is turned into float32.
        """
        found = np.empty((len(vectors), self.layers[-1].kernel.shape[1]), np.float32)
        for start in range(0, len(vectors), BLOCK):
            block = features = np.asarray(vectors[start : start + BLOCK], np.float32)
            for layer in self.folded:
                block = block @ layer.kernel
                block += layer.bias
                if layer.activation == "relu":
                    np.maximum(block, 0, out=block)
            found[start : start + BLOCK] = block if self.kernel is None else self.kernel.mixed(block, features)
        return found

    @cached_property
    def folded(self) -> tuple[Layer, ...]:
        """The layers with the standardisation inside the first: (x - c) / s @ W = x @ (W / s) - (c / s) @ W."""
        if self.centre is None or self.scale is None:
            return self.layers
        first = self.layers[0]
        kernel = first.kernel / self.scale[:, None].astype(np.float64)
        bias = first.bias - self.centre.astype(np.float64) @ kernel
        return (Layer(kernel.astype(np.float32), bias.astype(np.float32), first.activation), *self.layers[1:])

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the arrays, one sentence each; nothing for a sound head."""
        if self.kind not in KINDS:
            yield f"its head is of the unknown kind {self.kind!r}"
        if not self.layers:
            yield "its head has no layers"
        for number, layer in enumerate(self.layers):
            yield from _layer_faults(number, layer)
        for number, (one, after) in enumerate(pairwise(self.layers)):
            if one.kernel.ndim == 2 and after.kernel.ndim == 2 and one.kernel.shape[1] != after.kernel.shape[0]:
                yield f"layer {number} gives {one.kernel.shape[1]} numbers and layer {number + 1} takes {after.kernel.shape[0]}"
        if self.layers and self.layers[-1].activation != "none":
            yield "its last layer does not give logits"
        for name, array in (("centre", self.centre), ("scale", self.scale)):
            if array is None or not self.layers:
                continue
            if array.shape != self.layers[0].kernel.shape[:1]:
                yield f"its {name} has shape {array.shape} for {self.layers[0].kernel.shape[0]} features"
            elif not np.isfinite(array).all() or (name == "scale" and not (array > 0).all()):
                yield f"its {name} holds numbers that are not usable"
        if self.kernel is not None and self.layers and self.layers[-1].kernel.ndim == 2:
            yield from self.kernel.faults(self.dimension, int(self.layers[-1].kernel.shape[1]))
        if (self.centre is None) != (self.scale is None):
            yield "its standardisation is half there"


def _layer_faults(number: int, layer: Layer) -> Iterator[str]:
    if layer.kernel.ndim != 2 or 0 in layer.kernel.shape or layer.bias.shape != layer.kernel.shape[1:]:
        yield f"layer {number} has a kernel of shape {layer.kernel.shape} and a bias of shape {layer.bias.shape}"
    if layer.kernel.dtype != np.float32 or layer.bias.dtype != np.float32:
        yield f"layer {number} is not float32"
    elif not (np.isfinite(layer.kernel).all() and np.isfinite(layer.bias).all()):
        yield f"layer {number} holds NaN or infinite weights"
    if layer.activation not in ACTIVATIONS:
        yield f"layer {number} has the unknown activation {layer.activation!r}"
