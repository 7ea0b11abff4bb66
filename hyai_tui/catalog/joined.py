"""Whole columns of millions of rows as arrays: SQLite joins the numbers, numpy reads them; no row becomes an object."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Rows that are joined at a time: some ten megabytes of text, far from SQLite's limit for one value.
_CHUNK = 1_000_000


def columns(
    connection: sqlite3.Connection, expressions: Sequence[str], where: str, values: Sequence[object] = ()
) -> list[NDArray[np.int64]]:
    """Return expressions of whole numbers over the files for which `where` holds, aligned, in the order of their numbers.

    Args:
        connection: in a read transaction.
        expressions: SQL, constant in this program; none may be NULL.
        where: SQL, constant in this program.
        values: for the question marks of `where`.
    """
    import numpy as np

    last = int(connection.execute("SELECT coalesce(max(number), 0) FROM files").fetchone()[0])
    joined = ", ".join(f"group_concat({one})" for one in expressions)
    parts: list[list[NDArray[np.int64]]] = [[np.empty(0, np.int64)] for _ in expressions]
    for start in range(0, last, _CHUNK):
        row = connection.execute(
            f"SELECT {joined} FROM files WHERE number > ? AND number <= ? AND ({where})",  # noqa: S608 - constants
            (start, start + _CHUNK, *values),
        ).fetchone()
        for part, text in zip(parts, row, strict=True):
            if text is not None:
                part.append(np.fromstring(str(text), np.int64, sep=","))
    return [np.concatenate(part) for part in parts]
