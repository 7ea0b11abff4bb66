"""Near duplicates: pictures that are copies of each other to the eye, in groups, with what tells them apart.

Features come from the store, perceptual hashes from theirs; pictures that were encoded before hashes were kept are decoded
once more. For an encoder whose cosine was measured, cosine and hash decide (`twins`). For others they only say which pairs to look
at, and the pixels decide (`alike`). What is found is kept for the queue *near-duplicates* and for `hyai duplicates`.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks import settled, twins
from hyai_tui.checks.base import Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.checks.looking import Pictures
from hyai_tui.checks.nearest import standing_out
from hyai_tui.checks.votes import reduced
from hyai_tui.features import inverted
from hyai_tui.features.keys import Keys, hexed
from hyai_tui.features.pairing import likely_pairs
from hyai_tui.features.phashes import FILE, PerceptualHashes
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.reading import Decoded, LibraryOnDemand, fetch_and_decode
from hyai_tui.queues.near_duplicates import known_label_of
from hyai_tui.queues.prepared_file import BEST, COPIES, write
from hyai_tui.queues.vectors import Vectors, open_vectors
from hyai_tui.text import count

HashPairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]

NAME: Final = "near-duplicates"
_MOST_SHOWN: Final = 1_000
# Encoders for which the cosine was measured. The vectors of the fallback encoder lie so close that hundreds of pictures which
# are no copies reach it.
_BY_COSINE: Final = frozenset({"mobilenetv2"})
# Where pixels decide, hashes may differ in more bits, and pairs that stand out by their features are looked at too, if there are
# few enough to be compared.
_BITS_BY_PIXELS: Final = 8
_FEW: Final = 200_000
# Pairs whose pixels are compared, the most alike first: by hash, and by features; of the rest, those are taken whose hashes differ
# in so few bits.
_MOST_LOOKED_AT: Final = 20_000
_MOST_BY_FEATURES: Final = 10_000
_SURE_BITS: Final = 2
_NO_PAIRS: Final = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
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
        index = inverted.opened(vectors.store) if compared else None
        if index is None:
            by_cosine = twins.pairs_by_cosine(rows, len(places) if compared else 0, check=place.progress)
        else:
            likely = likely_pairs(index, twins.COSINE, check=place.progress)
            by_cosine = twins.confirmed(rows, *places_of_pairs(vectors.contents[places], *likely))
        few = len(places) <= _FEW and not compared
        near = standing_out(reduced(vectors, places)[1], ~known, place.progress) if few else _NO_PAIRS
    at = np.flatnonzero(known)
    bits = _BITS_BY_PIXELS if few else twins.BITS
    one, other, apart = twins.pairs_by_hash(hashes[at], bits)
    by_hash, by_pixels = (at[one], at[other], apart), _NO_PAIRS
    if not compared:
        by_hash, by_pixels = _looked_at(place, places, by_hash, near)
    by_features = (
        np.concatenate([by_cosine[0], by_pixels[0]]),
        np.concatenate([by_cosine[1], by_pixels[1]]),
        np.concatenate([by_cosine[2], by_pixels[2]]),
    )
    group = twins.groups(len(places), by_features, by_hash)
    files = [context.file(at) if held else "" for at, held in zip(places.tolist(), (group >= 0).tolist(), strict=True)]
    said, untold = settled.ask(workspace, [file for file in files if file])
    group = settled.part(group, files, _alike(by_features, by_hash), said)
    inside = group >= 0
    facts = {"encoder": vectors.encoder, "total": len(places)}
    write(workspace.queues_directory, COPIES, context.sha256[places[inside]], group[inside].astype(np.float32), facts)
    ranks = np.array([said.rank(file) for file in files], np.float32)
    write(workspace.queues_directory, BEST, context.sha256[places[ranks != 0]], ranks[ranks != 0], facts)
    findings = _findings(place, places, group, (by_cosine, by_pixels), by_hash)
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


def _looked_at(
    place: CheckPlace,
    places: NDArray[np.int64],
    by_hash: HashPairs,
    near: twins.Pairs,
) -> tuple[HashPairs, twins.Pairs]:
    """Return the pairs by hash that their pixels confirm, and pairs by features alone that they do, with how far they agree.

    Of pairs by hash, those that cannot be looked at go by the hash alone.
    """
    one, other, apart = by_hash
    asked = np.argsort(apart, kind="stable")[:_MOST_LOOKED_AT]
    size = len(places)
    fresh = np.flatnonzero(~np.isin(near[0] * size + near[1], one * size + other))[:_MOST_BY_FEATURES]
    first = np.concatenate([one[asked], near[0][fresh]])
    second = np.concatenate([other[asked], near[1][fresh]])
    # Files that belong together are read one after the other.
    order = np.lexsort((second, first))
    files = [
        (place.context.file(a), place.context.file(b))
        for a, b in zip(places[first[order]].tolist(), places[second[order]].tolist(), strict=True)
    ]
    agreed = np.zeros(len(first), np.float32)
    unseen = np.zeros(len(first), bool)
    with Pictures(place.workspace, place.progress) as pictures:
        for at, found in zip(order.tolist(), pictures.agreements(files), strict=True):
            unseen[at] = found is None
            agreed[at] = found.likeness if found is not None and found.alike else 0
    kept = apart <= _SURE_BITS
    hashed = len(asked)
    kept[asked] = np.where(unseen[:hashed], kept[asked], agreed[:hashed] > 0)
    like = agreed[hashed:] > 0
    return (one[kept], other[kept], apart[kept]), (near[0][fresh][like], near[1][fresh][like], agreed[hashed:][like])


def places_of_pairs(
    contents: NDArray[np.bytes_], one: Keys, other: Keys
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (int64[p], int64[p]): pairs of contents as places i < j in S64[n]; those that are not there are left out.

    Files that share a content are pairs too: each with the first of them, which stands for them in the others.
    """
    order = np.argsort(contents, kind="stable")
    names = contents[order]
    twice = np.flatnonzero(names[1:] == names[:-1]) + 1
    first, second = (np.searchsorted(names, hexed(keys)) for keys in (one, other))
    inside = np.maximum(first, second) < len(names)
    first, second = first[inside], second[inside]
    there = (names[first] == hexed(one)[inside]) & (names[second] == hexed(other)[inside])
    pairs = np.concatenate(
        [
            np.stack([order[first[there]], order[second[there]]], axis=1),
            np.stack([order[np.searchsorted(names, names[twice])], order[twice]], axis=1),
        ]
    )
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


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
    by_features: tuple[twins.Pairs, twins.Pairs],
    by_hash: HashPairs,
) -> list[Finding]:
    """Return a finding for each pair within a group, the most similar first, with what tells the two apart."""
    similar: dict[tuple[int, int], tuple[float, str]] = {}
    for pairs, word in zip(by_features, ("cosine {:.2f}", "their pixels agree to {:.0%}"), strict=True):
        for one, other, value in zip(*(part.tolist() for part in pairs), strict=True):
            similar[one, other] = (float(value), word.format(value))
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
