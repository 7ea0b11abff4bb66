"""Which tags on a file are ours, and which of them a decision asks for.

Ours are the prefix followed by a label that exists, and nothing else: another tag that happens to begin with the prefix
belongs to the user.
"""

from __future__ import annotations

from collections.abc import Iterable

from hyai_tui.settings import TagSettings


def tag_of(settings: TagSettings, label: str) -> str:
    """Return the tag for a label as a library stores it: lower case, single spaces."""
    return " ".join(f"{settings.prefix}{label}".lower().split())


def is_marked(settings: TagSettings, label: str) -> bool:
    """True if the settings let the label's tag be written."""
    return {"archive": settings.mark_archive, "trash": settings.mark_trash}.get(label, True)


def own_tags(settings: TagSettings, labels: Iterable[str]) -> frozenset[str]:
    """Return every tag that is ours: those of the labels, and of archive and trash in any case."""
    return frozenset(tag_of(settings, label) for label in {"archive", "trash", *labels})


def wanted_tags(settings: TagSettings, label: str | None, present: frozenset[str]) -> frozenset[str]:
    """Return the tags of ours that a decided file is to have, given those of ours that it has.

    Args:
        settings: prefix and marks; a tag that must not be written is not removed either where it fits.
        label: the decision's label; None (unsure, ignored) asks for none.
        present: our tags on the file now.
    """
    if label is None:
        return frozenset()
    wanted = frozenset({tag_of(settings, label)})
    return wanted if is_marked(settings, label) else wanted & present
