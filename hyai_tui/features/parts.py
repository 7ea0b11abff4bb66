"""Parts: vectors that a worker hands over as files in a place that all machines see, a directory or object storage.

A part is a closed `.npy` of half-precision rows under a name that nobody ever uses again, and beside it its manifest as JSON:
which items it is of, how many rows, and their checksum. Both are on the disk before the worker says so. The coordinator
takes the rows into the store and deletes the part; what a killed worker or coordinator left is swept away by name, and
nothing is deleted that is not named like a part.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import load_array
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.features.shards import narrow, sync_directory, widen

_NAME: Final = re.compile(r"part-\d{8}-[0-9a-f]{32}(\.npy|\.json)")
_RUN: Final = re.compile(r"hyai-parts-[0-9a-f]{32}")
_NOTE: Final = ".place"


class PartDamaged(Exception):
    """A part is not what its manifest says: it was cut off, changed, or never reached this machine."""


class Place(Protocol):
    """Where parts stand: few operations, which directories and object storage both have."""

    def write(self, name: str, content: bytes) -> None:
        """Write a new file, and return when it is safe. Raises OSError."""
        ...

    def read(self, name: str) -> bytes:
        """Return a file whole. Raises FileNotFoundError, OSError."""
        ...

    def names(self) -> list[str]:
        """Return the names of all files; none where the place is not there."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        ...

    def dissolve(self) -> None:
        """Delete the place itself if nothing is left in it."""
        ...


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that all machines see under the same path."""

    path: Path

    def write(self, name: str, content: bytes) -> None:
        """Write a new file, and wait until the disk has it and its name."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        sync_directory(self.path)

    def read(self, name: str) -> bytes:
        """Return a file whole."""
        return (self.path / name).read_bytes()

    def names(self) -> list[str]:
        """Return the names of all files."""
        return sorted(one.name for one in self.path.iterdir()) if self.path.is_dir() else []

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self.path / name).unlink(missing_ok=True)

    def dissolve(self) -> None:
        """Delete the directory if it is empty."""
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """A folder of any storage that fsspec knows, such as `s3://bucket/folder`."""

    url: str

    def write(self, name: str, content: bytes) -> None:
        """Write a new file; the storage has it when the call returns."""
        files, root = self._opened()
        files.makedirs(root, exist_ok=True)
        files.pipe_file(f"{root}/{name}", content)

    def read(self, name: str) -> bytes:
        """Return a file whole."""
        files, root = self._opened()
        return bytes(files.cat_file(f"{root}/{name}"))

    def names(self) -> list[str]:
        """Return the names of all files."""
        files, root = self._opened()
        # Another worker may have written since this process last listed them.
        files.invalidate_cache()
        if not files.exists(root):
            return []
        return sorted(str(one).rstrip("/").rpartition("/")[2] for one in files.ls(root, detail=False))

    def remove(self, name: str) -> None:
        """Delete a file."""
        files, root = self._opened()
        try:
            files.rm_file(f"{root}/{name}")
        except FileNotFoundError:
            return

    def dissolve(self) -> None:
        """Delete the folder if it is empty; most storages have no folders."""
        files, root = self._opened()
        if files.exists(root) and not self.names():
            files.rmdir(root)

    def _opened(self) -> tuple[Any, str]:
        """Return fsspec's file system, made once a process, and the folder's path in it."""
        from fsspec.core import url_to_fs

        try:
            files, root = url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise WrongUse(
                f"{self.url.partition('://')[0]} storage cannot be used: {error}",
                "Install what it names on every machine, or share a directory",
            ) from error
        return files, str(root).rstrip("/")


def place_of(where: str) -> Place:
    """Return the place of a URL or an absolute path."""
    return ObjectStorage(where) if "://" in where else Directory(Path(where))


@contextmanager
def borrowed(notes: Path, shared: str | None) -> Iterator[str]:
    """Give a run a place of its own, and clear it away in the end.

    A note on this machine says where it is, so that `sweep` finds what a killed run left.

    Args:
        notes: directory of the workspace for such notes; where nothing is shared, the place is in it too.
        shared: directory or URL in which all machines may write; None where they all see the workspace.

    Yields:
        Where the place is, for `place_of`.
    """
    run = f"hyai-parts-{uuid.uuid4().hex}"
    where = f"{(shared or str(notes)).rstrip('/')}/{run}"
    notes.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = notes / f"{run}{_NOTE}"
    note.write_text(where, "utf-8")
    sync_directory(notes)
    try:
        yield where
    finally:
        _clear(where)
        note.unlink(missing_ok=True)


def sweep(notes: Path) -> int:
    """Delete what killed runs left in their places; return how many files that were.

    Only while no run works: the one compute job of the workspace calls it.
    """
    removed = 0
    for note in sorted(notes.glob(f"*{_NOTE}")):
        where = note.read_text("utf-8").strip()
        # The note may come with a workspace of a stranger: it can name only what a run of ours has made.
        if _RUN.fullmatch(where.rstrip("/").rpartition("/")[2]):
            removed += _clear(where)
        note.unlink(missing_ok=True)
    return removed


def _clear(where: str) -> int:
    place = place_of(where)
    names = [name for name in place.names() if _NAME.fullmatch(name)]
    for name in names:
        place.remove(name)
    place.dissolve()
    return len(names)


def write_part(place: Place, number: int, vectors: NDArray[np.float32], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Write vectors float32[n, d] as a part, and return its manifest: what was given, and name, rows and checksum.

    Raises:
        HyaiError: a vector is no usable number, or the place cannot be written.
    """
    halves = narrow(vectors)
    if halves is None:
        raise HyaiError(
            "The encoder gave values that are no usable numbers", "Check the weights file: 'hyai doctor' tests it"
        )
    stream = BytesIO()
    np.save(stream, halves, allow_pickle=False)
    content = stream.getvalue()
    name = f"part-{number:08d}-{uuid.uuid4().hex}"
    complete = {**manifest, "part": name, "rows": len(halves), "sha256": hashlib.sha256(content).hexdigest()}
    try:
        if len(halves):
            place.write(f"{name}.npy", content)
        place.write(f"{name}.json", json.dumps(complete).encode("ascii"))
    except OSError as error:
        raise HyaiError(
            f"A worker cannot write its part: {error}",
            "Share a directory that every machine sees under the same path and may write: --shared",
        ) from error
    return complete


def read_part(place: Place, manifest: Mapping[str, Any], dimension: int) -> NDArray[np.float32]:
    """Return the vectors float32[n, dimension] of a part.

    Raises:
        PartDamaged: the file is not there, or not the one that the manifest describes.
    """
    rows = int(manifest["rows"])
    if rows == 0:
        return np.empty((0, dimension), np.float32)
    name = f"{manifest['part']}.npy"
    try:
        content = place.read(name)
    except OSError as error:
        raise PartDamaged(f"{name} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise PartDamaged(f"{name} does not match its checksum")
    halves = load_array(BytesIO(content))
    if halves.dtype != np.float16 or halves.shape != (rows, dimension):
        raise PartDamaged(f"{name} holds {halves.dtype}{halves.shape}, not {rows} rows of {dimension} halves")
    return widen(halves.view(np.uint16))


def remove_part(place: Place, manifest: Mapping[str, Any]) -> None:
    """Delete a part whose rows are in the store."""
    for suffix in (".npy", ".json"):
        place.remove(f"{manifest['part']}{suffix}")
