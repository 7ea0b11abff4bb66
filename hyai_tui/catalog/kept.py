"""Arrays over the whole catalog, kept as files beside it and mapped: reading them costs what changed since, not all rows.

Each version is a directory whose rows are never written again; rows that came since are written behind them. The database
lists the rows that were changed (`changed`, filled by a trigger), so what was kept is brought up to date by reading those
and the rows that came since. A version is good as long
as that list reaches back to it and the database knows its mark: a catalog that was put back from a back-up, or that lost its
last moments with the power, does not. All of it may be deleted at any time.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyai_tui.array_files import load_array, values_begin
from hyai_tui.catalog.database import Database

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 50_000
"""Files from which on arrays are kept; fewer are read as quickly from their rows."""

_POINTER = "current.json"
_MARKS, _PRUNED = "marks of kept arrays", "changes from"
_PRUNE = 5_000
_VARIABLES = 500
# Rows that are read again at each look; with more, or a fiftieth of all, a new version is worth its writing.
_MOST_AGAIN = 20_000
_SHARE_AGAIN = 50

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """One version.

    Attributes:
        directory: where its arrays are.
        rows: how many files it holds.
        last: the highest file number in it.
        change: number of the last change that is in it.
    """

    directory: Path
    rows: int
    last: int
    change: int

    def array(self, name: str) -> NDArray[Any] | None:
        """Return an array of this version, mapped and read-only; None if it is not there, or no longer."""
        import numpy as np

        path = self.directory / f"{name}.npy"
        try:
            # What is empty cannot be mapped.
            empty = path.stat().st_size <= np.lib.format.ARRAY_ALIGN * 2
            return np.asarray(load_array(path, None if empty else "r"))
        except (OSError, ValueError, EOFError):
            return None

    def grown(self, name: str, more: NDArray[Any]) -> NDArray[Any] | None:
        """Return an array of this version with rows behind it that came since, mapped and read-only.

        The rows are written behind the version's own, where its header does not look. What stands there is never
        trusted: it is compared with the rows that the database has now, and written anew where it differs. Two that
        do so at once write the same.

        Args:
            name: of the array.
            more: its rows in the database after the version's last, of the array's own type.

        Returns:
            The longer array; None if it is not there, or the disk is full or read-only.
        """
        import numpy as np

        if (own := self.array(name)) is None or not len(own):
            return None
        path = self.directory / f"{name}.npy"
        more = np.ascontiguousarray(more, own.dtype)
        try:
            with path.open("rb+") as file:
                start = values_begin(file)
                behind = start + own.nbytes
                file.seek(behind)
                if file.read(more.nbytes) != (written := more.tobytes()):
                    file.seek(behind)
                    file.write(written)
            return np.asarray(np.memmap(path, own.dtype, "r", start, (len(own) + len(more),)))
        except (OSError, ValueError) as error:
            _log.info("an array was not grown: %s", type(error).__name__)
            return None

    def add(self, name: str, values: NDArray[Any]) -> None:
        """Add an array that holds as of this version; a disk that is full or read-only leaves it out."""
        try:
            part = self.directory / f"{name}.{secrets.token_hex(4)}.part"
            _save(part, values)
            part.replace(self.directory / f"{name}.npy")
        except OSError as error:
            _log.info("an array was not kept: %s", type(error).__name__)


def let_go(values: NDArray[Any]) -> None:
    """Take the pages of a mapped array out of this process; they come back as they are read. Any other array stays."""
    base: object = values
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    if base is not None:
        base.madvise(mmap.MADV_DONTNEED)


class Shelf:
    """The versions of one catalog.

    Args:
        room: the directory that holds them; made when something is kept.
    """

    def __init__(self, room: Path) -> None:
        self._room = room

    def newest(self, connection: sqlite3.Connection) -> Kept | None:
        """Return the version that is good for this state of the database; None where there is none."""
        try:
            facts = json.loads((self._room / _POINTER).read_bytes())
            kept = Kept(self._room / str(facts["directory"]), facts["rows"], facts["last"], facts["change"])
            mark = str(facts["mark"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        known = mark in _meta(connection, _MARKS).split() and kept.change >= int(_meta(connection, _PRUNED) or 0)
        return kept if known and kept.directory.is_dir() else None

    @contextmanager
    def new(self) -> Iterator[Path]:
        """Yield a new directory for a version, which `put` takes; it is removed if the body raises."""
        self._room.mkdir(mode=0o700, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=self._room))
        try:
            yield made
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def put(self, database: Database, kept: Kept) -> None:
        """Make a version the newest, drop those before it, and forget the changes that are in it."""
        mark = secrets.token_hex(8)
        with database.write() as connection:
            # The last one stays good until the new one has taken its place.
            marks = [*_meta(connection, _MARKS).split()[-1:], mark]
            _set_meta(connection, _MARKS, " ".join(marks))
        facts = {"directory": kept.directory.name, "rows": kept.rows, "last": kept.last, "change": kept.change}
        pointer = self._room / f"{kept.directory.name}.json"
        with pointer.open("w", encoding="ascii") as file:
            json.dump({**facts, "mark": mark}, file)
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self._room / _POINTER)
        for other in self._room.iterdir():
            if other.is_dir() and other != kept.directory:
                shutil.rmtree(other, ignore_errors=True)
        self._prune(database, kept.change)

    def _prune(self, database: Database, change: int) -> None:
        with database.write() as connection:
            _set_meta(connection, _PRUNED, str(max(change, int(_meta(connection, _PRUNED) or 0))))
        while True:
            with database.write() as connection:
                done = connection.execute(
                    "DELETE FROM changed WHERE at <= min(?, (SELECT min(at) FROM changed) + ?)", (change, _PRUNE)
                )
            if not done.rowcount:
                return


def highest(connection: sqlite3.Connection) -> int:
    """Return the highest file number; 0 without files."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM files").fetchone()[0])


def last_change(connection: sqlite3.Connection) -> int:
    """Return the number of the last change of a row; 0 before the first."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changed'").fetchone()
    return 0 if row is None else int(row[0])


def changed_since(connection: sqlite3.Connection, kept: Kept) -> NDArray[np.int64]:
    """Return int64, rising: numbers of the rows of a version that were changed after it."""
    import numpy as np

    rows = connection.execute(
        "SELECT DISTINCT number FROM changed WHERE at > ? AND number <= ? ORDER BY number", (kept.change, kept.last)
    )
    return np.fromiter((number for (number,) in rows), np.int64)


def rows_numbered(connection: sqlite3.Connection, numbers: NDArray[np.int64], columns: str) -> list[tuple[Any, ...]]:
    """Return columns (SQL, constant in this program) of these files; their numbers rise."""
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(numbers), _VARIABLES):
        part = numbers[start : start + _VARIABLES].tolist()
        marks = ",".join("?" * len(part))
        rows += connection.execute(f"SELECT {columns} FROM files WHERE number IN ({marks}) ORDER BY number", part)  # noqa: S608
    return rows


def rows_after(connection: sqlite3.Connection, last: int, columns: str) -> sqlite3.Cursor:
    """Return columns (SQL, constant in this program) of the files with higher numbers, in the order of these."""
    return connection.execute(f"SELECT {columns} FROM files WHERE number > ? ORDER BY number", (last,))  # noqa: S608


def many(kept: Kept, again: int) -> bool:
    """Return whether so many rows that came or changed make a version more dear than none."""
    return again > max(_MOST_AGAIN, kept.rows // _SHARE_AGAIN)


def _save(path: Path, values: NDArray[Any]) -> None:
    import numpy as np

    with path.open("wb") as file:
        np.save(file, values, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def _meta(connection: sqlite3.Connection, key: str) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return "" if row is None else str(row[0])


def _set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
