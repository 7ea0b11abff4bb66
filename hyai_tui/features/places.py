"""Where each content stands, as of one moment: the index's few rows, the tables of the closed shards, and the keys beside them.

SQLite holds what changes: the shards, the contents of the open one, and which rows are dead. What is closed is in files
that never change (`lookup.py`, `shards.py`), so that a store of tens of millions of rows opens as fast as an empty one and
appending costs the same at any size.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.features.keys import KEY_BYTES, Keys, known, prefixes
from hyai_tui.features.lookup import LookupFiles
from hyai_tui.features.shards import ShardFiles

_CHUNK: Final = 500
# Above this many contents reading the whole open shard's is faster than asking for each.
_MANY: Final = 4_000
_TRIES: Final = 5


class Moved(Exception):
    """A file that the index named is not there: compacted meanwhile by another process, or lost."""


@dataclass(frozen=True, slots=True)
class Shard:
    """What the index says of a shard.

    Attributes:
        id: its number.
        rows: rows that count, dead ones too.
        live: rows that a content points to.
        closed: full and never written again.
        dead: packed bits, one a row; None where all live.
        lookup: the table that its contents are found by; None while it is open.
    """

    id: int
    rows: int
    live: int
    closed: bool
    dead: bytes | None
    lookup: int | None

    def alive(self) -> NDArray[np.bool_]:
        """Return bool[rows]: whether a content points to the row."""
        found = np.ones(self.rows, np.bool_)
        if self.dead is not None:
            bits = np.unpackbits(np.frombuffer(self.dead, np.uint8), count=self.rows, bitorder="little")
            found &= bits == 0
        return found

    def buried(self, rows: NDArray[np.int64]) -> bytes:
        """Return `dead` with these rows dead too."""
        alive = np.zeros(self.rows, np.bool_)
        alive[:] = self.alive()
        alive[rows] = False
        return np.packbits(~alive, bitorder="little").tobytes()


class Places:
    """Answers where contents stand.

    Args:
        index: the store's connection.
        files: the shards.
        lookups: the tables.
    """

    def __init__(self, index: sqlite3.Connection, files: ShardFiles, lookups: LookupFiles) -> None:
        self._index = index
        self._files = files
        self._lookups = lookups

    @contextmanager
    def moment(self) -> Iterator[None]:
        """See the index as it is now, whatever another process commits meanwhile."""
        if self._index.in_transaction:
            yield
            return
        self._index.execute("BEGIN")
        try:
            yield
        finally:
            self._index.execute("COMMIT")

    def shards(self) -> dict[int, Shard]:
        """Return every shard by its number, in order."""
        rows = self._index.execute("SELECT id, rows, live, closed, dead, lookup FROM shards ORDER BY id")
        return {row[0]: Shard(row[0], row[1], row[2], bool(row[3]), row[4], row[5]) for row in rows}

    def locate(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (shard int64[n], row int64[n]) of contents uint8[n, 32]; shard is -1 where there is no vector.

        Raises:
            ModelError: a file that the index names is not there.
        """
        for _ in range(_TRIES):
            try:
                with self.moment():
                    return self._locate(keys)
            except Moved as error:
                missing = str(error)
        raise ModelError(
            f"The features are damaged: {missing} is missing or no such file", "'hyai cache verify' mends that"
        )

    def keys_of(self, shard: Shard) -> tuple[NDArray[np.int64], Keys]:
        """Return (rows int64[m], contents uint8[m, 32]) of the rows that live, in order. Raises Moved."""
        if not shard.closed:
            found = self._index.execute(
                "SELECT row, content FROM recent WHERE shard = ? ORDER BY row", (shard.id,)
            ).fetchall()
            joined = b"".join(content for _, content in found)
            rows = np.array([row for row, _ in found], np.int64)
            return rows, np.frombuffer(joined, np.uint8).reshape(-1, KEY_BYTES)
        keys = self.stored_keys(shard)
        if shard.live == shard.rows:
            return np.arange(shard.rows), keys
        rows = np.flatnonzero(shard.alive())
        return rows, keys[rows]

    def stored_keys(self, shard: Shard) -> Keys:
        """Return the contents uint8[rows, 32] of a closed shard, dead ones too. Raises Moved."""
        keys = self._files.keys(shard.id)
        if keys is None or len(keys) < shard.rows:
            raise Moved(self._files.keys_path(shard.id).name)
        return keys[: shard.rows]

    def _locate(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        found_shard, found_row = self._recent(keys)
        asked = prefixes(keys)
        # In order, so that neighbouring questions touch the same pages.
        order = np.argsort(asked) if len(asked) > 1 else np.arange(len(asked))
        asked = asked[order]
        # Read only when something is found: a batch of new contents does not look at thousands of shards.
        shards: dict[int, Shard] | None = None
        for (lookup,) in self._index.execute("SELECT id FROM lookups").fetchall():
            try:
                for who, places in self._lookups.find(lookup, asked):
                    shards = self.shards() if shards is None else shards
                    for shard, at, rows in _by_shard(order[who], places):
                        there = shards.get(shard)
                        if there is not None and there.lookup == lookup:
                            good_at, good_rows = self._confirmed(there, keys, at, rows)
                            found_shard[good_at], found_row[good_at] = shard, good_rows
            except (FileNotFoundError, ValueError, EOFError) as error:
                raise Moved(self._lookups.path(lookup).name) from error
        nothing = ~known(keys)
        found_shard[nothing] = -1
        return found_shard, found_row

    def _confirmed(
        self, shard: Shard, keys: Keys, at: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Keep those candidates whose row lives and has the whole content."""
        good = rows < shard.rows
        at, rows = at[good], rows[good]
        good = (self.stored_keys(shard)[rows] == keys[at]).all(axis=1)
        if shard.dead is not None:
            good &= shard.alive()[rows]
        return at[good], rows[good]

    def _recent(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return as `locate`, from the open shard alone."""
        places: dict[bytes, tuple[int, int]] = {}
        joined = keys.tobytes()
        asked = [joined[start : start + KEY_BYTES] for start in range(0, len(joined), KEY_BYTES)]
        if len(asked) > _MANY:
            for content, shard, row in self._index.execute("SELECT content, shard, row FROM recent"):
                places[content] = (shard, row)
        else:
            for start in range(0, len(asked), _CHUNK):
                chunk = asked[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                for content, shard, row in self._index.execute(
                    f"SELECT content, shard, row FROM recent WHERE content IN ({marks})",  # noqa: S608 - question marks only
                    chunk,
                ):
                    places[content] = (shard, row)
        found = np.full((2, len(asked)), -1, np.int64)
        if places:
            for i, key in enumerate(asked):
                if key in places:
                    found[:, i] = places[key]
        return found[0], found[1]


def _by_shard(
    at: NDArray[np.int64], places: NDArray[np.uint64]
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (shard, at int64[m], row int64[m]) of candidates, shard by shard and in the order of their rows."""
    order = np.argsort(places)
    at, places = at[order], places[order]
    shards = (places >> np.uint64(32)).astype(np.int64)
    rows = (places & np.uint64(0xFFFFFFFF)).astype(np.int64)
    starts = np.flatnonzero(np.diff(shards, prepend=-1))
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(shards)], strict=True):
        yield int(shards[start]), at[start:stop], rows[start:stop]
