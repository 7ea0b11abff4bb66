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
    has = np.zeros(len(known.counts), bool)
    has[own] = True
    out = np.zeros(len(known.counts), bool)
    if hidden is not None:
        out[own] = out[hidden] = True
    rows, tags, files = _beside(known.partners, own, out)
    brought = np.concatenate([tags, *([] if near is None else [near.tags.astype(np.int64)])])
    candidates = np.unique(brought[~has[brought]])
    share = (known.counts[candidates] - out[candidates] + 0.5) / (known.files + 1)
    size = len(candidates)
    votes, voted = np.zeros(size, np.int64), np.zeros(size)
    if near is not None and len(near.cosines):
        votes, voted = _votes(near, candidates, share)
    lifts = np.zeros((len(own), size))
    new = ~has[tags]
    rows, at, files = rows[new], np.searchsorted(candidates, tags[new]), files[new]
    given = (files + _PRIOR_FILES * share[at]) / ((known.counts[own] - out[own])[rows] + _PRIOR_FILES)
    lifts[rows, at] = np.log(given / share[at])
    best = lifts.argmax(axis=0) if len(own) else np.zeros(size, np.int64)
    top = lifts.max(axis=0, initial=0.0)
    mean = lifts.mean(axis=0) if len(own) else np.zeros(size)
    columns = np.stack([np.ones(size), np.log(share / (1 - share)), voted, top, mean], axis=1)
    strongest = np.where(top > 0, own[best], -1) if len(own) else np.full(size, -1, np.int64)
    return Evidence(candidates, columns, votes, strongest, np.exp(top))


def _beside(
    partners: Partners, own: NDArray[np.int64], out: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return (row of `own`, partner, files of both) of all partners of a file's tags.

    A file that has the tags `out` (bool[K]) is taken out of the counts.
    """
    starts = partners.starts[own]
    lengths = partners.starts[own + 1] - starts
    rows = np.repeat(np.arange(len(own)), lengths)
    first = np.cumsum(lengths) - lengths
    places = np.repeat(starts - first, lengths) + np.arange(len(rows))
    tags = partners.tags[places].astype(np.int64)
    files = partners.files[places].astype(np.float64) - out[tags]
    enough = files >= LEAST
    return rows[enough], tags[enough], files[enough]


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
