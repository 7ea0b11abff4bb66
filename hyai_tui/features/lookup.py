"""Sorted tables that say where a content stands in the closed shards: immutable files, made again from the shards' keys.

A table is an `.npy` of uint64[2, n]: the first 8 bytes of each content in order, and its place (shard × 2³² + row). It is
mapped and searched by halving, so that opening costs nothing and a look-up touches a few pages. Each closed shard gets a
table; four tables of a level become one of the next, so that a row is written a handful of times however large the store
grows, and few tables are ever to be searched. A place that is found is only a hint: whoever asks compares the whole
content with the shard's own keys, so that a damaged table can hide a vector and never give a wrong one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import load_array
from hyai_tui.features.keys import Keys, known, prefixes

MERGED: Final = 4
Table = NDArray[np.uint64]


class LookupFiles:
    """Reads and writes the tables of one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._tables: dict[int, Table] = {}

    def path(self, number: int) -> Path:
        """Return the file of a table."""
        return self.directory / f"lookup-{number:08d}.npy"

    def numbers(self) -> set[int]:
        """Return the numbers of the tables that exist."""
        names = (path.stem.removeprefix("lookup-") for path in self.directory.glob("lookup-*.npy"))
        return {int(name) for name in names if name.isdigit()}

    def write(self, number: int, table: Table) -> None:
        """Write a table and wait until the disk has it. Raises OSError."""
        self._tables.pop(number, None)
        with self.path(number).open("wb") as file:
            np.save(file, table, allow_pickle=False)
            file.flush()
            os.fdatasync(file.fileno())

    def read(self, number: int) -> Table:
        """Return a table, mapped and read-only. Raises FileNotFoundError or ValueError where there is none."""
        if number not in self._tables:
            table = load_array(self.path(number), "r")
            if table.dtype != np.uint64 or table.ndim != 2 or len(table) != 2:
                raise ValueError(f"{self.path(number).name} is no table of places")
            self._tables[number] = np.asarray(table)
        return self._tables[number]

    def remove(self, number: int) -> None:
        """Delete a table; a reader's mapping of it stays valid."""
        self._tables.pop(number, None)
        self.path(number).unlink(missing_ok=True)

    def forget(self) -> None:
        """Drop all mappings: a transaction that made files was taken back."""
        self._tables.clear()

    def find(self, number: int, asked: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint64]]]:
        """Yield (who int64[m], place uint64[m]): candidates for `asked[who]`, the prefixes of contents, best sorted."""
        first, places = self.read(number)
        at = np.searchsorted(first, asked)
        who = np.arange(len(asked))
        # Several rows may begin with the same 8 bytes: a removed vector that was made again, for one.
        while True:
            inside = at < len(first)
            who, at = who[inside], at[inside]
            same = first[at] == asked[who]
            who, at = who[same], at[same]
            if not len(who):
                return
            yield who, places[at]
            at = at + 1


def table_of(shard: int, keys: Keys) -> Table:
    """Return the table of one shard's keys uint8[rows, 32]; rows without a content are left out."""
    rows = np.flatnonzero(known(keys)).astype(np.uint64)
    first = prefixes(keys)[rows]
    order = np.argsort(first, kind="stable")
    return np.stack([first[order], (np.uint64(shard) << np.uint64(32)) | rows[order]])


def merged(tables: Iterable[Table], shards: Iterable[int]) -> Table:
    """Return one table of several, without the places of shards that are not named."""
    joined = np.concatenate([np.empty((2, 0), np.uint64), *tables], axis=1)
    alive = np.isin(joined[1] >> np.uint64(32), np.fromiter(shards, np.uint64))
    joined = joined[:, alive]
    # A stable sort of pieces that are sorted already is a merge.
    return np.ascontiguousarray(joined[:, np.argsort(joined[0], kind="stable")])
