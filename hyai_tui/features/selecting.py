"""Which part of the work a build takes: a seeded sample of all pictures, and at most so many new ones."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from hyai_tui.errors import WrongUse
from hyai_tui.features.plan import WorkItem


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the work; everything by default.

    Attributes:
        limit: encode at most so many pictures now; None for all.
        sample: take so many of all pictures, whether they have features or not; None for all.
        fraction: take this share of them, 0..1; None for all.
        seed: the same seed takes the same pictures, on any machine and however many are encoded already.
        among: take only these files, by their SHA-256; None for all. A sample is drawn from what is left.
    """

    limit: int | None = None
    sample: int | None = None
    fraction: float | None = None
    seed: int = 1
    among: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.sample is not None and self.fraction is not None:
            raise WrongUse("A sample is given both as a number and as a share", "Leave one of them out")

    def sampled(self, items: Sequence[WorkItem]) -> list[WorkItem]:
        """Return the sample in the order of `items`: those whose hash together with the seed is lowest."""
        if self.among is not None:
            items = [item for item in items if item.file in self.among]
        wanted = self.sample
        if self.fraction is not None:
            wanted = math.ceil(self.fraction * len(items))
        if wanted is None or wanted >= len(items):
            return list(items)
        lot = {item.file: hashlib.sha256(f"{self.seed} {item.file}".encode()).digest() for item in items}
        drawn = {item.file for item in sorted(items, key=lambda item: lot[item.file])[:wanted]}
        return [item for item in items if item.file in drawn]
