"""A database that cannot be written for want of space is told from one that fails otherwise."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from hyai_tui.space import is_out_of_space


def error(code: int) -> sqlite3.Error:
    found = sqlite3.OperationalError("some words")
    found.sqlite_errorcode = code
    return found


@pytest.mark.parametrize(
    ("code", "free", "full"),
    [
        (sqlite3.SQLITE_FULL, 10**9, True),
        (sqlite3.SQLITE_IOERR, 0, True),
        (sqlite3.SQLITE_IOERR | 19 << 8, 0, True),
        (sqlite3.SQLITE_IOERR, 10**9, False),
        (sqlite3.SQLITE_CANTOPEN, 0, True),
        (sqlite3.SQLITE_CORRUPT, 0, False),
    ],
)
def test_a_full_disk_is_what_sqlite_says_or_a_failure_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, free: int, full: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, free))
    assert is_out_of_space(error(code), tmp_path / "some.db") is full
