"""Perceptual hashes, one for each content, in `.hyai/phashes.db`: worked out once, when a picture is decoded anyway."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import HyaiError
from hyai_tui.transactions import immediate

FILE: Final = "phashes.db"
_BUSY_SECONDS: Final = 30.0


class PerceptualHashes:
    """The open store; use as a context manager. Not for use by several threads at once.

    Args:
        path: of the database, made where there is none.

    Raises:
        HyaiError: if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS hashes (content BLOB PRIMARY KEY, hash INTEGER) STRICT, WITHOUT ROWID"
            )
        except sqlite3.Error as error:
            raise HyaiError(f"{path} cannot be used: {error}", "Delete it; it is made again") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._database.close()

    def put(self, hashes: Iterable[tuple[str, int | None]]) -> None:
        """Keep hashes by content; None for a picture that has none."""
        rows = [(bytes.fromhex(content), value) for content, value in hashes]
        if not rows:
            return
        try:
            with immediate(self._database):
                self._database.executemany("INSERT OR REPLACE INTO hashes VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            raise HyaiError(
                f"Perceptual hashes cannot be written: {error}", "Free some space, then try again"
            ) from error

    def all(self) -> tuple[NDArray[np.bytes_], NDArray[np.uint64], NDArray[np.bool_]]:
        """Return (S64[n] contents in rising order, uint64[n] hashes, bool[n] whether the picture has one)."""
        rows = self._database.execute("SELECT content, hash FROM hashes ORDER BY content").fetchall()
        contents = np.frombuffer(b"".join(row[0] for row in rows).hex().encode("ascii"), "S64")
        values = np.array([row[1] or 0 for row in rows], np.int64).view(np.uint64)
        return contents, values, np.array([row[1] is not None for row in rows], bool)
