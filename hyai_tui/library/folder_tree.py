"""A folder of pictures as a tree: which files belong to it, what state each stands in, and what its bytes are.

The rules, in one place for the scan and for a path that a person names: hidden folders, `.hyai/`, other workspaces
(folders with a `hyai.toml`) and links to directories are left out, and so is `data/` where the root is itself a
workspace. A file belongs by its suffix; whether it can be decoded is found out later. Its state is the first folder
on its path, from the root, that is named `inbox`, `archive` or `trash`; a file below none of them is in the inbox.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hyai_tui.errors import LibraryDown
from hyai_tui.library.base import FileState, MediaFile, ScannedPath, Skipped
from hyai_tui.library.sidecars import Sidecar, is_text, owners
from hyai_tui.settings import SETTINGS_FILE

STATE_FOLDERS = {one.value: one for one in (FileState.INBOX, FileState.ARCHIVE, FileState.TRASH)}
_PICTURES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".fits": "image/fits",
    ".fit": "image/fits",
    ".avif": "image/avif",
}
_VIDEOS = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".wmv": "video/x-ms-wmv",
    ".flv": "video/x-flv",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".ogv": "video/ogg",
}
_READ = 1 << 20
# A change within one tick of the file system's clock leaves the same modification time. Hashes taken that soon after
# a change are not reused: 20 ms where times are fine, 2 s where they are whole seconds (FAT, old network shares).
_FINE_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000
_NOT_REUSABLE = -1


class ChangedWhileReading(OSError):
    """The file was written while its hash was taken."""


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of the tree with the stamps that its directory entry had; `path` is relative to the root."""

    path: str
    size: int
    mtime_ns: int
    inode: int


class FolderTree:
    """The tree below one root. Names are raw file-system strings (surrogateescape) throughout.

    Args:
        root: of the tree.
        texts: the walk also yields the texts beside pictures.
    """

    def __init__(self, root: Path, *, texts: bool = False) -> None:
        self.root = root
        self._wants_texts = texts

    def check(self) -> tuple[int, int]:
        """Return what tells this directory from another one mounted in its place; raises `LibraryDown` without it."""
        try:
            found = self.root.stat()
            if not stat.S_ISDIR(found.st_mode):
                raise LibraryDown(
                    f"The library {self.root} is not a folder", "Set library.path with 'hyai config set library.path'"
                )
            os.scandir(self.root).close()
        except OSError as error:
            raise LibraryDown(
                f"The library folder {self.root} cannot be read: {error.strerror}",
                "Mount its disk, or set library.path with 'hyai config set library.path'",
            ) from error
        return found.st_dev, found.st_ino

    def walk(self) -> Iterator[TreeFile | Sidecar | Skipped]:
        """Yield the files of the tree and what is skipped, in the order of their names, one directory at a time.

        A text beside a picture follows it, where texts are wanted.

        Raises:
            LibraryDown: the root is not there, or was replaced (unmounted) on the way.
        """
        at_start = self.check()
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(self.root / folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except (FileNotFoundError, NotADirectoryError):
                yield Skipped(folder, "vanished")
                continue
            except OSError:
                yield Skipped(folder, "unreadable")
                continue
            if folder and any(entry.name == SETTINGS_FILE for entry in entries):
                continue
            folders = []
            texts = self._texts(entries)
            beside = frozenset(text.name for those in texts.values() for text in those)
            for entry in entries:
                path = os.path.join(folder, entry.name)  # noqa: PTH118 - a relative raw name, ten times as fast
                if entry.is_dir(follow_symlinks=False):
                    if not self._leaves_out(path):
                        folders.append(path)
                elif mime_of(entry.name) is not None:
                    found = _entry(path, entry)
                    if found is not None:
                        yield found
                    for text in texts.get(entry.name, ()):
                        yield _sidecar(text, path, folder)
                elif entry.name not in beside and not self._is_ours(path) and not _is_directory(entry):
                    yield Skipped(path, "not-a-picture")
            waiting.extend(reversed(folders))
        if self.check() != at_start:
            raise LibraryDown(f"The library folder {self.root} was replaced during the scan", "Scan again")

    def count(self) -> int:
        """Return how many files the walk yields."""
        return sum(1 for found in self.walk() if isinstance(found, TreeFile))

    def relative(self, path: Path) -> str | None:
        """Return the name of an absolute path in this tree, or None where it does not belong to it.

        The directories on the way are resolved (a working directory may be reached through a link); the file is not.
        """
        try:
            inside = (path.parent.resolve() / path.name).relative_to(self.root.resolve())
        except ValueError:
            return None
        if mime_of(path.name) is None:
            return None
        parents = [str(one) for one in reversed(inside.parents) if str(one) != "."]
        for parent in parents:
            if self._leaves_out(parent) or (self.root / parent / SETTINGS_FILE).exists():
                return None
        return str(inside)

    def take(self, path: str) -> ScannedPath:
        """Hash a file's bytes now, with the stamps that they had.

        Raises:
            OSError: it cannot be read or is not a regular file; `ChangedWhileReading` if it was written meanwhile.
        """
        # Without O_NONBLOCK, opening a pipe that someone named .jpg would wait for ever.
        descriptor = os.open(self.root / path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor has no path
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise OSError(f"{path!r} is not a regular file")
            digest = hashlib.sha256()
            while block := file.read(_READ):
                digest.update(block)
            after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ChangedWhileReading(path)
        mtime_ns = _NOT_REUSABLE if _is_too_fresh(after.st_mtime_ns) else after.st_mtime_ns
        return ScannedPath(path, digest.hexdigest(), after.st_size, mtime_ns, after.st_ino)

    def still(self, known: ScannedPath) -> bool:
        """Return whether a path still holds the bytes that were hashed, by its stamps, else by hashing again."""
        try:
            found = (self.root / known.path).stat()
            if stamps(found) == (known.size, known.mtime_ns, known.inode):
                return True
            return stat.S_ISREG(found.st_mode) and self.take(known.path).sha256 == known.sha256
        except (OSError, ValueError):
            return False

    def _texts(self, entries: Sequence[os.DirEntry[str]]) -> dict[str, list[os.DirEntry[str]]]:
        """Return the texts of each picture among the entries of one folder."""
        texts = {entry.name: entry for entry in entries if is_text(entry.name)} if self._wants_texts else {}
        found: dict[str, list[os.DirEntry[str]]] = {}
        if texts:
            for text, picture in owners([one.name for one in entries if mime_of(one.name)], texts).items():
                found.setdefault(picture, []).append(texts[text])
        return found

    def _leaves_out(self, folder: str) -> bool:
        name = os.path.basename(folder)  # noqa: PTH119 - a relative raw name
        return name.startswith(".") or (folder == "data" and self._root_is_workspace())

    def _root_is_workspace(self) -> bool:
        return (self.root / SETTINGS_FILE).exists()

    def _is_ours(self, path: str) -> bool:
        """True for the files of a workspace that stands at the root: settings, journal, ledger, tags."""
        return os.sep not in path and self._root_is_workspace()


def mime_of(name: str) -> str | None:
    """Return the media type that a name's suffix claims, or None where the suffix is none of a picture or video."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - called for every entry of a tree
    if suffix == ".jxl":
        return "image/jxl" if find_spec("PIL.JpegXLImagePlugin") else None
    return _PICTURES.get(suffix) or _VIDEOS.get(suffix)


def state_of(path: str) -> FileState:
    """Return the state that a path in the tree stands for."""
    folders = path.split("/")[:-1]
    return next((STATE_FOLDERS[one] for one in folders if one in STATE_FOLDERS), FileState.INBOX)


def stamps(found: os.stat_result) -> tuple[int, int, int]:
    """Return size, modification time and inode: unchanged stamps stand for unchanged bytes."""
    return found.st_size, found.st_mtime_ns, found.st_ino


def merged(sha256: str, paths: Sequence[str], size: int, modified: float | None, tags: frozenset[str]) -> MediaFile:
    """Return the one file that the copies of equal bytes at `paths` (one or more) are.

    Copies in different states are a contradiction: it is flagged, and the file counts as undecided (inbox).
    """
    states = {state_of(path) for path in paths}
    conflict = len(states) > 1
    state = FileState.INBOX if conflict else next(iter(states))
    mime = mime_of(paths[0])
    return MediaFile(
        sha256,
        state,
        archived=state is FileState.ARCHIVE,
        paths=tuple(sorted(paths)),
        size=size,
        mime=mime,
        motion=mime is not None and mime.startswith("video/"),
        modified=modified,
        tags=tags,
        conflict=conflict,
    )


def _entry(path: str, entry: os.DirEntry[str]) -> TreeFile | Skipped | None:
    try:
        found = entry.stat()
    except FileNotFoundError:
        return Skipped(path, "broken-link" if entry.is_symlink() else "vanished")
    except OSError:
        return Skipped(path, "unreadable")
    if stat.S_ISDIR(found.st_mode):
        return None  # a link to a directory that is named like a picture
    if not stat.S_ISREG(found.st_mode):
        return Skipped(path, "not-a-file")
    return TreeFile(path, *stamps(found))


def _sidecar(entry: os.DirEntry[str], picture: str, folder: str) -> Sidecar | Skipped:
    path = os.path.join(folder, entry.name)  # noqa: PTH118 - a relative raw name, ten times as fast
    found = _entry(path, entry)
    if not isinstance(found, TreeFile):
        return found or Skipped(path, "not-a-file")
    return Sidecar(path, picture, found.size, _NOT_REUSABLE if _is_too_fresh(found.mtime_ns) else found.mtime_ns)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_too_fresh(mtime_ns: int) -> bool:
    tick = _COARSE_TICK_NS if mtime_ns % 1_000_000_000 == 0 else _FINE_TICK_NS
    return time.time_ns() - mtime_ns < tick
