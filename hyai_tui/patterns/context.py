"""What a file's tags say of it in a few words: its first tag, three more, and the sort of scene."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hyai_tui.patterns.patterns import Patterns

_SURE_FROM: Final = 100
_SCENES: Final[dict[str, frozenset[str]]] = {
    "group": frozenset(
        ["group", "crowd", "couple", "2girls", "2boys", "3girls", "multiple girls", "multiple boys", "everyone"]
    ),
    "portrait": frozenset(
        ["portrait", "solo", "face", "1girl", "1boy", "close-up", "upper body", "selfie", "headshot"]
    ),
    "landscape": frozenset(
        ["landscape", "scenery", "mountain", "beach", "sea", "sky", "forest", "cityscape", "no humans", "outdoors"]
    ),
    "food": frozenset(["food", "meal", "cake", "fruit", "drink", "dessert", "breakfast", "dinner"]),
}


def facts_of(patterns: Patterns, tags: Iterable[str]) -> dict[str, Any]:
    """Return `primary` (the tag that says most), `secondary` (three more), `scene` and `confidence`.

    The tag that says most is the rarest that three files or more carry. Confidence is how many files the primary tag
    stands on, of a hundred that would be enough.
    """
    own = list(tags)
    numbers = patterns.of(own).tolist()
    ranked = sorted(numbers, key=lambda number: (int(patterns.known.counts[number]), patterns.names[number]))
    names = [patterns.names[number] for number in ranked]
    files = int(patterns.known.counts[ranked[0]]) if ranked else 0
    return {
        "primary": names[0] if names else None,
        "secondary": names[1:4],
        "scene": scene_of(own),
        "confidence": min(1.0, files / _SURE_FROM),
    }


def scene_of(tags: Iterable[str]) -> str:
    """Return `portrait`, `group`, `landscape` or `food`, by what tags say; else `general`."""
    words = {tag.rpartition(":")[2] for tag in tags}
    return next((scene for scene, named in _SCENES.items() if words & named), "general")
