"""The library protocol: where files live, whatever it is that holds them.

A library lists files by the SHA-256 of their original bytes, gives their bytes and thumbnails, and changes tags and
states. It never deletes bytes. All methods block; callers run them off the interface's loop.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FileState(StrEnum):
    """What the library's owner has done with a file. Trash beats archive, as Hydrus keeps both flags."""

    INBOX = "inbox"
    ARCHIVE = "archive"
    TRASH = "trash"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One file as the library knows it now.

    Attributes:
        sha256: identity, 64 lowercase hex digits of the original bytes.
        state: inbox, archive or trash; `gone` where the library once had it.
        archived: the archive flag behind a trashed state.
        paths: paths of equal bytes relative to the library root, as raw file-system strings (surrogateescape);
            empty for Hydrus.
        size: bytes, or None where unknown.
        mime: media type such as `image/png`, judged by suffix in a folder, as reported by Hydrus.
        width, height: pixels, or None where the library does not say.
        motion: True for video and animation, as far as the library says.
        modified: seconds since the epoch of import (Hydrus) or modification (folder).
        trashed: seconds since the epoch when it went to a trash that empties itself; None elsewhere, or where unknown.
        tags: storage tags in the tag service that we write to.
        display_tags: tags as the library shows them, for people to read; empty where it shows no others than `tags`.
        external_id: Hydrus' file_id; None elsewhere.
        conflict: True where copies of equal bytes stand in conflicting states (a contradiction, never guessed).
    """

    sha256: str
    state: FileState
    archived: bool = False
    paths: tuple[str, ...] = ()
    size: int | None = None
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    motion: bool = False
    modified: float | None = None
    trashed: float | None = None
    tags: frozenset[str] = frozenset()
    display_tags: frozenset[str] = frozenset()
    external_id: int | None = None
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that the scan saw and does not count as a file.

    Attributes:
        name: path relative to the library root, or a hash.
        reason: short stable code such as `unreadable`, `vanished`, `not-a-picture`.
        external_id: Hydrus' file_id, by which the next scan passes it over; None elsewhere.
    """

    name: str
    reason: str
    external_id: int | None = None


@dataclass(frozen=True, slots=True)
class TagChange:
    """Tags to add to and to remove from one file, as one change."""

    sha256: str
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StateChange:
    """The state that a file is to have: inbox, archive or trash. From trash to another state is an undelete.

    Attributes:
        paths: where its copies stood when they last had that state, so that a folder can put them back there; empty
            lets the library choose.
        archived: the archive flag that a file in the trash is to have behind its state; None leaves it as it is.
    """

    sha256: str
    state: FileState
    paths: tuple[str, ...] = ()
    archived: bool | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """What this library allows us to do, for the panel before the first write.

    Attributes:
        read, tag, change_state, local_paths: what is allowed.
        cannot: one sentence for each thing that is not, with what would allow it.
        name: how the header names the library, such as `Hydrus 682` or `folder`; never a path.
        tags_to: name of the tag service that tags are written to; empty where there are no services.
        notices: what is odd about the library and stands in the way of nothing, one sentence each.
    """

    read: bool
    tag: bool
    change_state: bool
    local_paths: bool = False
    cannot: tuple[str, ...] = ()
    name: str = ""
    tags_to: str = ""
    notices: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The name as it stands in a sentence: `Hydrus 682`, `the folder`."""
        return "the folder" if self.name == "folder" else self.name


@runtime_checkable
class KnowsStates(Protocol):
    """A library that can say at once, without a scan, what its owner has archived and trashed."""

    def judged(self) -> dict[FileState, int]:
        """Return how many files are in the archive and how many in the trash."""
        ...

    def some(self, state: FileState, most: int) -> Iterator[MediaFile]:
        """Yield up to so many still pictures in the archive or in the trash, the newest first."""
        ...


@runtime_checkable
class SearchesTags(Protocol):
    """A library that can say by one search which files carry a tag, without reading each file."""

    def carrying(self, tag: str) -> Iterator[str]:
        """Yield the SHA-256s of the files, in the trash too, that carry a tag in the service that we write to."""
        ...


@runtime_checkable
class SearchesIds(Protocol):
    """A library that answers a search with its own numbers of files, millions of them in one answer."""

    def search_ids(self, criteria: Sequence[str]) -> NDArray[np.int64]:
        """Return the numbers of the files that predicates select; as `search_candidates`."""
        ...

    def ids_carrying(self, tag: str) -> NDArray[np.int64]:
        """Return the numbers of the files, in the trash too, that carry a tag in the service that we write to."""
        ...

    def hashes_of(self, ids: NDArray[np.int64]) -> list[str]:
        """Return the SHA-256s of the files of these numbers; what the library has lost meanwhile is left out."""
        ...

    def ids_mean(self, samples: Mapping[int, str]) -> bool:
        """Return whether these numbers still mean the files of these SHA-256s."""
        ...


@dataclass(frozen=True, slots=True)
class FileTexts:
    """What is written about a file.

    Attributes:
        sha256: identity.
        texts: notes, addresses that it came from, or its name, each by itself.
    """

    sha256: str
    texts: tuple[str, ...]


@runtime_checkable
class KnowsTexts(Protocol):
    """A library that keeps words about its files."""

    def texts(self, most: int) -> Iterator[FileTexts]:
        """Yield what is written about up to so many files, in pages; files without a text are left out."""
        ...


@runtime_checkable
class ReadsTexts(Protocol):
    """A library whose scan takes tags in from texts beside pictures."""

    @property
    def texts_read(self) -> int:
        """How many texts had come or changed, so that they were read."""
        ...


@dataclass(slots=True)
class KnownPath:
    """What an earlier scan knows of one path, so that unchanged bytes are not hashed again."""

    sha256: str
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class ScannedPath:
    """A path with the stamps that let the next scan reuse its hash."""

    path: str
    sha256: str
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class KnownIds:
    """What earlier scans know of files by the library's own ids, so that what has not changed is not read again.

    Attributes:
        ids: int64[n], the ids, rising.
        numbers: int64[n], the catalog's numbers of these files.
        states: uint8[n], 0 inbox, 1 archive, 2 trash.
        archived: bool[n], the archive flag.
        tagged: tag to the ids (int64, rising) of the files that carry it, for each tag that is watched.
        passed_over: int64, rising: ids of what is known to be no picture.
        samples: some ids with their SHA-256: an id that has become another file means another library behind the same
            address.
    """

    ids: NDArray[np.int64]
    numbers: NDArray[np.int64]
    states: NDArray[np.uint8]
    archived: NDArray[np.bool_]
    tagged: Mapping[str, NDArray[np.int64]]
    passed_over: NDArray[np.int64]
    samples: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Files that are as the catalog knows them, and what is passed over again, without being read.

    Attributes:
        numbers: int64, the catalog's numbers.
        passed_over: how many entries that are no pictures were passed over.
    """

    numbers: NDArray[np.int64]
    passed_over: int = 0

    def __len__(self) -> int:
        return len(self.numbers) + self.passed_over


@dataclass(slots=True)
class ScanOptions:
    """What a scan may reuse.

    Attributes:
        known: path (relative, raw) to what the last scan saw there; only the folder library uses it.
        listed: what is known by the library's own ids; None reads every file. Only the Hydrus library uses it.
        read: ids that this scan has read already, before the library was away for a while; they are not read again.
    """

    known: dict[str, KnownPath] = field(default_factory=dict)
    listed: KnownIds | None = None
    read: array[int] = field(default_factory=lambda: array("q"))


ScanItem = MediaFile | Skipped | ScannedPath | Unchanged


@runtime_checkable
class Library(Protocol):
    """Where files live. Implementations: `folder.FolderLibrary`, `hydrus.HydrusLibrary`."""

    @property
    def kind(self) -> str:
        """`folder` or `hydrus`."""
        ...

    def rights(self) -> Rights:
        """Return what may be done; raises `LibraryDown` or `LibraryError` with what to do."""
        ...

    def scan(self, options: ScanOptions) -> Iterator[ScanItem]:
        """Yield every file once (equal bytes merged), and what was skipped, streaming and in bounded memory.

        A folder also yields a `ScannedPath` for each path. Raises `LibraryDown` if the library cannot be listed:
        a scan that ends early must never make files look gone.
        """
        ...

    def count(self) -> int | None:
        """Return how many files a scan will list, if that is cheap to know."""
        ...

    def lookup(self, hashes: Sequence[str]) -> dict[str, MediaFile]:
        """Return the present state and tags of the files, read again; unknown and gone files are absent."""
        ...

    def search_candidates(self, criteria: Sequence[str]) -> Iterator[str]:
        """Yield SHA-256s of the files that `tag.criteria` selects, in pages.

        Predicates understood by every library: `system:inbox`, `system:archive`, `system:everything`,
        `system:filetype is image`, `system:has no duration`, `system:limit is N`, a tag, and `-tag`.
        """
        ...

    def path(self, sha256: str) -> Path | None:
        """Return a local path of the original bytes if there is one that can be read now."""
        ...

    def read(self, sha256: str) -> bytes:
        """Return the original bytes. Raises `PictureError('missing', …)` if they are not there any more."""
        ...

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the library's own thumbnail, or None where it makes none (the caller reduces the original)."""
        ...

    def change_tags(self, changes: Sequence[TagChange]) -> None:
        """Add and remove tags, both directions in one request where possible; callers send ≤ 256 files a call.

        Raises `PermissionMissing`, `LibraryDown`, `LibraryError`. Success is to be verified with `lookup`.
        """
        ...

    def change_state(self, changes: Sequence[StateChange], reason: str) -> None:
        """Move files between inbox, archive and trash. Never deletes bytes. Verify with `lookup`."""
        ...

    def close(self) -> None:
        """Release connections and handles."""
        ...
