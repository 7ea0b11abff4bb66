"""Which samples are near duplicates of each other by their features: much nearer to each other than to all else.

How near copies lie depends on the encoder. At a cosine of .85 three of four copies are found with MobileNetV2, and hardly a picture
that is none; with the small encoder and with HOG four of ten photographs have another one so near that is no copy. What separates
two copies is small beside what separates either from its tenth nearest, with any encoder (the ratio of distances of Lowe,
*Distinctive Image Features from Scale-Invariant Keypoints*, 2004), so no number of an encoder's is needed. In a crowd of copies the
tenth is a copy as well: it counts as no nearer than a share of what is usual.

`docs/methods.md` has what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.largest import largest

RATIO = 0.25
_NEAREST = 10
_CROWDED = 0.5
_SAMPLE = 512
_BLOCK = 1024
_ROUNDING = np.float32(1e-6)

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Twins:
    """Pairs of near duplicates.

    Attributes:
        one: int64[p], rows that were asked about.
        other: int64[p], any rows.
        ratio: float32[p], how far apart they are (1 − cosine) beside the nearer of their tenth nearest; `RATIO` at most.
    """

    one: Places
    other: Places
    ratio: Floats


def twins(unit: Floats, places: Sequence[int]) -> Twins:
    """Return the near duplicates that some rows have among all.

    Args:
        unit: float32[n, d], vectors less their mean, at length 1 (0 for the mean itself).
        places: rows that are asked about.
    """
    asked = np.asarray(places, np.int64)
    if len(unit) < 2 or not len(asked):
        return Twins(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    sample = np.random.default_rng(1).choice(len(unit), min(_SAMPLE, len(unit)), replace=False)
    usual = np.concatenate([_tenth(cosines) for _, cosines in _blocks(unit, sample)])
    least = np.float32(_CROWDED * np.median(usual))
    background = np.full(len(unit), np.inf, np.float32)
    found: list[tuple[Places, Places, Floats]] = []
    for block, cosines in _blocks(unit, asked):
        background[block] = np.maximum(_tenth(cosines), least)
        row, other = np.nonzero(1 - cosines <= RATIO * background[block][:, None] + _ROUNDING)
        found.append((block[row], other, np.maximum(1 - cosines[row, other], 0)))
    one, other, apart = (np.concatenate(parts) for parts in zip(*found, strict=True))
    # What is near to a row is a twin only if the row is near to it as well.
    for block, cosines in _blocks(unit, np.unique(other[np.isinf(background[other])])):
        background[block] = np.maximum(_tenth(cosines), least)
    ratio = apart / np.maximum(np.minimum(background[one], background[other]), _ROUNDING)
    near = ratio <= RATIO + _ROUNDING
    return Twins(one[near], other[near], ratio[near].astype(np.float32))


def _blocks(unit: Floats, places: Places) -> Iterator[tuple[Places, Floats]]:
    """Yield (int64[m] rows, float32[m, n] their cosines with all), a row's own −∞."""
    for start in range(0, len(places), _BLOCK):
        block = places[start : start + _BLOCK]
        cosines = unit[block] @ unit.T
        cosines[np.arange(len(block)), block] = -np.inf
        yield block, cosines


def _tenth(cosines: Floats) -> Floats:
    """Return float32[m]: how far each row is from its tenth nearest, or from its farthest where there are fewer."""
    count = min(_NEAREST, cosines.shape[1] - 1)
    found: Floats = np.maximum(1 - largest(cosines, count)[1][:, -1], 0)
    return found
