"""Which files carry a tag: one pass over the packed tags inside SQLite for a whole library, and then what changed since."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
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
    """Return for each tag the numbers of the files that carry it in the service that we write to, rising: int64[m]."""
    with database.read() as connection:
        return list(_carrying(connection, shelf, [tags.number(connection, text) for text in texts]))


def found_with(database: Database, shelf: Shelf, tags: TagNumbers, texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the numbers of the files that the library shows with any of the tags, or that carry one where we write.

    Gone ones too, rising: int64[m]. Both, because a person searches for what is on the screen, and what we wrote may be
    shown as another tag (a sibling), or not at all (another service is shown).
    """
    import numpy as np

    with database.read() as connection:
        numbers = {number for text in texts if (number := tags.number(connection, text)) is not None}
        found = [*_carrying(connection, shelf, sorted(numbers)), _shown(connection, numbers)]
    return np.unique(np.concatenate(found))


def _carrying(
    connection: sqlite3.Connection, shelf: Shelf, numbers: Sequence[int | None]
) -> Iterator[NDArray[np.int64]]:
    import numpy as np

    kept = shelf.newest(connection)
    since = None if kept is None else _Since.read(connection, kept)
    for number in numbers:
        if number is None:
            yield np.empty(0, np.int64)
        elif kept is None or since is None:
            yield _all(connection, number)
        else:
            yield since.apply(_as_of(connection, kept, number), number)


def _shown(connection: sqlite3.Connection, wanted: set[int]) -> NDArray[np.int64]:
    """Return the files that are shown with any of the tags; none is kept, because what is shown may change by itself."""
    import numpy as np

    if not wanted:
        return np.empty(0, np.int64)
    any_of = " OR ".join(["instr(display_tags, ?)"] * len(wanted))
    rows = connection.execute(
        f"SELECT number, display_tags FROM files WHERE {any_of}",  # noqa: S608 - constants
        [array("I", [number]).tobytes() for number in sorted(wanted)],
    )
    # The bytes may also be found across two neighbouring numbers.
    return np.array([number for number, packed in rows if not wanted.isdisjoint(array("I", packed))], np.int64)


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
