"""Vectors on disk, one for each content: content-addressed, append-only, never stale.

Rows are half-precision numbers in shards (`shards.py`); an SQLite index and sorted tables say which content stands where
(`places.py`). A row counts from the moment its index entry is committed, and it is committed only after the disk has the
row. What a killed writer left behind it is cut at the next open. Rows are never overwritten: removing a content marks its
row dead, `compact` gives the space back.

Any number of processes may read while one writes. Two writers wait for each other (`BEGIN IMMEDIATE`).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import HyaiError, ModelError
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.index import INDEX_FILE as INDEX_FILE
from hyai_tui.features.index import open_index, readable_errors
from hyai_tui.features.keys import Keys, packed, unpacked
from hyai_tui.features.lookup import LookupFiles
from hyai_tui.features.places import Moved, Places, Shard
from hyai_tui.features.shards import ShardFiles, narrow, widen
from hyai_tui.features.tables import Tables
from hyai_tui.transactions import immediate

SHARD_ROWS: Final = 16_384


@dataclass(frozen=True, slots=True)
class StoreSize:
    """How much a store holds.

    Attributes:
        vectors: contents with a vector.
        dead: rows that no content points to any more; `compact` frees them.
        shards: shard files.
        bytes: of all files.
        problems: contents that could not be encoded.
    """

    vectors: int
    dead: int
    shards: int
    bytes: int
    problems: int


class FeatureStore:
    """Vectors of one encoder version. Open with `FeatureStore.open`; use as a context manager.

    Not for use by several threads at once.
    """

    def __init__(self, directory: Path, dimension: int, shard_rows: int, index: sqlite3.Connection) -> None:
        self.directory = directory
        self.dimension = dimension
        self.shard_rows = shard_rows
        self.files = ShardFiles(directory, dimension, shard_rows)
        self.lookups = LookupFiles(directory)
        self.index = index
        self.places = Places(index, self.files, self.lookups)
        self.tables = Tables(index, self.files, self.lookups)
        # Vectors that the open shard's file had lost when this was opened; `verify` tells of them.
        self.lost_at_opening = 0

    @classmethod
    def open(
        cls,
        directory: Path,
        dimension: int,
        *,
        version: EncoderVersion | None = None,
        shard_rows: int = SHARD_ROWS,
        read_only: bool = False,
    ) -> Self:
        """Open the store of a directory, made where there is none.

        Args:
            directory: of this encoder version alone, as `store_directory` gives it.
            dimension: numbers in a vector.
            version: recorded at the first opening; a later opening with another one is refused.
            shard_rows: rows a shard, for a new store only.
            read_only: change nothing, not even the leftovers of a killed writer. A missing store is an error.

        Raises:
            ModelError: if the store holds vectors of another dimension or encoder version, is missing, or is damaged.
        """
        index, rows = open_index(directory, dimension, version, shard_rows, read_only)
        store = cls(directory, dimension, rows, index)
        if not read_only:
            try:
                store._cut_leftovers()
            except HyaiError:
                index.close()
                raise
        return store

    def close(self) -> None:
        """Close the index. Vectors already given out stay valid."""
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._asked("SELECT coalesce(sum(live), 0) FROM shards")[0][0])

    def __contains__(self, content: str) -> bool:
        return not self.missing([content])

    # Reading

    def missing(self, contents: Sequence[str]) -> list[str]:
        """Return those contents that have no vector, in their order, each once."""
        with readable_errors():
            shards, _ = self.places.locate(packed(contents))
        return list(dict.fromkeys(contents[i] for i in np.flatnonzero(shards < 0).tolist()))

    def get(self, contents: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return (float32[n, d], bool[n]): a row for each content in the given order, and whether it has a vector.

        Rows without a vector are zeros. The same content may be asked for several times.
        """
        vectors = np.zeros((len(contents), self.dimension), np.float32)
        found = np.zeros(len(contents), np.bool_)
        for at, bits in self.visit(packed(contents)):
            vectors[at] = widen(bits)
            found[at] = True
        return vectors, found

    def visit(self, keys: Keys, rows: int = 8192) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint16]]]:
        """Yield (at int64[m], bits uint16[m, d]), m ≤ rows: `bits[i]` is the vector of content `keys[at[i]]`.

        Each content that has a vector comes once for each time it is asked for, in order of storage, so that a disk is read
        in order. Nothing is copied where neighbouring rows are wanted: the bits are the mapped file.
        """
        wanted = np.arange(len(keys))
        # A compaction by another process may move rows between the look-up and the reading: then look again.
        for _ in range(3):
            with readable_errors():
                shards, places = self.places.locate(keys if len(wanted) == len(keys) else keys[wanted])
            there = np.flatnonzero(shards >= 0)
            order = there[np.lexsort((places[there], shards[there]))]
            starts = np.flatnonzero(np.diff(shards[order], prepend=-1))
            lost = []
            for part in np.split(order, starts[1:]) if len(order) else ():
                bits = self.files.rows(int(shards[part[0]]), int(places[part[-1]]) + 1, passing=len(part) > rows // 8)
                if bits is None:
                    lost.append(part)
                    continue
                for start in range(0, len(part), rows):
                    some = part[start : start + rows]
                    row = places[some]
                    close = row[-1] - row[0] == len(row) - 1 and (np.diff(row) == 1).all()
                    yield wanted[some], bits[row[0] : row[-1] + 1] if close else bits[row]
            if not lost:
                return
            wanted = wanted[np.concatenate(lost)]

    def scan(self, rows: int = 8192, *, without: Collection[int] = ()) -> Iterator[tuple[Keys, NDArray[np.uint16]]]:
        """Yield (contents uint8[m, 32], bits of their vectors uint16[m, d]) over the whole store, m ≤ rows, by storage.

        Nothing is copied where all rows live: the bits are the mapped file. `shards.widen` makes numbers of them. The shards
        `without` are left out.
        """
        with readable_errors(), self.places.moment():
            shards = {number: one for number, one in self.places.shards().items() if number not in without}
            recent = {one.id: self.places.keys_of(one) for one in shards.values() if not one.closed}
        for shard in shards.values():
            try:
                at, keys = recent.get(shard.id) or self.places.keys_of(shard)
            except Moved:
                # Compacted away since; what lived in it stands at the store's end now.
                continue
            bits = self.files.rows(shard.id, int(at[-1]) + 1, passing=True) if len(at) else None
            if bits is None:
                continue
            dense = len(at) == len(bits)
            for start in range(0, len(at), rows):
                part = slice(start, start + rows)
                yield keys[part], bits[part] if dense else bits[at[part]]

    def blocks(self, rows: int = 4096) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """Yield (contents, float32[m, d]) over the whole store in bounded memory, m ≤ rows, in order of storage."""
        for keys, bits in self.scan(rows):
            yield unpacked(keys), widen(bits)

    def contents(self) -> set[str]:
        """Return all contents that have a vector."""
        with readable_errors(), self.places.moment():
            return {one for shard in self.places.shards().values() for one in unpacked(self.places.keys_of(shard)[1])}

    def size(self) -> StoreSize:
        """Return how much the store holds."""
        live, rows, shards = self._asked("SELECT coalesce(sum(live), 0), coalesce(sum(rows), 0), count(*) FROM shards")[
            0
        ]
        problems = self._asked("SELECT count(*) FROM problems")[0][0]
        used = sum(path.stat().st_size for path in self.directory.iterdir() if path.is_file())
        return StoreSize(live, rows - live, shards, used, problems)

    # Writing

    def append(self, contents: Sequence[str], vectors: NDArray[np.float32]) -> int:
        """Store vectors float32[n, d]; return how many were new. Contents that have one already keep it.

        When it returns, the vectors survive a kill of the process.

        Raises:
            ModelError: if a vector holds something that is no finite number in half precision.
            HyaiError: if the disk refuses; nothing of the batch is stored then.
        """
        if vectors.shape != (len(contents), self.dimension):
            raise ValueError(
                f"{len(contents)} contents and vectors of shape {vectors.shape}, not (n, {self.dimension})"
            )
        halves = narrow(vectors)
        if halves is None:
            raise ModelError(
                "The encoder gave values that are no usable numbers", "Check the weights file: 'hyai doctor' tests it"
            )
        keys = packed(contents)
        with self.transaction():
            shards, _ = self.places.locate(keys)
            first: dict[bytes, int] = {}
            for i in np.flatnonzero(shards < 0).tolist():
                first.setdefault(keys[i].tobytes(), i)
            self.put_rows(list(first), halves[list(first.values())])
            self.index.executemany("DELETE FROM problems WHERE content = ?", [(key,) for key in first])
        return len(first)

    def put_rows(self, keys: Sequence[bytes], rows: NDArray[np.float16]) -> None:
        """Write rows to the open shard, and to new ones as it fills; only inside `transaction`."""
        done = 0
        while done < len(keys):
            shard, used = self._open_shard()
            count = min(len(keys) - done, self.shard_rows - used)
            try:
                self.files.write(shard, used, rows[done : done + count])
                self.index.executemany(
                    "INSERT OR REPLACE INTO recent VALUES (?, ?, ?)",
                    [(key, shard, used + i) for i, key in enumerate(keys[done : done + count])],
                )
                self.index.execute(
                    "UPDATE shards SET rows = ?, live = live + ? WHERE id = ?", (used + count, count, shard)
                )
                if used + count == self.shard_rows:
                    self.tables.close(shard, self.shard_rows)
            except OSError as error:
                raise HyaiError(
                    f"Features cannot be written: {error.strerror}", "Free some space, then run 'hyai cache build'"
                ) from error
            done += count

    def remove(self, contents: Sequence[str]) -> int:
        """Forget vectors; return how many there were. The space comes back with `compact`."""
        with self.transaction():
            places, rows = self.places.locate(packed(list(dict.fromkeys(contents))))
            shards = self.places.shards()
            for shard in np.unique(places[places >= 0]).tolist():
                self.bury(shards[shard], rows[places == shard])
        return int(np.count_nonzero(places >= 0))

    def bury(self, shard: Shard, rows: NDArray[np.int64]) -> int:
        """Mark rows of a shard dead; return how many of them lived; only inside `transaction`."""
        dead = shard.buried(rows)
        live = shard.rows - int(np.unpackbits(np.frombuffer(dead, np.uint8)).sum())
        self.index.execute("UPDATE shards SET dead = ?, live = ? WHERE id = ?", (dead, live, shard.id))
        if not shard.closed:
            self.index.executemany(
                "DELETE FROM recent WHERE shard = ? AND row = ?", [(shard.id, row) for row in rows.tolist()]
            )
        return shard.live - live

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock; commit at the end, or leave everything as it was."""
        with readable_errors():
            try:
                with immediate(self.index):
                    yield
            except BaseException:
                self.tables.taken_back()
                raise
        self.tables.committed()

    # Contents that cannot be encoded

    def put_problems(self, problems: Mapping[str, str]) -> None:
        """Remember contents that cannot be encoded, with the reason, so that they are not tried again."""
        now = time.time()
        with self.transaction():
            self.index.executemany(
                "INSERT OR REPLACE INTO problems VALUES (?, ?, ?)",
                [(bytes.fromhex(content), reason, now) for content, reason in problems.items()],
            )

    def problems(self) -> dict[str, str]:
        """Return content → reason of what cannot be encoded."""
        return {content.hex(): reason for content, reason in self._asked("SELECT content, reason FROM problems")}

    def clear_problems(self, contents: Iterable[str]) -> None:
        """Forget the problems of these contents, so that the next build tries them again."""
        with self.transaction():
            self.index.executemany(
                "DELETE FROM problems WHERE content = ?", ((bytes.fromhex(one),) for one in contents)
            )

    # Inside

    def _asked(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, its errors in words."""
        with readable_errors():
            return self.index.execute(query, values).fetchall()

    def _open_shard(self) -> tuple[int, int]:
        """Return (number, committed rows) of the shard that takes the next row."""
        row = self.index.execute("SELECT id, rows FROM shards WHERE closed = 0 ORDER BY id DESC LIMIT 1").fetchone()
        if row is not None:
            return int(row[0]), int(row[1])
        return int(self.index.execute("INSERT INTO shards (rows) VALUES (0)").lastrowid or 0), 0

    def _cut_leftovers(self) -> None:
        """Cut rows that were never committed, forget rows that the disk lost, remove files that no index names."""
        with self.transaction():
            shards = self.places.shards()
            for orphan in self.files.numbers() - shards.keys():
                self.files.remove(orphan)
            for orphan in self.lookups.numbers() - self.tables.numbers():
                self.lookups.remove(orphan)
            for shard in shards.values():
                if not shard.closed:
                    self.files.truncate(shard.id, shard.rows)
                    self.lost_at_opening += self.keep_only(shard, min(shard.rows, self.files.rows_on_disk(shard.id)))

    def keep_only(self, shard: Shard, rows: int) -> int:
        """Forget the rows of a shard from `rows` on, because the file ends there; return how many lived."""
        if rows >= shard.rows:
            return 0
        live = int(shard.alive()[:rows].sum())
        self.index.execute("DELETE FROM recent WHERE shard = ? AND row >= ?", (shard.id, rows))
        dead = None if shard.dead is None else shard.dead[: (rows + 7) // 8]
        self.index.execute("UPDATE shards SET rows = ?, live = ?, dead = ? WHERE id = ?", (rows, live, dead, shard.id))
        return shard.live - live


def store_directory(features: Path, version: EncoderVersion) -> Path:
    """Return the directory of an encoder version's vectors, below the workspace's features directory."""
    return features / version.id


def dimension_of(directory: Path) -> int:
    """Return how many numbers the vectors of a store have. Raises ModelError where there is none, or a damaged one."""
    with readable_errors(), closing(sqlite3.connect(directory / INDEX_FILE)) as index:
        row = index.execute("SELECT value FROM about WHERE key = 'dimension'").fetchone()
    if row is None:
        raise ModelError(f"{directory.name} holds no features", "Run 'hyai cache build'")
    return int(row[0])
