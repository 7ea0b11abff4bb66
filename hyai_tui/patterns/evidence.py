"""What speaks for each tag that a file lacks: how common it is, its neighbours, and the tags that the file has.

Everything is a logarithm of how many times as likely the evidence makes the tag, so that a weighted sum of them is a
log-odds; `mixing` learns the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.patterns.pairs import LEAST
from hyai_tui.patterns.related import Partners

NEIGHBOURS: Final = 20
# How strongly a share is drawn to the tag's share of all files, in files.
_PRIOR_FILES: Final = 2.0
COLUMNS: Final = ("constant", "frequency", "neighbours", "strongest beside", "mean beside")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of K tags in a library.

    Attributes:
        files: files in the library.
        counts: int64[K], files of each tag.
        partners: the strongest partners of each tag.
    """

    files: int
    counts: NDArray[np.int64]
    partners: Partners


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest files of one file.

    Attributes:
        cosines: float32[k], the nearest first.
        starts, tags: the tags of each, as in `TagTable`.
    """

    cosines: NDArray[np.float32]
    starts: NDArray[np.int64]
    tags: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for c candidate tags.

    Attributes:
        tags: int64[c], rising.
        columns: float64[c, 5], see `COLUMNS`.
        votes: int64[c], neighbours that carry the tag.
        beside: int64[c], the tag of the file beside which the candidate is relatively most frequent; -1 for none.
        lift: float64[c], how many times as frequent the candidate is beside that tag.
    """

    tags: NDArray[np.int64]
    columns: Floats
    votes: NDArray[np.int64]
    beside: NDArray[np.int64]
    lift: Floats


def gather(
    known: Known, own: NDArray[np.int64], near: Near | None, hidden: NDArray[np.int64] | None = None
) -> Evidence:
    """Return what speaks for each tag that the neighbours or the partners of the file's tags bring up.

    Args:
        known: the library's counts.
        own: int64[k], tags of the file.
        near: its neighbours; None where it has no vector.
        hidden: int64[h], tags of the file that are held back: the file is then taken out of all counts. None for a file
            that is judged as it is.
    """
    out = np.empty(0, np.int64) if hidden is None else np.concatenate([own, hidden])
    counts = known.counts.astype(np.float64)
    if len(out):
        counts = counts.copy()
        counts[out] -= 1
    beside = [_partners(known.partners, int(tag), out) for tag in own]
    brought = np.concatenate(
        [np.empty(0, np.int64), *(tags for tags, _ in beside), *([] if near is None else [near.tags])]
    )
    candidates = np.unique(brought[~np.isin(brought, own)]).astype(np.int64)
    share = (counts[candidates] + 0.5) / (known.files + 1)
    size = len(candidates)
    votes, voted = np.zeros(size, np.int64), np.zeros(size)
    if near is not None and len(near.cosines):
        votes, voted = _votes(near, candidates, share)
    lifts = np.zeros((len(own), size))
    for row, (tags, files) in enumerate(beside):
        at = np.searchsorted(candidates, tags)
        inside = at < size
        at, files, tags = at[inside], files[inside], tags[inside]
        same = candidates[at] == tags
        at, files = at[same], files[same]
        given = (files + _PRIOR_FILES * share[at]) / (counts[own[row]] + _PRIOR_FILES)
        lifts[row, at] = np.log(given / share[at])
    best = lifts.argmax(axis=0) if len(own) else np.zeros(size, np.int64)
    top = lifts.max(axis=0, initial=0.0)
    mean = lifts.mean(axis=0) if len(own) else np.zeros(size)
    columns = np.stack([np.ones(size), np.log(share / (1 - share)), voted, top, mean], axis=1)
    strongest = np.where(top > 0, own[best], -1) if len(own) else np.full(size, -1, np.int64)
    return Evidence(candidates, columns, votes, strongest, np.exp(top))


def _partners(partners: Partners, tag: int, out: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    """Return (partners, files of both) of a tag, with a file that has the tags `out` taken out of the counts."""
    tags, both = partners.of(tag)
    files = both.astype(np.float64)
    if not len(out):
        return tags.astype(np.int64), files
    files -= np.isin(tags, out)
    enough = files >= LEAST
    return tags[enough].astype(np.int64), files[enough]


def _votes(near: Near, candidates: NDArray[np.int64], share: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return (votes, log of how many times as likely they make each candidate)."""
    weight = np.maximum(near.cosines.astype(np.float64), 1e-3)
    lengths = np.diff(near.starts)
    at = np.searchsorted(candidates, near.tags)
    at[at == len(candidates)] = 0
    known = candidates[at] == near.tags if len(candidates) else np.zeros(len(near.tags), bool)
    votes = np.bincount(at[known], minlength=len(candidates))
    weighed = np.bincount(at[known], np.repeat(weight, lengths)[known], len(candidates))
    prior = _PRIOR_FILES * float(weight.mean())
    given = (weighed + prior * share) / (weight.sum() + prior)
    return votes, np.log(given / share)
