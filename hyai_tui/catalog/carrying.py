"""Which files carry a tag: one pass over the packed tags inside SQLite, for a whole library at once."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyai_tui.catalog.database import Database
from hyai_tui.catalog.taglists import TagNumbers, holds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WIDTH = array("I").itemsize


def carriers(database: Database, tags: TagNumbers, texts: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return for each tag the numbers of the files that carry it, rising: int64[m]."""
    import numpy as np

    found = []
    with database.read() as connection:
        for text in texts:
            number = tags.number(connection, text)
            if number is None:
                found.append(np.empty(0, np.int64))
                continue
            packed = array("I", [number]).tobytes()
            rows = connection.execute(
                "SELECT number, instr(tags, ?1) FROM files WHERE instr(tags, ?1) ORDER BY number", (packed,)
            )
            table = np.array(rows.fetchall(), np.int64).reshape(-1, 2)
            # The bytes may also be found across two neighbouring numbers; such a file is looked at again.
            aligned = (table[:, 1] - 1) % _WIDTH == 0
            doubtful = table[~aligned, 0].tolist()
            sure = [
                one
                for one in doubtful
                if holds(connection.execute("SELECT tags FROM files WHERE number = ?", (one,)).fetchone()[0], number)
            ]
            found.append(np.sort(np.concatenate([table[aligned, 0], np.array(sure, np.int64)])))
    return found
