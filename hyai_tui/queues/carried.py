"""Which tags the files carry: ours by label, and pairs that the settings call contradictory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.owntags import tag_of
from hyai_tui.queues.arrays import Carried
from hyai_tui.settings import Settings


def read_carried(catalog: Catalog, number: NDArray[np.int64], names: Sequence[str], settings: Settings) -> Carried:
    """Return the tags of files, from the catalog.

    Args:
        catalog: as the last scan, or a write of ours since, left it.
        number: int64[n], rising, then -1 for files that the catalog lacks.
        names: the labels whose tags are ours.
        settings: name the prefix of our tags and the pairs.
    """
    size = len(number)
    known = int(np.count_nonzero(number >= 0))
    tag = np.full(size, -1, np.int16)
    amount = np.zeros(size, np.uint8)
    own = {tag_of(settings.tag, name): place for place, name in enumerate(names)}
    pairs = [pair for pair in (_pair(text) for text in settings.queues.opposites) if pair is not None]
    texts = list(dict.fromkeys([*own, *(text for pair in pairs for text in pair)]))
    masks = {}
    for text, numbers in zip(texts, catalog.carriers(texts), strict=True):
        at = np.searchsorted(number[:known], numbers)
        # A file that came after the arrays were read is in none of them.
        inside = at < known
        at = at[inside][number[at[inside]] == numbers[inside]]
        if text in own:
            tag[at] = own[text]
            amount[at] += 1
        masks[text] = np.zeros(size, bool)
        masks[text][at] = True
    return Carried(tag, amount > 1, {f"{one} | {other}": masks[one] & masks[other] for one, other in pairs})


def _pair(text: str) -> tuple[str, str] | None:
    """Return the two tags of `a | b`, or None where it is no pair."""
    one, line, other = (part.strip().lower() for part in text.partition("|"))
    return (one, other) if line and one and other else None
