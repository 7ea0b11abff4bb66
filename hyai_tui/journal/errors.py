"""How the journal fails: in words that say what to do, with nothing half written."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterable

from hyai_tui.errors import DiskFull, HyaiError, NotNow, WrongUse


class JournalError(HyaiError):
    """The journal cannot be read or written; nothing of the last act was recorded."""


class JournalBusy(NotNow):
    """Another process holds the journal for longer than we wait."""


class JournalFull(JournalError, DiskFull):
    """There is no space to write the journal; nothing was recorded."""


class UnknownLabel(WrongUse):
    """A label that does not exist; names the nearest one that does."""

    def __init__(self, name: str, labels: Iterable[str]) -> None:
        known = list(labels)
        near = difflib.get_close_matches(name, known, 1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}? " if near else f"There are {', '.join(known)}. " if known else ""
        super().__init__(f"There is no label {name!r}", f"{hint}Add --new to make it")


def in_words(error: sqlite3.Error) -> HyaiError:
    """Return what a database error means to a person."""
    text = str(error)
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary == sqlite3.SQLITE_FULL:
        return JournalFull(
            "The disk is full: the journal could not be written, and nothing was recorded",
            "Free some space, then do it again",
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalBusy("The journal is in use by another process", "Wait for it to finish, then do it again")
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return JournalError(
            "The journal cannot be written: journal.db or its directory is read-only, and nothing was recorded",
            "Give yourself write permission on the workspace",
        )
    if primary == sqlite3.SQLITE_CANTOPEN:
        return JournalError("The journal cannot be opened", "Check that the workspace exists and is yours to write")
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return JournalError(
            "journal.db is damaged or not a journal",
            "Move it aside and put back a copy (journal.db.v*.backup, or your own); without one, a new journal is made from "
            "the training folders, which are whole",
        )
    if primary == sqlite3.SQLITE_IOERR:
        return JournalError(
            "The disk failed, or is full, while the journal was written, and nothing was recorded",
            "Check the disk and its free space, then do it again",
        )
    return JournalError(f"The journal failed: {text}", "Nothing of the last act was recorded")
