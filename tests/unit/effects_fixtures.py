"""A workspace over a folder of small pictures, and a library that can be down, refuse, and count what is written."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.deciding import Decider, Mode
from hyai_tui.effects.runner import DrainReport, EffectRunner
from hyai_tui.errors import LibraryDown, LibraryError
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import Library, MediaFile, ScanOptions, StateChange, TagChange
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.library.write_log import WriteLog
from hyai_tui.samples.sync import SyncReport, sync
from hyai_tui.workspace import Workspace, create_workspace


def png(number: int) -> bytes:
    """Return a 1×1 PNG whose bytes differ for each number."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(b"\0" + number.to_bytes(3, "big"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class WatchedLibrary:
    """A folder library behind a door that can be shut, and that writes down every write request."""

    inner: FolderLibrary
    down: bool = False
    refuse: set[str] = field(default_factory=set)
    writes: list[Any] = field(default_factory=list)
    log: WriteLog | None = None

    def __getattr__(self, name: str) -> Any:
        if self.down:
            raise LibraryDown("The library does not answer", "Start it")
        return getattr(self.inner, name)

    def lookup(self, hashes: Sequence[str]) -> dict[str, MediaFile]:
        if self.down:
            raise LibraryDown("The library does not answer", "Start it")
        return self.inner.lookup(hashes)

    def _write(self, changes: Sequence[TagChange] | Sequence[StateChange]) -> None:
        if self.down:
            raise LibraryDown("The library does not answer", "Start it")
        if any(one.sha256 in self.refuse for one in changes):
            raise LibraryError("The library refuses one of these files", "Leave it out")
        self.writes += changes

    def change_tags(self, changes: Sequence[TagChange]) -> None:
        self._write(changes)
        self.inner.change_tags(changes)

    def change_state(self, changes: Sequence[StateChange], reason: str) -> None:
        self._write(changes)
        self.inner.change_state(changes, reason)


@dataclass
class Bench:
    """An open workspace with everything that a decision needs."""

    workspace: Workspace
    journal: Journal
    catalog: Catalog
    library: WatchedLibrary
    pictures: Path

    @property
    def runner(self) -> EffectRunner:
        library: Library = self.library
        return EffectRunner(self.workspace, self.journal, self.catalog, library)

    def decider(self, session: str = "test", mode: Mode = "LEARN") -> Decider:
        library: Library = self.library
        return Decider(self.workspace, self.journal, self.catalog, library, session=session, source="app", mode=mode)

    def add(self, number: int, folder: str = "") -> str:
        """Put a picture into the library, scan, and return its SHA-256."""
        target = self.pictures / folder / f"picture {number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(png(number))
        self.scan()
        return sha(png(number))

    def scan(self) -> None:
        number = self.catalog.begin_scan()
        self.catalog.put(self.library.inner.scan(ScanOptions(self.catalog.known_paths())), number)
        self.catalog.finish_scan(number, accept_gone=True)

    def label(self, file: str, label: str) -> str:
        """Decide, do what is due, and return the line."""
        line = self.decider().decide(file, label).line
        self.drain()
        return line

    def drain(self) -> DrainReport:
        return self.runner.drain(10)

    def sync(self, *, accept_removals: bool = False) -> SyncReport:
        return sync(self.workspace, self.journal, self.catalog, accept_removals=accept_removals)

    def samples(self) -> dict[str, str]:
        """Return the sample files on the disk: name to label, hidden files left out."""
        found = [
            one for one in self.workspace.data.glob("*/*") if one.is_file() and not one.parent.name.startswith(".")
        ]
        assert len({one.name for one in found}) == len(found), "a sample stands twice"
        return {one.name: one.parent.name for one in found}

    def tags(self, file: str) -> set[str]:
        return set(self.library.inner.lookup([file])[file].tags)

    def state(self, file: str) -> str:
        return str(self.library.inner.lookup([file])[file].state)


@contextmanager
def open_bench(root: Path, settings: str = "") -> Iterator[Bench]:
    """Open (and make, the first time) a workspace with a library beside it."""
    pictures = root / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    table = '[library]\nkind = "folder"\npath = "../pictures"\n'
    workspace = create_workspace(root / "workspace", settings + table if "read_only" in settings else table + settings)
    with (
        workspace.open_journal() as journal,
        workspace.open_catalog() as catalog,
        workspace.open_catalog() as index,
        closing(FolderLibrary(pictures, workspace.root / "tags.db", index)) as inner,
    ):
        yield Bench(workspace, journal, catalog, WatchedLibrary(inner), pictures)


@pytest.fixture
def private_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep locks and logs below tmp_path."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return runtime


@pytest.fixture
def bench(tmp_path: Path, private_runtime: Path) -> Iterator[Bench]:
    """A fresh workspace with an empty library."""
    with open_bench(tmp_path) as opened:
        yield opened
