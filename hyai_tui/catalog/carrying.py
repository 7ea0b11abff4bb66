"""Which files carry a tag: one pass over the packed tags inside SQLite for a whole library, and then what changed since."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hyai_tui.catalog import kept as keeping
from hyai_tui.catalog.database import Database
from hyai_tui.catalog.kept import Kept, Shelf
from hyai_tui.catalog.taglists import TagNumbers, holds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WIDTH = array("I").itemsize


def carriers(database: Database, shelf: Shelf, tags: TagNumbers, texts: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return for each tag the numbers of the files that carry it, rising: int64[m]."""
    import numpy as np

    with database.read() as connection:
        numbers = [tags.number(connection, text) for text in texts]
        kept = shelf.newest(connection)
        since = None if kept is None else _Since.read(connection, kept)
        found = []
        for number in numbers:
            if number is None:
                found.append(np.empty(0, np.int64))
            elif kept is None or since is None:
                found.append(_all(connection, number))
            else:
                found.append(since.apply(_as_of(connection, kept, number), number))
    return found


def shown_with(database: Database, tags: TagNumbers, texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the numbers of the files that the library shows with any of the tags, gone ones too, rising: int64[m]."""
    import numpy as np

    with database.read() as connection:
        wanted = {number for text in texts if (number := tags.number(connection, text)) is not None}
        if not wanted:
            return np.empty(0, np.int64)
        values = [array("I", [number]).tobytes() for number in sorted(wanted)]
        any_of = " OR ".join(["instr(shown, ?)"] * len(values))
        rows = connection.execute(
            "SELECT number, shown FROM (SELECT number, iif(length(display_tags), display_tags, tags) AS shown FROM files)"  # noqa: S608 - constants
            f" WHERE {any_of} ORDER BY number",
            values,
        )
        # The bytes may also be found across two neighbouring numbers.
        found = [number for number, shown in rows if not wanted.isdisjoint(array("I", shown))]
    return np.array(found, np.int64)


def _as_of(connection: sqlite3.Connection, kept: Kept, number: int) -> NDArray[np.int64]:
    """Return who carried the tag when the arrays were kept; of files that changed since it says nothing."""
    name = f"tag-{number}"
    found = kept.array(name)
    if found is None:
        found = _all(connection, number)
        found = found[found <= kept.last]
        kept.add(name, found)
    return found


class _Since:
    """The tags of files that came or changed after arrays were kept."""

    def __init__(self, changed: NDArray[np.int64], rows: list[tuple[Any, ...]]) -> None:
        self._changed = changed
        self._rows = rows

    @classmethod
    def read(cls, connection: sqlite3.Connection, kept: Kept) -> _Since | None:
        """Read them; None if they are too many."""
        changed = keeping.changed_since(connection, kept)
        if keeping.many(kept, len(changed) + keeping.highest(connection) - kept.last):
            return None
        rows = keeping.rows_numbered(connection, changed, "number, tags")
        rows += keeping.rows_after(connection, kept.last, "number, tags")
        return cls(changed, rows)

    def apply(self, before: NDArray[np.int64], number: int) -> NDArray[np.int64]:
        """Return who carries the tag now."""
        import numpy as np

        if not self._rows:
            return before
        stays = ~np.isin(before, self._changed, assume_unique=True)
        now = [row[0] for row in self._rows if holds(row[1], number)]
        return np.sort(np.concatenate([before[stays], np.array(now, np.int64)]))


def _all(connection: sqlite3.Connection, number: int) -> NDArray[np.int64]:
    """Look through all files."""
    import numpy as np

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
    return np.sort(np.concatenate([table[aligned, 0], np.array(sure, np.int64)]))
