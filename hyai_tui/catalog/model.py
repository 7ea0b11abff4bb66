"""What the catalog hands out: one file, the report of a scan, and arrays over all files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyai_tui.library.base import FileState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Codes in the database and in `CatalogArrays.state`. A code never changes its meaning.
STATE_CODES: dict[FileState, int] = {
    FileState.INBOX: 0,
    FileState.ARCHIVE: 1,
    FileState.TRASH: 2,
    FileState.GONE: 3,
}
STATES: tuple[FileState, ...] = tuple(STATE_CODES)


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """One file as the last scan, or a write of ours since, left it.

    Attributes:
        number: stable number of the file in this catalog, from 1; also kept while the file is gone.
        sha256: identity, 64 lowercase hex digits.
        paths: paths of equal bytes relative to the library root (surrogateescape); empty for Hydrus.
        The others are those of `hyai_tui.library.base.MediaFile`.
    """

    number: int
    sha256: str
    state: FileState
    archived: bool = False
    motion: bool = False
    conflict: bool = False
    size: int | None = None
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    modified: float | None = None
    external_id: int | None = None
    paths: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    display_tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan found.

    Attributes:
        files: files that are in the library now.
        added: files that the catalog had never seen.
        gone: files that are not in the library any more since this scan.
        returned: files that had been gone and are back.
        changed: files whose state, tags or facts differ from the last scan.
        motion: of `files`, those that the library calls video or animation.
        conflicts: of `files`, those with copies in conflicting states.
        skipped: reason to number of entries that do not count as files.
    """

    files: int
    added: int
    gone: int
    returned: int
    changed: int
    motion: int
    conflicts: int
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class HashIndex:
    """The order of the first m hashes of an array, for looking files up without sorting them.

    Attributes:
        keys: uint64[m], rising: the first sixteen digits of each hash as a number.
        order: int32[m], the position of the hash of each key.
    """

    keys: NDArray[np.uint64]
    order: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class CatalogArrays:
    """All files of the catalog as aligned arrays of length n, in the order of their numbers.

    Attributes:
        number: int64[n], rising.
        sha256: S64[n], lowercase hex as bytes.
        state: uint8[n], see `STATE_CODES`.
        archived, motion, conflict: bool[n].
        external_id: int64[n], the library's own ids; -1 where it has none. None where the arrays were not read from a catalog.
        index: of the first hashes, where the catalog keeps one.
    """

    number: NDArray[np.int64]
    sha256: NDArray[np.bytes_]
    state: NDArray[np.uint8]
    archived: NDArray[np.bool_]
    motion: NDArray[np.bool_]
    conflict: NDArray[np.bool_]
    external_id: NDArray[np.int64] | None = None
    index: HashIndex | None = None

    def __len__(self) -> int:
        return len(self.number)
