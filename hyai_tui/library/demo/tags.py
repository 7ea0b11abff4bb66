"""Tags of the demo's pictures, as their owner would have given them: what is seen, where it was, and a few forgotten.

Some follow what is on a picture, some follow each other (an album is of one place), some follow nothing, so that there is
something to learn from them: tags that pull to a label, tags that go together, pictures that lack one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from hyai_tui.library.base import TagChange
from hyai_tui.library.demo.layout import Planned
from hyai_tui.library.demo.paint import Rng
from hyai_tui.library.demo.place import DemoPlace
from hyai_tui.library.folder_tags import FolderTags

# What is seen on the pictures of a style.
SEEN: Final[dict[str, tuple[str, ...]]] = {
    "sunset": ("sky", "warm", "outdoors", "horizon"),
    "sea": ("water", "outdoors", "horizon", "cool"),
    "night": ("night", "sky", "city", "lights"),
    "tiles": ("pattern", "geometric", "drawing"),
    "arches": ("pattern", "geometric", "drawing", "warm"),
    "composition": ("abstract", "geometric", "drawing"),
    "still-life": ("indoors", "table", "warm", "fruit"),
    "botanical": ("plant", "drawing", "green"),
    "blurred": ("blurry", "outdoors"),
    "blown-out": ("overexposed", "outdoors"),
    "pocket": ("dark", "accident", "blurry"),
    "screenshot": ("screen", "text", "indoors"),
    "receipt": ("paper", "text", "indoors"),
    "caption": ("text", "meme"),
    "banner": ("text", "advertisement"),
    "code": ("screen", "text", "dark"),
    "hazy": ("outdoors", "haze", "cool"),
    "shaken": ("blurry", "outdoors", "lights"),
    "poster": ("text", "drawing", "advertisement"),
    "framed": ("indoors", "frame", "drawing"),
    "stamped": ("outdoors", "text"),
}
# An album and the places that it is of; drawn in proportion to these numbers.
ALBUMS: Final[tuple[tuple[str, tuple[str, ...], float], ...]] = (
    ("album:coast walk", ("place:harbour", "place:lighthouse"), 5),
    ("album:autumn in town", ("place:market", "place:old bridge"), 4),
    ("album:kitchen table", ("place:home",), 4),
    ("album:mountain huts", ("place:pass road", "place:hut"), 3),
    ("album:sketchbook", ("place:home",), 2),
    ("album:night train", ("place:station",), 2),
)
AIMLESS: Final = ("camera:one", "camera:two", "wallpaper", "to print", "shared")
_FORGOTTEN: Final = 0.04


def tags_of(one: Planned, seed: int) -> frozenset[str]:
    """Return the tags of a planned picture; the same ones for the same seed."""
    # A copy is tagged by itself, so that copies differ in what they lack.
    rng = np.random.default_rng([seed, one.number, 0x7A65])
    if rng.random() < _FORGOTTEN:
        return frozenset()
    tags = {word for word in SEEN[one.style] if rng.random() < 0.8}
    if rng.random() < 0.85:
        tags.add(f"subject:{one.style.replace('-', ' ')}")
    if rng.random() < 0.6:
        weights = np.array([weight for _, _, weight in ALBUMS])
        album, places, _ = ALBUMS[int(rng.choice(len(ALBUMS), p=weights / weights.sum()))]
        tags |= {album, *(place for place in places if rng.random() < 0.7)}
    return frozenset({*tags, *_some(rng, AIMLESS, 0.2)})


def put_tags(place: DemoPlace, target: FolderTags, planned: Iterable[Planned]) -> None:
    """Give the drawn pictures their tags, by what they hold; twice changes nothing.

    Args:
        place: the demo, with its pictures drawn.
        target: the tags of its library.
        planned: what was drawn.
    """
    changes = []
    for one in planned:
        content = (place.pictures / one.path).read_bytes()
        if tags := tags_of(one, place.seed):
            changes.append(TagChange(hashlib.sha256(content).hexdigest(), add=tags))
    target.change(changes)


def _some(rng: Rng, words: Sequence[str], share: float) -> list[str]:
    return [word for word in words if rng.random() < share]
