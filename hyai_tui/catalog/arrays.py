"""All files as arrays: mapped from what was kept, with the rows that came or changed since."""

from __future__ import annotations

import logging
import os
import sqlite3
from array import array
from collections.abc import Callable, Sequence
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
_COLUMNS = f"number, sha256, state + archived * {_ARCHIVED} + motion * {_MOTION} + conflict * {_CONFLICT}"
_NUMBER, _HASH, _FLAGS, _KEYS, _ORDER = "number", "sha256", "flags", "keys", "order"

_log = logging.getLogger(__name__)


def read_arrays(database: Database, shelf: Shelf) -> CatalogArrays:
    """Return all files as arrays, in the order of their numbers.

    Of a large catalog they are mapped files. Where there are none yet, or too much has changed since, they are written
    first: a second for a million files.
    """
    with database.read() as connection:
        last = keeping.highest(connection)
        if last < keeping.FEWEST:
            return _arrays(*_whole(connection, last, None, _in_memory))
        kept = shelf.newest(connection)
        if kept is not None and (found := _as_kept(connection, kept, last)) is not None:
            return found
    try:
        with shelf.new() as directory:
            with database.read() as connection:
                version = _write(connection, shelf.newest(connection), directory)
            shelf.put(database, version)
            if (found := _mapped(version)) is not None:
                return found
    except (OSError, NotNow) as error:
        # A full or read-only disk, or a busy catalog, costs time alone.
        _log.info("the catalog's arrays were not kept: %s", type(error).__name__)
    with database.read() as connection:
        return _arrays(*_whole(connection, keeping.highest(connection), None, _in_memory))


def _as_kept(connection: sqlite3.Connection, kept: Kept, last: int) -> CatalogArrays | None:
    """Return a version with what came and changed since; None if that is too much, or it is damaged."""
    import numpy as np

    changed = keeping.changed_since(connection, kept)
    if keeping.many(kept, len(changed) + last - kept.last):
        return None
    found = _mapped(kept)
    if found is None or not (len(changed) or last > kept.last):
        return found
    number, sha256, flags = _columns_of(keeping.rows_after(connection, kept.last, _COLUMNS).fetchall())
    all_flags = np.concatenate([_flags(found), flags])
    before = keeping.rows_numbered(connection, changed, _COLUMNS)
    all_flags[np.searchsorted(found.number, changed)] = [row[2] for row in before]
    if not len(number):
        return _arrays(found.number, found.sha256, all_flags, found.index)
    return _arrays(
        np.concatenate([found.number, number]), np.concatenate([found.sha256, sha256]), all_flags, found.index
    )


def _write(connection: sqlite3.Connection, before: Kept | None, directory: Path) -> Kept:
    """Write a version as of this state of the database."""
    import numpy as np

    def mapped(name: str, dtype: DTypeLike, size: int) -> NDArray[Any]:
        return np.lib.format.open_memmap(directory / f"{name}.npy", mode="w+", dtype=dtype, shape=(size,))

    last = keeping.highest(connection)
    number, sha256, _ = _whole(connection, last, before, mapped)
    size = len(number)
    keys = np.empty(size, np.uint64)
    for start in range(0, size, _CHUNK):
        keys[start : start + _CHUNK] = hash_keys(sha256[start : start + _CHUNK])
    order = mapped(_ORDER, np.int32, size)
    order[:] = np.argsort(keys, kind="stable")
    mapped(_KEYS, np.uint64, size)[:] = keys[order]
    for path in directory.glob("*.npy"):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    return Kept(directory, size, int(number[-1]), keeping.last_change(connection))


def _whole(
    connection: sqlite3.Connection, last: int, before: Kept | None, make: Make
) -> tuple[NDArray[np.int64], NDArray[np.bytes_], NDArray[np.uint8]]:
    """Return numbers, hashes and flags of all files in arrays that `make` gives, from an earlier version on."""
    old = None if before is None else _mapped(before)
    size = last
    while True:
        number, sha256 = make(_NUMBER, "i8", size), make(_HASH, "S64", size)
        flags = make(_FLAGS, "u1", size)
        start = first = 0
        if before is not None and old is not None:
            start, first = len(old), before.last
            number[:start], sha256[:start], flags[:start] = old.number, old.sha256, _flags(old)
            changed = keeping.changed_since(connection, before)
            rows = keeping.rows_numbered(connection, changed, _COLUMNS)
            flags[old.number.searchsorted(changed)] = [row[2] for row in rows]
        cursor = keeping.rows_after(connection, first, _COLUMNS)
        while chunk := cursor.fetchmany(_CHUNK):
            stop = start + len(chunk)
            number[start:stop], sha256[start:stop], flags[start:stop] = _columns_of(chunk)
            start = stop
        if start == size:
            return number, sha256, flags
        # Numbers have a gap, which this program leaves none of: once more with the right size.
        size = start


def _columns_of(
    rows: Sequence[tuple[Any, ...]],
) -> tuple[NDArray[np.int64], NDArray[np.bytes_], NDArray[np.uint8]]:
    import numpy as np

    if not rows:
        return np.empty(0, np.int64), np.empty(0, "S64"), np.empty(0, np.uint8)
    number, sha256, flags = zip(*rows, strict=True)
    return (
        np.frombuffer(array("q", number), np.int64),
        np.frombuffer(b"".join(sha256).hex().encode("ascii"), "S64"),
        np.frombuffer(array("B", flags), np.uint8),
    )


def _in_memory(_name: str, dtype: DTypeLike, size: int) -> NDArray[Any]:
    import numpy as np

    return np.empty(size, dtype)


def _mapped(kept: Kept) -> CatalogArrays | None:
    names = (_NUMBER, _HASH, _FLAGS, _KEYS, _ORDER)
    parts = [one for name in names if (one := kept.array(name)) is not None and len(one) == kept.rows]
    if len(parts) < len(names):
        return None
    number, sha256, flags, keys, order = parts
    return _arrays(number, sha256, flags, HashIndex(keys, order))


def _arrays(
    number: NDArray[np.int64],
    sha256: NDArray[np.bytes_],
    flags: NDArray[np.uint8],
    index: HashIndex | None = None,
) -> CatalogArrays:
    import numpy as np

    return CatalogArrays(
        number,
        sha256,
        flags & np.uint8(_STATE_BITS),
        (flags & np.uint8(_ARCHIVED)) != 0,
        (flags & np.uint8(_MOTION)) != 0,
        (flags & np.uint8(_CONFLICT)) != 0,
        index,
    )


def _flags(arrays: CatalogArrays) -> NDArray[np.uint8]:
    import numpy as np

    flags: NDArray[np.uint8] = arrays.state.astype(np.uint8)
    for bit, column in ((_ARCHIVED, arrays.archived), (_MOTION, arrays.motion), (_CONFLICT, arrays.conflict)):
        flags |= column * np.uint8(bit)
    return flags


def hash_keys(hashes: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Return uint64[n]: the first sixteen digits of each hash (S64, lowercase hex) as a number."""
    import numpy as np

    text = np.ascontiguousarray(hashes, "S64").view("S1").reshape(-1, 64)[:, :16].tobytes().decode("ascii")
    return np.frombuffer(bytes.fromhex(text), ">u8").astype(np.uint64)
