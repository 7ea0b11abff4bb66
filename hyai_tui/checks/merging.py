"""One fault that several checks found is one row: which finding leads, and which of other checks go with it.

A trained head, neighbours and a rule may each say that a file lacks the same tag. Whoever works through the list sees the file
once, under the finding that proposes most, with the reasons of all of them. Findings of one check are never merged, and each
check's own report keeps all of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.base import Finding

# Whose word leads where two propose as much: heads that were trained and measured, two opinions that agree, then the rest.
_CHECKS: Final = ("namespaces", "validation", "tags")
_TAG_KINDS: Final = frozenset(
    {"missing-tag", "unlike-neighbours", "lacks-tag", "other-tag", "lacking-tag", "likely-tag", "unlikely-tag"}
)
_LABEL_KINDS: Final = frozenset({"incorrect-tag", "doubtful-sample", "incorrect-prediction"})


def leads(findings: Sequence[Finding]) -> NDArray[np.int64]:
    """Return int64[n]: the position of the finding that each goes with; its own where it stands for itself."""
    found = np.arange(len(findings))
    by_file: dict[str, list[int]] = {}
    for at, one in enumerate(findings):
        if one.check in _CHECKS and (one.kind in _TAG_KINDS or one.kind in _LABEL_KINDS):
            by_file.setdefault(one.file, []).append(at)
    for places in by_file.values():
        if len({findings[at].check for at in places}) < 2:
            continue
        ranked = sorted(places, key=lambda at: _rank(findings[at]))
        for number, at in enumerate(ranked):
            for lead in ranked[:number]:
                if found[lead] == lead and _covers(findings[lead], findings[at]):
                    found[at] = lead
                    break
    return found


def with_reasons(findings: Sequence[Finding], lead: NDArray[np.int64]) -> list[str]:
    """Return the reason of each finding, with those of the findings that go with it."""
    reasons = [one.reason for one in findings]
    for at in np.flatnonzero(lead != np.arange(len(lead))).tolist():
        first, said = int(lead[at]), findings[at].reason
        same = said in reasons[first]
        reasons[first] += f"; the check {findings[at].check} {'says so too' if same else f'says: {said}'}"
    return reasons


def _rank(one: Finding) -> tuple[int, int, float, str]:
    return -len(one.tags), _CHECKS.index(one.check), -one.confidence, one.kind


def _covers(lead: Finding, other: Finding) -> bool:
    """Return whether what mends the one mends the other, and they are of different checks."""
    if lead.check == other.check:
        return False
    if lead.kind in _LABEL_KINDS or other.kind in _LABEL_KINDS:
        return lead.suggested is not None and lead.suggested == other.suggested
    if other.kind == "missing-tag":
        # It names a namespace alone.
        return any(tag.startswith(other.tags[0]) for tag in lead.tags)
    return set(other.tags) <= set(lead.tags)
