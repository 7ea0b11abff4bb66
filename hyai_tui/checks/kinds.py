"""Sorts of faults: which type a finding is of, and what settles it."""

from __future__ import annotations

from typing import Final, Literal

Type = Literal["missing", "incorrect", "duplicates", "files", "samples", "other"]

# In the order in which people are shown them, with what they are called.
TYPES: Final[dict[Type, str]] = {
    "missing": "missing tags",
    "incorrect": "incorrect tags",
    "duplicates": "near duplicates",
    "files": "faulty files",
    "samples": "training data",
    "other": "other",
}

_BY_KIND: Final[dict[str, Type]] = {
    "missing-tag": "missing",
    "few-tags": "missing",
    "missing-prediction": "missing",
    "unlike-neighbours": "missing",
    "lacking-tag": "missing",
    "likely-tag": "missing",
    "lacks-tag": "missing",
    "many-tags": "incorrect",
    "contradiction": "incorrect",
    "incorrect-tag": "incorrect",
    "doubtful-sample": "incorrect",
    "incorrect-prediction": "incorrect",
    "other-tag": "incorrect",
    "unlikely-tag": "incorrect",
}
_BY_CHECK: Final[dict[str, Type]] = {"near-duplicates": "duplicates", "files": "files", "balance": "samples"}
# What a decision on the file settles, wherever it was made; everything else only where it was made for the finding.
_BY_DECISION: Final = frozenset(
    {
        "contradiction",
        "incorrect-tag",
        "doubtful-sample",
        "incorrect-prediction",
        "missing-prediction",
        "different-labels",
        "two-labels",
    }
)


def type_of(check: str, kind: str) -> Type:
    """Return the type of a finding of a check."""
    return _BY_CHECK.get(check) or _BY_KIND.get(kind, "other")


def settled_by_decision(kind: str) -> bool:
    """Return whether any decision on the file since the run answers such a finding."""
    return kind in _BY_DECISION
