"""Which files a tag run looks at, and, for a dry run, which of our tags they carry: by searches, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATES
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import KnownIds, Library, MediaFile, SearchesIds, SearchesTags
from hyai_tui.library.idsets import among
from hyai_tui.queues.context import QueueContext
from hyai_tui.tagging.patience import Patience
from hyai_tui.text import count

_CHUNK = 20_000
_BLOCK = 1 << 20
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """Files of a snapshot, in the order of their numbers, named only when they are looked at: there may be millions.

    Attributes:
        known: the snapshot.
        positions: int64[m], rising.
    """

    known: QueueContext
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.positions)

    def batch(self, start: int, size: int) -> list[str]:
        """Return so many SHA-256s from a place on."""
        return [self.known.file(position) for position in self.positions[start : start + size].tolist()]

    def among(self, files: Sequence[str]) -> Candidates:
        """Return those that are among these files."""
        return Candidates(self.known, np.intersect1d(self.positions, self.known.positions.of(files)))


class _Numbers:
    """A library's own numbers beside the places of a snapshot.

    Args:
        listed: what the catalog knows by the library's numbers.
        numbers: int64[n] of the snapshot, rising, with -1 for what is in no library at its end.
    """

    def __init__(self, listed: KnownIds, numbers: NDArray[np.int64]) -> None:
        in_catalog = numbers[: int(np.count_nonzero(numbers >= 0))]
        self._size = len(numbers)
        self._ids, self._passed_over = listed.ids, listed.passed_over
        self._at = np.full(len(listed.ids), -1, np.int32)
        for start in range(0, len(listed.numbers), _BLOCK):
            wanted = listed.numbers[start : start + _BLOCK]
            at = np.searchsorted(in_catalog, wanted)
            # A file that a scan has added since the snapshot was taken is in the one and not in the other.
            inside = at < len(in_catalog)
            inside[inside] = in_catalog[at[inside]] == wanted[inside]
            self._at[start : start + _BLOCK][inside] = at[inside]

    def selected(self, ids: NDArray[np.int64]) -> tuple[Mask, int]:
        """Return where these are in the snapshot, bool[n], and how many are not; what is no picture is not counted."""
        rising = np.sort(ids)
        at = self._at[among(self._ids, rising)]
        at = at[at >= 0]
        mask = np.zeros(self._size, bool)
        mask[at] = True
        return mask, len(ids) - int(among(self._passed_over, rising).sum()) - len(at)


class Searching:
    """Asks a library's searches about the files of a snapshot.

    Where the library numbers its files and these numbers still mean what they meant at the last scan, a search of
    millions is one answer of numbers; else each file is named.

    Args:
        library: the library.
        known: the snapshot.
        catalog: knows the library's own numbers.
        patience: how a busy library is asked.

    Attributes:
        known: the snapshot.
    """

    def __init__(self, library: Library, known: QueueContext, catalog: Catalog, patience: Patience) -> None:
        self.known = known
        self._library = library
        self._patience = patience
        self._numbers: _Numbers | None = None
        if isinstance(library, SearchesIds):
            listed = catalog.known_ids(())
            if patience.ask(lambda: library.ids_mean(listed.samples)):
                self._numbers = _Numbers(listed, known.number)

    def selected(self, criteria: Sequence[str]) -> tuple[Mask, int]:
        """Return the files that predicates select, bool[n], and how many of them are not in the snapshot."""
        library, numbers = self._library, self._numbers
        if numbers is not None and isinstance(library, SearchesIds):
            return numbers.selected(self._patience.ask(lambda: library.search_ids(criteria)))
        return self._patience.ask(lambda: self._named(library.search_candidates(criteria)))

    def carrying(self, tag: str) -> Mask:
        """Return the files that carry a tag in the service that we write to, bool[n]."""
        library, numbers = self._library, self._numbers
        if numbers is not None and isinstance(library, SearchesIds):
            return numbers.selected(self._patience.ask(lambda: library.ids_carrying(tag)))[0]
        assert isinstance(library, SearchesTags)
        return self._patience.ask(lambda: self._named(library.carrying(tag)))[0]

    def _named(self, files: Iterable[str]) -> tuple[Mask, int]:
        mask = np.zeros(len(self.known), bool)
        unknown = 0
        remaining = iter(files)
        while chunk := list(islice(remaining, _CHUNK)):
            positions = self.known.positions.of(chunk)
            mask[positions[positions >= 0]] = True
            unknown += int(np.count_nonzero(positions < 0))
        return mask, unknown


def candidates(searching: Searching, criteria: Sequence[str], ours: Sequence[str], context: JobContext) -> Candidates:
    """Return the files to look at: those of the criteria, and those with a tag of ours.

    A file that carries our tag and has left the criteria is looked at too, or an old opinion would stay on it for ever.
    """
    known = searching.known
    wanted = np.zeros(len(known), bool)
    unknown = 0
    for query in (tuple(criteria), *((tag,) for tag in ours)):
        context.check()
        mask, missing = searching.selected(query)
        wanted |= mask
        unknown += missing
    if unknown:
        context.report.log(f"{count(unknown, 'file')} came after the last scan: 'hyai scan' takes them in")
    return Candidates(known, np.flatnonzero(wanted & (known.number >= 0)))


class Searched:
    """What searches say of the tags of ours on files: for a dry run, which changes nothing and may go by it.

    Args:
        searching: asked at once which files carry each tag.
        ours: our tags.
    """

    def __init__(self, searching: Searching, ours: Sequence[str]) -> None:
        self._known = searching.known
        self._carried: dict[str, Mask] = {tag: searching.carrying(tag) for tag in ours}

    def lookup(self, files: Sequence[str]) -> Mapping[str, MediaFile]:
        """Return the files with the tags of ours that they carry, and no other tag."""
        positions = self._known.positions.of(files).tolist()
        found = {}
        for file, position in zip(files, positions, strict=True):
            tags = frozenset(tag for tag, carried in self._carried.items() if carried[position])
            found[file] = MediaFile(file, STATES[int(self._known.state[position])], tags=tags)
        return found


def looking(
    library: Library, searching: Searching, ours: Sequence[str], *, dry: bool
) -> Callable[[Sequence[str]], Mapping[str, MediaFile]]:
    """Return how a run learns what files carry: each file anew before a write; by searches, where it writes nothing."""
    if dry and isinstance(library, SearchesTags):
        return Searched(searching, ours).lookup
    return library.lookup
