"""What the catalog knows by the library's own ids, for a scan that reads only what has changed."""

from __future__ import annotations

import random
import sqlite3
from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hyai_tui.catalog.database import Database
from hyai_tui.catalog.joined import columns
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.catalog.taglists import TagNumbers, holds
from hyai_tui.library.base import FileState, KnownIds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAMPLES = 64
_ARCHIVED = 4
_HERE = f"state <> {STATE_CODES[FileState.GONE]} AND external_id IS NOT NULL"


def known_ids(database: Database, tags: TagNumbers, watched: Iterable[str]) -> KnownIds:
    """Return what is known of the files that are there; `watched` tags are those whose changes a scan notices."""
    import numpy as np

    with database.read() as connection:
        numbers, ids, flags = columns(connection, ("number", "external_id", f"state + archived * {_ARCHIVED}"), _HERE)
        order = np.argsort(ids, kind="stable")
        ids, numbers, flags = ids[order], numbers[order], flags[order]
        tagged = {tag: _carrying(connection, tags, tag) for tag in watched}
        over = connection.execute("SELECT external_id FROM passed_over ORDER BY external_id").fetchall()
        chosen = random.sample(range(len(ids)), min(_SAMPLES, len(ids)))
        samples = {
            int(ids[position]): bytes(
                connection.execute("SELECT sha256 FROM files WHERE number = ?", (int(numbers[position]),)).fetchone()[0]
            ).hex()
            for position in chosen
        }
    return KnownIds(
        ids=ids,
        numbers=numbers,
        states=(flags % _ARCHIVED).astype(np.uint8),
        archived=flags >= _ARCHIVED,
        tagged=tagged,
        passed_over=np.array([one for (one,) in over], np.int64),
        samples=samples,
    )


def _carrying(connection: sqlite3.Connection, tags: TagNumbers, tag: str) -> NDArray[np.int64]:
    """Return the ids of the files that carry a tag, rising."""
    import numpy as np

    number = tags.number(connection, tag)
    if number is None:
        return np.empty(0, np.int64)
    connection.create_function("holds", 2, holds, deterministic=True)
    packed = array("I", [number]).tobytes()
    # The bytes of a number are found in C; only where they begin between two numbers is the list looked through.
    where = f"{_HERE} AND instr(tags, ?) > 0 AND ((instr(tags, ?) - 1) % 4 = 0 OR holds(tags, ?))"
    (ids,) = columns(connection, ("external_id",), where, (packed, packed, number))
    return np.sort(ids)
