"""The predicates of `tag.criteria` in the words that Hydrus' own parser understands."""

from __future__ import annotations

from collections.abc import Sequence

EVERYTHING = "system:everything"
ARCHIVED = "system:archive"
# Any of these may hold.
WITH_TEXTS = ["system:has notes", "system:has urls"]
_SYSTEM = "system:"
# What every library of ours understands, and what a Hydrus client calls it: it refuses "system:has no duration".
_IN_HYDRUS = {"system:has no duration": "system:no duration"}
# Inbox and archive are flags that a trashed file keeps; who asks for them means files that are not in the trash.
_NOT_IN_TRASH = frozenset({"system:inbox", "system:archive", "system:archived"})


def in_hydrus(criteria: Sequence[str]) -> list[str]:
    """Return predicates for a search; no criteria are everything, because a search without predicates finds nothing.

    A client takes `System:Inbox` for a tag and silently finds nothing, so system predicates are put in lower case.
    """
    found = []
    for one in criteria:
        text = one.strip()
        if text.lower().startswith(_SYSTEM):
            text = _SYSTEM + " ".join(text[len(_SYSTEM) :].lower().split())
        if text:
            found.append(_IN_HYDRUS.get(text, text))
    return found or [EVERYTHING]


def leave_trash_out(predicates: Sequence[str]) -> bool:
    """Return True if the predicates name a state, which a file in the trash does not have."""
    return not _NOT_IN_TRASH.isdisjoint(predicates)
