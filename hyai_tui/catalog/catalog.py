"""The catalog: what the last scan saw, with a stable number for every file.

It can be deleted at any time: a scan makes it again, under another `identity`, so that arrays kept by file number
(scores) are known to belong to an earlier catalog and are not read with the new numbers.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hyai_tui.catalog.arrays import read_arrays
from hyai_tui.catalog.carrying import carriers, found_with
from hyai_tui.catalog.columns import CatalogColumns, by_path, read_columns, with_path_part
from hyai_tui.catalog.database import Database
from hyai_tui.catalog.kept import Shelf, highest
from hyai_tui.catalog.listing import known_ids
from hyai_tui.catalog.model import STATE_CODES, STATES, CatalogArrays, CatalogFile, ScanReport
from hyai_tui.catalog.reading import Where, read_file, read_files, read_numbered
from hyai_tui.catalog.resolving import resolve
from hyai_tui.catalog.scanning import ScanInProgress, newest_scan, write_file, write_path
from hyai_tui.catalog.taglists import TagNumbers
from hyai_tui.catalog.tagtable import TagTable, read_tag_table
from hyai_tui.errors import WrongUse
from hyai_tui.library.base import FileState, KnownIds, KnownPath, MediaFile, ScanItem, ScannedPath

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 500
_PAGE = 2_000


class Catalog:
    """`.hyai/catalog.db`. Safe to use from several threads; each has a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tags = TagNumbers()
        self._scans: dict[int, ScanInProgress] = {}
        self._shelf = Shelf(database.path.with_suffix(".arrays"))

    @classmethod
    def open(cls, path: Path) -> Catalog:
        """Open the catalog, made or migrated where needed."""
        return cls(Database(path))

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def identity(self) -> str:
        """An id made with the catalog: file numbers mean something only together with it."""
        with self._database.read() as connection:
            return str(connection.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()[0])

    def mark_numbers(self, user: str) -> str:
        """Note that somebody (a model's score table) is about to keep something by file number; return a mark for it.

        A catalog that was put back from a back-up, or that lost its last moments with the power, may give numbers to
        other files than it once did; it does not know the marks of what was kept since.
        """
        with self._database.write() as connection:
            key = f"marks of {user}"
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            mark = f"{self.identity}-{secrets.token_hex(8)}"
            # The last one stays good until what bears the new one has taken its place.
            kept = [*(row[0].split() if row else ())][-1:]
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, " ".join([*kept, mark])))
        return mark

    def number_marks(self, user: str) -> tuple[str, ...]:
        """Return the marks that show that something was kept by the numbers which this catalog gives."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (f"marks of {user}",)).fetchone()
        return (self.identity, *(row[0].split() if row else ()))

    # Scans

    def begin_scan(self) -> int:
        """Begin a scan and return its number; `put` and `finish_scan` take it."""
        with self._database.write() as connection:
            row = connection.execute("INSERT INTO scans (started) VALUES (?) RETURNING number", (time.time(),))
            number = int(row.fetchone()[0])
        self._scans[number] = ScanInProgress(self._database, self._shelf, self._tags, number)
        return number

    def put(self, items: Iterable[ScanItem], scan: int) -> None:
        """Take in what the library lists; what has not changed is not written."""
        self._scan(scan).put(items)

    def finish_scan(self, scan: int, accept_gone: bool = False) -> ScanReport:
        """End a whole scan: files that it has not seen become gone.

        Raises:
            ManyGone: over 20 % of the files, and ten or more, are missing, and `accept_gone` is not given; nothing
                was marked as gone.
        """
        report = self._scan(scan).finish(accept_gone=accept_gone)
        del self._scans[scan]
        return report

    def known_paths(self) -> dict[str, KnownPath]:
        """Return what earlier scans know of each path, so that unchanged bytes are not hashed again."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT path, sha256, size, mtime_ns, inode FROM paths")
            return {
                os.fsdecode(path): KnownPath(sha256.hex(), size, mtime_ns, inode % (1 << 64))
                for path, sha256, size, mtime_ns, inode in rows
            }

    def known_ids(self, watched: Iterable[str]) -> KnownIds:
        """Return what is known by the library's own ids; changes of the `watched` tags will be noticed by it."""
        return known_ids(self._database, self._shelf, self._tags, sorted(watched))

    def last_scan(self) -> float | None:
        """Return when the last whole scan ended, in seconds since the epoch; None before the first."""
        with self._database.read() as connection:
            found = connection.execute("SELECT max(finished) FROM scans").fetchone()[0]
        return None if found is None else float(found)

    def newest_number(self) -> int:
        """Return the number of the file that was seen last for the first time; 0 without any."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT coalesce(max(number), 0) FROM files").fetchone()[0])

    def count_after(self, number: int) -> int:
        """Return how many files were first seen after the one of a number."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM files WHERE number > ?", (number,)).fetchone()[0])

    def scan_skips(self) -> dict[str, str]:
        """Return the entries that the last whole scan could not count as files, with the reason."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT name, reason FROM scan_skips ORDER BY name")
            return {os.fsdecode(name): str(reason) for name, reason in rows}

    # Files

    def file(self, sha256: str) -> CatalogFile | None:
        """Return one file, or None if the catalog has never seen it."""
        return read_file(self._database, self._tags, sha256)

    def files(self, where: Where | None = None) -> Iterator[CatalogFile]:
        """Yield the files for which `where` holds, gone ones too, in the order of their numbers."""
        return read_files(self._database, self._tags, where or Where())

    def resolve(self, text: str, root: Path | None) -> str:
        """Return the identity that a FILE argument names.

        Args:
            text: a SHA-256, a unique prefix of one (four digits or more), or a path: absolute, from the current
                directory, or from the library's root.
            root: root of a folder library, whose new or changed files are hashed now; None for Hydrus.

        Raises:
            UnknownFile: it names no file, or several (up to five are listed).
        """
        return resolve(self._database, self._tags, text, root)

    def holds_at_least(self, files: int) -> bool:
        """Return at once whether the catalog has seen so many files, gone ones too."""
        with self._database.read() as connection:
            return highest(connection) >= files

    def snapshot(self) -> CatalogArrays:
        """Return all files, gone ones too, as arrays in the order of their numbers; read-only where there are many."""
        return read_arrays(self._database, self._shelf)

    def keep(self, tags: Sequence[str]) -> None:
        """Keep the arrays that queues are made of, and who carries these tags, so that the next list opens at once."""
        read_arrays(self._database, self._shelf)
        self.carriers(tags)

    def tags(self, sha256: str) -> frozenset[str]:
        """Return the tags that a file is known to have; none for an unknown file."""
        found = self.file(sha256)
        return found.tags if found else frozenset()

    def carriers(self, tags: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return for each tag the numbers of the files that carry it where we write, gone ones too, rising: int64[m]."""
        return carriers(self._database, self._shelf, self._tags, tags)

    def found_with(self, tags: Sequence[str]) -> NDArray[np.int64]:
        """Return the numbers of the files that are shown with any of the tags, or carry one where we write: int64[m]."""
        return found_with(self._database, self._shelf, self._tags, tags)

    def tag_table(self, without: Callable[[str], bool]) -> TagTable:
        """Return the tags, as the library shows them, of all files that are in it; without those that `without` names."""
        return read_tag_table(self._database, without)

    def files_of(self, numbers: Sequence[int]) -> list[CatalogFile]:
        """Return the files of these numbers, in their order; each must exist."""
        return read_numbered(self._database, self._tags, numbers)

    def columns(self) -> CatalogColumns:
        """Return facts of all files, gone ones too, as arrays in the order of their numbers."""
        return read_columns(self._database, self._shelf)

    def files_with_path_part(self, text: str) -> NDArray[np.bytes_]:
        """Return S64[m]: the files with a path that holds the text; ASCII letters match in either case."""
        return with_path_part(self._database, text)

    def files_by_path(self) -> NDArray[np.bytes_]:
        """Return S64[m]: the file of every path, in the order of the paths."""
        return by_path(self._database)

    def mean_size(self, of: int = 10_000) -> float | None:
        """Return the mean size in bytes of the still pictures in the library that came last; None where none is known."""
        query = (
            "SELECT avg(size) FROM (SELECT size FROM files WHERE state <> ? AND NOT motion AND size IS NOT NULL "
            "ORDER BY number DESC LIMIT ?)"
        )
        with self._database.read() as connection:
            found = connection.execute(query, (STATE_CODES[FileState.GONE], of)).fetchone()[0]
        return None if found is None else float(found)

    def counts(self) -> dict[str, int]:
        """Return `files` (not gone), one count a state, and of the files `motion` and `conflict`."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT state, count(*), sum(motion), sum(conflict) FROM files GROUP BY state")
            by_state = {STATES[row[0]]: row[1:] for row in rows}
        present = [by_state.get(state, (0, 0, 0)) for state in STATES if state is not FileState.GONE]
        return {
            "files": sum(row[0] for row in present),
            **{state.value: by_state.get(state, (0, 0, 0))[0] for state in STATES},
            "motion": sum(row[1] for row in present),
            "conflict": sum(row[2] for row in present),
        }

    def update_state(
        self,
        sha256: str,
        state: FileState | None = None,
        tags: Iterable[str] | None = None,
        *,
        archived: bool | None = None,
    ) -> None:
        """Record what a write to the library has verifiably left; None leaves that as it is."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE files SET noted = ? WHERE sha256 = ?", (newest_scan(connection), bytes.fromhex(sha256))
            )
            if state is not None:
                connection.execute(
                    "UPDATE files SET state = ?, conflict = 0 WHERE sha256 = ?",
                    (STATE_CODES[state], bytes.fromhex(sha256)),
                )
            if archived is not None:
                connection.execute(
                    "UPDATE files SET archived = ? WHERE sha256 = ?", (int(archived), bytes.fromhex(sha256))
                )
            if tags is not None:
                connection.execute(
                    "UPDATE files SET tags = ? WHERE sha256 = ?",
                    (self._tags.pack(connection, tags), bytes.fromhex(sha256)),
                )

    def update(self, files: Iterable[MediaFile]) -> None:
        """Record files as the library has just given them (`lookup`), with state and tags, in short transactions."""
        remaining = iter(files)
        while batch := list(islice(remaining, _BATCH)):
            with self._database.write() as connection:
                for item in batch:
                    write_file(connection, self._tags, item)

    # Paths of a folder library (`hyai_tui.library.folder.FolderIndex`)

    def stamped_paths(self, sha256: str) -> list[ScannedPath]:
        """Return the known paths of equal bytes with their stamps, sorted."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT path, size, mtime_ns, inode FROM paths WHERE sha256 = ? ORDER BY path",
                (bytes.fromhex(sha256),),
            ).fetchall()
        return [ScannedPath(os.fsdecode(row[0]), sha256, row[1], row[2], row[3] % (1 << 64)) for row in rows]

    def all_stamped_paths(self) -> Iterator[ScannedPath]:
        """Yield all known paths, equal bytes together."""
        last: tuple[bytes, bytes] = (b"", b"")
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT sha256, path, size, mtime_ns, inode FROM paths WHERE (sha256, path) > (?, ?)"
                    " ORDER BY sha256, path LIMIT ?",
                    (*last, _PAGE),
                ).fetchall()
            if not rows:
                return
            last = (rows[-1][0], rows[-1][1])
            for sha256, path, size, mtime_ns, inode in rows:
                yield ScannedPath(os.fsdecode(path), sha256.hex(), size, mtime_ns, inode % (1 << 64))

    def move_path(self, old: str, new: ScannedPath) -> None:
        """Record that a file was moved within the library."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM paths WHERE path = ?", (os.fsencode(old),))
            write_path(connection, new)

    # What the features' builder found

    def contents(self, source: str) -> dict[str, str]:
        """Return identity to content SHA-256, for one source of pictures (`file`, `thumbnail`)."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT file, content FROM contents WHERE source = ?", (source,))
            return {file.hex(): content.hex() for file, content in rows}

    def content(self, source: str, file: str) -> str | None:
        """Return the content SHA-256 of one file, or None where that is not known."""
        with self._database.read() as connection:
            query = "SELECT content FROM contents WHERE source = ? AND file = ?"
            row = connection.execute(query, (source, bytes.fromhex(file))).fetchone()
            return None if row is None else str(row[0].hex())

    def put_contents(self, source: str, contents: Mapping[str, str]) -> None:
        """Record the content of files; a file that had been skipped for this source is not any more."""
        rows = ((source, bytes.fromhex(file), bytes.fromhex(content)) for file, content in contents.items())
        while batch := list(islice(rows, _BATCH)):
            with self._database.write() as connection:
                connection.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", batch)
                connection.executemany("DELETE FROM skips WHERE source = ? AND file = ?", [row[:2] for row in batch])

    def skips(self, source: str) -> dict[str, str]:
        """Return identity to the reason why it has no features, for one source."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT file, reason FROM skips WHERE source = ?", (source,))
            return {file.hex(): str(reason) for file, reason in rows}

    def put_skips(self, source: str, skips: Iterable[tuple[str, str]]) -> None:
        """Record why files have no features."""
        rows = ((source, bytes.fromhex(file), reason) for file, reason in skips)
        while batch := list(islice(rows, _BATCH)):
            with self._database.write() as connection:
                connection.executemany("INSERT OR REPLACE INTO skips VALUES (?, ?, ?)", batch)

    def clear_skips(self, source: str) -> None:
        """Forget why files have no features, so that the next build tries them again."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM skips WHERE source = ?", (source,))

    def _scan(self, scan: int) -> ScanInProgress:
        try:
            return self._scans[scan]
        except KeyError:
            raise WrongUse(f"Scan {scan} has not begun here, or has ended") from None
