"""Page sets: which files a Hydrus user had laid out on which pages, as they were when they were imported (`pages.db`).

Pages change and lose their keys when the client ends; a set keeps names and hashes. The part of a page's path below the
imported page is its place, and the first name of it its category.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hyai_tui.errors import HyaiError, WrongUse

FILE = "pages.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sets(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at REAL NOT NULL, url TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pages(
    page_set INTEGER NOT NULL REFERENCES sets(id), place INTEGER NOT NULL, path TEXT NOT NULL, files BLOB NOT NULL,
    PRIMARY KEY (page_set, place)
) STRICT;
"""
_HASH_BYTES = 32
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class SetPage:
    """One page of a set: its path below the imported page, and its files in their order."""

    path: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def category(self) -> str:
        """The first name of the path."""
        return self.path[0] if self.path else ""


@dataclass(frozen=True, slots=True)
class PageSet:
    """An imported page or page tree.

    Attributes:
        name: path of the imported page, joined by `, `; `all pages` for the top.
        at: when it was imported, seconds since the epoch.
        url: of which client.
        pages: in the order of the client.
    """

    name: str
    at: float
    url: str
    pages: tuple[SetPage, ...] = field(default=())

    @property
    def unique(self) -> list[str]:
        """Each file once, in the order in which the pages show it."""
        return list(dict.fromkeys(file for page in self.pages for file in page.files))

    @property
    def total(self) -> int:
        """Files of all pages, those on several pages counted on each."""
        return sum(len(page.files) for page in self.pages)

    def duplicates(self) -> dict[str, list[tuple[str, ...]]]:
        """Return the files that are on several pages, with the paths of these."""
        places: dict[str, list[tuple[str, ...]]] = {}
        for page in self.pages:
            for file in dict.fromkeys(page.files):
                places.setdefault(file, []).append(page.path)
        return {file: paths for file, paths in places.items() if len(paths) > 1}

    def mapping(self) -> dict[str, Any]:
        """Return it as the original mapper wrote it: metadata, categories → pages → hashes, and each page alone."""
        categories: dict[str, dict[str, list[str]]] = {}
        for page in self.pages:
            below = " / ".join(page.path[1:]) or page.category
            categories.setdefault(page.category, {})[below] = list(page.files)
        return {
            "metadata": {
                "timestamp": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds"),
                "description": f"Hydrus pages below {self.name}",
                "api_url": self.url,
                "total_categories": len(categories),
                "total_pages": len(self.pages),
                "total_files": self.total,
                "unique_files": len(self.unique),
            },
            "categories": categories,
            "individual_pages": {" / ".join(page.path): list(page.files) for page in self.pages},
        }


def save(path: Path, found: PageSet) -> None:
    """Keep a set; one of that name is replaced."""
    with _open(path) as connection:
        connection.execute("DELETE FROM pages WHERE page_set IN (SELECT id FROM sets WHERE name = ?)", (found.name,))
        connection.execute("DELETE FROM sets WHERE name = ?", (found.name,))
        number = connection.execute(
            "INSERT INTO sets(name, at, url) VALUES (?, ?, ?)", (found.name, found.at, found.url)
        ).lastrowid
        connection.executemany(
            "INSERT INTO pages VALUES (?, ?, ?, ?)",
            [
                (number, place, _BETWEEN.join(page.path), bytes.fromhex("".join(page.files)))
                for place, page in enumerate(found.pages)
            ],
        )


def names(path: Path) -> list[str]:
    """Return the names of all sets, the newest first."""
    if not path.exists():
        return []
    with _open(path) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sets ORDER BY at DESC, id DESC")]


def load(path: Path, name: str | None = None) -> PageSet:
    """Return a set by its name, whatever its case; without one the newest.

    Raises:
        WrongUse: there is none.
    """
    there = names(path)
    wanted = name or (there[0] if there else "")
    chosen = next((one for one in there if one.casefold() == wanted.casefold()), None)
    if chosen is None:
        raise WrongUse(
            f"There is no page set {name!r}" if name else "No pages were imported yet",
            f"There are: {'; '.join(there)}" if there else "Run 'hyai pages import'",
        )
    with _open(path) as connection:
        number, at, url = connection.execute("SELECT id, at, url FROM sets WHERE name = ?", (chosen,)).fetchone()
        rows = connection.execute("SELECT path, files FROM pages WHERE page_set = ? ORDER BY place", (number,))
        pages = tuple(SetPage(tuple(path.split(_BETWEEN)), _hashes(files)) for path, files in rows)
    return PageSet(chosen, at, url, pages)


def made(name: Sequence[str], url: str, pages: Mapping[tuple[str, ...], Sequence[str]]) -> PageSet:
    """Return a set of what was just read."""
    found = tuple(SetPage(path, tuple(files)) for path, files in pages.items())
    return PageSet(", ".join(name) or "all pages", time.time(), url, found)


def _hashes(packed: bytes) -> tuple[str, ...]:
    return tuple(packed[start : start + _HASH_BYTES].hex() for start in range(0, len(packed), _HASH_BYTES))


@contextlib.contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise HyaiError(
            f"pages.db, which keeps imported pages, failed: {error}", "Move it aside, then import the pages again"
        ) from error
