"""Tags that pull to one side: how much more frequent a tag is among files of one label than among the others.

Strength is a log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn, "Fightin' Words", Political
Analysis 16, 2008): each side is given a few imagined files that have the tag as often as all files do, so that a tag of
three files is not stronger than one of three thousand. Its interval is the estimate ± 1.96 standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.tagtable import TagTable

PRIOR_FILES: Final = 10.0
_Z: Final = 1.959964
UNKNOWN: Final = -1

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sided:
    """How the files of a library fall on sides, by tag.

    Attributes:
        labels: the sides, S of them.
        sizes: int64[S], files on each side.
        files: int64[S, K], files on each side that carry each tag.
    """

    labels: tuple[str, ...]
    sizes: NDArray[np.int64]
    files: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pulls:
    """How each tag pulls to one side against all others; every array is float64[K].

    Attributes:
        label: the side.
        log_odds: positive where the tag is more frequent on this side.
        low, high: the 95 % interval of `log_odds`.
        times: how many times as frequent the tag is on this side, with the prior's imagined files on both.
    """

    label: str
    log_odds: Floats
    low: Floats
    high: Floats
    times: Floats

    @property
    def certain(self) -> NDArray[np.bool_]:
        """bool[K]: the interval leaves out no pull at all."""
        found: NDArray[np.bool_] = (self.low > 0) | (self.high < 0)
        return found


def count_sides(table: TagTable, side: NDArray[np.integer], labels: Sequence[str]) -> Sided:
    """Count the files of each side by tag.

    Args:
        table: n files and their tags.
        side: int[n], index into `labels`, `UNKNOWN` for a file on no side.
        labels: the sides.
    """
    lengths = np.diff(table.starts)
    of_tag = np.repeat(side, lengths)
    size = len(table.names)
    files = np.zeros((len(labels), size), np.int64)
    sizes = np.zeros(len(labels), np.int64)
    for place in range(len(labels)):
        files[place] = np.bincount(table.tags[of_tag == place], minlength=size)
        sizes[place] = int((side == place).sum())
    return Sided(tuple(labels), sizes, files)


def pulls(sided: Sided, place: int, prior: float = PRIOR_FILES) -> Pulls:
    """Return how every tag pulls to one side.

    Args:
        sided: the counts.
        place: index of the side.
        prior: imagined files on each side that carry the tag as often as all files do.
    """
    mine, own = sided.files[place].astype(np.float64), float(sided.sizes[place])
    theirs, other = sided.files.sum(axis=0) - mine, float(sided.sizes.sum()) - own
    # Half a file keeps a tag that no file on a side has from a share of nought or one.
    share = (mine + theirs + 0.5) / (own + other + 1.0)
    with_tag = [amount + prior * share for amount in (mine, theirs)]
    without = [total - amount + prior * (1 - share) for total, amount in ((own, mine), (other, theirs))]
    log_odds = np.log(with_tag[0] / without[0]) - np.log(with_tag[1] / without[1])
    error = np.sqrt(sum(1 / part for part in (*with_tag, *without)))
    times = (with_tag[0] / (own + prior)) / (with_tag[1] / (other + prior))
    return Pulls(sided.labels[place], log_odds, log_odds - _Z * error, log_odds + _Z * error, times)
