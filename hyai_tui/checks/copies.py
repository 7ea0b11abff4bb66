"""Groups of near duplicates as people work through them: which copy is best, and what a label in the group says of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.queues.arrays import ARCHIVE, TRASH, QueueContext
from hyai_tui.queues.bulk import BulkPlan, Proposal
from hyai_tui.queues.near_duplicates import known_label_of


@dataclass(frozen=True, slots=True)
class Copy:
    """One member of a group.

    Attributes:
        file: SHA-256.
        label: what people said of it: by decision, sample, or the library's state; None for nothing.
        decided: whether somebody has decided on it; such a file stays as it is.
        state: of the library; None for a sample that is in none.
        width, height, size: pixels and bytes; None where the library does not say.
        tags: tags that not every member has, sorted.
        settled: what people said of it in the library itself: `best`, `worse`, or nothing.
    """

    file: str
    label: str | None
    decided: bool
    state: str | None
    width: int | None
    height: int | None
    size: int | None
    tags: tuple[str, ...]
    settled: str = ""

    @property
    def merit(self) -> tuple[int, int, int, bool, str]:
        """Higher is better: settled in the library, pixels, bytes, then kept by the user; the hash settles the rest."""
        known = {"best": 1, "worse": -1}.get(self.settled, 0)
        return known, (self.width or 0) * (self.height or 0), self.size or 0, self.label == ARCHIVE, self.file


@dataclass(frozen=True, slots=True)
class Group:
    """Near duplicates of each other, the best copy first."""

    copies: tuple[Copy, ...]

    @property
    def labels(self) -> frozenset[str]:
        """The labels that people gave its members."""
        return frozenset(one.label for one in self.copies if one.label is not None)


def read_groups(context: QueueContext, catalog: Catalog) -> list[Group]:
    """Return the groups that the last check found, of what is still there; those with different labels first."""
    group = context.prepared.copies
    if group is None:
        return []
    there = np.flatnonzero((group >= 0) & (context.present | (context.sample_label >= 0)))
    there = there[np.argsort(group[there], kind="stable")]
    if not len(there):
        return []
    starts = np.flatnonzero(np.append(True, group[there][1:] != group[there][:-1]))
    parts = np.split(there, starts[1:])
    found = [_group(context, catalog, members.tolist()) for members in parts if len(members) >= 2]
    return sorted(found, key=lambda one: len(one.labels) < 2)


def group_of(context: QueueContext, catalog: Catalog, file: str) -> Group | None:
    """Return the group that a file is in, as the last check found it; None for a file that is in none any more."""
    group = context.prepared.copies
    position = int(context.positions.of([file])[0])
    if group is None or position < 0 or group[position] < 0:
        return None
    there = np.flatnonzero((group == group[position]) & (context.present | (context.sample_label >= 0)))
    return _group(context, catalog, there.tolist()) if len(there) >= 2 else None


def keep_best(groups: Iterable[Group]) -> BulkPlan:
    """Return a plan that keeps the best copy of each group and throws the others away; what is decided stays."""
    return _plan((one, ARCHIVE if place == 0 else TRASH) for group in groups for place, one in enumerate(group.copies))


def copy_label(groups: Iterable[Group]) -> BulkPlan:
    """Return a plan that gives undecided copies the label of their group, where the group's labels agree."""
    return _plan((one, next(iter(group.labels))) for group in groups if len(group.labels) == 1 for one in group.copies)


def _plan(wanted: Iterable[tuple[Copy, str]]) -> BulkPlan:
    pairs = list(wanted)
    proposals = tuple(Proposal(one.file, label, None) for one, label in pairs if not one.decided)
    return BulkPlan(proposals, len(pairs) - len(proposals))


def _group(context: QueueContext, catalog: Catalog, members: Sequence[int]) -> Group:
    files = [catalog.file(context.file(place)) for place in members]
    shared = frozenset.intersection(*(frozenset() if one is None else one.tags for one in files))
    copies = [
        Copy(
            file=context.file(place),
            label=known_label_of(context, place),
            decided=bool(~context.undecided[place] & ~context.by_folder[place]),
            state=context.current_state(place),
            width=None if one is None else one.width,
            height=None if one is None else one.height,
            size=None if one is None else one.size,
            tags=() if one is None else tuple(sorted(one.tags - shared)),
            settled={1: "best", -1: "worse"}.get(context.prepared.rank_of(place), ""),
        )
        for place, one in zip(members, files, strict=True)
    ]
    return Group(tuple(sorted(copies, key=lambda one: one.merit, reverse=True)))
