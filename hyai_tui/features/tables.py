"""Keeps the sorted tables in step with the shards: one for each shard that closes, four of a level merged to the next.

All of it happens inside the store's write transaction; files are on disk before the commit that names them, and what a
merge has made superfluous is deleted after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np

from hyai_tui.features.keys import KEY_BYTES
from hyai_tui.features.lookup import MERGED, LookupFiles, Table, merged, table_of
from hyai_tui.features.places import Shard
from hyai_tui.features.shards import ShardFiles, sync_directory


class Tables:
    """Makes, merges and drops tables.

    Args:
        index: the store's connection.
        files: the shards.
        lookups: the tables' files.
    """

    def __init__(self, index: sqlite3.Connection, files: ShardFiles, lookups: LookupFiles) -> None:
        self._index = index
        self._files = files
        self._lookups = lookups
        self._superseded: list[int] = []

    def close(self, shard: int, rows: int) -> None:
        """Put the contents of a full shard beside it and into a table. Raises OSError."""
        keys = np.zeros((rows, KEY_BYTES), np.uint8)
        for row, content in self._index.execute("SELECT row, content FROM recent WHERE shard = ?", (shard,)):
            keys[row] = np.frombuffer(content, np.uint8)
        sums = self._files.checksum(shard, rows), self._files.write_keys(shard, keys)
        self._index.execute("UPDATE shards SET closed = 1, sha256 = ?, keys_sha256 = ? WHERE id = ?", (*sums, shard))
        self._index.execute("DELETE FROM recent WHERE shard = ?", (shard,))
        self._put(table_of(shard, keys), [shard], 0)
        self._merge()
        sync_directory(self._files.directory)

    def numbers(self) -> set[int]:
        """Return the numbers of all tables."""
        return {one for (one,) in self._index.execute("SELECT id FROM lookups")}

    def make_again(self, shards: Iterable[Shard]) -> None:
        """Make one table of these shards, which are all that are closed, in the place of all tables. Raises OSError."""
        old = self.numbers()
        closed = {one.id: self._files.keys(one.id) for one in shards}
        self._index.execute("DELETE FROM lookups")
        if closed:
            tables = (table_of(shard, keys) for shard, keys in closed.items() if keys is not None)
            self._put(merged(tables, closed), closed, 1)
        self._superseded.extend(old)

    def committed(self) -> None:
        """Delete what was superseded: the transaction that said so is committed."""
        while self._superseded:
            self._lookups.remove(self._superseded.pop())

    def taken_back(self) -> None:
        """Forget the running transaction: numbers that were given inside may be given again, to other files."""
        self._superseded.clear()
        self._lookups.forget()
        self._files.forget()

    def _merge(self) -> None:
        """Make one table of the next level of each full set of a level."""
        level = 0
        while True:
            found = [one for (one,) in self._index.execute("SELECT id FROM lookups WHERE level = ?", (level,))]
            if len(found) < MERGED:
                return
            self._join(found, level + 1)
            level += 1

    def _join(self, numbers: Sequence[int], level: int) -> None:
        """Replace tables by one of the given level, without shards that are gone."""
        marks = ",".join("?" * len(numbers))
        named = f"SELECT id FROM shards WHERE lookup IN ({marks})"  # noqa: S608 - question marks only
        shards = [one for (one,) in self._index.execute(named, list(numbers))]
        table = merged([self._lookups.read(one) for one in numbers], shards)
        self._index.executemany("DELETE FROM lookups WHERE id = ?", [(one,) for one in numbers])
        self._put(table, shards, level)
        self._superseded.extend(numbers)

    def _put(self, table: Table, shards: Iterable[int], level: int) -> None:
        """Write a table and let these shards be found by it."""
        number = int(self._index.execute("INSERT INTO lookups (level) VALUES (?)", (level,)).lastrowid or 0)
        self._lookups.write(number, table)
        self._index.executemany("UPDATE shards SET lookup = ? WHERE id = ?", [(number, one) for one in shards])
