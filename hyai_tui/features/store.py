"""Vectors on disk, one for each content: content-addressed, append-only, never stale.

Rows are half-precision numbers in shards (`shards.py`); an SQLite index says which content stands where. A row counts from
the moment its index entry is committed, and it is committed only after the disk has the row. What a killed writer left
behind it is cut at the next open. Rows are never overwritten: removing a content removes its index entry, `compact` gives
the space back.

Any number of processes may read while one writes. Two writers wait for each other (`BEGIN IMMEDIATE`).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from hyai_tui.features.shards import ShardFiles, widen

SHARD_ROWS: Final = 16_384
_CHUNK: Final = 500
# Above this many contents one pass over the whole index is faster than asking for each.
_MANY: Final = 20_000


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
        self.index = index

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
        return int(self._asked("SELECT count(*) FROM vectors")[0][0])

    def __contains__(self, content: str) -> bool:
        return bool(self._asked("SELECT 1 FROM vectors WHERE content = ?", (bytes.fromhex(content),)))

    # Reading

    def missing(self, contents: Sequence[str]) -> list[str]:
        """Return those contents that have no vector, in their order, each once."""
        with readable_errors():
            shards, _ = self._locate(contents)
        return list(dict.fromkeys(one for one, shard in zip(contents, shards, strict=True) if shard < 0))

    def get(self, contents: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return (float32[n, d], bool[n]): a row for each content in the given order, and whether it has a vector.

        Rows without a vector are zeros. The same content may be asked for several times.
        """
        vectors = np.zeros((len(contents), self.dimension), np.float32)
        found = np.zeros(len(contents), np.bool_)
        wanted = np.arange(len(contents))
        # A compaction by another process may move rows between the look-up and the reading: then look again.
        for _ in range(3):
            with readable_errors():
                shards, rows = self._locate(
                    [contents[int(i)] for i in wanted] if len(wanted) < len(contents) else contents
                )
            lost = []
            for shard in np.unique(shards[shards >= 0]):
                here = np.flatnonzero(shards == shard)
                bits = self.files.rows(int(shard), int(rows[here].max()) + 1)
                if bits is None:
                    lost.append(here)
                    continue
                vectors[wanted[here]] = widen(bits[rows[here]])
                found[wanted[here]] = True
            if not lost:
                break
            wanted = wanted[np.concatenate(lost)]
        return vectors, found

    def blocks(self, rows: int = 4096) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """Yield (contents, float32[m, d]) over the whole store in bounded memory, m ≤ rows, in order of storage."""
        for (shard,) in self._asked("SELECT DISTINCT shard FROM vectors ORDER BY shard"):
            after = -1
            while places := self._asked(
                "SELECT content, row FROM vectors WHERE shard = ? AND row > ? ORDER BY row LIMIT ?",
                (shard, after, rows),
            ):
                after = places[-1][1]
                bits = self.files.rows(shard, after + 1)
                if bits is not None:
                    yield [content.hex() for content, _ in places], widen(bits[[row for _, row in places]])

    def contents(self) -> set[str]:
        """Return all contents that have a vector."""
        return {content.hex() for (content,) in self._asked("SELECT content FROM vectors")}

    def size(self) -> StoreSize:
        """Return how much the store holds."""
        rows, shards = self._asked("SELECT coalesce(sum(rows), 0), count(*) FROM shards")[0]
        vectors = len(self)
        problems = self._asked("SELECT count(*) FROM problems")[0][0]
        used = sum(path.stat().st_size for path in self.directory.iterdir() if path.is_file())
        return StoreSize(vectors, rows - vectors, shards, used, problems)

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
        with np.errstate(over="ignore"):
            halves = vectors.astype(np.float16)
        if not np.isfinite(halves).all():
            raise ModelError(
                "The encoder gave values that are no usable numbers", "Check the weights file: 'hyai doctor' tests it"
            )
        with self.transaction():
            shards, _ = self._locate(contents)
            new: dict[str, int] = {}
            for i, content in enumerate(contents):
                if shards[i] < 0:
                    new.setdefault(content, i)
            rows = halves[list(new.values())]
            keys = [bytes.fromhex(one) for one in new]
            self.put_rows(keys, rows)
            self.index.executemany("DELETE FROM problems WHERE content = ?", [(key,) for key in keys])
        return len(new)

    def put_rows(self, keys: Sequence[bytes], rows: NDArray[np.float16]) -> None:
        """Write rows to the open shard, and to new ones as it fills; only inside `transaction`."""
        done = 0
        while done < len(keys):
            shard, used = self._open_shard()
            count = min(len(keys) - done, self.shard_rows - used)
            try:
                self.files.write(shard, used, rows[done : done + count])
            except OSError as error:
                raise HyaiError(
                    f"Features cannot be written: {error.strerror}", "Free some space, then run 'hyai cache build'"
                ) from error
            self.index.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                [(key, shard, used + i) for i, key in enumerate(keys[done : done + count])],
            )
            self.index.execute("UPDATE shards SET rows = ? WHERE id = ?", (used + count, shard))
            if used + count == self.shard_rows:
                self._close_shard(shard)
            done += count

    def remove(self, contents: Sequence[str]) -> int:
        """Forget vectors; return how many there were. The space comes back with `compact`."""
        with self.transaction():
            before = self.index.total_changes
            keys = [(bytes.fromhex(one),) for one in contents]
            self.index.executemany("DELETE FROM vectors WHERE content = ?", keys)
            return self.index.total_changes - before

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock; commit at the end, or leave everything as it was."""
        with readable_errors():
            self.index.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.index.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self.index.in_transaction:
                    self.index.execute("ROLLBACK")
                raise

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

    def clear_problems(self) -> None:
        """Forget all problems, so that the next build tries those contents again."""
        with self.transaction():
            self.index.execute("DELETE FROM problems")

    # Inside

    def _asked(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, its errors in words."""
        with readable_errors():
            return self.index.execute(query, values).fetchall()

    def _locate(self, contents: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (shard int64[n], row int64[n]); shard is -1 where there is no vector."""
        if len(contents) > _MANY:
            return self._locate_many(contents)
        places: dict[bytes, tuple[int, int]] = {}
        keys = [bytes.fromhex(one) for one in contents]
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            for content, shard, row in self.index.execute(
                f"SELECT content, shard, row FROM vectors WHERE content IN ({marks})",  # noqa: S608 - question marks only
                chunk,
            ):
                places[content] = (shard, row)
        found = np.array([places.get(key, (-1, -1)) for key in keys], np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def _locate_many(self, contents: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """As `_locate`, by one pass over the index, which is in order of contents."""
        keys: list[bytes] = []
        places: list[tuple[int, int]] = []
        for content, shard, row in self.index.execute("SELECT content, shard, row FROM vectors ORDER BY content"):
            keys.append(content)
            places.append((shard, row))
        result = np.full((len(contents), 2), -1, np.int64)
        if keys:
            known = np.frombuffer(b"".join(keys), "S32")
            asked = np.frombuffer(bytes.fromhex("".join(contents)), "S32")
            at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
            there = known[at] == asked
            result[there] = np.array(places, np.int64)[at[there]]
        return result[:, 0], result[:, 1]

    def _open_shard(self) -> tuple[int, int]:
        """Return (number, committed rows) of the shard that takes the next row."""
        row = self.index.execute("SELECT id, rows FROM shards WHERE closed = 0 ORDER BY id DESC LIMIT 1").fetchone()
        if row is not None:
            return int(row[0]), int(row[1])
        return int(self.index.execute("INSERT INTO shards (rows) VALUES (0)").lastrowid or 0), 0

    def _close_shard(self, shard: int) -> None:
        checksum = self.files.checksum(shard, self.shard_rows)
        self.index.execute("UPDATE shards SET closed = 1, sha256 = ? WHERE id = ?", (checksum, shard))

    def _cut_leftovers(self) -> None:
        """Cut rows that were never committed, forget rows that the disk lost, remove files that no index names."""
        with self.transaction():
            known = {int(one) for (one,) in self.index.execute("SELECT id FROM shards")}
            for shard in self.files.numbers() - known:
                self.files.remove(shard)
            for shard, rows in self.index.execute("SELECT id, rows FROM shards WHERE closed = 0").fetchall():
                self.files.truncate(shard, rows)
                self.keep_only(shard, min(rows, self.files.rows_on_disk(shard)))

    def keep_only(self, shard: int, rows: int) -> int:
        """Forget the entries of a shard from row `rows` on, because the file ends there; return how many they were."""
        lost = self.index.execute("DELETE FROM vectors WHERE shard = ? AND row >= ?", (shard, rows)).rowcount
        self.index.execute("UPDATE shards SET rows = ? WHERE id = ? AND rows > ?", (rows, shard, rows))
        return lost


def store_directory(features: Path, version: EncoderVersion) -> Path:
    """Return the directory of an encoder version's vectors, below the workspace's features directory."""
    return features / version.id
