"""All files as arrays: mapped from what was kept, with the rows that came or changed since."""

from __future__ import annotations

import logging
import os
import sqlite3
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyai_tui.catalog import kept as keeping
from hyai_tui.catalog.database import Database
from hyai_tui.catalog.kept import Kept, Shelf
from hyai_tui.catalog.model import CatalogArrays, HashIndex
from hyai_tui.errors import NotNow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray

    Make = Callable[[str, DTypeLike, int], NDArray[Any]]

_CHUNK = 50_000
_STATE_BITS, _ARCHIVED, _MOTION, _CONFLICT = 3, 4, 8, 16
_SELECT = (
    f"number, sha256, state + archived * {_ARCHIVED} + motion * {_MOTION} + conflict * {_CONFLICT},"
    " coalesce(external_id, -1)"
)
_DTYPES: dict[str, DTypeLike] = {"number": "i8", "sha256": "S64", "flags": "u1", "external_id": "i8"}
_KEYS, _ORDER = "keys", "order"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Aligned columns of files, as they are kept."""

    number: NDArray[np.int64]
    sha256: NDArray[np.bytes_]
    flags: NDArray[np.uint8]
    external_id: NDArray[np.int64]

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[Any, ...]]) -> _Columns:
        """Return the columns of rows of `_SELECT`."""
        import numpy as np

        number, sha256, flags, external_id = zip(*rows, strict=True) if rows else ((), (), (), ())
        return cls(
            np.frombuffer(array("q", number), np.int64),
            np.frombuffer(b"".join(sha256).hex().encode("ascii"), "S64"),
            np.frombuffer(array("B", flags), np.uint8),
            np.frombuffer(array("q", external_id), np.int64),
        )

    @classmethod
    def made(cls, make: Make, size: int) -> _Columns:
        """Return empty columns of so many files."""
        return cls(*(make(name, dtype, size) for name, dtype in _DTYPES.items()))

    def put(self, start: int, part: _Columns) -> int:
        """Write a part from a place on; returns where it ends."""
        stop = start + len(part.number)
        self.number[start:stop], self.sha256[start:stop] = part.number, part.sha256
        self.flags[start:stop], self.external_id[start:stop] = part.flags, part.external_id
        return stop

    def arrays(self, index: HashIndex | None = None) -> CatalogArrays:
        """Return what the catalog hands out."""
        import numpy as np

        flags = self.flags
        return CatalogArrays(
            self.number,
            self.sha256,
            flags & np.uint8(_STATE_BITS),
            (flags & np.uint8(_ARCHIVED)) != 0,
            (flags & np.uint8(_MOTION)) != 0,
            (flags & np.uint8(_CONFLICT)) != 0,
            self.external_id,
            index,
        )


def read_arrays(database: Database, shelf: Shelf) -> CatalogArrays:
    """Return all files as arrays, in the order of their numbers.

    Of a large catalog they are mapped files. Where there are none yet, or too much has changed since, they are written
    first: a second for a million files.

    Args:
        database: the catalog's.
        shelf: keeps the arrays.
    """
    with database.read() as connection:
        last = keeping.highest(connection)
        if last < keeping.FEWEST:
            return _whole(connection, None, _in_memory).arrays()
        kept = shelf.newest(connection)
        if kept is not None and (found := _as_kept(connection, kept, last)) is not None:
            return found
    try:
        with shelf.new() as directory:
            with database.read() as connection:
                version = _write(connection, shelf.newest(connection), directory)
            shelf.put(database, version)
            if (written := _mapped(version)) is not None:
                return written[0].arrays(written[1])
    except (OSError, NotNow) as error:
        # A full or read-only disk, or a busy catalog, costs time alone.
        _log.info("the catalog's arrays were not kept: %s", type(error).__name__)
    with database.read() as connection:
        return _whole(connection, None, _in_memory).arrays()


def _as_kept(connection: sqlite3.Connection, kept: Kept, last: int) -> CatalogArrays | None:
    """Return a version with what came and changed since; None if that is too much, or it is damaged."""
    import numpy as np

    changed = keeping.changed_since(connection, kept)
    if keeping.many(kept, len(changed) + last - kept.last) or (mapped := _mapped(kept)) is None:
        return None
    old, index = mapped
    number, sha256 = old.number, old.sha256
    flags, external_id = old.flags, old.external_id
    if last > kept.last:
        new = _Columns.of_rows(keeping.rows_after(connection, kept.last, _SELECT).fetchall())
        number = _grown(kept, "number", number, new.number)
        sha256 = _grown(kept, "sha256", sha256, new.sha256)
        flags, external_id = np.concatenate([flags, new.flags]), np.concatenate([external_id, new.external_id])
    if len(changed):
        again = _Columns.of_rows(keeping.rows_numbered(connection, changed, _SELECT))
        at = np.searchsorted(number, again.number)
        flags, external_id = flags.copy(), external_id.copy()
        flags[at], external_id[at] = again.flags, again.external_id
    return _Columns(number, sha256, flags, external_id).arrays(index)


def _grown(kept: Kept, name: str, own: NDArray[Any], more: NDArray[Any]) -> NDArray[Any]:
    """Return a kept column with what came since: mapped where the disk takes it, else copied."""
    import numpy as np

    grown = kept.grown(name, more)
    return np.concatenate([own, more]) if grown is None else grown


def _write(connection: sqlite3.Connection, before: Kept | None, directory: Path) -> Kept:
    """Write a version as of this state of the database."""
    import numpy as np

    def mapped(name: str, dtype: DTypeLike, size: int) -> NDArray[Any]:
        return np.lib.format.open_memmap(directory / f"{name}.npy", mode="w+", dtype=dtype, shape=(size,))

    columns = _whole(connection, before, mapped)
    size = len(columns.number)
    keys = np.empty(size, np.uint64)
    for start in range(0, size, _CHUNK):
        keys[start : start + _CHUNK] = hash_keys(columns.sha256[start : start + _CHUNK])
    order = mapped(_ORDER, "i4", size)
    order[:] = np.argsort(keys, kind="stable")
    mapped(_KEYS, "u8", size)[:] = keys[order]
    for path in directory.glob("*.npy"):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    return Kept(directory, size, int(columns.number[-1]), keeping.last_change(connection))


def _whole(connection: sqlite3.Connection, before: Kept | None, make: Make) -> _Columns:
    """Return the columns of all files in arrays that `make` gives, with an earlier version read instead of its rows."""
    old = None if before is None else _mapped(before)
    size = keeping.highest(connection)
    while True:
        columns = _Columns.made(make, size)
        start = first = 0
        if before is not None and old is not None:
            start, first = columns.put(0, old[0]), before.last
            rows = keeping.rows_numbered(connection, keeping.changed_since(connection, before), _SELECT)
            again = _Columns.of_rows(rows)
            at = old[0].number.searchsorted(again.number)
            columns.flags[at], columns.external_id[at] = again.flags, again.external_id
        cursor = keeping.rows_after(connection, first, _SELECT)
        while chunk := cursor.fetchmany(_CHUNK):
            start = columns.put(start, _Columns.of_rows(chunk))
        if start == size:
            return columns
        # Numbers have a gap, which this program leaves none of: once more with the right size.
        size = start


def _in_memory(_name: str, dtype: DTypeLike, size: int) -> NDArray[Any]:
    import numpy as np

    return np.empty(size, dtype)


def _mapped(kept: Kept) -> tuple[_Columns, HashIndex] | None:
    """Return a version's columns and index; None if it is damaged."""
    names = (*_DTYPES, _KEYS, _ORDER)
    parts = [one for name in names if (one := kept.array(name)) is not None and len(one) == kept.rows]
    if len(parts) < len(names):
        return None
    return _Columns(*parts[:-2]), HashIndex(parts[-2], parts[-1])


def hash_keys(hashes: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Return uint64[n]: the first sixteen digits of each hash (S64, lowercase hex) as a number."""
    import numpy as np

    text = np.ascontiguousarray(hashes, "S64").view("S1").reshape(-1, 64)[:, :16].tobytes().decode("ascii")
    return np.frombuffer(bytes.fromhex(text), ">u8").astype(np.uint64)
