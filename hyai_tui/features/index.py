"""The SQLite index of a feature store: its tables, what the store says of itself, and its errors as people read them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from hyai_tui.errors import HyaiError, ModelError, NotNow
from hyai_tui.features.encoder import EncoderVersion

INDEX_FILE: Final = "index.db"
_BUSY_SECONDS: Final = 60.0

# `recent`: contents of the open shard. `dead`: a bit a row, set where no content points to it any more.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shards (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rows INTEGER NOT NULL, live INTEGER NOT NULL DEFAULT 0, dead BLOB,
    closed INTEGER NOT NULL DEFAULT 0, sha256 BLOB, keys_sha256 BLOB, lookup INTEGER);
CREATE TABLE IF NOT EXISTS recent (
    content BLOB PRIMARY KEY, shard INTEGER NOT NULL, row INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lookups (id INTEGER PRIMARY KEY AUTOINCREMENT, level INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS problems (content BLOB PRIMARY KEY, reason TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
"""
FORMAT: Final = 2


def open_index(
    directory: Path, dimension: int, version: EncoderVersion | None, shard_rows: int, read_only: bool
) -> tuple[sqlite3.Connection, int]:
    """Return the connection and the rows of a shard; arguments and errors as in `FeatureStore.open`."""
    if read_only and not (directory / INDEX_FILE).exists():
        raise ModelError("There are no features yet", "Run 'hyai cache build'")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with readable_errors():
        index = sqlite3.connect(directory / INDEX_FILE, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            index.execute("PRAGMA journal_mode = WAL")
            # Each commit waits for the disk: what was acknowledged survives a power cut, not only a kill.
            index.execute("PRAGMA synchronous = FULL")
            if not read_only and not index.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone():
                index.executescript(_SCHEMA)
            about = _about(index, dimension, version, shard_rows, read_only)
        except BaseException:
            index.close()
            raise
    return index, int(about["shard_rows"])


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn SQLite's errors into those of the family."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise NotNow(
                "The features are in use by another process", "Try again when its job has ended: 'hyai jobs list'"
            ) from error
        if "full" in text or "disk I/O" in text or "readonly" in text or "unable to open" in text:
            raise HyaiError(
                f"Features cannot be written: {text}", "Free some space, or mend the permissions"
            ) from error
        raise _damaged(error) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(error) from error


def require_whole(index: sqlite3.Connection) -> None:
    """Let SQLite look at every page of the index.

    Raises:
        ModelError: a page is damaged.
    """
    with readable_errors():
        found = index.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(sqlite3.DatabaseError(str(found).splitlines()[-1]))


def _damaged(error: sqlite3.DatabaseError) -> ModelError:
    return ModelError(
        f"The index of the features is damaged ({error})", "Run 'hyai cache reset': it costs time, never work"
    )


def _about(
    index: sqlite3.Connection, dimension: int, version: EncoderVersion | None, shard_rows: int, read_only: bool
) -> dict[str, Any]:
    """Return what the store says of itself, recorded now if it is new."""
    if not read_only:
        first: dict[str, Any] = {"format": FORMAT, "dimension": dimension, "shard_rows": shard_rows}
        if version is not None:
            first["version"] = json.dumps(version.as_dict(), sort_keys=True)
        index.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", [(k, str(v)) for k, v in first.items()])
    about = dict(index.execute("SELECT key, value FROM about").fetchall())
    if about.get("format") != str(FORMAT):
        raise ModelError("These features were stored by another version of hyai", "Run 'hyai cache reset'")
    if int(about["dimension"]) != dimension:
        raise ModelError(
            f"The features here have {about['dimension']} numbers each, and {dimension} are wanted",
            "They are of another encoder: check features.encoder, or run 'hyai cache reset'",
        )
    if version is not None and about.get("version") is not None and json.loads(about["version"]) != version.as_dict():
        raise ModelError(
            f"The features here were made by another encoder than {version.name} with these weights",
            "Check features.encoder and features.weights, or run 'hyai cache reset'",
        )
    return about
