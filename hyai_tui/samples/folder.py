"""The training folders `data/<label>/`: look at them, put a sample there, move it, take it away.

A file is written under a hidden name in the same folder, flushed, read back, and renamed; the journal hears of it
before (so that a killed process leaves nothing that could be taken for a hand change) and after. Only files whose bytes
are still those that the journal knows are moved or taken away, and a file that might be the last copy is put aside in
`data/.aside/` rather than deleted.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hyai_tui.errors import HyaiError, NotNow, WorkspaceError
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.labels import fault_of_name
from hyai_tui.journal.model import SampleRecord
from hyai_tui.samples.durable import content_hash, flush_directory, rename, write_whole
from hyai_tui.samples.formats import SUFFIXES, is_sample_name

ASIDE = ".aside"
_TEMPORARY = re.compile(r"\.[0-9a-f]{64}\.part")
_CHUNK = 1 << 20


def _never() -> bool:
    return False


class SampleConflict(HyaiError):
    """The file in the training folders is not as we left it, so it was not touched."""


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A picture file seen in the training folders.

    Attributes:
        path: relative to `data/`, as a raw file-system string.
        label: name of the label folder.
        size, mtime_ns, inode: stamps by which an unchanged file is known.
    """

    path: str
    label: str
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes of a library file, or of a small copy of it, and the extension that its sample gets.

    Attributes:
        content, extension: as written.
        origin: see `SampleRecord.origin`.
    """

    content: bytes
    extension: str
    origin: str = "original"


class SampleFolders:
    """The training folders of a workspace. Writers hold `lock.runner_lock`.

    Args:
        data: the directory of the label folders.
        journal: where sample files are recorded.

    Raises:
        WorkspaceError: if `data` is a link to a directory that holds all the user's files or the workspace itself.
    """

    def __init__(self, data: Path, journal: Journal) -> None:
        real = data.resolve()
        if any(one.resolve().is_relative_to(real) for one in (data.parent, Path("~").expanduser())):
            raise WorkspaceError(
                f"{data} leads to {real}, so all folders there would be labels",
                "Make it a directory for training pictures alone",
            )
        self.data = data
        self._journal = journal

    def labels(self) -> list[str]:
        """Return the names of the label folders, sorted; folders that cannot be labels are left out."""
        try:
            with os.scandir(self.data) as entries:
                return sorted(one.name for one in entries if one.is_dir() and fault_of_name(one.name) is None)
        except FileNotFoundError:
            return []

    def walk(self) -> Iterator[SampleFile]:
        """Yield every picture file below the label folders; hidden and half-written ones are no samples.

        Raises:
            NotNow: if a folder cannot be read; its samples must not look as if they had been taken out.
        """
        for label in self.labels():
            waiting = [label]
            while waiting:
                folder = waiting.pop()
                for entry in self._entries(folder):
                    path = f"{folder}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith("."):
                            waiting.append(path)
                    elif is_sample_name(entry.name) and (stat := _file_stat(entry)) is not None:
                        yield SampleFile(path, label, stat.st_size, stat.st_mtime_ns, stat.st_ino)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        """Return what a folder holds, by name; nothing for one that has just been taken away."""
        try:
            with os.scandir(self.data / folder) as entries:
                return sorted(entries, key=lambda one: one.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise NotNow(
                f"The training folder {folder} cannot be read: {error.strerror}", "Give yourself the right to read it"
            ) from error

    def sweep(self) -> None:
        """Delete what a killed process left half written."""
        for label in self.labels():
            for path in (self.data / label).iterdir():
                if _TEMPORARY.fullmatch(path.name):
                    path.unlink(missing_ok=True)

    def put(self, label: str, sha256: str, extension: str, content: bytes, origin: str = "original") -> SampleRecord:
        """Write a sample, or find that it is there already.

        Args:
            label: the label, name of its folder.
            sha256: identity of the file that the sample stands for.
            extension: from `formats.extension_of`.
            content: the bytes.
            origin: see `SampleRecord.origin`; original bytes must hash to the identity.

        Raises:
            SampleConflict: if the bytes are not those of the identity, or a different file has the name.
            OSError: if the folder cannot be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        if origin == "original" and digest != sha256:
            raise SampleConflict("The file's bytes have changed since the library was scanned", "Run 'hyai scan'")
        if extension not in SUFFIXES:
            raise SampleConflict(f"{extension!r} is no extension of a sample")
        path = f"{label}/{sha256}.{extension}"
        _refuse_outside(path)
        record = SampleRecord(path, sha256, digest, label, origin, ours=True)
        target = self.data / path
        if self._exists(path):
            return self._adopt(record)
        self._make_folder(label)
        self._journal.note_samples([replace(record, present=False)])
        write_whole(target, target.with_name(f".{sha256}.part"), content, digest)
        return self._note_present(record)

    def remove(self, sha256: str, *, recoverable: Callable[[], bool] = _never) -> None:
        """Take every sample of an identity away; see `bring`."""
        self.bring(sha256, None, None, recoverable=recoverable)

    def bring(
        self,
        sha256: str,
        label: str | None,
        fetch: Callable[[], Original] | None,
        *,
        recoverable: Callable[[], bool] = _never,
    ) -> None:
        """Bring the samples of one identity to one label, or (None) to none at all.

        A sample that is there under another label is moved; only where there is none are bytes fetched.

        Args:
            sha256: the identity.
            label: the label that the sample is to have.
            fetch: gives the library's bytes; its errors come through.
            recoverable: asked before a copy that we wrote is deleted: whether the library has the file at this moment.

        Raises:
            SampleConflict: if somebody has changed a file meanwhile; that file is not touched.
            NotNow: if a label folder is away in which a sample stands.
            OSError: if the folders cannot be read or written.
        """
        records = self._journal.samples_of(sha256)
        for path in (*(one.path for one in records), *((label,) if label is not None else ())):
            _refuse_outside(path)
        self._refuse_vanished({one.label for one in records if one.present})
        here = [one for one in records if self._exists(one.path)]
        lost = [one.path for one in records if one not in here]
        placed = [one for one in here if one.label == label]
        if label is not None and not placed:
            placed = [self._place(sha256, label, here, fetch)]
        kept = {one.content for one in placed}
        for one in here:
            if one.label != label:
                deletable = one.content in kept or (one.ours and one.origin == "original" and recoverable())
                self._take_away(one, deletable=deletable)
        for one in placed:
            if not one.present:
                self._adopt(one)
        current = {one.path for one in placed}
        self._journal.note_samples(gone=[path for path in lost if path not in current])

    def _place(
        self, sha256: str, label: str, here: list[SampleRecord], fetch: Callable[[], Original] | None
    ) -> SampleRecord:
        """Move a sample to its label, or take it from the side, or write the library's bytes."""
        if here:
            best = min(here, key=lambda one: one.origin != "original")
            return self._move(best, self.data / best.path, label)
        if (aside := self._aside_copy(sha256)) is not None:
            record, path = aside
            return self._move(record, path, label)
        if fetch is None:
            raise SampleConflict("There are no bytes to make a sample of")
        original = fetch()
        return self.put(label, sha256, original.extension, original.content, original.origin)

    def _move(self, record: SampleRecord, source: Path, label: str) -> SampleRecord:
        extension = source.name.rpartition(".")[2].lower()
        moved = replace(record, path=f"{label}/{record.identity}.{extension}", label=label)
        self._check_unchanged(record, source)
        target = self.data / moved.path
        if self._exists(moved.path):
            # Somebody has put it there already; what was to be moved is taken away as a second copy.
            return self._adopt(moved)
        self._make_folder(label)
        self._journal.note_samples([replace(moved, present=False)])
        rename(source, target, record.content)
        self._note_present(moved)
        self._journal.note_samples(gone=[record.path])
        return moved

    def _make_folder(self, label: str) -> None:
        """Make a label's folder if it is missing, unless `data/` looks as if its disk were away."""
        if not (self.data / label).is_dir():
            self._refuse_vanished({one.label for one in self._journal.samples().values() if one.present})
            (self.data / label).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _refuse_vanished(self, labels: Iterable[str]) -> None:
        """Raise `NotNow` if one of these label folders, in which samples stand, is not there."""
        for label in labels:
            if not (self.data / label).is_dir():
                raise NotNow(
                    f"The training folder {label} is not there",
                    "Mount its disk or put it back; if you took it away on purpose, run 'hyai status --accept-removals'",
                )

    def make_vanished(self) -> None:
        """Make label folders anew, empty, that are gone and in which samples stood; somebody has said that it is meant."""
        for label in {one.label for one in self._journal.samples().values() if one.present}:
            _refuse_outside(label)
            (self.data / label).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _adopt(self, record: SampleRecord) -> SampleRecord:
        """Take a file that has our name for our sample if it has the right bytes."""
        if content_hash(self.data / record.path) != record.content:
            raise SampleConflict("Another file with the sample's name is in its folder", "Move that file away")
        return self._note_present(record)

    def _take_away(self, record: SampleRecord, *, deletable: bool) -> None:
        path = self.data / record.path
        if not self._exists(record.path):
            return  # moved just now by `_place`
        self._check_unchanged(record, path)
        if deletable:
            path.unlink()
            flush_directory(path.parent)
        else:
            aside = self.data / ASIDE
            aside.mkdir(mode=0o700, exist_ok=True)
            extension = path.name.rpartition(".")[2].lower()
            rename(path, aside / f"{record.identity}.{record.content}.{extension}", record.content)
        self._journal.note_samples(gone=[record.path])

    def _aside_copy(self, sha256: str) -> tuple[SampleRecord, Path] | None:
        """Return a copy that was put aside earlier, whole, with a record for it."""
        for path in sorted((self.data / ASIDE).glob(f"{sha256}.*.*")):
            content = path.name.split(".")[1]
            if content_hash(path) == content:
                origin = "original" if content == sha256 else "dropped"
                return SampleRecord(f"{ASIDE}/{path.name}", sha256, content, ASIDE, origin), path
        return None

    def _check_unchanged(self, record: SampleRecord, path: Path) -> None:
        """Raise `SampleConflict` if the bytes are not those that the journal knows."""
        stat = path.stat()
        stamps = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        if stamps != (record.size, record.mtime_ns, record.inode) and content_hash(path) != record.content:
            raise SampleConflict(
                "Somebody has changed the sample's file meanwhile, so it was left alone",
                "Look at it in the training folders, then run 'hyai effects retry'",
            )

    def _exists(self, path: str) -> bool:
        return os.path.lexists(self.data / path)

    def _note_present(self, record: SampleRecord) -> SampleRecord:
        stat = (self.data / record.path).stat()
        noted = replace(record, present=True, size=stat.st_size, mtime_ns=stat.st_mtime_ns, inode=stat.st_ino)
        self._journal.note_samples([noted])
        return noted


def _file_stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return the stamps of a file; None for what is none, or has just been taken away."""
    try:
        return entry.stat() if entry.is_file() else None
    except FileNotFoundError:
        return None


def _refuse_outside(path: str) -> None:
    """Raise `SampleConflict` for a path that leads out of the training folders: a journal may come from a stranger."""
    label, _, rest = path.partition("/")
    if (fault_of_name(label) is not None and label != ASIDE) or ".." in rest.split("/"):
        raise SampleConflict("The journal names a sample outside the training folders, and it was left alone")
