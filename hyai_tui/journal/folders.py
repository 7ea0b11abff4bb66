"""What sync has seen in the training folders, and the fold of each sample."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from hyai_tui.journal.model import SampleRecord

_COLUMNS = "path, identity, content, label, origin, ours, present, size, mtime_ns, inode"
_INODES = 1 << 64  # SQLite's integers are signed


def samples(connection: sqlite3.Connection) -> dict[str, SampleRecord]:
    """Return the records of all sample files by path relative to `data/`."""
    records = map(_record, connection.execute(f"SELECT {_COLUMNS} FROM samples"))  # noqa: S608 - a constant
    return {one.path: one for one in records}


def samples_of(connection: sqlite3.Connection, identity: str) -> list[SampleRecord]:
    """Return the records of one identity, in order of path."""
    query = f"SELECT {_COLUMNS} FROM samples WHERE identity = ? ORDER BY path"  # noqa: S608 - a constant
    return [_record(row) for row in connection.execute(query, (identity,))]


def note(connection: sqlite3.Connection, records: Iterable[SampleRecord]) -> None:
    """Keep or replace records by path."""
    connection.executemany(
        f"INSERT OR REPLACE INTO samples({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        [
            (
                os.fsencode(one.path),
                one.identity,
                one.content,
                one.label,
                one.origin,
                one.ours,
                one.present,
                one.size,
                one.mtime_ns,
                one.inode % _INODES - (_INODES if one.inode % _INODES >= _INODES // 2 else 0),
            )
            for one in records
        ],
    )


def drop(connection: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Forget the records of files that are no longer there."""
    connection.executemany("DELETE FROM samples WHERE path = ?", [(os.fsencode(path),) for path in paths])


def folds(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the fold of each sample by identity; -1 is the test split."""
    return {str(file): int(fold) for file, fold in connection.execute("SELECT file, fold FROM folds")}


def assign_folds(connection: sqlite3.Connection, mapping: Mapping[str, int]) -> None:
    """Give folds to samples that have none; a fold never changes."""
    connection.executemany("INSERT OR IGNORE INTO folds(file, fold) VALUES (?, ?)", list(mapping.items()))


def _record(row: tuple[Any, ...]) -> SampleRecord:
    path, identity, content, label, origin, ours, present, size, mtime_ns, inode = row
    stamps = (size, mtime_ns, inode % _INODES)
    return SampleRecord(os.fsdecode(path), identity, content, label, origin, bool(ours), bool(present), *stamps)
