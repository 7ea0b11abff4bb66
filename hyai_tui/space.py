"""Is it for want of space that a database could not be written?"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

_NO_ROOM_BYTES = 256 * 1024


def is_out_of_space(error: sqlite3.Error, path: Path) -> bool:
    """Return True if the disk of a database is full.

    SQLite says so itself where a page does not fit. Where a file beside the database (the index of its write-ahead log)
    cannot grow, it says "disk I/O error", which is a full disk only if there is next to no room left.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return True
    # Where a file cannot even be made for want of space, SQLite cannot open it.
    if code not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return False
    return path.parent.is_dir() and shutil.disk_usage(path.parent).free < _NO_ROOM_BYTES
