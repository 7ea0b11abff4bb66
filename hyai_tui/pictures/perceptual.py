"""A picture's perceptual hash: 64 bits that stay nearly the same when it is resized, recompressed or retouched.

The signs of the lowest frequencies of its brightness against their median, by a discrete cosine transform (Zauner,
*Implementation and Benchmarking of Perceptual Image Hash Functions*, 2010). It says nothing of a picture that is nearly
uniform, which therefore has none.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIZE = 32
_KEPT = 8
# Spread of the brightness (0 … 255) below which the signs are noise.
_FLAT = 2.0
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def perceptual_hash(pixels: NDArray[np.uint8]) -> int | None:
    """Return the 64 bits of uint8[h, w, 3] as a signed number, as SQLite keeps it; None for a nearly uniform picture.

    Args:
        pixels: RGB; h and w are multiples of 32, as the encoders' 224 is.
    """
    height, width = pixels.shape[0] // SIZE, pixels.shape[1] // SIZE
    blocks = pixels[: height * SIZE, : width * SIZE].reshape(SIZE, height, SIZE, width, 3)
    # Whole numbers, rows first: as exact as a mean of floats over both axes at once, and several times as quick.
    sums = blocks.sum(axis=1, dtype=np.uint32).sum(axis=2, dtype=np.uint32)
    brightness = (sums / (height * width)).astype(np.float32) @ _LUMA
    if float(brightness.std()) < _FLAT:
        return None
    low = (_transform() @ brightness @ _transform().T)[:_KEPT, :_KEPT].ravel()
    # The first is the mean brightness, which no median should go by.
    bits = low > np.median(low[1:])
    bits[0] = False
    return int(np.packbits(bits).view(">i8")[0])


@cache
def _transform() -> NDArray[np.float32]:
    """Return float32[8, 32]: the lowest rows of the orthonormal discrete cosine transform (type II)."""
    rows, columns = np.mgrid[:_KEPT, :SIZE]
    table = np.cos(np.pi * (2 * columns + 1) * rows / (2 * SIZE)) * np.sqrt(2 / SIZE)
    table[0] /= np.sqrt(2)
    found: NDArray[np.float32] = table.astype(np.float32)
    return found
