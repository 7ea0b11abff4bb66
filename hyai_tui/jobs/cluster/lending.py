"""Bytes for workers whose machine does not see them: asked of the coordinator's machine, where the library is open.

Keys and addresses of a library never leave that machine. A worker reads files itself wherever it sees them under the same
path, so that with a shared directory only paths travel.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from hyai_tui.errors import PictureError
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.reading import LibraryOnDemand
from hyai_tui.jobs.cluster.executor import Ask, Told, heard, told
from hyai_tui.library.base import Library
from hyai_tui.pictures.decode import picture_error, read_content


def seen(path: Path) -> bool:
    """Return whether this machine sees a file."""
    return path.is_file()


class Lender:
    """Answers workers; bears several threads.

    Args:
        opening: connects to the library, when the first worker asks for something of it.
        data: the training folders.
        weights: the encoder's weights; None where it has none.
    """

    def __init__(self, opening: Callable[[], Library], data: Path, weights: Path | None) -> None:
        self._opening = opening
        self._library = LibraryOnDemand(opening)
        self._data = data
        self._weights = weights

    def __reduce__(self) -> tuple[type[Lender], tuple[object, ...]]:
        # It goes to a process of its own on this machine, and opens the library there.
        return Lender, (self._opening, self._data, self._weights)

    def paths(self, files: Sequence[str]) -> Told:
        """Tell where the originals of files are on this machine: a path or None each."""
        return told(lambda: [None if path is None else str(path) for path in map(self._library.path, files)])

    def read(self, file: str) -> Told:
        """Tell the original bytes of a file."""
        return told(lambda: self._library.read(file))

    def thumbnail(self, file: str) -> Told:
        """Tell the library's thumbnail of a file, None where it has none."""
        return told(lambda: self._library.thumbnail(file))

    def sample(self, path: str) -> Told:
        """Tell the bytes of a sample."""
        return told(lambda: self._sample(Path(path)))

    def weights(self) -> Told:
        """Tell the bytes of the encoder's weights."""
        return told(lambda: b"" if self._weights is None else self._weights.read_bytes())

    def _sample(self, path: Path) -> bytes:
        if not path.is_relative_to(self._data):
            raise picture_error("missing")
        return read_content(path)


class BorrowedLibrary:
    """The library as a worker has it: files that this machine sees, and the lender for all else.

    Args:
        ask: asks the lender.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._paths: dict[str, str | None] = {}

    def expect(self, files: Sequence[str]) -> None:
        """Learn where files are, in one question; those of before are forgotten."""
        found = heard(self._ask("paths", list(files))) if files else []
        self._paths = dict(zip(files, found, strict=True))

    def path(self, sha256: str) -> Path | None:
        """Return a path of the original bytes that can be read here, or None."""
        found = self._paths.get(sha256)
        return Path(found) if found is not None and seen(Path(found)) else None

    def read(self, sha256: str) -> bytes:
        """Return the original bytes; raises `PictureError`."""
        return bytes(heard(self._ask("read", sha256)))

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the library's own thumbnail, or None."""
        found = heard(self._ask("thumbnail", sha256))
        return None if found is None else bytes(found)


class Borrowed:
    """Files of the coordinator's machine that a worker needs as files: fetched into a directory that goes with it.

    Args:
        ask: asks the lender.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._directory: Path | None = None

    def weights(self, path: Path) -> Path:
        """Return the weights here: the path itself where this machine sees it, else a copy."""
        if seen(path):
            return path
        copy = self._kept() / path.name
        if not copy.exists():
            copy.write_bytes(heard(self._ask("weights")))
        return copy

    def with_sample(self, item: WorkItem) -> WorkItem:
        """Return the item with its sample here; unchanged where it has none, this machine sees it, or nobody does."""
        if item.sample is None or seen(item.sample[0]):
            return item
        path, content = item.sample
        copy = self._kept() / f"{content}{path.suffix}"
        try:
            copy.write_bytes(heard(self._ask("sample", str(path))))
        except PictureError:
            # Nobody has it: reading it says so, with its reason.
            return item
        return replace(item, sample=(copy, content))

    def _kept(self) -> Path:
        """Return the directory, made when the first file is fetched."""
        if self._directory is None:
            self._directory = Path(mkdtemp(prefix="hyai-worker-"))
            weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        return self._directory
