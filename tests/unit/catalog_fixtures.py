"""Small libraries of files and the parts that read them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import ScanReport
from hyai_tui.library.base import FileState, MediaFile, ScanItem, ScannedPath, ScanOptions, Skipped
from hyai_tui.library.folder import FolderLibrary


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder of pictures."""
    made = tmp_path / "pictures"
    made.mkdir()
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the catalog and the tags of a folder library stand."""
    return tmp_path / "home"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(root: Path, name: str | bytes, content: bytes | None = None, *, age: float = 3600) -> str:
    """Write a file below the root, an hour old, and return its hash; its bytes are its name unless given."""
    path = root / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = os.fsencode(name) if content is None else content
    path.write_bytes(data)
    then = path.stat().st_mtime_ns - int(age * 1e9) + 123_456_789
    os.utime(path, ns=(then, then))
    return sha(data)


@contextmanager
def opened(home: Path) -> Iterator[Catalog]:
    home.mkdir(parents=True, exist_ok=True)
    with Catalog.open(home / "catalog.db") as catalog:
        yield catalog


@contextmanager
def folder(root: Path, home: Path, *, read_only: bool = False) -> Iterator[tuple[FolderLibrary, Catalog]]:
    """Give a folder library and its catalog."""
    home.mkdir(parents=True, exist_ok=True)
    catalog = Catalog.open(home / "catalog.db")
    library = FolderLibrary(root, home / "tags.db", catalog, read_only=read_only)
    try:
        yield library, catalog
    finally:
        library.close()


def scan(library: FolderLibrary, catalog: Catalog, *, accept_gone: bool = False) -> ScanReport:
    number = catalog.begin_scan()
    catalog.put(library.scan(ScanOptions(catalog.known_paths())), number)
    return catalog.finish_scan(number, accept_gone)


def take_in(catalog: Catalog, items: Iterable[ScanItem], *, accept_gone: bool = False) -> ScanReport:
    number = catalog.begin_scan()
    catalog.put(items, number)
    return catalog.finish_scan(number, accept_gone)


def file(number: int, state: FileState = FileState.INBOX, **facts: object) -> MediaFile:
    """Return a file of a library without paths, as a Hydrus client lists it."""
    return MediaFile(sha(b"%d" % number), state, **facts)  # type: ignore[arg-type]


def at(path: str, content: bytes) -> ScannedPath:
    return ScannedPath(path, sha(content), len(content), 1, 1)


def listed(library: FolderLibrary) -> tuple[dict[str, MediaFile], dict[str, str]]:
    """Scan without a catalog: paths to files, and what was skipped."""
    files: dict[str, MediaFile] = {}
    skipped: dict[str, str] = {}
    for item in library.scan(ScanOptions()):
        if isinstance(item, MediaFile):
            files.update(dict.fromkeys(item.paths, item))
        elif isinstance(item, Skipped):
            skipped[item.name] = item.reason
    return files, skipped
