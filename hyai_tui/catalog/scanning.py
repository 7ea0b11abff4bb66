"""A scan as the catalog takes it in: what was seen is written at once, what is missing only at a whole scan's end.

What a scan saw is remembered in memory by row number, one byte each, so that a scan which finds nothing new writes
nothing. A scan that ends early has therefore never made a file look gone.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hyai_tui.catalog.arrays import read_arrays
from hyai_tui.catalog.database import Database
from hyai_tui.catalog.kept import Shelf
from hyai_tui.catalog.marks import Marks
from hyai_tui.catalog.model import STATE_CODES, ScanReport
from hyai_tui.catalog.taglists import TagNumbers
from hyai_tui.errors import HyaiError, LibraryError
from hyai_tui.library.base import FileState, MediaFile, ScanItem, ScannedPath, Skipped
from hyai_tui.text import count

GONE = STATE_CODES[FileState.GONE]
GONE_SHARE = 0.2
GONE_FEWEST = 10
# A write transaction takes this many items (a few milliseconds); items are collected before it begins, so that no lock
# is held while the library is asked.
_BATCH = 256
_BATCH_SECONDS = 0.5
# The entry is there and could not be looked at: whatever the catalog knows at or below it stays.
STILL_THERE = frozenset({"unreadable", "changed"})
# So common in a folder of anything that only their number is kept.
_COUNTED_ONLY = frozenset({"not-a-picture"})

_FACTS = "state, archived, motion, conflict, size, mime, width, height, modified, external_id, trashed"
_FIND_FILES = f"SELECT number, noted, sha256, {_FACTS}, tags, display_tags FROM files WHERE sha256 IN ({{}})"  # noqa: S608
_STILL_MISSING = "SELECT number FROM files WHERE state <> ? AND noted < ? AND number IN ({})"
_UPSERT_FILE = f"""
    INSERT INTO files (sha256, {_FACTS}, tags, display_tags, noted)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (sha256) DO UPDATE SET state = excluded.state, archived = excluded.archived, motion = excluded.motion,
        conflict = excluded.conflict, size = excluded.size, mime = excluded.mime, width = excluded.width,
        height = excluded.height, modified = excluded.modified, external_id = excluded.external_id,
        trashed = excluded.trashed, tags = excluded.tags, noted = excluded.noted,
        display_tags = excluded.display_tags
"""  # noqa: S608 - constant
_UPSERT_PATH = """
    INSERT INTO paths (path, sha256, size, mtime_ns, inode, noted) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (path) DO UPDATE SET
        sha256 = excluded.sha256, size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode,
        noted = excluded.noted
    RETURNING number
"""


class ManyGone(LibraryError):
    """So many files are missing that the library may be half mounted: nothing was marked as gone."""


class ScanInProgress:
    """One scan between its begin and its finish."""

    def __init__(self, database: Database, shelf: Shelf, tags: TagNumbers, number: int) -> None:
        self.number = number
        self.skipped: Counter[str] = Counter()
        self._database = database
        self._shelf = shelf
        self._tags = tags
        self._files = Marks()
        self._paths = Marks()
        self._skips: dict[bytes, str] = {}
        self._added = self._returned = self._changed = 0
        self._before = int((read_arrays(database, shelf).state != GONE).sum())

    def put(self, items: Iterable[ScanItem]) -> None:
        """Take in what the library lists."""
        for batch in _batches(items):
            unknown = self._mark_unchanged(batch)
            if unknown:
                self._write(unknown)
            self._pass_over(batch)

    def finish(self, *, accept_gone: bool) -> ScanReport:
        """Mark what was not seen as gone, and return the report.

        Raises:
            ManyGone: over 20 % of the files, and ten or more, are missing, and `accept_gone` is not given.
        """
        self._keep_what_could_not_be_looked_at()
        arrays = read_arrays(self._database, self._shelf)
        unseen = self._files.unmarked(arrays.number[arrays.state != GONE]).tolist()
        with self._database.read() as connection:
            # What was written beside the scan was there after it began.
            missing = [
                number
                for start in range(0, len(unseen), _BATCH)
                for (number,) in connection.execute(
                    _STILL_MISSING.format(",".join("?" * len(unseen[start : start + _BATCH]))),
                    (GONE, self.number, *unseen[start : start + _BATCH]),
                )
            ]
            paths = connection.execute("SELECT number FROM paths WHERE noted < ?", (self.number,))
            stale = [(number,) for (number,) in paths if number not in self._paths]
        if not accept_gone and len(missing) >= GONE_FEWEST and len(missing) > GONE_SHARE * self._before:
            raise ManyGone(
                f"{count(len(missing), 'file')} of {self._before:,} are not in the library any more; "
                "none was marked as gone",
                "If a disk is not mounted, mount it and scan again; if they are really gone, run 'hyai scan --accept-gone'",
            )
        self._run_in_parts("UPDATE files SET state = ? WHERE number = ?", [(GONE, number) for number in missing])
        self._run_in_parts("DELETE FROM paths WHERE number = ?", stale)
        return self._close(len(missing))

    def _close(self, gone: int) -> ScanReport:
        arrays = read_arrays(self._database, self._shelf)
        here = arrays.state != GONE
        files, motion, conflicts = int(here.sum()), int(arrays.motion[here].sum()), int(arrays.conflict[here].sum())
        with self._database.write() as connection:
            connection.execute("DELETE FROM scan_skips")
            connection.executemany("INSERT INTO scan_skips VALUES (?, ?)", self._skips.items())
            connection.execute(
                "UPDATE scans SET finished = ?, files = ?, added = ?, gone = ?, skipped = ? WHERE number = ?",
                (time.time(), files, self._added, gone, self.skipped.total(), self.number),
            )
        return ScanReport(files, self._added, gone, self._returned, self._changed, motion, conflicts, self.skipped)

    def _mark_unchanged(self, batch: Sequence[ScanItem]) -> list[MediaFile | ScannedPath]:
        """Mark what is just as it was, and return the rest."""
        changed: list[MediaFile | ScannedPath] = []
        with self._database.read() as connection:
            rows = _rows_of(connection, batch)
            for item in batch:
                if isinstance(item, MediaFile):
                    if not self._is_as_known(connection, item, rows.get(bytes.fromhex(item.sha256))):
                        changed.append(item)
                elif isinstance(item, ScannedPath):
                    if not self._path_is_known(connection, item):
                        changed.append(item)
                elif isinstance(item, Skipped):
                    self._skip(item)
                else:
                    self._files.add_all(item.numbers)
                    if item.passed_over:
                        self.skipped["not-a-picture"] += item.passed_over
        return changed

    def _pass_over(self, batch: Sequence[ScanItem]) -> None:
        """Remember the ids of what is no picture, so that the next scan need not read it."""
        ids = [(one.external_id,) for one in batch if isinstance(one, Skipped) and one.external_id is not None]
        if ids:
            with self._database.write() as connection:
                connection.executemany("INSERT OR IGNORE INTO passed_over VALUES (?)", ids)

    def _skip(self, item: Skipped) -> None:
        self.skipped[item.reason] += 1
        if item.reason not in _COUNTED_ONLY:
            self._skips[os.fsencode(item.name)] = item.reason

    def _path_is_known(self, connection: sqlite3.Connection, item: ScannedPath) -> bool:
        row = connection.execute(
            "SELECT number, noted, sha256, size, mtime_ns, inode FROM paths WHERE path = ?", (os.fsencode(item.path),)
        ).fetchone()
        if row is None:
            return False
        same = row[2:] == (bytes.fromhex(item.sha256), item.size, item.mtime_ns, _signed(item.inode))
        if not same and row[1] < self.number:
            return False
        self._paths.add(row[0])
        return True

    def _is_as_known(self, connection: sqlite3.Connection, item: MediaFile, row: Sequence[Any] | None) -> bool:
        """Return whether a row of `_FIND_FILES` says just what the item says; it is marked as seen then."""
        if row is None:
            return False
        if row[1] < self.number:
            if row[3:-2] != _facts(item):
                return False
            if row[-2] != self._tags.packed_if_known(connection, item.tags):
                return False
            if row[-1] != self._tags.packed_if_known(connection, item.display_tags):
                return False
        self._files.add(row[0])
        return True

    def _write(self, items: Sequence[MediaFile | ScannedPath]) -> None:
        try:
            with self._database.write() as connection:
                for item in items:
                    # Looked at again: it may have been written beside the scan since.
                    if isinstance(item, ScannedPath) and not self._path_is_known(connection, item):
                        self._paths.add(write_path(connection, item, noted=0))
                self._write_files(connection, [item for item in items if isinstance(item, MediaFile)])
        except BaseException:
            self._tags.forget()
            raise

    def _write_files(self, connection: sqlite3.Connection, items: Sequence[MediaFile]) -> None:
        before = _rows_of(connection, items)
        changed = {
            bytes.fromhex(item.sha256): item
            for item in items
            if not self._is_as_known(connection, item, before.get(bytes.fromhex(item.sha256)))
        }
        if not changed:
            return
        self._tags.store(connection, (tag for one in changed.values() for tag in one.tags | one.display_tags))
        connection.executemany(_UPSERT_FILE, [_values(connection, self._tags, one, 0) for one in changed.values()])
        after = _rows_of(connection, list(changed.values()))
        for sha256, item in changed.items():
            self._files.add(after[sha256][0])
            old = before.get(sha256)
            if old is None:
                self._added += 1
            elif old[3] == GONE and item.state is not FileState.GONE:
                self._returned += 1
            else:
                self._changed += 1

    def _keep_what_could_not_be_looked_at(self) -> None:
        with self._database.read() as connection:
            for name, reason in self._skips.items():
                if reason not in STILL_THERE:
                    continue
                # A directory's name may be that of a file too: `name` itself, and all between `name/` and `name0`.
                rows = connection.execute(
                    "SELECT paths.number, files.number FROM paths JOIN files ON files.sha256 = paths.sha256"
                    " WHERE path = ? OR (path > ? AND path < ?)",
                    (name, name + b"/", name + b"0"),
                )
                for path, file in rows:
                    self._paths.add(path)
                    self._files.add(file)

    def _run_in_parts(self, statement: str, parameters: Sequence[tuple[int, ...]]) -> None:
        for start in range(0, len(parameters), _BATCH):
            with self._database.write() as connection:
                connection.executemany(statement, parameters[start : start + _BATCH])


def write_file(connection: sqlite3.Connection, tags: TagNumbers, item: MediaFile, noted: int | None = None) -> int:
    """Write one file as the library knows it, and return its number. Call inside a write transaction.

    Args:
        connection: in its transaction.
        tags: dictionary of tags.
        item: the file.
        noted: 0 where a scan says it; None beside all scans that have begun.
    """
    values = _values(connection, tags, item, newest_scan(connection) if noted is None else noted)
    return int(connection.execute(f"{_UPSERT_FILE} RETURNING number", values).fetchone()[0])


def write_path(connection: sqlite3.Connection, item: ScannedPath, noted: int | None = None) -> int:
    """Write one path with its stamps, and return the row's number; see `write_file`."""
    values = (
        os.fsencode(item.path),
        bytes.fromhex(item.sha256),
        item.size,
        item.mtime_ns,
        _signed(item.inode),
        newest_scan(connection) if noted is None else noted,
    )
    return int(connection.execute(_UPSERT_PATH, values).fetchone()[0])


def newest_scan(connection: sqlite3.Connection) -> int:
    """Return the number of the newest scan that has begun; 0 before the first."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM scans").fetchone()[0])


def _rows_of(connection: sqlite3.Connection, items: Sequence[ScanItem]) -> dict[bytes, tuple[Any, ...]]:
    """Return the rows of `_FIND_FILES` by hash, of those items that are files and known."""
    hashes = [bytes.fromhex(item.sha256) for item in items if isinstance(item, MediaFile)]
    query = _FIND_FILES.format(",".join("?" * len(hashes)))
    return {row[2]: row for row in connection.execute(query, hashes)} if hashes else {}


def _values(connection: sqlite3.Connection, tags: TagNumbers, item: MediaFile, noted: int) -> tuple[object, ...]:
    return (
        bytes.fromhex(item.sha256),
        *_facts(item),
        tags.pack(connection, item.tags),
        tags.pack(connection, item.display_tags),
        noted,
    )


def _facts(item: MediaFile) -> tuple[object, ...]:
    return (
        STATE_CODES[item.state],
        int(item.archived),
        int(item.motion),
        int(item.conflict),
        item.size,
        item.mime,
        item.width,
        item.height,
        item.modified,
        item.external_id,
        item.trashed,
    )


def _signed(number: int) -> int:
    """Return an unsigned 64-bit number (an inode) as SQLite keeps it."""
    return number - (1 << 64) if number >= 1 << 63 else number


def _batches(items: Iterable[ScanItem]) -> Iterator[list[ScanItem]]:
    batch: list[ScanItem] = []
    begun = time.monotonic()
    remaining = iter(items)
    while True:
        try:
            item = next(remaining)
        except StopIteration:
            break
        except HyaiError:
            # The library went away: what it had given is kept, and the scan may go on when it is back.
            if batch:
                yield batch
            raise
        batch.append(item)
        if len(batch) >= _BATCH or time.monotonic() - begun > _BATCH_SECONDS:
            yield batch
            batch = []
            begun = time.monotonic()
    if batch:
        yield batch
