"""Who carries our tags: found by searches and named batch by batch, so that millions of files take little memory.

A library that numbers its files answers a search of millions with 8 bytes a file; of any other one 32 bytes of each hash
are kept. Who is found is settled before the first tag goes, so that no search is asked while its answer changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hyai_tui.library.base import Library, SearchesIds
from hyai_tui.tagging.patience import Patience

_DIGEST = 32


@dataclass(frozen=True)
class Numbered:
    """Files that are known by the library's own numbers until they are looked at.

    Attributes:
        library: names them.
        ids: int64[n], rising.
        counts: tag to the number of files that carry it, as the searches say.
    """

    library: SearchesIds
    ids: NDArray[np.int64]
    counts: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, start: int, size: int) -> Sequence[str]:
        """Ask the library for their names."""
        return self.library.hashes_of(self.ids[start : start + size])


@dataclass(frozen=True)
class Named:
    """Files that are known by name.

    Attributes:
        digests: 32 bytes of each.
    """

    digests: bytes

    def __len__(self) -> int:
        return len(self.digests) // _DIGEST

    def batch(self, start: int, size: int) -> Sequence[str]:
        """Write their names out."""
        part = self.digests[start * _DIGEST : (start + size) * _DIGEST]
        return [part[at : at + _DIGEST].hex() for at in range(0, len(part), _DIGEST)]


def find_carriers(
    library: Library, tags: Sequence[str], patience: Patience, check: Callable[[], None]
) -> Numbered | Named:
    """Return the files, in the trash too, that carry any of the tags.

    Args:
        library: asked one search a tag.
        tags: ours.
        patience: how a busy library is asked.
        check: raises where the user has asked to stop.
    """
    if isinstance(library, SearchesIds):
        return _numbered(library, tags, patience, check)
    found = bytearray()
    for tag in tags:
        check()
        found += patience.ask(partial(_digests, library, tag))
    # As fixed rows of bytes, which numpy sorts and compares whole.
    return Named(np.unique(np.frombuffer(bytes(found), f"S{_DIGEST}")).tobytes())


def _numbered(library: SearchesIds, tags: Sequence[str], patience: Patience, check: Callable[[], None]) -> Numbered:
    ids, counts = np.empty(0, np.int64), {}
    for tag in tags:
        check()
        carrying = patience.ask(partial(library.ids_carrying, tag))
        if len(carrying):
            counts[tag] = len(carrying)
            ids = _merged(ids, carrying)
    return Numbered(library, ids, counts)


def _merged(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what stands in either, rising, each once; sorted in place, because there may be millions."""
    both = np.concatenate([one, other])
    both.sort()
    first = np.ones(len(both), bool)
    np.not_equal(both[1:], both[:-1], out=first[1:])
    return both[first]


def _digests(library: Library, tag: str) -> bytearray:
    found = bytearray()
    for file in library.search_candidates((tag,)):
        found += bytes.fromhex(file)
    return found
