"""Rows of the catalog as typed files, in chunks."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hyai_tui.catalog.database import Database
from hyai_tui.catalog.model import STATE_CODES, STATES, CatalogFile
from hyai_tui.catalog.taglists import TagNumbers, holds
from hyai_tui.library.base import FileState

_CHUNK = 2_000
_COLUMNS = (
    "number, sha256, state, archived, motion, conflict, size, mime, width, height, modified, external_id,"
    " tags, display_tags"
)
_VARIABLES = 500


@dataclass(frozen=True, slots=True)
class Where:
    """Which files are wanted; all that is given must hold.

    Attributes:
        state: the library's state.
        tags: tags that the file has, as the library stores them.
        without_tags: tags that it has not.
        motion, conflict: as in `CatalogFile`.
    """

    state: FileState | None = None
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    motion: bool | None = None
    conflict: bool | None = None


def read_files(database: Database, tags: TagNumbers, where: Where) -> Iterator[CatalogFile]:
    """Yield files in the order of their numbers. Each chunk is a read of its own: no long transaction stays open."""
    clauses, values = _clauses(where)
    last = 0
    while True:
        with database.read() as connection:
            wanted = [tags.number(connection, text) for text in where.tags]
            unwanted = [tags.number(connection, text) for text in where.without_tags]
            if None in wanted:
                return
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM files WHERE number > ?{clauses} ORDER BY number LIMIT {_CHUNK}",  # noqa: S608
                (last, *values),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            chosen = [
                row
                for row in rows
                if all(number is not None and holds(row[12], number) for number in wanted)
                and not any(number is not None and holds(row[12], number) for number in unwanted)
            ]
            found = _files(connection, tags, chosen)
        yield from found


def read_file(database: Database, tags: TagNumbers, sha256: str) -> CatalogFile | None:
    """Return one file, or None if the catalog has never seen it."""
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM files WHERE sha256 = ?",  # noqa: S608 - constant
            (bytes.fromhex(sha256),),
        ).fetchall()
        found = _files(connection, tags, rows)
    return found[0] if found else None


def read_numbered(database: Database, tags: TagNumbers, numbers: Sequence[int]) -> list[CatalogFile]:
    """Return the files of these numbers, in their order; each must exist."""
    found: dict[int, CatalogFile] = {}
    with database.read() as connection:
        for start in range(0, len(numbers), _VARIABLES):
            part = numbers[start : start + _VARIABLES]
            marks = ",".join("?" * len(part))
            rows = connection.execute(f"SELECT {_COLUMNS} FROM files WHERE number IN ({marks})", part).fetchall()  # noqa: S608
            found |= {one.number: one for one in _files(connection, tags, rows)}
    return [found[number] for number in numbers]


def _clauses(where: Where) -> tuple[str, list[int]]:
    given = {
        "state": None if where.state is None else STATE_CODES[where.state],
        "motion": None if where.motion is None else int(where.motion),
        "conflict": None if where.conflict is None else int(where.conflict),
    }
    known = {name: value for name, value in given.items() if value is not None}
    return "".join(f" AND {name} = ?" for name in known), list(known.values())


def _files(connection: sqlite3.Connection, tags: TagNumbers, rows: Sequence[tuple[object, ...]]) -> list[CatalogFile]:
    found = []
    for row in rows:
        number, sha256, state, archived, motion, conflict, *facts, packed, display = row
        assert isinstance(sha256, bytes)
        assert isinstance(packed, bytes)
        assert isinstance(display, bytes)
        assert isinstance(state, int)
        assert isinstance(number, int)
        size, mime, width, height, modified, external_id = facts
        found.append(
            CatalogFile(
                number=number,
                sha256=sha256.hex(),
                state=STATES[state],
                archived=bool(archived),
                motion=bool(motion),
                conflict=bool(conflict),
                size=size,  # type: ignore[arg-type]  # SQLite gives what was put
                mime=mime,  # type: ignore[arg-type]
                width=width,  # type: ignore[arg-type]
                height=height,  # type: ignore[arg-type]
                modified=modified,  # type: ignore[arg-type]
                external_id=external_id,  # type: ignore[arg-type]
                paths=_paths(connection, sha256),
                tags=tags.unpack(connection, packed),
                display_tags=tags.unpack(connection, display),
            )
        )
    return found


def _paths(connection: sqlite3.Connection, sha256: bytes) -> tuple[str, ...]:
    rows = connection.execute("SELECT path FROM paths WHERE sha256 = ? ORDER BY path", (sha256,))
    return tuple(os.fsdecode(path) for (path,) in rows)
