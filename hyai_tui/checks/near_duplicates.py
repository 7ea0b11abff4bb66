"""Near duplicates: pictures that are copies of each other to the eye, in groups, with what tells them apart.

Features come from the store, perceptual hashes from theirs; pictures that were encoded before hashes were kept are decoded
once more. What is found is kept for the queue *near-duplicates* and for `hyai duplicates`.
"""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks import alike, settled, twins
from hyai_tui.checks.base import Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.errors import LibraryError, PictureError
from hyai_tui.features.phashes import FILE, PerceptualHashes
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.reading import Decoded, LibraryOnDemand, fetch_and_decode
from hyai_tui.pictures.decode import open_picture
from hyai_tui.queues.near_duplicates import known_label_of
from hyai_tui.queues.prepared_file import BEST, COPIES, write
from hyai_tui.queues.vectors import Vectors, open_vectors
from hyai_tui.text import count

if TYPE_CHECKING:
    from hyai_tui.library.base import Library

HashPairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]

NAME: Final = "near-duplicates"
_MOST_SHOWN: Final = 1_000
# Encoders for which the cosine was measured. The vectors of the fallback encoder lie so close that hundreds of pictures which
# are no copies reach it; there the perceptual hashes decide alone.
_BY_COSINE: Final = frozenset({"mobilenetv2"})
# Where the cosine was not measured, pixels decide; hashes may then differ in more bits, if there are few enough to be compared.
_BITS_BY_PIXELS: Final = 8
_FEW: Final = 200_000
# Pairs whose pixels are compared, the most alike first; of the rest, those are taken whose hashes differ in so few bits.
_MOST_LOOKED_AT: Final = 20_000
_SURE_BITS: Final = 2
_BOX: Final = (160, 160)
_VIEWS_KEPT: Final = 128
_AHEAD: Final = 64
_KEPT: Final = 256
_BLOCK: Final = 8_192


def run(place: CheckPlace) -> CheckResult:
    """Find pairs and groups among all present files that have a vector, and keep the groups for the queue."""
    workspace, context = place.workspace, place.context
    with open_vectors(workspace, context, place.catalog, place.journal) as vectors:
        if vectors is None:
            return CheckResult(0, (), {"pairs": 0, "groups": 0}, ("Nothing is encoded yet: 'hyai cache build'",))
        places, mean = _with_vectors(vectors)
        hashes, known = _hashes(place, vectors, places)

        def rows(chosen: NDArray[np.int64]) -> NDArray[np.float32]:
            return twins.unit_rows(vectors.at(places[chosen])[1], mean)

        compared = vectors.encoder.partition("-")[0] in _BY_COSINE
        by_cosine = twins.pairs_by_cosine(rows, len(places) if compared else 0, check=place.progress)
    at = np.flatnonzero(known)
    bits = twins.BITS if compared or len(at) > _FEW else _BITS_BY_PIXELS
    one, other, apart = twins.pairs_by_hash(hashes[at], bits)
    by_hash = (at[one], at[other], apart)
    if not compared:
        with _Pictures(place) as pictures:
            by_hash = _looked_at(pictures, places, by_hash)
    group = twins.groups(len(places), by_cosine, by_hash)
    files = [context.file(at) if held else "" for at, held in zip(places.tolist(), (group >= 0).tolist(), strict=True)]
    said, untold = settled.ask(workspace, [file for file in files if file])
    group = settled.part(group, files, _alike(by_cosine, by_hash), said)
    inside = group >= 0
    facts = {"encoder": vectors.encoder, "total": len(places)}
    write(workspace.queues_directory, COPIES, context.sha256[places[inside]], group[inside].astype(np.float32), facts)
    ranks = np.array([said.rank(file) for file in files], np.float32)
    write(workspace.queues_directory, BEST, context.sha256[places[ranks != 0]], ranks[ranks != 0], facts)
    findings = _findings(place, places, group, by_cosine, by_hash)
    amount = int(group.max(initial=-1)) + 1
    advice = [f"{count(amount, 'group')} of near duplicates: 'hyai duplicates' lists them"] if amount else []
    advice += [untold] if untold else []
    figures = {
        "pairs": len(findings),
        "groups": amount,
        "files": int(inside.sum()),
        "threshold": twins.COSINE if compared else None,
        "bits": bits,
        "hashed": int(known.sum()),
    }
    return CheckResult(len(places), surest_first(findings)[:_MOST_SHOWN], figures, advice)


def _alike(
    by_cosine: twins.Pairs, by_hash: HashPairs
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return all pairs with how alike they are, 0 … 1."""
    likeness = np.concatenate([by_cosine[2].astype(np.float64), 1 - by_hash[2].astype(np.float64) / 64])
    return np.concatenate([by_cosine[0], by_hash[0]]), np.concatenate([by_cosine[1], by_hash[1]]), likeness


def _looked_at(pictures: _Pictures, places: NDArray[np.int64], pairs: HashPairs) -> HashPairs:
    """Return the pairs by hash that their pixels confirm; those that cannot be read go by the hash alone."""
    one, other, apart = pairs
    # Files that belong together are read one after the other.
    asked = np.sort(np.argsort(apart, kind="stable")[:_MOST_LOOKED_AT])
    kept = apart <= _SURE_BITS
    for at, like in zip(asked.tolist(), pictures.alike(places[one[asked]], places[other[asked]]), strict=True):
        kept[at] = kept[at] if like is None else like
    return one[kept], other[kept], apart[kept]


class _Pictures:
    """Small pictures of files, the last ones kept; opens the library with the first.

    Args:
        place: where the check looks.
    """

    def __init__(self, place: CheckPlace) -> None:
        self._place = place
        self._library: Library | None = None
        self._kept: OrderedDict[str, NDArray[np.float32] | None] = OrderedDict()

    def __enter__(self) -> _Pictures:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._library is not None:
            self._library.close()

    def alike(self, ones: NDArray[np.int64], others: NDArray[np.int64]) -> Iterator[bool | None]:
        """Yield for each pair of positions whether its pixels agree; None where one is flat or cannot be read."""
        for done, (one, other) in enumerate(zip(ones.tolist(), others.tolist(), strict=True)):
            if done % _KEPT == 0:
                self._place.progress(done, len(ones))
            first, second = (self.views(self._place.context.file(at)) for at in (one, other))
            yield None if first is None or second is None else alike.likeness(first, second) >= alike.LIKE

    def views(self, file: str) -> NDArray[np.float32] | None:
        """Return a picture's views, see `alike.views`; None where it is flat or cannot be read."""
        if file not in self._kept:
            self._kept[file] = self._read(file)
            while len(self._kept) > _VIEWS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(file)
        return self._kept[file]

    def _read(self, file: str) -> NDArray[np.float32] | None:
        if self._library is None:
            self._library = self._place.workspace.open_library()
        try:
            # Only what this client has just listed is asked for by hash.
            if not self._library.lookup([file]):
                return None
            source = self._library.thumbnail(file) or self._library.path(file) or self._library.read(file)
            return alike.views(open_picture(source, fit=_BOX, first_frame=True))
        except (PictureError, LibraryError):
            return None


def _with_vectors(vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the positions of all present files with a vector, rising, and the mean of their vectors."""
    found: list[NDArray[np.int64]] = []
    total: NDArray[np.float64] | None = None
    for at, rows in vectors.blocks(_BLOCK):
        found.append(at)
        here = rows.sum(axis=0, dtype=np.float64)
        total = here if total is None else total + here
    places = np.sort(np.concatenate([*found, np.empty(0, np.int64)]))
    mean = np.zeros(vectors.store.dimension) if total is None else total / max(1, len(places))
    return places, mean.astype(np.float32)


def _hashes(
    place: CheckPlace, vectors: Vectors, places: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return (uint64[n], bool[n]): the perceptual hash of each file and whether it has one; missing ones are made."""
    contents = vectors.contents[places]
    with PerceptualHashes(place.workspace.cache / FILE) as store:
        names, values, known = store.all()
        missing = np.flatnonzero(~np.isin(contents, names))
        if len(missing):
            _make(place, store, places[missing], contents[missing])
            names, values, known = store.all()
    at = np.minimum(np.searchsorted(names, contents), max(0, len(names) - 1))
    if not len(names):
        return np.zeros(len(places), np.uint64), np.zeros(len(places), bool)
    there = names[at] == contents
    return np.where(there, values[at], np.uint64(0)), there & known[at]


def _make(place: CheckPlace, store: PerceptualHashes, places: NDArray[np.int64], contents: NDArray[np.bytes_]) -> None:
    """Decode pictures once more for their hashes; one that cannot be read has none."""
    source = place.workspace.settings.features.source
    items = [
        WorkItem(place.context.file(position), content.decode("ascii"), True)
        for position, content in zip(places.tolist(), contents.tolist(), strict=True)
    ]
    library = LibraryOnDemand(place.workspace.open_library)
    made: list[tuple[str, int | None]] = []
    waiting: deque[Future[Decoded]] = deque()
    pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="hashes")
    try:
        for number, item in enumerate(items):
            waiting.append(pool.submit(fetch_and_decode, item, library, source))
            while len(waiting) >= _AHEAD or (waiting and number == len(items) - 1):
                done = waiting.popleft().result()
                if done.item.content is not None:
                    made.append((done.item.content, done.phash))
            if len(made) >= _KEPT:
                store.put(made)
                made = []
                place.progress(number, len(items))
        store.put(made)
    finally:
        pool.shutdown(cancel_futures=True)
        library.close()


def _findings(
    place: CheckPlace,
    places: NDArray[np.int64],
    group: NDArray[np.int64],
    by_cosine: twins.Pairs,
    by_hash: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]],
) -> list[Finding]:
    """Return a finding for each pair within a group, the most similar first, with what tells the two apart."""
    similar: dict[tuple[int, int], tuple[float, str]] = {}
    for one, other, cosine in zip(*(part.tolist() for part in by_cosine), strict=True):
        similar[one, other] = (float(cosine), f"cosine {cosine:.2f}")
    for one, other, apart in zip(*(part.tolist() for part in by_hash), strict=True):
        likeness, said = similar.get((one, other), (0.0, ""))
        by_bits = f"{apart} of 64 bits differ"
        similar[one, other] = (max(likeness, 1 - apart / 64), f"{said}, {by_bits}" if said else by_bits)
    ranked = sorted(similar.items(), key=lambda pair: (-pair[1][0], pair[0]))
    found: list[Finding] = []
    for (one, other), (likeness, said) in ranked:
        if group[one] < 0 or group[one] != group[other]:
            continue
        if len(found) >= _MOST_SHOWN:
            break
        found.append(_finding(place, int(places[one]), int(places[other]), likeness, said))
    return found


def _finding(place: CheckPlace, one: int, other: int, likeness: float, said: str) -> Finding:
    context = place.context
    labels = known_label_of(context, one), known_label_of(context, other)
    differ = labels[0] != labels[1] and None not in labels
    tags = place.catalog.tags(context.file(one)) ^ place.catalog.tags(context.file(other))
    reason = f"they look alike ({said})"
    if differ:
        reason += f"; one is {labels[0]}, the other {labels[1]}"
    if tags:
        reason += f"; {count(len(tags), 'tag')} on one of them alone"
    kind = "different-labels" if differ else "copies"
    return Finding(NAME, kind, context.file(one), likeness, reason, context.file(other), tuple(sorted(tags)))


CHECK: Final = Check(NAME, "pictures that are copies of each other to the eye", run)
