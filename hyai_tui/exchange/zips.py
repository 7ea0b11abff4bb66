"""ZIP archives that are written whole or not at all, and checked before anything of them is used."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, Final, Self

from hyai_tui.errors import WrongUse

MANIFEST: Final = "manifest.json"
_CHUNK = 1 << 20
# A member that unpacks to more than this many times its packed size is no picture and no table.
_MOST_RATIO = 200
_LARGE = 64 * 1024 * 1024


@contextmanager
def whole_zip(target: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP for writing that takes its name when it is complete and on the disk.

    Raises:
        WrongUse: it cannot be written.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise WrongUse(f"{target} cannot be written: {error.strerror or error}", "Choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)


def packed_json(data: Any) -> bytes:
    """Return data as JSON for people and programs."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


class Members:
    """Adds members to an archive and remembers their SHA-256 for its manifest."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.digests: dict[str, str] = {}

    def add(self, name: str, content: bytes, *, stored: bool = False) -> None:
        """Add bytes; `stored` for what is packed already, as pictures are."""
        self._archive.writestr(name, content, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
        self.digests[name] = hashlib.sha256(content).hexdigest()

    def add_file(self, name: str, path: Path) -> None:
        """Add a file piece by piece, as it is on the disk."""
        digest = hashlib.sha256()
        with path.open("rb") as source, self._archive.open(name, "w", force_zip64=True) as target:
            while piece := source.read(_CHUNK):
                digest.update(piece)
                target.write(piece)
        self.digests[name] = digest.hexdigest()

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Write the manifest: the facts, and the SHA-256 of every member."""
        self._archive.writestr(MANIFEST, packed_json({**facts, "members": self.digests}))


class CheckedZip:
    """A ZIP whose members are checked against its manifest before they are used.

    Args:
        path: the file.
        kind, version: what the manifest has to say under `kind` and `format`.
        purpose: what the user should name instead, for errors.

    Raises:
        WrongUse: it is no such archive, is of a newer format, or a member leads out of it.
    """

    def __init__(self, path: Path, kind: str, version: int, purpose: str) -> None:
        self.path = path
        self._kind, self._version = kind, version
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise WrongUse(f"{path} cannot be read as a ZIP: {error}", f"Name {purpose}") from error
        try:
            self.manifest = self._read_manifest(purpose)
            self.members: Mapping[str, str] = self.manifest["members"]
            for name in self._archive.namelist():
                refuse_leading_out(name, path)
        except BaseException:
            self._archive.close()
            raise

    def _read_manifest(self, purpose: str) -> dict[str, Any]:
        try:
            found = json.loads(self._content(MANIFEST))
        except (KeyError, ValueError) as error:
            raise WrongUse(f"{self.path.name} has no manifest that can be read", f"Name {purpose}") from error
        if not isinstance(found, dict) or not isinstance(found.get("members"), dict):
            raise WrongUse(f"{self.path.name} has a manifest of another kind", f"Name {purpose}")
        if found.get("kind") != self._kind:
            raise WrongUse(f"{self.path.name} is {found.get('kind')!r}, not {self._kind!r}", f"Name {purpose}")
        if found.get("format") != self._version:
            raise WrongUse(
                f"{self.path.name} has format {found.get('format')!r}; this hyai knows {self._version}", "Update hyai"
            )
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._archive.close()

    def read(self, name: str) -> bytes:
        """Return a member's bytes.

        Raises:
            WrongUse: it is missing, or is not what the manifest says.
        """
        try:
            content = self._content(name)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise WrongUse(f"{self.path.name} is damaged: {name} cannot be read", "Make the archive anew") from error
        if hashlib.sha256(content).hexdigest() != self.members.get(name):
            raise WrongUse(f"{self.path.name} is damaged: {name} is not what was put in", "Make the archive anew")
        return content

    def copy(self, name: str, target: IO[bytes]) -> None:
        """Write a member's bytes to a file piece by piece; raises as `read` does, after the whole was written."""
        digest = hashlib.sha256()
        try:
            with self._archive.open(name) as source:
                while piece := source.read(_CHUNK):
                    digest.update(piece)
                    target.write(piece)
        except (KeyError, zipfile.BadZipFile, EOFError) as error:
            raise WrongUse(f"{self.path.name} is damaged: {name} cannot be read", "Make the archive anew") from error
        if digest.hexdigest() != self.members.get(name):
            raise WrongUse(f"{self.path.name} is damaged: {name} is not what was put in", "Make the archive anew")

    def verify(self) -> int:
        """Check every member, and return how many there are."""
        missing = sorted(set(self.members) - set(self._archive.namelist()))
        if missing:
            raise WrongUse(f"{self.path.name} is damaged: {missing[0]} is missing", "Make the archive anew")
        with Path(os.devnull).open("wb") as nowhere:
            for name in self.members:
                self.copy(name, nowhere)
        return len(self.members)

    def _content(self, name: str) -> bytes:
        info = self._archive.getinfo(name)
        if info.file_size > _LARGE and info.file_size > _MOST_RATIO * max(1, info.compress_size):
            raise WrongUse(
                f"{self.path.name}: {name} unpacks to {info.file_size:,} bytes", "This is no archive of ours"
            )
        return self._archive.read(name)


def refuse_leading_out(name: str, path: Path) -> None:
    """Refuse a member that would be unpacked outside its directory."""
    parts = PurePosixPath(name).parts
    if name.startswith(("/", "\\")) or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        raise WrongUse(f"{path.name} holds a name that leads out of it: {name!r}", "Do not trust this archive")
