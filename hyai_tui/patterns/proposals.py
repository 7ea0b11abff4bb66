"""The file of suggestions: for files with few tags, which label and tags they may deserve, and why. Nothing is written back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.patterns.context import facts_of
from hyai_tui.patterns.evidence import NEIGHBOURS
from hyai_tui.patterns.patterns import Patterns
from hyai_tui.patterns.reference import Reference
from hyai_tui.patterns.suggesting import suggest, with_tags

_EVERY: Final = 64
_TAGS: Final = 3


def propose(
    patterns: Patterns,
    reference: Reference | None,
    groups: Mapping[str, Any],
    most: int,
    check: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """Return up to so many files, those with the fewest tags first: `image`, `original`, `suggested`, `context`.

    Args:
        patterns: what was learnt.
        reference: the files to choose from; without any there is nothing to suggest by.
        groups: the visual groups, as in their artefact.
        most: how many files at most.
        check: called now and then; may raise to stop.
    """
    if reference is None or not most:
        return []
    names = {one["id"] - 1: one["name"] for one in groups["groups"]}
    found = []
    rows = np.argsort(np.diff(reference.starts), kind="stable")[:most]
    for number, (row, near) in enumerate(zip(rows.tolist(), reference.nearest_of(rows, NEIGHBOURS), strict=True)):
        if number % _EVERY == 0:
            check()
        own = [patterns.names[tag] for tag in reference.tags_of(row).tolist()]
        offered = suggest(patterns, own, with_tags(reference, *near), most=_TAGS)
        label, votes, of = label_of(patterns, reference, near[0])
        if not offered and label is None:
            continue
        reasons = [f"{one.tag}: {one.reason}" for one in offered]
        if label is not None:
            reasons.append(f"{label}: {votes} of the {of} nearest with a label")
        suggested = {
            "label": label,
            "tags": [one.tag for one in offered],
            "probabilities": [round(one.chance, 4) for one in offered],
        }
        found.append(
            {
                "image": reference.files[row].decode("ascii"),
                "original": own,
                "suggested": suggested,
                "context": {
                    **facts_of(patterns, own),
                    "group": names.get(int(reference.group[row])),
                    "reasons": reasons,
                },
            }
        )
    return found


def label_of(patterns: Patterns, reference: Reference, rows: NDArray[np.int64]) -> tuple[str | None, int, int]:
    """Return (label, votes, of): what most of the nearest files with a label are; None without any."""
    sides = [int(one) for one in reference.side[rows] if one >= 0]
    if not sides:
        return None, 0, 0
    side, votes = Counter(sides).most_common(1)[0]
    return patterns.sided.labels[side], votes, len(sides)
