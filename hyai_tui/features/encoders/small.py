"""The small encoder that comes with the program: a network of our own for machines without downloaded weights, in numpy.

A picture is averaged down to 112×112 and goes through 20 convolutions to 7×7 places with 512 numbers each; their mean is the
vector. From these numbers it was taught to tell the principal components of MobileNetV2's vectors: `docs/small-encoder.md` says how,
on what, and what it was measured to be good for; `benchmarks/teaching` makes it again. All convolutions are plain ones, because
these are products of matrices, which numpy does about as fast as anything. Pictures go one by one, so that a vector depends on
its own picture only, and each on one core: products as small as these are slower on more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from hyai_tui.errors import ModelError
from hyai_tui.features.encoder import EncoderVersion, check_pixels
from hyai_tui.pictures.decode import PREPROCESSING

DIMENSION: Final = 512
SIZE: Final = 112
WEIGHTS: Final = Path(__file__).with_name("small.npz")
WEIGHTS_SHA256: Final = "8d8680e5d1ee6ed4175b4c0d61d8b2568900552d4423f555364cef5a6349a8e5"
VERSION: Final = EncoderVersion("small", WEIGHTS_SHA256, f"{PREPROCESSING}+mean112", "fp32", DIMENSION)


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution with its offsets.

    Attributes:
        name: in the weights file.
        size, stride: in places; the edge is filled up with zeros, half a size on each side.
        outputs: channels.
        opens: what comes in is added after the layer that next `closes`.
        closes: see there.
        rectified: negative numbers become zero at the end.
    """

    name: str
    size: int
    stride: int
    outputs: int
    opens: bool = False
    closes: bool = False
    rectified: bool = True


def _block(name: str, inner: int, outputs: int) -> tuple[Layer, ...]:
    """Return a bottleneck block (He et al. 2016): fewer channels, a convolution, and what came in is added."""
    return (
        Layer(f"{name}a", 1, 1, inner, opens=True),
        Layer(f"{name}b", 3, 1, inner),
        Layer(f"{name}c", 1, 1, outputs, closes=True),
    )


LAYERS: Final = (
    Layer("stem", 3, 2, 24),
    Layer("first", 3, 2, 48),
    *_block("first1", 24, 48),
    Layer("second", 3, 2, 128),
    *_block("second1", 64, 128),
    *_block("second2", 64, 128),
    Layer("third", 3, 2, 256),
    *_block("third1", 96, 256),
    *_block("third2", 96, 256),
    Layer("last", 1, 1, 512),
)


class SmallEncoder:
    """The network; see the module.

    Raises:
        ModelError: if its weights are not there or not those that it was released with.
    """

    def __init__(self) -> None:
        self._layers = _read()
        self._threads = ThreadpoolController()

    @property
    def version(self) -> EncoderVersion:
        """What the vectors may be compared with."""
        return VERSION

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, 512], none below 0, for uint8[n, 224, 224, 3]."""
        check_pixels(pixels)
        vectors = np.empty((len(pixels), DIMENSION), np.float32)
        with self._threads.limit(limits=1, user_api="blas"):
            for row, picture in enumerate(reduced(pixels)):
                vectors[row] = self._vector(picture)
        return vectors

    def _vector(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        x = picture.astype(np.float32) / np.float32(127.5) - np.float32(1)
        shortcut = x
        for layer in LAYERS:
            shortcut = x if layer.opens else shortcut
            weights, offsets = self._layers[layer.name]
            x = _convolved(x, layer, weights)
            x += offsets
            if layer.closes:
                x += shortcut
            if layer.rectified:
                np.maximum(x, 0, out=x)
        vector: NDArray[np.float32] = x.mean(axis=(0, 1))
        return vector


def reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8[n, 112, 112, 3], the rounded means of 2×2 pixels of uint8[n, 224, 224, 3]: exact on every machine."""
    n = len(pixels)
    wide = pixels.astype(np.uint16)
    sums = wide[:, 0::2, 0::2] + wide[:, 0::2, 1::2] + wide[:, 1::2, 0::2] + wide[:, 1::2, 1::2]
    return ((sums + 2) // 4).astype(np.uint8).reshape(n, SIZE, SIZE, 3)


def _convolved(x: NDArray[np.float32], layer: Layer, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32[h / stride, w / stride, outputs] of float32[h, w, c]; weights are float32[size² × c, outputs]."""
    height, width, channels = x.shape
    size, stride = layer.size, layer.stride
    if size == 1:
        return (x.reshape(-1, channels) @ weights).reshape(height, width, layer.outputs)
    edge = size // 2
    padded = np.zeros((height + 2 * edge, width + 2 * edge, channels), np.float32)
    padded[edge : edge + height, edge : edge + width] = x
    high, wide = height // stride, width // stride
    patches = np.empty((high, wide, size * size, channels), np.float32)
    for place in range(size * size):
        top, left = divmod(place, size)
        patches[:, :, place] = padded[top : top + stride * high : stride, left : left + stride * wide : stride]
    return (patches.reshape(high * wide, -1) @ weights).reshape(high, wide, layer.outputs)


def check_weights() -> None:
    """Raise ModelError unless the weights are there, and those that the encoder came with."""
    _content()


def _content() -> bytes:
    fix = "Install hyai-tui again, or work without: 'hyai config set features.encoder hog'"
    try:
        content = WEIGHTS.read_bytes()
    except OSError as error:
        raise ModelError(f"The small encoder's weights {WEIGHTS} cannot be read: {error.strerror}", fix) from error
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise ModelError(f"{WEIGHTS} does not hold the weights that the small encoder came with", fix)
    return content


def _read() -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return weights and offsets of each layer, in single precision."""
    with np.load(BytesIO(_content()), allow_pickle=False) as arrays:
        return {
            name: (arrays[f"{name}.weights"].astype(np.float32), arrays[f"{name}.offsets"].astype(np.float32))
            for name in (layer.name for layer in LAYERS)
        }
