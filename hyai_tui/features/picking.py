"""Rows of the shards by where they stand, without asking for contents: evenly spread ones, and those that an index points to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hyai_tui.features.index import readable_errors
from hyai_tui.features.keys import KEY_BYTES, Keys
from hyai_tui.features.places import Moved, Shard
from hyai_tui.features.shards import widen
from hyai_tui.features.store import FeatureStore

Bits = NDArray[np.uint16]


def spread(store: FeatureStore, most: int) -> Iterator[tuple[Keys, Bits]]:
    """Yield (contents uint8[m, 32], bits uint16[m, d]) of up to `most` rows in all, evenly spread, shard by shard.

    The same store gives the same rows. Only the pages that hold them are read.
    """
    with readable_errors(), store.places.moment():
        shards = list(store.places.shards().values())
    starts = np.cumsum([0, *(one.live for one in shards)])
    total = int(starts[-1])
    wanted = np.unique(np.linspace(0, total - 1, min(most, total)).astype(np.int64)) if total else np.empty(0, np.int64)
    for shard, start, stop in zip(shards, starts[:-1], starts[1:], strict=True):
        chosen = wanted[(wanted >= start) & (wanted < stop)] - start
        if not len(chosen):
            continue
        try:
            at, keys = store.places.keys_of(shard)
        except Moved:
            # Compacted away since; a few rows less are as good a sample.
            continue
        chosen = chosen[chosen < len(at)]
        bits = store.files.rows(shard.id, int(at[chosen[-1]]) + 1) if len(chosen) else None
        if bits is not None:
            yield keys[chosen], bits[at[chosen]]


def some_vectors(store: FeatureStore, most: int) -> NDArray[np.float32]:
    """Return float32[m, d], m ≤ most, of rows that are evenly spread over the store."""
    parts = [widen(bits) for _, bits in spread(store, most)]
    return np.concatenate([np.empty((0, store.dimension), np.float32), *parts])


def at_places(store: FeatureStore, shards: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[Keys, Bits]:
    """Return (contents uint8[m, 32], bits uint16[m, d]) of what lives at these places of closed shards now, in order of storage.

    Places of shards that are gone and rows that are dead are left out, m ≤ n.
    """
    keys: list[Keys] = [np.empty((0, KEY_BYTES), np.uint8)]
    found: list[Bits] = [np.empty((0, store.dimension), np.uint16)]
    for at, shard, names in _living(store, shards, rows):
        some = rows[at]
        bits = store.files.rows(shard.id, int(some[-1]) + 1)
        if bits is not None:
            keys.append(names[some])
            found.append(bits[some])
    return np.concatenate(keys), np.concatenate(found)


def keys_at(store: FeatureStore, shards: NDArray[np.int64], rows: NDArray[np.int64]) -> Keys:
    """Return uint8[n, 32]: the content that lives at each of these places of closed shards now; zeros where none does."""
    found = np.zeros((len(rows), KEY_BYTES), np.uint8)
    for at, _, names in _living(store, shards, rows):
        found[at] = names[rows[at]]
    return found


def _living(
    store: FeatureStore, shards: NDArray[np.int64], rows: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], Shard, Keys]]:
    """Yield (which of the places int64[m], their shard, its contents), rows rising, of the places that live."""
    with readable_errors(), store.places.moment():
        known = store.places.shards()
    order = np.lexsort((rows, shards))
    for part in np.split(order, np.flatnonzero(np.diff(shards[order])) + 1):
        shard = known.get(int(shards[part[0]])) if len(part) else None
        if shard is None or not shard.closed:
            continue
        at = part[rows[part] < shard.rows]
        at = at[shard.alive()[rows[at]]] if shard.dead is not None else at
        try:
            names = store.places.stored_keys(shard)
        except Moved:
            continue
        if len(at):
            yield at, shard, names
