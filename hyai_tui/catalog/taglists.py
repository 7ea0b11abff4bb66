"""Tags as numbers: each text is stored once, and a file's tags are one array of 32-bit numbers."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Iterable

_MOST_KEPT = 250_000  # texts in memory, some 50 MB; a library may have millions
_TYPE = "I"  # 4 bytes on every platform that Python supports here
EMPTY = b""
_VARIABLES = 500


class TagNumbers:
    """The dictionary of tags, read as it is needed and kept in memory."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._text: dict[int, str] = {}
        self._lock = threading.Lock()

    def store(self, connection: sqlite3.Connection, texts: Iterable[str]) -> None:
        """Store texts that are new and remember all their numbers, so that packing them costs no statement each.

        Call inside a write transaction.
        """
        wanted = {text: _storable(text) for text in set(texts) if text not in self._number}
        if not wanted:
            return
        stored = sorted(set(wanted.values()))
        connection.executemany("INSERT OR IGNORE INTO tags (text) VALUES (?)", [(one,) for one in stored])
        number: dict[str, int] = {}
        for start in range(0, len(stored), _VARIABLES):
            part = stored[start : start + _VARIABLES]
            query = f"SELECT text, number FROM tags WHERE text IN ({','.join('?' * len(part))})"  # noqa: S608 - marks
            number |= dict(connection.execute(query, part).fetchall())
        for text, safe in wanted.items():
            self._keep(text, safe, number[safe])

    def pack(self, connection: sqlite3.Connection, tags: Iterable[str]) -> bytes:
        """Return the tags as sorted numbers; new texts are stored. Call inside a write transaction."""
        if (packed := self._packed_from_memory(tags)) is not None:
            return packed
        wanted = set(tags)
        return array(_TYPE, sorted(self._number_of(connection, text, store=True) or 0 for text in wanted)).tobytes()

    def packed_if_known(self, connection: sqlite3.Connection, tags: Iterable[str]) -> bytes | None:
        """Return the tags as `pack` would, or None if one of them was never stored."""
        if (packed := self._packed_from_memory(tags)) is not None:
            return packed
        numbers = [self._number_of(connection, text, store=False) for text in set(tags)]
        known = [number for number in numbers if number is not None]
        return array(_TYPE, sorted(known)).tobytes() if len(known) == len(numbers) else None

    def unpack(self, connection: sqlite3.Connection, packed: bytes) -> frozenset[str]:
        """Return the texts of an array of numbers."""
        return frozenset(self._text_of(connection, number) for number in array(_TYPE, packed))

    def number(self, connection: sqlite3.Connection, text: str) -> int | None:
        """Return a tag's number, or None if no file has ever had it."""
        return self._number_of(connection, text, store=False)

    def forget(self) -> None:
        """Drop what is in memory: a transaction was rolled back, and numbers in it may not exist."""
        with self._lock:
            self._number.clear()
            self._text.clear()

    def _packed_from_memory(self, tags: Iterable[str]) -> bytes | None:
        """Return the tags as numbers if all of them are in memory, which most are."""
        try:
            numbers = sorted({self._number[text] for text in tags})
        except KeyError:
            return None
        return array(_TYPE, numbers).tobytes() if numbers else EMPTY

    def _keep(self, text: str, safe: str, number: int) -> None:
        """Remember a tag; when there are too many, begin anew: the common ones are soon back."""
        with self._lock:
            if len(self._number) >= _MOST_KEPT or len(self._text) >= _MOST_KEPT:
                self._number.clear()
                self._text.clear()
            self._number[text] = number
            self._text[number] = safe

    def _number_of(self, connection: sqlite3.Connection, text: str, *, store: bool) -> int | None:
        if (number := self._number.get(text)) is not None:
            return number
        safe = _storable(text)
        row = connection.execute("SELECT number FROM tags WHERE text = ?", (safe,)).fetchone()
        if row is None and store:
            row = connection.execute("INSERT INTO tags (text) VALUES (?) RETURNING number", (safe,)).fetchone()
        if row is None:
            return None
        self._keep(text, safe, int(row[0]))
        return int(row[0])

    def _text_of(self, connection: sqlite3.Connection, number: int) -> str:
        if (text := self._text.get(number)) is not None:
            return text
        found = str(connection.execute("SELECT text FROM tags WHERE number = ?", (number,)).fetchone()[0])
        self._keep(found, found, number)
        return found


def _storable(text: str) -> str:
    """Return a tag as it can be stored: a lone surrogate from a client is kept readable, not refused."""
    return text.encode("utf-8", "replace").decode()


def holds(packed: bytes, number: int) -> bool:
    """Return whether an array of numbers holds this one."""
    return number in array(_TYPE, packed)
