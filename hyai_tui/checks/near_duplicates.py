"""Near duplicates: pictures that are copies of each other to the eye, in groups, with what tells them apart.

Features come from the store, perceptual hashes from theirs; pictures that were encoded before hashes were kept are decoded
once more. For an encoder whose cosine was measured, cosine and hash decide (`twins`). For others they only say which pairs to look
at, and the pixels decide (`alike`). What is found is kept for the queue *near-duplicates* and for `hyai duplicates`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks import settled, twins
from hyai_tui.checks.base import Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.checks.confirming import Confirmed, HashPairs, confirmed
from hyai_tui.checks.hashing import Hashes, hashes_of
from hyai_tui.checks.nearest import among_nearest, nearest, standing_out
from hyai_tui.checks.votes import reduced
from hyai_tui.features import inverted
from hyai_tui.features.keys import Keys, hexed
from hyai_tui.features.pairing import likely_pairs
from hyai_tui.queues.near_duplicates import known_label_of
from hyai_tui.queues.prepared_file import BEST, COPIES, write
from hyai_tui.queues.vectors import Vectors, open_vectors
from hyai_tui.text import count

NAME: Final = "near-duplicates"
_MOST_SHOWN: Final = 1_000
# Encoders for which the cosine was measured. The vectors of the small encoder and of HOG lie so close that thousands of
# pairs which are no copies reach it.
_BY_COSINE: Final = frozenset({"mobilenetv2"})
# Where pixels decide, hashes may differ in more bits, and pairs that stand out by their features are looked at too, if there are
# few enough to be compared.
_BITS_BY_PIXELS: Final = 8
_FEW: Final = 200_000
_NO_PAIRS: Final = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
_BLOCK: Final = 8_192


def run(place: CheckPlace) -> CheckResult:
    """Find pairs and groups among all present files that have a vector, and keep the groups for the queue."""
    workspace, context = place.workspace, place.context
    with open_vectors(workspace, context, place.catalog, place.journal) as vectors:
        if vectors is None:
            return CheckResult(0, (), {"pairs": 0, "groups": 0}, ("Nothing is encoded yet: 'hyai cache build'",))
        places, mean = _with_vectors(vectors)
        hashes = hashes_of(place, vectors, places)
        compared = vectors.encoder.partition("-")[0] in _BY_COSINE
        few = len(places) <= _FEW and not compared
        by_cosine = _by_cosine(place, vectors, places, mean) if compared else _NO_PAIRS
        rows = reduced(vectors, places)[1] if few else None
    bits = _BITS_BY_PIXELS if few else twins.BITS
    by_hash, near = _candidates(place, hashes, bits, rows)
    looked_at = Confirmed(by_hash, _NO_PAIRS) if compared else confirmed(place, places, by_hash, near)
    by_hash = looked_at.by_hash
    by_features = (
        np.concatenate([by_cosine[0], looked_at.by_pixels[0]]),
        np.concatenate([by_cosine[1], looked_at.by_pixels[1]]),
        np.concatenate([by_cosine[2], looked_at.by_pixels[2]]),
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
    findings = _findings(place, places, group, (by_cosine, looked_at.by_pixels), by_hash)
    amount = int(group.max(initial=-1)) + 1
    advice = [f"{count(amount, 'group')} of near duplicates: 'hyai duplicates' lists them"] if amount else []
    advice += [one for one in (_left_out(hashes, looked_at), untold) if one]
    figures = {
        "pairs": len(findings),
        "groups": amount,
        "files": int(inside.sum()),
        "threshold": twins.COSINE if compared else None,
        "bits": bits,
        "hashed": int(hashes.known.sum()),
    }
    return CheckResult(len(places), surest_first(findings)[:_MOST_SHOWN], figures, advice)


def _left_out(hashes: Hashes, looked_at: Confirmed) -> str:
    """Return what could not be judged in this run; empty where all was."""
    if away := looked_at.away or hashes.away:
        parts = [count(looked_at.unseen, "new pair")] if looked_at.unseen else []
        parts += [count(hashes.missing, "picture without a hash", "pictures without a hash")] if hashes.missing else []
        return f"Only what is stored was compared, without {' and '.join(parts)}: {away}"
    if looked_at.left:
        return f"{count(looked_at.left, 'more pair')} may be copies: another 'hyai check {NAME}' goes on with them"
    return ""


def _by_cosine(
    place: CheckPlace, vectors: Vectors, places: NDArray[np.int64], mean: NDArray[np.float32]
) -> twins.Pairs:
    """Return the pairs that are alike by the features of an encoder whose cosine was measured."""

    def rows(chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        return twins.unit_rows(vectors.at(places[chosen])[1], mean)

    index = inverted.opened(vectors.store)
    if index is None:
        return twins.pairs_by_cosine(rows, len(places), check=place.counting("parts of the library"))
    likely = likely_pairs(index, twins.COSINE, check=place.counting("parts of the library"))
    return twins.confirmed(rows, *places_of_pairs(vectors.contents[places], *likely))


def _candidates(
    place: CheckPlace, hashes: Hashes, bits: int, rows: NDArray[np.float32] | None
) -> tuple[HashPairs, twins.Pairs]:
    """Return pairs whose hashes agree but for so many bits, and those that stand out by their features, if there are rows."""
    at = np.flatnonzero(hashes.known)
    one, other, apart = twins.pairs_by_hash(hashes.values[at], bits)
    one, other = at[one], at[other]
    if rows is None:
        return (one, other, apart), _NO_PAIRS
    found = nearest(rows, place.counting("parts of the library"))
    # Of two pictures whose hashes agree by chance, each has many others that are more like it.
    kept = among_nearest(found, rows, one, other)
    return (one[kept], other[kept], apart[kept]), standing_out(found, ~hashes.known)


def _alike(
    by_cosine: twins.Pairs, by_hash: HashPairs
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return all pairs with how alike they are, 0 … 1."""
    likeness = np.concatenate([by_cosine[2].astype(np.float64), 1 - by_hash[2].astype(np.float64) / 64])
    return np.concatenate([by_cosine[0], by_hash[0]]), np.concatenate([by_cosine[1], by_hash[1]]), likeness


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
