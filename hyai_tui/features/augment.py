"""Changed copies of the pixels that an encoder takes: what a photographer might have done otherwise, by preset.

| preset | what is changed |
|---|---|
| `no-flip` | brightness, contrast and colour; up to 5° of turn and of shear, 4 % of shift, 5 % of size, a little perspective |
| `flip` | the same, and every second copy is mirrored |
| `flip-rotate` | quarter turns and mirrors, nothing else: for pictures without an up |

A copy depends on the content, the preset and its number alone, so it is the same on every machine and in every training.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

NONE: Final = "none"
PRESETS: Final = (NONE, "no-flip", "flip", "flip-rotate")
# The quarter turns and mirrors of a square, the picture itself left out.
_SYMMETRIES: Final = tuple(Image.Transpose)
_DEGREES, _SHEAR, _SHIFT, _SCALE, _PERSPECTIVE = 5.0, 5.0, 0.04, 0.05, 0.03
_JITTER: Final = 0.2
# Share of a side that is mirrored outwards first, so that no corner of a moved picture is empty.
_MARGIN: Final = 0.2


def key(content: str, preset: str, number: int) -> str:
    """Return what a copy is stored under: a SHA-256 in hex of its own, which no file has."""
    return hashlib.sha256(f"hyai copy 1 {preset} {number} of {content}".encode()).hexdigest()


def changed(pixels: NDArray[np.uint8], preset: str, content: str, number: int) -> NDArray[np.uint8]:
    """Return one changed copy of a square picture, uint8[size, size, 3].

    Args:
        pixels: uint8[size, size, 3].
        preset: one of `PRESETS` but none.
        content: SHA-256 of the picture's bytes in hex.
        number: of the copy, from 0.
    """
    random = np.random.default_rng(int(hashlib.sha256(f"{preset} {content}".encode()).hexdigest()[:16], 16))
    if preset == "flip-rotate":
        order = random.permutation(len(_SYMMETRIES))
        turned = Image.fromarray(pixels).transpose(_SYMMETRIES[order[number % len(order)]])
        return np.asarray(turned, np.uint8)
    random = np.random.default_rng([number, *random.integers(0, 2**31, 2).tolist()])
    picture = _moved(pixels, random)
    if preset == "flip" and random.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        picture = kind(picture).enhance(random.uniform(1 - _JITTER, 1 + _JITTER))
    return np.asarray(picture, np.uint8)


def _moved(pixels: NDArray[np.uint8], random: np.random.Generator) -> Image.Image:
    """Return the picture turned, sheared, shifted, scaled and tilted a little."""
    size = pixels.shape[0]
    margin = round(_MARGIN * size)
    wide = Image.fromarray(np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="reflect"))
    turn, shear = np.deg2rad(random.uniform(-_DEGREES, _DEGREES)), np.deg2rad(random.uniform(-_SHEAR, _SHEAR))
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1, np.tan(shear)], [0, 1]])
    turned /= random.uniform(1 - _SCALE, 1 + _SCALE)
    corners = np.array([[0, 0], [size, 0], [size, size], [0, size]], float)
    middle = size / 2
    source = (corners - middle) @ turned.T + middle + margin + random.uniform(-_SHIFT, _SHIFT, 2) * size
    source += random.uniform(-_PERSPECTIVE, _PERSPECTIVE, (4, 2)) * size
    coefficients = _perspective(corners, source)
    return wide.transform((size, size), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)


def _perspective(target: NDArray[Any], source: NDArray[Any]) -> list[float]:
    """Return the eight numbers with which Pillow reads the source corners at the target ones."""
    rows, sides = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        sides += [u, v]
    found: list[float] = np.linalg.solve(np.array(rows), np.array(sides)).tolist()
    return found
