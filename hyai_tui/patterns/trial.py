"""Tags held back from files that have them, to learn from and to measure suggestions by."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.patterns.evidence import NEIGHBOURS, Known, Near, gather
from hyai_tui.patterns.mixing import Held
from hyai_tui.patterns.reference import Reference
from hyai_tui.patterns.suggesting import with_tags

FILES: Final = 800
_LEAST_TAGS: Final = 2
_SEED: Final = 1


def held_out(known: Known, reference: Reference | None, files: int = FILES, seed: int = _SEED) -> list[Held]:
    """Return up to so many files of the reference with two tags or more, a third of their tags (at least one) held back.

    The file itself is no neighbour of its own, and is taken out of the counts.
    """
    if reference is None:
        return []
    random = np.random.default_rng(seed)
    several = np.flatnonzero(np.diff(reference.starts) >= _LEAST_TAGS)
    chosen = random.permutation(several)[:files]
    found = reference.nearest_of(chosen, NEIGHBOURS)
    return [
        hold_back(known, reference.tags_of(row), with_tags(reference, *near), random)
        for row, near in zip(chosen.tolist(), found, strict=True)
    ]


def hold_back(known: Known, tags: NDArray[np.int32], near: Near | None, random: np.random.Generator) -> Held:
    """Return what speaks for each candidate when a third of a file's tags is held back, drawn at random."""
    order = random.permutation(tags.astype(np.int64))
    amount = max(1, len(order) // 3)
    hidden, own = np.sort(order[:amount]), np.sort(order[amount:])
    evidence = gather(known, own, near, hidden)
    return Held(evidence, np.isin(evidence.tags, hidden), len(hidden))
