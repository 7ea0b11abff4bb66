"""Whether two pictures are one picture, by their pixels: one is laid over the other, then what both show is compared.

A perceptual hash of 64 bits also agrees for two receipts, and features for two pages of text; and a page that was cut by 3 %
agrees with itself in neither. So one picture is first moved, stretched and turned until it lies on the other (Lucas and Kanade,
1981; coarse to fine, with brightness and contrast fitted along). Copies then agree in every detail: in what is left when each
dot's surroundings are taken off it. Two pages of one layout agree in the surroundings alone.

Pictures without any detail (a wall, a lens cap) can only be compared by their colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

# Dots a side, from coarse to fine, and how often the fit is bettered at each.
_LEVELS: Final = ((24, 12), (48, 8), (96, 8))
_SURROUNDINGS: Final = 9
_GRID: Final = 12
_DAMPING: Final = 1e-3
_LEAST_COVERED: Final = 0.7
# Below this spread in grey levels, what looks like detail is noise and what compression made.
_LEAST_DETAIL: Final = 6.0
SAME_DETAIL: Final = 0.88
# Soft spots of light can be laid over any others, and noise does not disturb them: where there is nothing finer, they have to
# agree more closely, and nearly wholly where brightness itself does not.
SAME_SOFT: Final = 0.95
SAME_ANY_LIGHT: Final = 0.99
SAME_LIGHT: Final = 4.0
# Grey levels; compression moves the mean of a cell by less.
SAME_COLOUR: Final = 3.0
# Share of a side by which a copy may be moved or stretched.
_MOST_MOVED: Final = 0.15
_AS_IT_IS: Final = np.array([1, 0, 0, 0, 1, 0], np.float64)


@dataclass(frozen=True)
class Look:
    """A picture reduced to be laid over others.

    Attributes:
        levels: float32[s, s] each, brightness 0 … 255, the coarsest first.
        colours: float32[12, 12, 3], mean colours of cells, 0 … 255.
    """

    levels: tuple[Floats, ...]
    colours: Floats

    @classmethod
    def of(cls, picture: Image.Image) -> Look:
        """Reduce a picture, without regard to its aspect."""
        grey = picture.convert("L").convert("F")
        # Strokes of letters alias where a filter lets them: two cuts of one page would differ in every line.
        levels = tuple(
            np.asarray(grey.resize((side, side), Image.Resampling.LANCZOS), np.float32) for side, _ in _LEVELS
        )
        small = picture.convert("RGB").resize((_GRID, _GRID), Image.Resampling.BOX)
        return cls(levels, np.asarray(small, np.float32))

    def mirrored(self) -> Look:
        """Return the picture as a mirror shows it."""
        return Look(tuple(np.ascontiguousarray(one[:, ::-1]) for one in self.levels), self.colours[:, ::-1])


@dataclass(frozen=True)
class Agreement:
    """How far two pictures agree where they lie on each other.

    Attributes:
        detail: correlation of their details, −1 … 1, at the finest level that has any; NaN for pictures without.
        soft: there are no details at the finest level.
        apart: mean difference of brightness where they lie on each other, 0 … 255.
        colours: the largest difference of the mean colour of a cell, 0 … 255, as they are.
        covered: share of the first picture that the other covers; 0 where it had to be moved or stretched too far for that.
    """

    detail: float
    soft: bool
    apart: float
    colours: float
    covered: float

    @property
    def likeness(self) -> float:
        """How far they agree, 0 … 1, for people: in detail, or in colour where there is none."""
        return 1 - self.colours / 255 if np.isnan(self.detail) else max(0.0, self.detail)

    @property
    def alike(self) -> bool:
        """Whether the two are one picture."""
        if np.isnan(self.detail):
            return self.colours <= SAME_COLOUR
        if self.soft and self.detail < (SAME_SOFT if self.apart <= SAME_LIGHT else SAME_ANY_LIGHT):
            return False
        return self.detail >= SAME_DETAIL and self.covered >= _LEAST_COVERED


def agreement(one: Look, other: Look) -> Agreement:
    """Return how far the other picture agrees with the first, once it is laid over it, as it is or mirrored."""
    turned = other.mirrored()
    if _correlation(one.levels[0], turned.levels[0]) > _correlation(one.levels[0], other.levels[0]):
        other = turned
    place = _AS_IT_IS
    detail, soft, apart, covered = float("nan"), True, 0.0, 1.0
    for (side, rounds), fixed, moving in zip(_LEVELS, one.levels, other.levels, strict=True):
        place = _laid(fixed, moving, side, place, rounds)
        moved, inside = _moved(moving, side, place)
        covered = float(inside.mean())
        if covered < _LEAST_COVERED:
            break
        # Outside, the fixed picture stands for the other, in the same light: no edge of it may look like a detail.
        whole = np.where(inside, _in_light(moved, fixed, inside), fixed)
        details = [_detail(part)[inside] for part in (fixed, whole)]
        if min(float(part.std()) for part in details) >= _LEAST_DETAIL:
            detail = _correlation(*details)
            soft = side < _LEVELS[-1][0]
            apart = float(np.abs(fixed - moved)[inside].mean())
    if covered >= _LEAST_COVERED and np.abs(place - _AS_IT_IS).max() > _MOST_MOVED:
        covered = 0.0
    return Agreement(detail, soft, apart, float(np.abs(one.colours - other.colours).max()), covered)


def _in_light(moved: Floats, fixed: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Return the moved picture with the brightness and the contrast of the fixed one."""
    a, b = moved[inside], fixed[inside]
    gain = float(((a - a.mean()) * (b - b.mean())).mean()) / max(1.0, float(a.var()))
    found: Floats = ((moved - a.mean()) * gain + b.mean()).astype(np.float32)
    return found


def _detail(picture: Floats) -> Floats:
    """Return what is left of float32[s, s] when the mean of each dot's surroundings is taken off."""
    side, reach = len(picture), _SURROUNDINGS // 2
    low, high = np.maximum(np.arange(side) - reach, 0), np.minimum(np.arange(side) + reach + 1, side)
    sums = np.zeros((side + 1, side + 1), np.float64)
    np.cumsum(np.cumsum(picture, axis=0), axis=1, out=sums[1:, 1:])
    inside = sums[high][:, high] - sums[low][:, high] - sums[high][:, low] + sums[low][:, low]
    found: Floats = (picture - inside / np.multiply.outer(high - low, high - low)).astype(np.float32)
    return found


def _laid(fixed: Floats, moving: Floats, side: int, place: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    """Return where the moving picture lies best on the fixed one: Gauss and Newton from a place, in so many rounds."""
    across, down = _coordinates(side)
    gain = float(fixed.std()) / max(1.0, float(moving.std()))
    shift = float(fixed.mean()) - gain * float(moving.mean())
    for _ in range(rounds):
        moved, inside = _moved(moving, side, place)
        if inside.mean() < 0.5:
            break
        dy, dx = (np.gradient(moved, axis=axis) * (side * gain) for axis in (0, 1))
        columns = [dx * across, dx * down, dx, dy * across, dy * down, dy, moved, np.ones_like(moved)]
        slopes = np.stack([part[inside] for part in columns])
        left = fixed[inside] - gain * moved[inside] - shift
        # No library of matrices: its threads cost more than so small a product.
        system = np.einsum("ad,bd->ab", slopes, slopes).astype(np.float64)
        system[np.diag_indices(8)] *= 1 + _DAMPING
        system[np.diag_indices(8)] += 1e-6
        step = np.linalg.solve(system, np.einsum("ad,d->a", slopes, left).astype(np.float64))
        place = place + step[:6]
        gain, shift = gain + step[6], shift + step[7]
        if np.abs(step[:6]).max() < 0.1 / side:
            break
    return place


def _moved(picture: Floats, side: int, place: NDArray[np.float64]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the picture at a place, and where it has dots: `place` maps centred coordinates −.5 … .5 to its own."""
    half = side / 2
    a, b, c, d, e, f = place.tolist()
    data = (a, b, half - a * half - b * half + c * side, d, e, half - d * half - e * half + f * side)
    image = Image.fromarray(picture).transform((side, side), Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    across, down = _coordinates(side)
    edge = 0.5 - 1 / side
    inside = (np.abs(a * across + b * down + c) <= edge) & (np.abs(d * across + e * down + f) <= edge)
    return np.asarray(image, np.float32), inside


@cache
def _coordinates(side: int) -> tuple[Floats, Floats]:
    at = ((np.arange(side) + 0.5) / side - 0.5).astype(np.float32)
    return np.broadcast_to(at, (side, side)), np.broadcast_to(at[:, None], (side, side))


def _correlation(one: Floats, other: Floats) -> float:
    a, b = one - one.mean(), other - other.mean()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / length if length > 1e-6 else 0.0
