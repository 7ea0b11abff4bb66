"""Every write to the library that was ever asked for, in `writes.db`: what, to which files, for whom, and if it was seen.

A library notes each request before it is sent and after it was answered, whoever asked for it: decisions, tag runs,
clearings, pages. So nothing that this program did to a library is missing, also where it was killed in between. Rows are
only added; what is read back afterwards marks them as verified. A request for hundreds of files is one row.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hyai_tui.errors import DiskFull, HyaiError
from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.space import is_out_of_space
from hyai_tui.transactions import immediate

FILE = "writes.db"

Target = Literal["tag", "state", "page"]
By = str | Mapping[str, str]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS writes(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('tag', 'state', 'page')),
    wrote TEXT NOT NULL,
    by TEXT NOT NULL,
    status TEXT NOT NULL,
    files BLOB NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS writes_are_kept BEFORE DELETE ON writes
BEGIN SELECT RAISE(ABORT, 'writes are never forgotten'); END;
CREATE TRIGGER IF NOT EXISTS writes_are_not_rewritten BEFORE UPDATE OF at, target, wrote, by, files ON writes
BEGIN SELECT RAISE(ABORT, 'writes are never rewritten'); END;
CREATE TABLE IF NOT EXISTS boots(address TEXT PRIMARY KEY, id TEXT NOT NULL, at REAL NOT NULL) STRICT;
PRAGMA user_version = 2;
"""
_VERSION = 2
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Change:
    """What one request asks for: tags, or a step between the library's states, or a page's name.

    Attributes:
        add, remove: tags.
        step: `archive`, `unarchive`, `trash`, `undelete`, or what was done to a page.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    step: str = ""

    def seen_in(self, file: MediaFile) -> bool:
        """True if a file that was read back is as the request wanted it."""
        if self.step:
            trashed = file.state is FileState.TRASH
            archived = file.archived or file.state is FileState.ARCHIVE
            steps = {"trash": trashed, "undelete": not trashed, "archive": archived, "unarchive": not archived}
            return steps.get(self.step, True)
        return file.tags.issuperset(self.add) and file.tags.isdisjoint(self.remove)


@dataclass(frozen=True, slots=True)
class Write:
    """One file's part in a request.

    Attributes:
        at: when it was sent, seconds since the epoch.
        file: SHA-256.
        target: `tag`, `state` or `page`.
        change: what was asked for.
        by: `decision N`, `edit` (of a person's own tags), `undo`, `untag`, `pages`, or the model's id.
        status: `verified` (seen in the library afterwards), `sent` (answered, and not seen yet), `intended` (sent, and
            no answer was heard), or `refused: …`.
    """

    at: float
    file: str
    target: Target
    change: Change
    by: str
    status: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that was answered; fields as in `Write`."""

    target: Target
    change: Change
    files: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Boot:
    """One start of the program behind an address.

    Attributes:
        id: its own word for this start.
        at: when it was last seen, seconds since the epoch.
    """

    id: str
    at: float


class WriteLog:
    """The log of one workspace; for the thread that writes.

    Args:
        path: the file, made with the first write.

    Attributes:
        by: for whom the next writes are: a name for all files, or one for each.
    """

    def __init__(self, path: Path) -> None:
        self.by: By = "hyai"
        self._path = path
        self._unseen: dict[int, tuple[Change, set[str]]] = {}

    @contextlib.contextmanager
    def request(self, target: Target, change: Change, files: Sequence[str]) -> Iterator[None]:
        """Note a request around its sending.

        Raises:
            HyaiError: the log cannot be written; then nothing is sent.
        """
        rows = self._intend(target, change, files)
        try:
            yield
        except HyaiError as error:
            self._settle(rows, f"refused: {error.what}")
            raise
        self._settle(rows, "sent")
        for row, part in rows.items():
            self._unseen[row] = (change, set(part))

    def saw(self, found: Iterable[MediaFile]) -> None:
        """Mark as verified what the library, read again, shows as it was asked for."""
        if not self._unseen:
            return
        files = {one.sha256: one for one in found}
        seen = []
        for row, (change, waiting) in self._unseen.items():
            waiting -= {name for name in waiting & files.keys() if change.seen_in(files[name])}
            if not waiting:
                seen.append(row)
        for row in seen:
            del self._unseen[row]
        self._settle(seen, "verified")

    @property
    def has_writes(self) -> bool:
        """True once something was written: the file is made with the first write."""
        return self._path.exists()

    def boot(self, address: str) -> Boot | None:
        """Return the start that was last seen at an address; None where none was."""
        with _in_words(self._path), contextlib.closing(_connect(self._path)) as connection:
            row = connection.execute("SELECT id, at FROM boots WHERE address = ?", (address,)).fetchone()
        return None if row is None else Boot(*row)

    def saw_boot(self, address: str, boot: str) -> None:
        """Note that this start answers at the address now."""
        with self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO boots VALUES (?, ?, ?)", (address, boot, time.time()))

    def since(self, at: float) -> list[Sent]:
        """Return the requests that were answered since a time (seconds since the epoch), oldest first."""
        if not self._path.exists():
            return []
        with _in_words(self._path), contextlib.closing(_connect(self._path)) as connection:
            query = (
                "SELECT target, wrote, files, by FROM writes "
                "WHERE at >= ? AND status IN ('sent', 'verified') ORDER BY id"
            )
            rows = connection.execute(query, (at,)).fetchall()
        return [Sent(target, _change(wrote), tuple(_hashes(files)), by) for target, wrote, files, by in rows]

    def _intend(self, target: Target, change: Change, files: Sequence[str]) -> dict[int, list[str]]:
        by_whom: dict[str, list[str]] = {}
        for file in files:
            name = self.by if isinstance(self.by, str) else self.by.get(file, "hyai")
            by_whom.setdefault(name, []).append(file)
        wrote = json.dumps({"add": change.add, "remove": change.remove, "step": change.step})
        rows: dict[int, list[str]] = {}
        with self._open() as connection:
            for name, part in by_whom.items():
                number = connection.execute(
                    "INSERT INTO writes(at, target, wrote, by, status, files) VALUES (?, ?, ?, ?, 'intended', ?)",
                    (time.time(), target, wrote, name, bytes.fromhex("".join(part))),
                ).lastrowid
                assert number is not None
                rows[number] = part
        return rows

    def _settle(self, rows: Iterable[int], status: str) -> None:
        if given := [(status, row) for row in rows]:
            with self._open() as connection:
                connection.executemany("UPDATE writes SET status = ? WHERE id = ?", given)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open for one transaction: writes are rare, and a log that stays open would have to be closed by everybody."""
        with _in_words(self._path), contextlib.closing(_connect(self._path)) as connection, immediate(connection):
            yield connection


def writes(path: Path) -> Iterator[Write]:
    """Yield every write, newest first; none where nothing was ever written."""
    if not path.exists():
        return
    with _in_words(path), contextlib.closing(_connect(path)) as connection:
        query = "SELECT at, target, wrote, by, status, files FROM writes ORDER BY id DESC"
        for at, target, wrote, by, status, files in connection.execute(query):
            change = _change(wrote)
            for file in _hashes(files):
                yield Write(at, file, target, change, by, status)


def _change(wrote: str) -> Change:
    fields = json.loads(wrote)
    return Change(tuple(fields["add"]), tuple(fields["remove"]), fields["step"])


def _hashes(files: bytes) -> Iterator[str]:
    for start in range(0, len(files), _HASH_BYTES):
        yield files[start : start + _HASH_BYTES].hex()


def sign(library: object, by: By) -> None:
    """Say for whom the next writes of a library are; a library without a log has nothing to sign."""
    log = getattr(library, "log", None)
    if isinstance(log, WriteLog):
        log.by = by


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
        connection.executescript(_SCHEMA)
    return connection


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if is_out_of_space(error, path):
            raise DiskFull(
                "The disk is full: writes.db, the log of writes, could not be written, so nothing was sent",
                "Free some space, then do it again",
            ) from error
        raise HyaiError(
            f"writes.db, the log of writes, failed: {error}; nothing is written to the library without it",
            "Free some space, or move a damaged writes.db aside: a new one is begun",
        ) from error
