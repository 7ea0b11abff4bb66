"""A folder tree as a library: pictures by hash, states by folder, tags in a small file of our own.

What a hash's paths are is known from an index (the catalog), which the scan fills; before a path is handed out its
stamps are compared with those of the hash, so that a file that was exchanged meanwhile is never taken for the old one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from itertools import groupby, islice
from pathlib import Path
from typing import Protocol

from hyai_tui.errors import PermissionMissing, PictureError, WrongUse
from hyai_tui.library.base import (
    FileState,
    FileTexts,
    MediaFile,
    Rights,
    ScanItem,
    ScannedPath,
    ScanOptions,
    Skipped,
    StateChange,
    TagChange,
)
from hyai_tui.library.folder_moves import move, place_to_return
from hyai_tui.library.folder_tags import FolderTags
from hyai_tui.library.folder_tree import ChangedWhileReading, FolderTree, TreeFile, merged, state_of
from hyai_tui.library.sidecars import Sidecar, SidecarIntake
from hyai_tui.library.write_log import Change, WriteLog
from hyai_tui.text import short_hash

_CHUNK = 500
_LIMIT = re.compile(r"system:limit (?:is|=|<=)? ?(\d+)")
_READ_ONLY = "hyai runs read-only"


class FolderIndex(Protocol):
    """What is known of paths by hash. The catalog is one."""

    def stamped_paths(self, sha256: str) -> list[ScannedPath]:
        """Return the known paths of equal bytes."""
        ...

    def all_stamped_paths(self) -> Iterator[ScannedPath]:
        """Yield all known paths, equal bytes together."""
        ...

    def move_path(self, old: str, new: ScannedPath) -> None:
        """Record that a file was moved."""
        ...

    def close(self) -> None:
        """Release what the index holds open."""
        ...


class FolderLibrary:
    """Pictures below one folder.

    Args:
        root: the library's root, absolute.
        tags: file of the tags (`tags.db` in the workspace).
        index: paths by hash; closed with the library.
        read_only: refuse every write.
        sidecars: the scan takes tags in from texts beside pictures.

    Attributes:
        log: notes every write; None for a library that nobody writes to.
        texts_read: how many texts beside pictures the scans of this object took tags from.
    """

    kind = "folder"

    def __init__(
        self, root: Path, tags: Path, index: FolderIndex, *, read_only: bool = False, sidecars: bool = True
    ) -> None:
        self.tree = FolderTree(root, texts=sidecars)
        self._tags = FolderTags(tags)
        self._index = index
        self._read_only = read_only
        self.log: WriteLog | None = None
        self.texts_read = 0

    def rights(self) -> Rights:
        """Return what may be done; raises `LibraryDown` where the root cannot be read."""
        self.tree.check()
        cannot = []
        may_move = not self._read_only and os.access(self.tree.root, os.W_OK | os.X_OK)
        may_tag = not self._read_only and os.access(self._tags.path.parent, os.W_OK | os.X_OK)
        if self._read_only:
            cannot.append(f"write anything: {_READ_ONLY}")
        else:
            if not may_move:
                cannot.append("move files: the library's folder is write-protected; give yourself the right to write")
            if not may_tag:
                cannot.append("write tags: the workspace's folder is write-protected; give yourself the right to write")
        return Rights(True, may_tag, may_move, local_paths=True, cannot=tuple(cannot), name="folder")

    def scan(self, options: ScanOptions) -> Iterator[ScanItem]:
        """Yield each path as its hash is known, then each file once, then nothing more.

        Raises:
            LibraryDown: the root is not there, or was replaced on the way.
        """
        # 32 raw bytes to one path or several: the whole tree must be seen before copies can be merged.
        found: dict[bytes, TreeFile | list[TreeFile]] = {}
        intake = SidecarIntake(self.tree.root, self._tags)
        taken: ScannedPath | Skipped | None = None
        for entry in self.tree.walk():
            if isinstance(entry, Skipped):
                yield entry
                continue
            if isinstance(entry, Sidecar):
                # It follows its picture; where that could not be read, nobody knows whose tags these are.
                if isinstance(taken, ScannedPath) and taken.path == entry.picture:
                    yield from intake.put(entry, taken.sha256)
                continue
            taken = self._hash(entry, options)
            yield taken
            if isinstance(taken, ScannedPath):
                copies = found.setdefault(bytes.fromhex(taken.sha256), entry)
                if copies is not entry:
                    found[bytes.fromhex(taken.sha256)] = [*(copies if isinstance(copies, list) else [copies]), entry]
        yield from intake.finish()
        self.texts_read += intake.read
        remaining = iter(found.items())
        while chunk := list(islice(remaining, _CHUNK)):
            tags = self._tags.of(raw.hex() for raw, _ in chunk)
            for raw, copies in chunk:
                yield _media_file(raw.hex(), copies if isinstance(copies, list) else [copies], tags)

    def count(self) -> int | None:
        """Return how many files are below the root, copies counted one by one."""
        return self.tree.count()

    def lookup(self, hashes: Sequence[str]) -> dict[str, MediaFile]:
        """Return present state and tags, read from disk again; files that are not there any more are absent."""
        self.tree.check()
        tags = self._tags.of(hashes)
        found = {}
        for sha256 in hashes:
            if copies := self._copies(sha256):
                files = [TreeFile(one.path, one.size, one.mtime_ns, one.inode) for one in copies]
                found[sha256] = _media_file(sha256, files, tags)
        if self.log is not None:
            self.log.saw(found.values())
        return found

    def texts(self, most: int) -> Iterator[FileTexts]:
        """Yield the names of up to so many files, without their endings."""
        grouped = groupby(self._index.all_stamped_paths(), key=lambda one: one.sha256)
        for sha256, copies in islice(grouped, most):
            yield FileTexts(sha256, tuple(Path(one.path).stem.replace("_", " ") for one in copies))

    def search_candidates(self, criteria: Sequence[str]) -> Iterator[str]:
        """Yield the scanned files that the predicates select, the trash included unless inbox or archive is asked for.

        Raises:
            WrongUse: for a predicate that a folder cannot answer.
        """
        wanted = _Criteria(criteria)
        chosen = self._chosen(wanted)
        yield from chosen if wanted.limit is None else islice(chosen, wanted.limit)

    def path(self, sha256: str) -> Path | None:
        """Return a path that holds these very bytes now."""
        known = next((one for one in self._index.stamped_paths(sha256) if self.tree.still(one)), None)
        return self.tree.root / known.path if known else None

    def read(self, sha256: str) -> bytes:
        """Return the original bytes, checked against their hash."""
        reason = "missing"
        for known in self._index.stamped_paths(sha256):
            try:
                content = (self.tree.root / known.path).read_bytes()
            except PermissionError:
                reason = "unreadable"
                continue
            except OSError:
                continue
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
            reason = "changed"
        sentences = {
            "missing": f"{short_hash(sha256)} is not in the library's folder any more",
            "unreadable": f"{short_hash(sha256)} may not be read",
            "changed": f"{short_hash(sha256)} was changed on disk; run 'hyai scan'",
        }
        raise PictureError(reason, sentences[reason])

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return None: a folder keeps no thumbnails, and the caller reduces the original."""
        return None

    def change_tags(self, changes: Sequence[TagChange]) -> None:
        """Add and remove tags, all of them or none."""
        self._refuse_writes()
        with ExitStack() as noting:
            for (add, remove), files in _alike(changes).items():
                change = Change(tuple(sorted(add)), tuple(sorted(remove)))
                noting.enter_context(self.log.request("tag", change, files) if self.log else nullcontext())
            self._tags.change(changes)

    def change_state(self, changes: Sequence[StateChange], reason: str) -> None:
        """Move files between the folders `inbox`, `archive` and `trash`; the reason is not kept in a folder.

        Raises:
            WrongUse: for a state that is no folder.
            PermissionMissing, LibraryError: the move is refused; files before it in the list were moved.
        """
        self._refuse_writes()
        self.tree.check()
        for change in changes:
            if change.state is FileState.GONE:
                raise WrongUse("A library file is never deleted", "Move it to trash instead")
            for known in self._copies(change.sha256):
                if state_of(known.path) is change.state:
                    continue
                step = {FileState.ARCHIVE: "archive", FileState.TRASH: "trash"}.get(change.state, "unarchive")
                noted = self.log.request("state", Change(step=step), [change.sha256]) if self.log else nullcontext()
                with noted:
                    back_to = place_to_return(self.tree.root, change.state, change.paths)
                    moved = move(self.tree.root, known.path, change.state, back_to)
                    self._index.move_path(
                        known.path, ScannedPath(moved, known.sha256, known.size, known.mtime_ns, known.inode)
                    )

    def close(self) -> None:
        """Close the tags and the index."""
        self._tags.close()
        self._index.close()

    def _copies(self, sha256: str) -> list[ScannedPath]:
        """Return the known paths that hold these very bytes now."""
        return [one for one in self._index.stamped_paths(sha256) if self.tree.still(one)]

    def _hash(self, entry: TreeFile, options: ScanOptions) -> ScannedPath | Skipped:
        known = options.known.get(entry.path)
        if known and (known.size, known.mtime_ns, known.inode) == (entry.size, entry.mtime_ns, entry.inode):
            return ScannedPath(entry.path, known.sha256, known.size, known.mtime_ns, known.inode)
        try:
            return self.tree.take(entry.path)
        except ChangedWhileReading:
            return Skipped(entry.path, "changed")
        except FileNotFoundError:
            return Skipped(entry.path, "vanished")
        except OSError:
            return Skipped(entry.path, "unreadable")

    def _chosen(self, wanted: _Criteria) -> Iterator[str]:
        grouped = groupby(self._index.all_stamped_paths(), key=lambda one: one.sha256)
        files = ((sha256, list(copies)) for sha256, copies in grouped)
        while chunk := list(islice(files, _CHUNK)):
            tags = self._tags.of(sha256 for sha256, _ in chunk)
            for sha256, copies in chunk:
                entries = [TreeFile(one.path, one.size, one.mtime_ns, one.inode) for one in copies]
                if wanted.select(_media_file(sha256, entries, tags)):
                    yield sha256

    def _refuse_writes(self) -> None:
        if self._read_only:
            raise PermissionMissing(f"Nothing was written: {_READ_ONLY}", "Leave out --read-only (HYAI_READ_ONLY)")


class _Criteria:
    """Parsed predicates; all must hold."""

    def __init__(self, criteria: Sequence[str]) -> None:
        self.limit: int | None = None
        self._states: set[FileState] = set()
        self._picture = self._still = False
        self._tags: set[str] = set()
        self._without: set[str] = set()
        for text in criteria:
            self._take(text.strip())

    def select(self, file: MediaFile) -> bool:
        """Return whether the file is wanted."""
        return (
            all(file.state is state for state in self._states)
            and not (self._picture and not (file.mime or "").startswith("image/"))
            and not (self._still and file.motion)
            and self._tags <= file.tags
            and not self._without & file.tags
        )

    def _take(self, text: str) -> None:
        predicate = re.sub(r"\s*(<=|=)\s*", r" \1 ", " ".join(text.lower().split())).replace("  ", " ")
        if not text or predicate == "system:everything":
            return
        if predicate == "system:inbox":
            self._states.add(FileState.INBOX)
        elif predicate == "system:archive":
            self._states.add(FileState.ARCHIVE)
        elif predicate in {"system:filetype is image", "system:filetype = image"}:
            self._picture = True
        elif predicate in {"system:has no duration", "system:no duration"}:
            self._still = True
        elif limit := _LIMIT.fullmatch(predicate):
            self.limit = min(int(limit[1]), self.limit if self.limit is not None else int(limit[1]))
        elif predicate.lstrip("-").startswith("system:"):
            raise WrongUse(
                f"tag.criteria: a folder library does not know {text!r}",
                "It knows system:everything, system:inbox, system:archive, system:filetype is image,"
                " system:has no duration, system:limit is N, a tag, and -tag",
            )
        elif text.startswith("-"):
            self._without.add(text[1:].strip())
        else:
            self._tags.add(text)


def _media_file(sha256: str, copies: Sequence[TreeFile], tags: dict[str, frozenset[str]]) -> MediaFile:
    # A hash taken within one tick of a change has no time to compare later; the size tells the same.
    times = [one.mtime_ns for one in copies if one.mtime_ns >= 0]
    modified = min(times) / 1e9 if times else None
    return merged(sha256, [one.path for one in copies], copies[0].size, modified, tags.get(sha256, frozenset()))


def _alike(changes: Sequence[TagChange]) -> dict[tuple[frozenset[str], frozenset[str]], list[str]]:
    """Return hashes by (tags to add, tags to remove)."""
    found: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
    for one in changes:
        found.setdefault((one.add, one.remove), []).append(one.sha256)
    return found
