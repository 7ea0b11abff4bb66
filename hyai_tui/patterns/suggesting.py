"""Tags that a file may lack, each with its reason. They are offered; nothing here writes anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.patterns.evidence import NEIGHBOURS, Evidence, Near, gather
from hyai_tui.patterns.mixing import WAYS
from hyai_tui.patterns.patterns import Patterns, times_text
from hyai_tui.patterns.reference import Reference

MOST: Final = 5
LEAST_CHANCE: Final = 0.05
_WORTH_LIFT: Final = 1.5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One tag for one file.

    Attributes:
        tag: the tag.
        chance: how likely it is right, 0 … 1, as learned from tags that were held back.
        reason: one sentence for people.
    """

    tag: str
    chance: float
    reason: str


def suggest(
    patterns: Patterns,
    tags: Iterable[str],
    near: Near | None,
    *,
    most: int = MOST,
    least: float = LEAST_CHANCE,
) -> list[Suggestion]:
    """Return the tags that a file most likely lacks, the likeliest first.

    Args:
        patterns: what was learnt.
        tags: those that the file has.
        near: its neighbours; None where it has no vector.
        most: how many at most.
        least: chance below which a tag is not offered.
    """
    own = patterns.of(tags)
    evidence = gather(patterns.known, own, near)
    way = way_of(own, near)
    chance = patterns.mix.probabilities(evidence, way)
    order = np.argsort(-chance, kind="stable")[:most]
    return [
        Suggestion(patterns.names[int(evidence.tags[at])], float(chance[at]), _reason(patterns, evidence, at, near))
        for at in order.tolist()
        if chance[at] >= least
    ]


def neighbours(reference: Reference, vector: NDArray[np.float32], without: int = -1) -> Near:
    """Return the nearest files of the reference, one row left out."""
    return with_tags(reference, *reference.nearest(vector, NEIGHBOURS, without))


def with_tags(reference: Reference, rows: NDArray[np.int64], cosines: NDArray[np.float32]) -> Near:
    """Return files of the reference as neighbours with their tags."""
    tags = [reference.tags_of(int(row)) for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in tags])]).astype(np.int64)
    return Near(cosines, starts, np.concatenate([*tags, np.empty(0, np.int32)]))


def way_of(own: NDArray[np.int64], near: Near | None) -> str:
    """Return the way of `mixing.WAYS` that fits what is known of a file."""
    found = "both" if len(own) else "neighbours"
    if near is None or not len(near.cosines):
        found = "co-occurrence"
    assert found in WAYS
    return found


def _reason(patterns: Patterns, evidence: Evidence, at: int, near: Near | None) -> str:
    said = []
    if votes := int(evidence.votes[at]):
        assert near is not None
        said.append(f"{votes} of the {len(near.cosines)} nearest tagged pictures have it")
    beside = int(evidence.beside[at])
    if beside >= 0 and evidence.lift[at] >= _WORTH_LIFT:
        said.append(f"{times_text(float(evidence.lift[at]))} × as frequent beside {patterns.names[beside]}")
    return "; ".join(said) or "frequent in this library"
