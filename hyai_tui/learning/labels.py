"""The order of labels: made once when a model is trained, stored in its bundle, never inferred from one later."""

from __future__ import annotations

from collections.abc import Iterable

FIRST, LAST = "archive", "trash"


def label_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return the labels in the order of a new model: alphabetical, with `archive` first and `trash` last.

    For two labels a score is the probability of the last one, so that it is the probability of trash whatever the
    other folder is called.
    """
    return tuple(sorted(set(names), key=lambda name: (name == LAST, name != FIRST, name)))


def usable_label(name: str) -> bool:
    """True if the name can be a folder and part of a tag: no slash, no control character, no dot at its start."""
    return bool(name.strip()) and not name.startswith(".") and "/" not in name and name.isprintable()
