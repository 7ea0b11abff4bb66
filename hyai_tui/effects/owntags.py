"""Which tags on a file are ours, and which of them a decision asks for.

Ours are the prefix followed by a label that exists, and the tag that the settings give a label in its place (`tag.names`);
nothing else: another tag that happens to begin with the prefix belongs to the user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hyai_tui.settings import TagSettings
from hyai_tui.settings_labels import as_stored, begins_with


def tag_of(settings: TagSettings, label: str) -> str:
    """Return the tag for a label as a library stores it: lower case, single spaces."""
    return as_stored(settings.names.get(label) or f"{settings.prefix}{label}")


def is_marked(settings: TagSettings, label: str) -> bool:
    """True if the settings let the label's tag be written."""
    switches = {"archive": settings.mark_archive, "trash": settings.mark_trash, **settings.marks}
    return switches.get(label, True)


def own_tags(settings: TagSettings, labels: Iterable[str]) -> frozenset[str]:
    """Return every tag that is ours: those of the labels, and of archive and trash in any case.

    A label that has been given a tag of its own keeps the usual one as ours too: files may still carry it.
    """
    names = {"archive", "trash", *labels}
    usual = {as_stored(f"{settings.prefix}{label}") for label in names}
    return frozenset(usual | {tag_of(settings, label) for label in names})


def ours_at_sight(settings: TagSettings) -> Callable[[str], bool]:
    """Return what tells our tags from those that say something of a picture, without knowing the labels: their names."""
    named = frozenset(as_stored(one) for one in settings.names.values())
    return lambda tag: begins_with(settings.prefix, tag) or tag in named


def wanted_tags(settings: TagSettings, label: str | None, present: frozenset[str]) -> frozenset[str]:
    """Return the tags of ours that a decided file is to have, given those of ours that it has.

    Args:
        settings: names, prefix and marks; a tag that must not be written is not removed either where it fits.
        label: the decision's label; None (unsure, ignored) asks for none.
        present: our tags on the file now.
    """
    if label is None:
        return frozenset()
    wanted = frozenset({tag_of(settings, label)})
    return wanted if is_marked(settings, label) else wanted & present
