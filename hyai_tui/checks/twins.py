"""Which pictures are copies of each other to the eye: pairs by features and by perceptual hash, without all pairs; groups.

Two pictures are near duplicates if the cosine of their features less the library's mean is .85 or more, or if at most 6 of the
64 bits of their perceptual hashes differ. Either alone misses what the other sees: measured on twelve kinds of copies, the two
together find 96 % at a precision of .94.

Pairs by cosine are looked for within regions: random vectors of the library are middles, each picture belongs to the nearest
few, and only pictures of one region are compared, exactly. Pairs by hash agree in at least one of seven bands of bits
(pigeonhole; one band more than bits may differ), so only hashes of one band are compared. Where the features of a large library
have an index, it names the likely pairs by cosine, and only those are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.largest import largest

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Pairs = tuple[Places, Places, Floats]

COSINE = 0.85
BITS = 6
# A group larger than this is a chain of pictures that are alike one by one: its links have to be stricter.
LARGEST = 30
_STRICTER = ((0.9, 4), (0.95, 2), (0.98, 0))

_REGIONS_EACH = 3
_REGION_SIZE = 512
_BANDS = 7
_BLOCK = 2_048


def unit_rows(vectors: Floats, mean: Floats) -> Floats:
    """Return float32[n, d]: rows less the mean, at length 1; 0 for the mean itself."""
    centred = vectors - mean
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    found: Floats = np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-12)
    return found


def pairs_by_cosine(
    rows: Callable[[Places], Floats], count: int, least: float = COSINE, check: Callable[[int, int], None] | None = None
) -> Pairs:
    """Return (int64[p], int64[p], float32[p]): pairs i < j, each once, and their cosines.

    Args:
        rows: gives float32[m, d], centred and at length 1, for rising places.
        count: how many pictures there are.
        least: least cosine.
        check: called with (done, total) regions; may raise to stop.
    """
    found: list[Pairs] = []
    parts = list(regions(rows, count))
    for done, members in enumerate(parts):
        if check is not None:
            check(done, len(parts))
        chosen = rows(members)
        for start in range(0, len(members), _BLOCK):
            near = chosen[start : start + _BLOCK] @ chosen[start:].T
            one, other = np.nonzero(near >= least)
            later = other > one
            one, other = one[later], other[later]
            found.append((members[one + start], members[other + start], near[one, other]))
    return _once(found, count)


def confirmed(rows: Callable[[Places], Floats], one: Places, other: Places, least: float = COSINE) -> Pairs:
    """Return those pairs whose cosine is at least so much, with it, as `pairs_by_cosine` does.

    Args:
        rows: gives float32[m, d], centred and at length 1, for rising places.
        one: int64[p], the lower places.
        other: int64[p].
        least: least cosine.
    """
    cosines = np.empty(len(one), np.float32)
    for start in range(0, len(one), _BLOCK):
        part = slice(start, start + _BLOCK)
        wanted = np.unique(np.concatenate([one[part], other[part]]))
        found = rows(wanted)
        first, second = (found[np.searchsorted(wanted, places[part])] for places in (one, other))
        cosines[part] = np.einsum("pd,pd->p", first, second)
    near = cosines >= least
    return one[near], other[near], cosines[near]


def pairs_by_hash(hashes: NDArray[np.uint64], most: int = BITS) -> tuple[Places, Places, NDArray[np.uint8]]:
    """Return (int64[p], int64[p], uint8[p]): pairs i < j of hashes that differ in at most so many bits, each once.

    Equal hashes are paired with the first of them only, so that a thousand equal pictures are a thousand pairs.
    """
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    same = np.flatnonzero(first[inverse] != np.arange(len(hashes)))
    ones, others, bits = [first[inverse[same]]], [same], [np.zeros(len(same), np.uint8)]
    # Of one band more than bits may differ, one at least agrees.
    edges = np.linspace(0, 64, max(_BANDS, most + 1) + 1).astype(int)
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        band = (unique >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.append(True, band[order][1:] != band[order][:-1]))
        for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
            members = order[start:stop]
            for at in range(0, len(members), _BLOCK):
                part = members[at : at + _BLOCK]
                differing = np.bitwise_count(unique[part][:, None] ^ unique[members[at:]][None])
                one, other = np.nonzero(differing <= most)
                later = other > one
                one, other = one[later], other[later]
                ones.append(first[part[one]])
                others.append(first[members[at:][other]])
                bits.append(differing[one, other])
    one, other, apart = np.concatenate(ones), np.concatenate(others), np.concatenate(bits)
    low_, high_ = np.minimum(one, other), np.maximum(one, other)
    _, kept = np.unique(low_ * len(hashes) + high_, return_index=True)
    return low_[kept], high_[kept], apart[kept]


def groups(count: int, by_cosine: Pairs, by_hash: tuple[Places, Places, NDArray[np.uint8]]) -> Places:
    """Return int64[count]: the group of each picture, numbered from 0 in the order of their first members; -1 for none."""
    label = _connected(count, np.concatenate([by_cosine[0], by_hash[0]]), np.concatenate([by_cosine[1], by_hash[1]]))
    for cosine, bits in _STRICTER:
        sizes = np.bincount(label)
        crowded = sizes[label] > LARGEST
        if not crowded.any():
            break
        strict = by_cosine[2] >= cosine
        near = by_hash[2] <= bits
        one = np.concatenate([by_cosine[0][strict], by_hash[0][near]])
        other = np.concatenate([by_cosine[1][strict], by_hash[1][near]])
        within = crowded[one]
        anew = _connected(count, one[within], other[within])
        label = np.where(crowded, count + anew, label)
        label = np.unique(label, return_inverse=True)[1]
    sizes = np.bincount(label, minlength=1) if count else np.zeros(1, np.int64)
    found = np.full(count, -1, np.int64)
    inside = np.flatnonzero(sizes[label] >= 2) if count else np.empty(0, np.int64)
    _, first, inverse = np.unique(label[inside], return_index=True, return_inverse=True)
    found[inside] = np.argsort(np.argsort(first))[inverse]
    return found


def regions(rows: Callable[[Places], Floats], count: int) -> Iterator[Places]:
    """Yield the members of each region, rising; a picture is in the few regions whose middles are nearest."""
    amount = count // _REGION_SIZE
    if amount < 2 * _REGIONS_EACH:
        if count:
            yield np.arange(count)
        return
    middles = rows(np.sort(np.random.default_rng(1).choice(count, amount, replace=False)))
    nearest = np.empty((count, _REGIONS_EACH), np.int32)
    for start in range(0, count, _BLOCK):
        block = np.arange(start, min(start + _BLOCK, count))
        near = rows(block) @ middles.T
        nearest[block] = largest(near, _REGIONS_EACH)[0]
    flat = nearest.ravel()
    order = np.argsort(flat, kind="stable")
    starts = np.searchsorted(flat[order], np.arange(amount + 1))
    for region in range(amount):
        members = np.unique(order[starts[region] : starts[region + 1]] // _REGIONS_EACH)
        if len(members) > 1:
            yield members


def _once(found: list[Pairs], count: int) -> Pairs:
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    one, other, value = (np.concatenate(parts) for parts in zip(*found, strict=True))
    _, kept = np.unique(one * count + other, return_index=True)
    return one[kept], other[kept], value[kept].astype(np.float32)


def _connected(count: int, one: Places, other: Places) -> Places:
    """Return int64[count]: the lowest place that each is connected with, by pointing lower until nothing changes."""
    label = np.arange(count)
    while len(one):
        before = label.copy()
        lower = np.minimum(label[one], label[other])
        np.minimum.at(label, one, lower)
        np.minimum.at(label, other, lower)
        label = label[label]
        if (label == before).all():
            break
    return label
