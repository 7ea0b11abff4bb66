"""Searches that somebody keeps under a name: a queue, and the conditions that reduce it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from hyai_tui.journal.database import Database


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search with a name.

    Attributes:
        name: lower-case words with hyphens; that of no queue.
        queue: the queue that is searched, such as `all` or `mistakes:sample`; several have commas between them.
        query: conditions and order, as they are typed.
    """

    name: str
    queue: str
    query: str

    @property
    def about(self) -> str:
        """What it finds, in one line."""
        return f"saved: {self.queue} {self.query}".rstrip()


class Searches:
    """Saved searches in an open journal; see `journal.Journal`."""

    _database: Database

    def save_search(self, search: SavedSearch) -> bool:
        """Keep a search, in place of the one of its name; returns whether there was one."""
        with self._database.transaction() as connection:
            known = connection.execute("SELECT 1 FROM searches WHERE name = ?", (search.name,)).fetchone() is not None
            connection.execute(
                "INSERT OR REPLACE INTO searches(name, queue, query, at) VALUES (?, ?, ?, ?)",
                (search.name, search.queue, search.query, time.time()),
            )
        return known

    def drop_search(self, name: str) -> bool:
        """Drop a search; returns whether there was one of that name."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM searches WHERE name = ?", (name,)).rowcount > 0

    def searches(self) -> list[SavedSearch]:
        """Return the saved searches by name."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT name, queue, query FROM searches ORDER BY name")
            return [SavedSearch(str(name), str(queue), str(query)) for name, queue, query in rows]
