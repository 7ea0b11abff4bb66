"""Which files a tag run looks at, and, for a dry run, which of our tags they carry: by searches, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.model import STATES
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import Library, MediaFile, SearchesTags
from hyai_tui.queues.context import QueueContext
from hyai_tui.tagging.patience import Patience
from hyai_tui.text import count

_CHUNK = 20_000


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


def candidates(
    library: Library,
    criteria: Sequence[str],
    ours: Sequence[str],
    known: QueueContext,
    patience: Patience,
    context: JobContext,
) -> Candidates:
    """Return the files to look at: those of the criteria, and those with a tag of ours.

    A file that carries our tag and has left the criteria is looked at too, or an old opinion would stay on it for ever.
    """
    wanted = np.zeros(len(known), bool)
    unknown = 0
    for query in (tuple(criteria), *((tag,) for tag in ours)):
        context.check()
        mask, missing = patience.ask(lambda query=query: _among(known, library.search_candidates(query)))  # type: ignore[misc]
        wanted |= mask
        unknown += missing
    if unknown:
        context.report.log(f"{count(unknown, 'file')} came after the last scan: 'hyai scan' takes them in")
    return Candidates(known, np.flatnonzero(wanted & (known.number >= 0)))


class Searched:
    """What searches say of the tags of ours on files: for a dry run, which changes nothing and may go by it.

    Args:
        library: asked at once which files carry each tag.
        known: the files.
        ours: our tags.
        patience: how it is asked.
    """

    def __init__(self, library: SearchesTags, known: QueueContext, ours: Sequence[str], patience: Patience) -> None:
        self._known = known
        self._carried: dict[str, NDArray[np.bool_]] = {
            tag: patience.ask(lambda tag=tag: _among(known, library.carrying(tag))[0])  # type: ignore[misc]
            for tag in ours
        }

    def lookup(self, files: Sequence[str]) -> Mapping[str, MediaFile]:
        """Return the files with the tags of ours that they carry, and no other tag."""
        positions = self._known.positions.of(files).tolist()
        found = {}
        for file, position in zip(files, positions, strict=True):
            tags = frozenset(tag for tag, carried in self._carried.items() if carried[position])
            found[file] = MediaFile(file, STATES[int(self._known.state[position])], tags=tags)
        return found


def looking(
    library: Library, known: QueueContext, ours: Sequence[str], patience: Patience, *, dry: bool
) -> Callable[[Sequence[str]], Mapping[str, MediaFile]]:
    """Return how a run learns what files carry: each file anew before a write; by searches, where it writes nothing."""
    if dry and isinstance(library, SearchesTags):
        return Searched(library, known, ours, patience).lookup
    return library.lookup


def _among(known: QueueContext, files: Iterable[str]) -> tuple[NDArray[np.bool_], int]:
    """Return which files of the snapshot are among those named, bool[n], and how many of those are not in it."""
    mask = np.zeros(len(known), bool)
    unknown = 0
    remaining = iter(files)
    while chunk := list(islice(remaining, _CHUNK)):
        positions = known.positions.of(chunk)
        mask[positions[positions >= 0]] = True
        unknown += int(np.count_nonzero(positions < 0))
    return mask, unknown
