"""Histograms of oriented gradients and colour, in numpy: needs no weights at all.

A vector has 984 numbers, four parts of one picture that is first averaged down to 56×56 (blocks of 4×4 of the 224×224
pixels that every encoder gets):

| numbers | what |
|---|---|
| 576 | HOG of 56×56 luma: 8×8 cells of 7 pixels, 9 unsigned orientations, shared linearly between neighbours |
| 144 | HOG of 28×28 luma: 4×4 cells of 7 pixels, the same: the large shapes |
| 192 | mean RGB of 8×8 cells |
| 72 | histogram of hue × saturation × value, 8 × 3 × 3 |

Each cell's histogram is divided by the energy of its 3×3 neighbourhood and clipped (Dalal and Triggs 2005, the "L2-Hys" idea);
histograms are then square-rooted and scaled to length 1 as a whole (Arandjelović and Zisserman 2012), which is why a
linear head does well on them.

Measured on 3,781 photographs of clothes, archive/trash split by kind of garment, 2,000 labels, logistic regression on
standardised vectors, three random splits: accuracy .803
(.798 from half precision). The same with HOG of 112×112 alone .763, with colour histograms
alone .60 to .66, and with MobileNetV2 .88. Averaging down first is both better and much faster than finer grids.

All inexact steps are float32 and continuous in their inputs, except the colour bins, which only divide: vectors of different
machines differ by rounding only.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.encoder import EncoderVersion, check_pixels
from hyai_tui.pictures.decode import PREPROCESSING

_CELL: Final = 7
_ORIENTATIONS: Final = 9
_CLIP: Final = 0.4
# Keeps the noise of flat cells from being blown up; gradients are in grey levels a pixel.
_ENERGY_FLOOR: Final = 100.0
_HUES, _SATURATIONS, _VALUES = 8, 3, 3
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
DIMENSION: Final = 984

_CONSTANTS = (
    f"hog-colour-1 {_CELL} {_ORIENTATIONS} {_CLIP} {_ENERGY_FLOOR} {_HUES} {_SATURATIONS} {_VALUES} {DIMENSION}"
)
VERSION: Final = EncoderVersion(
    "hog", hashlib.sha256(_CONSTANTS.encode()).hexdigest(), f"{PREPROCESSING}+mean56", "fp32", DIMENSION
)


class HogEncoder:
    """HOG and colour; see the module. Needs no weights and never fails on a picture."""

    @property
    def version(self) -> EncoderVersion:
        """What the vectors may be compared with."""
        return VERSION

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, 984], all in 0..1, for uint8[n, 224, 224, 3]."""
        check_pixels(pixels)
        if not len(pixels):
            return np.empty((0, DIMENSION), np.float32)
        # Sums of bytes are exact, so that the means are the same on every machine.
        sums = _block_sums(pixels.astype(np.uint32), 4)
        medium = _means(sums, 16)
        small = _means(_block_sums(sums, 2), 64)
        tiny = _means(_block_sums(sums, _CELL), 16 * _CELL * _CELL * 255)
        parts = [_gradients(medium @ _LUMA), _gradients(small @ _LUMA), tiny.reshape(len(tiny), -1), _colours(medium)]
        return np.concatenate(parts, axis=1)


def _block_sums(values: NDArray[np.uint32], size: int) -> NDArray[np.uint32]:
    """Return uint32[n, h/size, w/size, c]: sums of blocks of size×size of uint32[n, h, w, c]."""
    n, h, w, c = values.shape
    rows = values.reshape(n, h // size, size, w * c).sum(axis=2, dtype=np.uint32)
    sums: NDArray[np.uint32] = rows.reshape(n, h // size, w // size, size, c).sum(axis=3, dtype=np.uint32)
    return sums


def _means(sums: NDArray[np.uint32], count: int) -> NDArray[np.float32]:
    return sums.astype(np.float32) / np.float32(count)


def _gradients(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32[n, cells² × 9], HOG of grey pictures float32[n, h, h] with levels 0..255."""
    across, down = np.zeros_like(luma), np.zeros_like(luma)
    across[:, :, 1:-1] = luma[:, :, 2:] - luma[:, :, :-2]
    down[:, 1:-1] = luma[:, 2:] - luma[:, :-2]
    strength = np.sqrt(across * across + down * down)
    turn = np.arctan2(down, across) * np.float32(_ORIENTATIONS / np.pi)
    turn = np.where(turn < 0, turn + np.float32(_ORIENTATIONS), turn)
    lower = np.floor(turn)
    share = turn - lower
    first = lower.astype(np.int64) % _ORIENTATIONS

    n, h, _ = luma.shape
    cells = h // _CELL
    at = np.arange(h) // _CELL
    cell = (np.arange(n)[:, None, None] * cells + at[None, :, None]) * cells + at[None, None, :]
    size = n * cells * cells * _ORIENTATIONS
    place = cell * _ORIENTATIONS
    # bincount adds in float64 and in a fixed order.
    histogram = np.bincount((place + first).ravel(), (strength * (1 - share)).ravel(), size)
    histogram += np.bincount((place + (first + 1) % _ORIENTATIONS).ravel(), (strength * share).ravel(), size)
    histograms = histogram.reshape(n, cells, cells, _ORIENTATIONS).astype(np.float32)
    return _rooted(_normalised(histograms).reshape(n, -1))


def _normalised(histograms: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide each cell's histogram by the root of the mean energy of its 3×3 neighbourhood, and clip."""
    cells = histograms.shape[1]
    energy = np.pad((histograms * histograms).sum(axis=-1), ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = np.zeros_like(histograms[..., 0])
    for i in range(3):
        for j in range(3):
            around += energy[:, i : i + cells, j : j + cells]
    return np.minimum(histograms / np.sqrt(around / 9 + np.float32(_ENERGY_FLOOR))[..., None], np.float32(_CLIP))


def _colours(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32[n, 72]: how much of the picture has which hue, saturation and value; pixels are RGB in 0..255."""
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    value = pixels.max(axis=-1)
    spread = value - pixels.min(axis=-1)
    safe = np.where(spread > 0, spread, np.float32(1))
    sextant = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    saturation = spread / np.maximum(value, np.float32(1))
    hue = np.minimum(sextant * np.float32(_HUES / 6), _HUES - 1).astype(np.int64)
    tint = np.minimum(saturation * _SATURATIONS, _SATURATIONS - 1).astype(np.int64)
    light = np.minimum(value * np.float32(_VALUES / 255), _VALUES - 1).astype(np.int64)
    bins = _HUES * _SATURATIONS * _VALUES
    n = len(pixels)
    place = (np.arange(n)[:, None, None] * _HUES + hue) * _SATURATIONS + tint
    counts = np.bincount((place * _VALUES + light).ravel(), minlength=n * bins).reshape(n, bins)
    return _rooted(counts.astype(np.float32))


def _rooted(histograms: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the square roots of the rows, each row scaled to length 1; an empty row stays zero."""
    total = histograms.sum(axis=1, keepdims=True)
    return np.sqrt(histograms / np.where(total > 0, total, np.float32(1)))
