"""From what a person writes for a file to its identity: a SHA-256, a unique beginning of one, or a path.

A path is never answered from memory alone: where its stamps differ from those of its hash, or no scan has seen it, the
file is hashed now and put into the catalog, so that a name can never reach the file that used to stand there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from hyai_tui.catalog.database import Database
from hyai_tui.catalog.model import STATES
from hyai_tui.catalog.scanning import write_file, write_path
from hyai_tui.catalog.taglists import TagNumbers
from hyai_tui.errors import UnknownFile
from hyai_tui.library.base import FileState, ScannedPath
from hyai_tui.library.folder_tree import ChangedWhileReading, FolderTree, merged, stamps
from hyai_tui.text import short_hash

FEWEST_DIGITS = 4
MOST_CANDIDATES = 5
_HEX = re.compile(r"[0-9a-fA-F]{1,64}")


def resolve(database: Database, tags: TagNumbers, text: str, root: Path | None) -> str:
    """Return the identity that `text` names; see `Catalog.resolve`."""
    if _HEX.fullmatch(text) and len(text) >= FEWEST_DIGITS:
        found = _by_hash(database, text.lower())
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            raise _ambiguous(database, text, found)
    path = _existing(text, root)
    if path is None:
        raise _unknown(database, text)
    if path.is_dir():
        raise UnknownFile(f"{text} is a folder", "Name the files in it")
    try:
        name = FolderTree(root).relative(path) if root is not None else None
        if root is None or name is None:
            return _by_bytes(database, path)
        return _in_folder(database, tags, FolderTree(root), name)
    except ChangedWhileReading as error:
        raise UnknownFile(f"{text} is being written just now", "Try again when it is finished") from error
    except OSError as error:
        raise UnknownFile(f"{text} cannot be read: {error.strerror or error}", "Check its permissions") from error


def _by_hash(database: Database, digits: str) -> list[str]:
    """Return the identities that begin with these digits, one more than is listed."""
    low, high = bytes.fromhex(digits.ljust(64, "0")), bytes.fromhex(digits.ljust(64, "f"))
    with database.read() as connection:
        rows = connection.execute(
            "SELECT sha256 FROM files WHERE sha256 BETWEEN ? AND ? ORDER BY sha256 LIMIT ?",
            (low, high, MOST_CANDIDATES + 1),
        )
        return [sha256.hex() for (sha256,) in rows]


def _existing(text: str, root: Path | None) -> Path | None:
    """Return the absolute path that exists, from here or else from the library's root."""
    try:
        path = Path(text).expanduser()
        candidates = [path] if path.is_absolute() else [Path.cwd() / path, *([root / path] if root else [])]
        return next((Path(os.path.abspath(one)) for one in candidates if one.exists()), None)  # noqa: PTH100
    except (ValueError, OSError, RuntimeError):  # a null byte, a name that is too long, no such home directory
        return None


def _in_folder(database: Database, tags: TagNumbers, tree: FolderTree, name: str) -> str:
    found = (tree.root / name).stat()
    with database.read() as connection:
        row = connection.execute(
            "SELECT p.sha256, p.size, p.mtime_ns, p.inode, f.state FROM paths p JOIN files f ON f.sha256 = p.sha256"
            " WHERE p.path = ?",
            (os.fsencode(name),),
        ).fetchone()
    if row and (row[1], row[2], row[3] % (1 << 64)) == stamps(found) and STATES[row[4]] is not FileState.GONE:
        return str(row[0].hex())
    taken = tree.take(name)
    copies = _other_copies(database, tree, taken)
    modified = (tree.root / taken.path).stat().st_mtime_ns / 1e9
    with database.write() as connection:
        write_path(connection, taken)
        old = connection.execute("SELECT tags FROM files WHERE sha256 = ?", (bytes.fromhex(taken.sha256),)).fetchone()
        known_tags = tags.unpack(connection, old[0]) if old else frozenset()
        write_file(connection, tags, merged(taken.sha256, [name, *copies], taken.size, modified, known_tags))
    return taken.sha256


def _other_copies(database: Database, tree: FolderTree, taken: ScannedPath) -> list[str]:
    """Return the other paths at which these very bytes still stand."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT path, size, mtime_ns, inode FROM paths WHERE sha256 = ?", (bytes.fromhex(taken.sha256),)
        ).fetchall()
    known = [ScannedPath(os.fsdecode(row[0]), taken.sha256, row[1], row[2], row[3] % (1 << 64)) for row in rows]
    return [one.path for one in known if one.path != taken.path and tree.still(one)]


def _by_bytes(database: Database, path: Path) -> str:
    """Return the identity of a file outside the library whose bytes the library has."""
    sha256 = FolderTree(path.parent).take(path.name).sha256
    with database.read() as connection:
        row = connection.execute("SELECT state FROM files WHERE sha256 = ?", (bytes.fromhex(sha256),)).fetchone()
    if row is None:
        raise UnknownFile(
            f"{path} is not in the library, and no file of the library has its bytes",
            "Name a file of the library, or run 'hyai scan' if it is new there",
        )
    return sha256


def _ambiguous(database: Database, text: str, found: Sequence[str]) -> UnknownFile:
    shown = []
    with database.read() as connection:
        for sha256 in found[:MOST_CANDIDATES]:
            row = connection.execute(
                "SELECT path FROM paths WHERE sha256 = ? ORDER BY path LIMIT 1", (bytes.fromhex(sha256),)
            ).fetchone()
            shown.append(f"{sha256[: len(text) + 8]}" + (f" ({os.fsdecode(row[0])})" if row else ""))
    more = " and more" if len(found) > MOST_CANDIDATES else ""
    return UnknownFile(f"{text} is the beginning of several files: {', '.join(shown)}{more}", "Give more digits")


def _unknown(database: Database, text: str) -> UnknownFile:
    if _HEX.fullmatch(text) and len(text) < FEWEST_DIGITS:
        return UnknownFile(f"{text} is too short for a file's hash", f"Give {FEWEST_DIGITS} digits or more, or a path")
    with database.read() as connection:
        row = connection.execute("SELECT sha256 FROM paths WHERE path = ?", (os.fsencode(text),)).fetchone()
        empty = connection.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None
    if row:
        return UnknownFile(
            f"There is no file {text} any more; the last scan saw {short_hash(row[0].hex())} there",
            f"Name it by its hash, {row[0].hex()[:12]}, if you mean that one",
        )
    fix = "Run 'hyai scan' first: nothing was scanned yet" if empty else "Give a SHA-256, a beginning of one, or a path"
    return UnknownFile(f"There is no file {text} in the library", fix)
