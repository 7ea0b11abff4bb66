"""A workspace in one file and back: all that people made, checked member by member.

In it are the settings, the journal, the ledger, the tags and the imported pages (each copied by SQLite while others may write),
the training folders, the snapshots, the models of labels and of tags, tuned networks, the records of trainings, and how the checks
went from run to run. What can be made again from the library (catalog, features, scores, thumbnails) is not, nor are the states that
trainings ended with, and no key ever is: keys stand in the user's own
configuration.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from hyai_tui import __version__
from hyai_tui.errors import WorkspaceError, WrongUse
from hyai_tui.exchange import snapshots
from hyai_tui.exchange.zips import CheckedZip, Members, whole_zip
from hyai_tui.features import tuned
from hyai_tui.journal.errors import in_words
from hyai_tui.learning import runs
from hyai_tui.library import page_sets
from hyai_tui.samples.folder import ASIDE
from hyai_tui.settings import SETTINGS_FILE
from hyai_tui.workspace import CACHE_DIRECTORY, DATA_DIRECTORY, Workspace

KIND: Final = "hyai-backup"
FORMAT: Final = 1
DATABASES: Final = ("journal.db", "ledger.db", "tags.db", page_sets.FILE)
# Directories that are in it whole, and one file that is, below the workspace.
_TREES: Final = (
    (DATA_DIRECTORY,),
    (snapshots.DIRECTORY,),
    (CACHE_DIRECTORY, "models"),
    (CACHE_DIRECTORY, "tag-models"),
    (CACHE_DIRECTORY, tuned.DIRECTORY),
    (CACHE_DIRECTORY, "runs"),
)
# Four times as large as its model, and good for nothing but to go on with a training of the same samples.
_LEFT_OUT: Final = runs.STATE
_TREND: Final = (CACHE_DIRECTORY, "checks", "history.jsonl")
_PURPOSE = "a file that 'hyai backup create' wrote"
_PLAIN = "/-_.~ ()+,@="


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a back-up holds: members, and bytes of the file."""

    members: int
    size: int


def back_up(workspace: Workspace, target: Path) -> BackedUp:
    """Write the workspace to one file, which appears whole or not at all, and read it back.

    Raises:
        WrongUse: it cannot be written, or does not read back.
    """
    with whole_zip(target) as archive:
        members = Members(archive)
        with tempfile.TemporaryDirectory(prefix="hyai-") as scratch:
            for name in DATABASES:
                if (workspace.root / name).is_file():
                    copy = Path(scratch) / name
                    _copy_database(workspace.root / name, copy)
                    members.add_file(name, copy)
        for path in _files(workspace):
            name = _member_name(path.relative_to(workspace.root))
            try:
                members.add_file(name, path)
            except FileNotFoundError:
                # Moved by a person or an effect since it was listed; the journal in the archive says where it belongs.
                continue
        members.finish(
            {
                "kind": KIND,
                "format": FORMAT,
                "program": {"name": "hyai-tui", "version": __version__},
                "made_at": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
                "workspace": workspace.root.name,
            }
        )
    return BackedUp(verify(target), target.stat().st_size)


def verify(path: Path) -> int:
    """Check every member of a back-up against its manifest, and return how many there are.

    Raises:
        WrongUse: it is no back-up, or is damaged.
    """
    with CheckedZip(path, KIND, FORMAT, _PURPOSE) as archive:
        return archive.verify()


def restore(path: Path, target: Path) -> int:
    """Make a workspace from a back-up in a new or empty directory, and return how many members it had.

    Raises:
        WrongUse: it is no back-up or is damaged; nothing is left behind.
        WorkspaceError: the directory is not empty or cannot be written.
    """
    target = target.expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WorkspaceError(f"{target} is not empty", "Name a directory that does not exist yet")
    building = target.with_name(f".{target.name}.{os.getpid()}.part")
    with CheckedZip(path, KIND, FORMAT, _PURPOSE) as archive:
        try:
            building.mkdir(mode=0o700, parents=True)
            for name in archive.members:
                place = building / _place(name, path)
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    archive.copy(name, file)
                    file.flush()
                    os.fsync(file.fileno())
            if target.exists():
                target.rmdir()
            building.rename(target)
        except OSError as error:
            raise WorkspaceError(
                f"{target} cannot be written: {error.strerror or error}", "Choose another directory"
            ) from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
        return len(archive.members)


def default_name(workspace: Workspace, now: float) -> Path:
    """Return where a back-up goes by itself: beside the workspace, with the moment in its name."""
    moment = datetime.fromtimestamp(now).astimezone().strftime("%Y%m%d-%H%M%S")
    return workspace.root.with_name(f"{workspace.root.name}-{moment}.hyai-backup.zip")


def _copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, whoever is writing to it."""
    os.close(os.open(target, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as reading,
            closing(sqlite3.connect(target)) as copy,
        ):
            reading.backup(copy)
            # A database that was in WAL mode asks for companions that an archive does not have.
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise in_words(error) from error


def _files(workspace: Workspace) -> Iterator[Path]:
    """Yield the other files that people made, or that only a training can make again."""
    yield workspace.root / SETTINGS_FILE
    if (trend := workspace.root.joinpath(*_TREND)).is_file():
        yield trend
    for top in _TREES:
        for directory, folders, names in os.walk(workspace.root.joinpath(*top)):
            folders[:] = sorted(one for one in folders if not one.startswith(".") or one == ASIDE)
            for name in sorted(names):
                path = Path(directory) / name
                if not name.endswith(".part") and name != _LEFT_OUT and path.is_file():
                    yield path


def _member_name(relative: Path) -> str:
    """Return a name that every program can read; bytes that are no plain text are written as %XX."""
    return quote(os.fsencode(relative), safe=_PLAIN)


def _place(name: str, path: Path) -> Path:
    """Return where a member belongs below the workspace; refuses what a back-up never holds."""
    raw = unquote_to_bytes(name)
    place = Path(os.fsdecode(raw))
    known = place.parts == _TREND or any(place.parts[: len(top)] == top for top in _TREES)
    if b"\0" in raw or place.is_absolute() or ".." in place.parts or not (known or name in (*DATABASES, SETTINGS_FILE)):
        raise WrongUse(f"{path.name} holds {name!r}, which no back-up has", "Do not trust this archive")
    return place
