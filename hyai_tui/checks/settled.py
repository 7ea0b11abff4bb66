"""Near duplicates that people have compared in the library itself: what they said there holds here too.

Two files that somebody called alternates or no duplicates never stand in one group, also where a third picture is like both:
who keeps the best of a group would throw the other away.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import HyaiError
from hyai_tui.library.relations import KnowsRelations, Relations
from hyai_tui.workspace import Workspace

Places = NDArray[np.int64]
NOTHING_SAID = Relations({})


def ask(workspace: Workspace, files: Sequence[str]) -> tuple[Relations, str]:
    """Return what the library knows of files, and what is to be told; the latter is empty where it was asked."""
    if workspace.settings.library.kind != "hydrus" or not files:
        return NOTHING_SAID, ""
    try:
        with closing(workspace.open_library()) as library:
            if not isinstance(library, KnowsRelations):
                return NOTHING_SAID, ""
            return Relations(library.relations(files)), ""
    except HyaiError as error:
        return NOTHING_SAID, f"What was settled of these copies in the library itself is not known: {error}"


def part(
    group: Places, files: Sequence[str], pairs: tuple[Places, Places, NDArray[np.float64]], said: Relations
) -> Places:
    """Return the groups without files that are known to be apart: the most alike find together first.

    Args:
        group: int64[n], the group of each picture; -1 for none.
        files: their SHA-256.
        pairs: two places of each pair that is alike, and how alike they are.
        said: what people have settled.

    Returns:
        int64[n]: groups numbered from 0 in the order of their first members; -1 for none.
    """
    torn = _torn(group, files, said)
    if not torn:
        return group
    one, other, likeness = pairs
    within = np.isin(group[one], list(torn)) & (group[one] == group[other])
    order = np.argsort(-likeness[within], kind="stable")
    together = {place: [place] for place in np.flatnonzero(np.isin(group, list(torn))).tolist()}
    for first, second in zip(one[within][order].tolist(), other[within][order].tolist(), strict=True):
        here, there = together[first], together[second]
        if here is not there and not any(said.are_apart(files[a], files[b]) for a in here for b in there):
            here += there
            together.update(dict.fromkeys(there, here))
    found = group.copy()
    number = int(group.max()) + 1
    found[list(together)] = -1
    for members in {id(members): members for members in together.values()}.values():
        if len(members) > 1:
            found[members] = number
            number += 1
    inside = np.flatnonzero(found >= 0)
    _, first_at, inverse = np.unique(found[inside], return_index=True, return_inverse=True)
    found[inside] = np.argsort(np.argsort(first_at))[inverse]
    return found


def _torn(group: Places, files: Sequence[str], said: Relations) -> set[int]:
    """Return the groups in which two files are known to be apart."""
    inside = np.flatnonzero(group >= 0)
    inside = inside[np.argsort(group[inside], kind="stable")]
    starts = np.flatnonzero(np.diff(group[inside])) + 1
    return {
        int(group[members[0]])
        for members in np.split(inside, starts)
        if any(said.are_apart(files[a], files[b]) for a, b in combinations(members.tolist(), 2))
    }
