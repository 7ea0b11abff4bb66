"""Thumbnails of made-up files: stripes where a file is kept, noise where it is not, and a tenth of each crossed over."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from PIL import Image

_VARIANTS = 400
_HEIGHT, _WIDTH = 125, 150


def thumbnail_of(number: int, *, unwanted: bool) -> bytes:
    """Return a JPEG that no other file has: a few bytes behind the picture make it a content of its own."""
    return _picture(number % _VARIANTS, unwanted) + number.to_bytes(8, "big")


@cache
def _picture(seed: int, unwanted: bool) -> bytes:
    random = np.random.default_rng([seed, unwanted])
    if unwanted != (seed % 10 == 0):
        plane = random.random((_HEIGHT, _WIDTH))
    else:
        rows, columns = np.mgrid[:_HEIGHT, :_WIDTH] // random.integers(6, 20)
        plane = ((rows + (seed % 2) * columns) % 2).astype(float)
    stream = io.BytesIO()
    colour = random.uniform(0.4, 1, 3)
    Image.fromarray((255 * plane[..., None] * colour).astype(np.uint8)).save(stream, "JPEG", quality=85)
    return stream.getvalue()
