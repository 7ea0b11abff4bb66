"""Samples made small, to save space, and given their originals back.

Models see 224×224 pixels, so a sample needs no more. A sample keeps its identity and its label; only its bytes become those
of a small JPEG, named after the identity, or of a small PNG where a drawing takes fewer bytes so. Originals are given up
only where the library has them; others are skipped, or kept in `data/.aside/shrunk/` where everything is to be shrunk. Each
sample is one step that a kill leaves done or undone; one that is decided anew or changed meanwhile is left alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from hyai_tui.errors import LibraryError, NotNow, PictureError
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import SampleRecord
from hyai_tui.library.base import FileState, Library
from hyai_tui.pictures.decode import open_picture, read_content
from hyai_tui.samples.durable import content_hash, flush_directory, write_whole
from hyai_tui.samples.folder import ASIDE
from hyai_tui.samples.formats import extension_of
from hyai_tui.samples.lock import runner_lock
from hyai_tui.samples.sync import LOCK_SECONDS

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.workspace import Workspace

_QUALITY: Final = 92
# Tried in turn for a picture that is no smaller with the one before; below the last, blocks show.
_LOWER: Final = (85, 75)
_KEPT: Final = Path(ASIDE) / "shrunk"
# Where the library holds the original and will go on holding it.
_SAFE: Final = frozenset({FileState.INBOX, FileState.ARCHIVE})


@dataclass(slots=True)
class ShrinkReport:
    """What was done, or would be.

    Attributes:
        samples: looked at.
        changed: shrunk, or given their originals back.
        before, after: bytes of those in the training folders.
        grown: drawings of few colours, which take more bytes at fewer pixels than they did.
        kept_aside: bytes of originals that were put aside.
        skipped: reason → how many.
    """

    samples: int = 0
    changed: int = 0
    before: int = 0
    after: int = 0
    grown: int = 0
    kept_aside: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def shrink(
    workspace: Workspace,
    journal: Journal,
    catalog: Catalog,
    size: int,
    carry: Callable[[str, str], None],
    *,
    everything: bool = False,
    dry_run: bool = False,
) -> ShrinkReport:
    """Make samples small; `dry_run` only says what would be saved.

    Args:
        workspace: the workspace.
        journal: after a sync.
        catalog: as the last scan left it.
        size: longest side in pixels afterwards.
        carry: called with (old content, new content) before a sample changes, so that its features go with it.
        everything: shrink samples too whose originals the library does not have; those are put aside.
        dry_run: change nothing.

    Raises:
        NotNow: another process is changing the training folders.
        OSError: the disk refuses; samples until then are shrunk.
    """
    report = ShrinkReport()
    for record in _present(journal):
        report.samples += 1
        known = catalog.file(record.identity)
        safe = known is not None and known.state in _SAFE
        try:
            reason = _unfit(record, safe or everything)
            content = b"" if reason else read_content(workspace.data / record.path)
            small = None if reason else small_copy(content, size, below=len(content))
            reason = reason or _needless(record, content, small)
        except PictureError as error:
            small, reason = None, error.reason
        if reason or small is None:
            report.skipped[reason] += 1
            continue
        if not dry_run:
            carry(record.content, hashlib.sha256(small).hexdigest())
            with _changing(workspace):
                if not _stands(workspace, journal, record):
                    report.skipped["changed"] += 1
                    continue
                if not safe:
                    _put_aside(workspace, record, content)
                _replace(workspace, journal, record, small, "shrunk")
        report.kept_aside += 0 if safe else len(content)
        report.changed += 1
        report.before += len(content)
        report.after += len(small)
        report.grown += len(small) > len(content)
    return report


def restore(workspace: Workspace, journal: Journal, open_library: Callable[[], Library]) -> ShrinkReport:
    """Give shrunk samples their originals back, from what was put aside or from the library.

    Raises:
        NotNow: another process is changing the training folders.
        LibraryDown: the library cannot be asked; samples until then have their originals.
    """
    report = ShrinkReport()
    library: Library | None = None
    try:
        for record in _present(journal):
            if record.origin != "shrunk":
                continue
            report.samples += 1
            content = _aside(workspace, record)
            if content is None:
                library = library or open_library()
                content = _original(library, record)
            if content is None:
                report.skipped["missing"] += 1
                continue
            with _changing(workspace):
                if not _stands(workspace, journal, record):
                    report.skipped["changed"] += 1
                    continue
                report.before += (workspace.data / record.path).stat().st_size
                _replace(workspace, journal, record, content, "original")
            for path in (workspace.data / _KEPT).glob(f"{record.identity}.*"):
                path.unlink()
            report.changed += 1
            report.after += len(content)
    finally:
        if library is not None:
            library.close()
    return report


def _present(journal: Journal) -> list[SampleRecord]:
    return sorted((one for one in journal.samples().values() if one.present), key=lambda one: one.path)


def _unfit(record: SampleRecord, allowed: bool) -> str:
    """Return why a sample is not to be shrunk, or nothing."""
    if record.origin in ("shrunk", "thumbnail"):
        return f"{record.origin} already"
    return "" if allowed else "the library has no original"


def small_copy(content: bytes, size: int, below: int | None = None) -> bytes | None:
    """Return a copy whose longest side is `size`, or None where the picture is no larger.

    With `below`, a number of bytes, the copy is the best JPEG with fewer; else, where none has so few, the smallest of those
    JPEGs and of PNG. Without, it is a JPEG of one quality. Raises PictureError.
    """
    # A JPEG is unpacked no smaller than the box needs: one pixel more tells a larger picture from one of that size.
    picture = open_picture(content, fit=(size + 1, size + 1))
    if max(picture.size) <= size:
        return None
    picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    best = _written(picture, "JPEG", quality=_QUALITY, subsampling=0)
    if below is None or len(best) < below:
        return best
    for quality in _LOWER:
        best = _written(picture, "JPEG", quality=quality)
        if len(best) < below:
            return best
    return min(best, _written(picture, "PNG", optimize=True), key=len)


def _written(picture: Image.Image, kind: str, **options: int) -> bytes:
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _needless(record: SampleRecord, content: bytes, small: bytes | None) -> str:
    if hashlib.sha256(content).hexdigest() != record.content:
        return "changed"
    return "" if small is not None else "small already"


@contextmanager
def _changing(workspace: Workspace) -> Iterator[None]:
    """Keep other processes from changing the training folders. Raises NotNow."""
    with runner_lock(workspace.runtime, LOCK_SECONDS) as held:
        if not held:
            raise NotNow("Another hyai is changing the training folders", "Try again in a moment")
        yield


def _stands(workspace: Workspace, journal: Journal, record: SampleRecord) -> bool:
    """Return whether a sample is where and what it was: while it was read, somebody may have decided or changed it."""
    try:
        return (
            record in journal.samples_of(record.identity)
            and content_hash(workspace.data / record.path) == record.content
        )
    except FileNotFoundError:
        return False


def _put_aside(workspace: Workspace, record: SampleRecord, content: bytes) -> None:
    directory = workspace.data / _KEPT
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = directory / f"{record.identity}.{extension_of(content) or 'bin'}"
    write_whole(target, directory / f".{record.identity}.part", content, record.content)


def _aside(workspace: Workspace, record: SampleRecord) -> bytes | None:
    """Return the original that was put aside, if it is there and whole."""
    for path in (workspace.data / _KEPT).glob(f"{record.identity}.*"):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == record.identity:
            return content
    return None


def _original(library: Library, record: SampleRecord) -> bytes | None:
    """Return the library's bytes of a sample's file, if it has them."""
    try:
        content = library.read(record.identity)
    except (PictureError, LibraryError):
        return None
    return content if hashlib.sha256(content).hexdigest() == record.identity else None


def _replace(workspace: Workspace, journal: Journal, record: SampleRecord, content: bytes, origin: str) -> None:
    """Put other bytes in the place of a sample, under the name of its identity; only while the folders are locked.

    A kill in between leaves bytes under that name that the next sync knows by it, or the old file beside the new one.
    """
    old = workspace.data / record.path
    target = old.with_name(f"{record.identity}.{extension_of(content) or 'jpg'}")
    digest = hashlib.sha256(content).hexdigest()
    write_whole(target, target.with_name(f".{record.identity}.part"), content, digest)
    stat = target.stat()
    path = str(target.relative_to(workspace.data))
    new = replace(
        record,
        path=path,
        content=digest,
        origin=origin,
        ours=True,
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        inode=stat.st_ino,
    )
    journal.note_samples([new], gone=[record.path] if path != record.path else [])
    if old != target:
        old.unlink()
        flush_directory(old.parent)
