"""Facts of all files at once, as columns, and searches that SQLite does over a whole library."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from hyai_tui.catalog import kept as keeping
from hyai_tui.catalog.database import Database
from hyai_tui.catalog.kept import Kept, Shelf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 50_000
_FACTS = ("size", "modified", "width", "height")
_COLUMNS = "number, size, modified, width, height, coalesce(mime, '')"


@dataclass(frozen=True, slots=True)
class CatalogColumns:
    """Facts of n files, in the order of their numbers.

    Attributes:
        number: int64[n], rising.
        size: float64[n], bytes; NaN where unknown, as in the next three.
        modified: float64[n], seconds since the epoch.
        width: float64[n], pixels.
        height: float64[n], pixels.
        mime: int32[n], index into `mimes`.
        mimes: each MIME type once; an empty text for an unknown one.
    """

    number: NDArray[np.int64]
    size: NDArray[np.float64]
    modified: NDArray[np.float64]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    mime: NDArray[np.int32]
    mimes: tuple[str, ...]


def read_columns(database: Database, shelf: Shelf) -> CatalogColumns:
    """Return the facts of all files: about a second and 45 MB for a million of them, once; kept and mapped after that."""
    import numpy as np

    with database.read() as connection:
        kept = shelf.newest(connection)
        if kept is None:
            return _columns_of(keeping.rows_after(connection, 0, _COLUMNS))
        changed = keeping.changed_since(connection, kept)
        if keeping.many(kept, len(changed) + keeping.highest(connection) - kept.last):
            return _columns_of(keeping.rows_after(connection, 0, _COLUMNS))
        before = _as_kept(kept) or _keep(kept, _columns_of(keeping.rows_after(connection, 0, _COLUMNS)))
        fresh = _columns_of(keeping.rows_after(connection, kept.last, _COLUMNS))
        again = _columns_of(keeping.rows_numbered(connection, changed, _COLUMNS))
    if not len(fresh.number) and not len(again.number):
        return before
    at = np.searchsorted(before.number, again.number)
    names = list(dict.fromkeys([*before.mimes, *again.mimes, *fresh.mimes]))

    def joined(name: str) -> NDArray[Any]:
        values = np.concatenate([getattr(before, name), getattr(fresh, name)])
        values[at] = getattr(again, name)
        return values

    def numbered(one: CatalogColumns) -> NDArray[np.int32]:
        return np.array([names.index(mime) for mime in one.mimes] or [0], np.int32)[one.mime]

    mime = np.concatenate([numbered(before), numbered(fresh)])
    mime[at] = numbered(again)
    return _columns(joined("number"), [joined(name) for name in _FACTS], mime, names)


def _as_kept(kept: Kept) -> CatalogColumns | None:
    names = ("number", *(f"column-{name}" for name in _FACTS), "column-mime")
    parts = [one for name in names if (one := kept.array(name)) is not None and len(one) == kept.rows]
    mimes = kept.array("column-mimes")
    if mimes is None or len(parts) < len(names):
        return None
    return _columns(parts[0], parts[1:-1], parts[-1], mimes.tolist())


def _keep(kept: Kept, columns: CatalogColumns) -> CatalogColumns:
    """Keep the facts of the files of a version, and return those; what changed since is read again in any case."""
    import numpy as np

    size = kept.rows
    facts = [getattr(columns, name)[:size] for name in _FACTS]
    part = _columns(columns.number[:size], facts, columns.mime[:size], columns.mimes)
    for name in (*_FACTS, "mime"):
        kept.add(f"column-{name}", getattr(part, name))
    kept.add("column-mimes", np.array(columns.mimes, np.str_))
    return part


def _columns_of(rows: sqlite3.Cursor | Sequence[tuple[Any, ...]]) -> CatalogColumns:
    """Return columns of rows of `_COLUMNS`."""
    import numpy as np

    mimes: dict[str, int] = {}
    parts: list[tuple[array[int], array[float], array[int]]] = []
    nan = float("nan")
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        number, *facts, mime = zip(*chunk, strict=True)
        numbers = array("q", number)
        values = array("d")
        for column in facts:
            values.extend(nan if value is None else value for value in column)
        codes = array("i", (mimes.setdefault(one, len(mimes)) for one in mime))
        parts.append((numbers, values, codes))
    tables = [np.frombuffer(values, np.float64).reshape(4, -1) for _numbers, values, _codes in parts]
    return _columns(
        np.concatenate([np.frombuffer(one[0], np.int64) for one in parts]) if parts else np.empty(0, np.int64),
        np.concatenate(tables, axis=1) if tables else np.empty((4, 0)),
        np.concatenate([np.frombuffer(one[2], np.int32) for one in parts]) if parts else np.empty(0, np.int32),
        tuple(mimes),
    )


def _columns(
    number: NDArray[np.int64],
    facts: Sequence[NDArray[np.float64]] | NDArray[np.float64],
    mime: NDArray[np.int32],
    mimes: Sequence[str],
) -> CatalogColumns:
    size, modified, width, height = facts
    return CatalogColumns(number, size, modified, width, height, mime, tuple(mimes))


def with_path_part(database: Database, text: str) -> NDArray[np.bytes_]:
    """Return S64[m]: the files with a path that holds the text; ASCII letters match in either case."""
    needle = "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in text)
    return _hashes(
        database,
        "SELECT DISTINCT sha256 FROM paths WHERE instr(lower(CAST(path AS TEXT)), ?)",
        (needle.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),),
    )


def by_path(database: Database) -> NDArray[np.bytes_]:
    """Return S64[m]: the file of every path, in the order of the paths; a file with several stands several times."""
    return _hashes(database, "SELECT sha256 FROM paths ORDER BY path", ())


def _hashes(database: Database, query: str, values: Sequence[str]) -> NDArray[np.bytes_]:
    import numpy as np

    parts = []
    with database.read() as connection:
        cursor = connection.execute(query, values)
        while rows := cursor.fetchmany(_CHUNK):
            joined = b"".join([row[0] for row in rows])
            parts.append(np.frombuffer(joined.hex().encode("ascii"), "S64"))
    return np.concatenate(parts) if parts else np.empty(0, "S64")
