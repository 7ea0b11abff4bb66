"""Which candidates for near duplicates are one picture: their pixels say, as far as they can be read.

What pixels said once is kept (`looked`), so a run opens only what is new to it. No run opens more than so many pictures: the most
alike pairs come first, and the next run goes on where this one ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks import looked
from hyai_tui.checks.looking import Pictures

if TYPE_CHECKING:
    from hyai_tui.checks.base import CheckPlace
    from hyai_tui.checks.twins import Pairs

Places = NDArray[np.int64]
HashPairs = tuple[Places, Places, NDArray[np.uint8]]

# Of pairs that nobody could look at, those count whose hashes differ in so few bits.
SURE_BITS: Final = 2
# Pairs that are looked at in one run, by hash and by features, and how many pictures are opened for each.
_MOST_PAIRS: Final = (20_000, 10_000)
_MOST_PICTURES: Final = (14_000, 6_000)


@dataclass(frozen=True)
class Confirmed:
    """What came of the candidates.

    Attributes:
        by_hash: pairs by hash that are one picture, and those that nobody could look at and whose hashes nearly agree.
        by_pixels: pairs by features alone that are one picture, with how far they agree.
        away: why the library could not be read; empty where it could.
        unseen: pairs that have never been looked at, because of that.
        left: pairs that the next run will look at.
    """

    by_hash: HashPairs
    by_pixels: Pairs
    away: str = ""
    unseen: int = 0
    left: int = 0


def confirmed(place: CheckPlace, places: Places, by_hash: HashPairs, near: Pairs) -> Confirmed:
    """Look at the candidates, the most alike first.

    Args:
        place: where the check looks.
        places: int64[n], positions in its context.
        by_hash: pairs whose hashes nearly agree: two of n, and in how many bits they differ.
        near: pairs that stand out by their features: two of n, and by what ratio, the least first.
    """
    known = looked.read(place.workspace)
    order = np.argsort(by_hash[2], kind="stable")
    one, other, apart = by_hash[0][order], by_hash[1][order], by_hash[2][order]
    size = len(places)
    fresh = np.flatnonzero(~np.isin(near[0] * size + near[1], one * size + other))
    features = near[0][fresh], near[1][fresh]
    agreed = [
        np.array([known.get(pair, np.nan) for pair in _named(place, places, *pairs)], np.float32)
        for pairs in ((one, other), features)
    ]
    wanted, left = [], 0
    for found, pairs, most, pictures in zip(agreed, ((one, other), features), _MOST_PAIRS, _MOST_PICTURES, strict=True):
        new = np.flatnonzero(np.isnan(found))
        now = new[:most][: _within(pairs[0][new[:most]], pairs[1][new[:most]], pictures)]
        wanted.append(now)
        left += len(new) - len(now)
    first = np.concatenate([one[wanted[0]], features[0][wanted[1]]])
    second = np.concatenate([other[wanted[0]], features[1][wanted[1]]])
    # Files that belong together are read one after the other.
    together = np.lexsort((second, first))
    answers = np.full(len(first), np.nan, np.float32)
    with Pictures(place.workspace, place.counting("pairs")) as opened:
        names = _named(place, places, first[together], second[together])
        for at, found_here in zip(together.tolist(), opened.agreements(names), strict=True):
            if found_here is not None:
                answers[at] = found_here.likeness if found_here.alike else 0
        away = opened.away
    unseen = int(np.isnan(answers).sum()) if away else 0
    agreed[0][wanted[0]], agreed[1][wanted[1]] = answers[: len(wanted[0])], answers[len(wanted[0]) :]
    _keep(place, places, ((one, other), features), agreed)
    kept = np.where(np.isnan(agreed[0]), apart <= SURE_BITS, agreed[0] > 0)
    like = agreed[1] > 0
    return Confirmed(
        (one[kept], other[kept], apart[kept]),
        (features[0][like], features[1][like], agreed[1][like]),
        away,
        unseen,
        0 if away else left,
    )


def _within(one: Places, other: Places, pictures: int) -> int:
    """Return how many of the first pairs have together no more than so many pictures."""
    flat = np.stack([one, other], axis=1).ravel()
    new = np.zeros(len(flat), np.int64)
    new[np.unique(flat, return_index=True)[1]] = 1
    return int(np.searchsorted(np.cumsum(new)[1::2], pictures, "right"))


def _named(place: CheckPlace, places: Places, one: Places, other: Places) -> list[looked.Pair]:
    """Return the SHA-256 of both of each pair."""
    file = place.context.file
    return [(file(a), file(b)) for a, b in zip(places[one].tolist(), places[other].tolist(), strict=True)]


def _keep(
    place: CheckPlace, places: Places, pairs: tuple[tuple[Places, Places], ...], agreed: list[NDArray[np.float32]]
) -> None:
    """Keep what pixels have said of these candidates; other pairs are none any more."""
    seen: dict[looked.Pair, float] = {}
    for (one, other), found in zip(pairs, agreed, strict=True):
        there = ~np.isnan(found)
        seen.update(zip(_named(place, places, one[there], other[there]), found[there].tolist(), strict=True))
    looked.write(place.workspace, seen)
