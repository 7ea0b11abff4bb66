"""Facts of all files at once, as columns, and searches that SQLite does over a whole library."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyai_tui.catalog.database import Database

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 50_000


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


def read_columns(database: Database) -> CatalogColumns:
    """Return the facts of all files: about a second and 45 MB for a million of them."""
    import numpy as np

    mimes: dict[str, int] = {}
    parts: list[tuple[array[int], array[float], array[int]]] = []
    nan = float("nan")
    with database.read() as connection:
        cursor = connection.execute(
            "SELECT number, size, modified, width, height, coalesce(mime, '') FROM files ORDER BY number"
        )
        while rows := cursor.fetchmany(_CHUNK):
            number, *facts, mime = zip(*rows, strict=True)
            numbers = array("q", number)
            values = array("d")
            for column in facts:
                values.extend(nan if value is None else value for value in column)
            codes = array("i", (mimes.setdefault(one, len(mimes)) for one in mime))
            parts.append((numbers, values, codes))
    tables = [np.frombuffer(values, np.float64).reshape(4, -1) for _numbers, values, _codes in parts]
    size, modified, width, height = np.concatenate(tables, axis=1) if tables else np.empty((4, 0))
    return CatalogColumns(
        np.concatenate([np.frombuffer(one[0], np.int64) for one in parts]) if parts else np.empty(0, np.int64),
        size,
        modified,
        width,
        height,
        np.concatenate([np.frombuffer(one[2], np.int32) for one in parts]) if parts else np.empty(0, np.int32),
        tuple(mimes),
    )


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
