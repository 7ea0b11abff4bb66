"""The perceptual hash of every picture: from the store, and where a picture was encoded before hashes were kept, made anew."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import HyaiError
from hyai_tui.features.phashes import FILE, PerceptualHashes
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.reading import LASTING, Decoded, LibraryOnDemand, fetch_and_decode

if TYPE_CHECKING:
    from hyai_tui.checks.base import CheckPlace
    from hyai_tui.library.base import Library
    from hyai_tui.queues.vectors import Vectors
    from hyai_tui.workspace import Workspace

_AHEAD: Final = 64
_KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Hashes:
    """Perceptual hashes of n pictures.

    Attributes:
        values: uint64[n].
        known: bool[n], those that have one; a picture that is nearly uniform has none.
        away: why the library could not be read for those that were missing; empty where it could.
        missing: pictures that still have never been hashed.
    """

    values: NDArray[np.uint64]
    known: NDArray[np.bool_]
    away: str = ""
    missing: int = 0


def hashes_of(place: CheckPlace, vectors: Vectors, places: NDArray[np.int64]) -> Hashes:
    """Return the hashes of the files at these places; missing ones are made, as far as the library can be read."""
    contents = vectors.contents[places]
    away = ""
    with PerceptualHashes(place.workspace.cache / FILE) as store:
        names, values, known = store.all()
        missing = np.flatnonzero(~np.isin(contents, names))
        if len(missing):
            away = _make(place, store, places[missing], contents[missing])
            names, values, known = store.all()
    left = int(np.count_nonzero(~np.isin(contents, names)))
    if not len(names):
        return Hashes(np.zeros(len(places), np.uint64), np.zeros(len(places), bool), away, left)
    at = np.minimum(np.searchsorted(names, contents), len(names) - 1)
    there = names[at] == contents
    return Hashes(np.where(there, values[at], np.uint64(0)), there & known[at], away, left)


def _make(place: CheckPlace, store: PerceptualHashes, places: NDArray[np.int64], contents: NDArray[np.bytes_]) -> str:
    """Decode pictures once more for their hashes; one that cannot be read has none. Returns why the library is away."""
    source = place.workspace.settings.features.source
    items = [
        WorkItem(place.context.file(position), content.decode("ascii"), True)
        for position, content in zip(places.tolist(), contents.tolist(), strict=True)
    ]
    library = LibraryOnDemand(lambda: _asked(place.workspace, items[0].file))
    made: list[tuple[str, int | None]] = []
    waiting: deque[Future[Decoded]] = deque()
    pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="hashes")
    away = ""
    try:
        for number, item in enumerate(items):
            waiting.append(pool.submit(fetch_and_decode, item, library, source))
            while not away and (len(waiting) >= _AHEAD or (waiting and number == len(items) - 1)):
                try:
                    done = waiting.popleft().result()
                except HyaiError as error:
                    away = error.what
                    break
                # What may be there the next time is tried again then.
                if done.item.content is not None and (done.pixels is not None or done.reason in LASTING):
                    made.append((done.item.content, done.phash))
            if away:
                break
            if len(made) >= _KEPT:
                store.put(made)
                made = []
                place.progress(number, len(items))
        store.put(made)
    finally:
        pool.shutdown(cancel_futures=True)
        library.close()
    return away


def _asked(workspace: Workspace, file: str) -> Library:
    """Open the library and ask it for a file, so that one whose disk is not mounted says so at once."""
    library = workspace.open_library()
    try:
        library.lookup([file])
    except HyaiError:
        library.close()
        raise
    return library
