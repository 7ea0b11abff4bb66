"""Searches to begin with: which files tags may be written to. Every library understands them."""

from __future__ import annotations

from collections.abc import Sequence

PICTURES = ("system:filetype is image", "system:has no duration")
LIMITED = "limited"
MOST = 10_000
PRESETS: dict[str, tuple[str, ...]] = {
    "everything": PICTURES,
    "inbox": ("system:inbox", *PICTURES),
    LIMITED: (*PICTURES, f"system:limit is {MOST}"),
}
"""Predicates by the preset's name."""


def search_of(words: Sequence[str]) -> tuple[str, ...]:
    """Return the predicates that words ask for: a preset, a preset with another limit, or predicates themselves.

    Args:
        words: such as `inbox`, `limited:500000`, or predicates, one each.
    """
    if len(words) == 1:
        name, _, number = words[0].strip().lower().partition(":")
        if name in PRESETS and not number:
            return PRESETS[name]
        if name == LIMITED and number.replace(",", "").isdecimal():
            return (*PICTURES, f"system:limit is {int(number.replace(',', ''))}")
    return tuple(one.strip() for one in words if one.strip())
