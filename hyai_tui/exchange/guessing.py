"""What plain rules guess of a file, each guess with how sure it is and why; and a list of such files to accept them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyai_tui.queues.base import GUESS
from hyai_tui.queues.near_duplicates import known_label_of
from hyai_tui.queues.queue import Kind, Queue, percent

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.catalog.model import CatalogFile
    from hyai_tui.exchange.sampling import Chosen
    from hyai_tui.queues.arrays import QueueContext

# A copy is so much nearer than the last of the nearest samples, of which there have to be so many to say so; or it is the same.
_LIKE, _COMPARED = 0.15, 5
_SAME = 0.999
_TINY = 64


@dataclass(frozen=True, slots=True)
class Guess:
    """What a rule makes of a file: a label, how sure it is (0 … 1), and why. No label where no rule says anything."""

    label: str = ""
    confidence: float = 0.3
    reason: str = "no rule says anything"


def guess(context: QueueContext, place: int, file: CatalogFile, nearest: Sequence[tuple[str, float]]) -> Guess:
    """Return what the first rule that holds makes of a file: a copy, our tag, the library's state, neighbours, a tiny size."""
    if _is_copy([cosine for _, cosine in nearest]):
        return Guess(nearest[0][0], 0.95, f"looks like a sample of {nearest[0][0]} (cosine {nearest[0][1]:.2f})")
    if context.carried is not None and context.carried.tag[place] >= 0 and not context.carried.several[place]:
        label = context.names[int(context.carried.tag[place])]
        return Guess(label, 0.9, f"it carries our tag for {label}")
    if label := known_label_of(context, place) or "":
        return Guess(label, 0.85, f"the library has it in {label}")
    if nearest:
        votes: dict[str, float] = {}
        for label, cosine in nearest:
            votes[label] = votes.get(label, 0.0) + max(0.0, cosine)
        label = max(votes, key=lambda name: (votes[name], name))
        share = votes[label] / (sum(votes.values()) or 1.0)
        alike = sum(name == label for name, _ in nearest)
        if share > 0.5:
            return Guess(label, round(min(0.9, share), 4), f"{alike} of {len(nearest)} nearest are {label}")
    if file.width and file.height and max(file.width, file.height) < _TINY:
        return Guess("trash", 0.6, f"tiny: {file.width}×{file.height} pixels")
    return Guess()


def _is_copy(cosines: Sequence[float]) -> bool:
    """True if the first of the nearest is a copy: how near copies lie depends on the encoder, so the others are the measure."""
    if len(cosines) < _COMPARED:
        return bool(cosines) and cosines[0] >= _SAME
    return 1 - cosines[0] <= max(_LIKE * (1 - cosines[-1]), 1 - _SAME)


def guess_queue(context: QueueContext, catalog: Catalog, chosen: Chosen) -> Queue:
    """Return chosen files as a list, the surest guess first; those of which no rule says anything come last."""
    guesses: dict[int, Guess] = {}
    for place, nearest in zip(chosen.places.tolist(), chosen.nearest, strict=True):
        file = catalog.file(context.file(place))
        if file is not None:
            guesses[place] = guess(context, place, file, nearest)
    order = sorted(guesses, key=lambda place: (-guesses[place].confidence, context.file(place)))
    kind = Kind(
        GUESS,
        lambda _context, position: _sentence(guesses[position]),
        lambda _context, position: guesses[position].label or None,
        lambda _context, position: percent(guesses[position].confidence) if guesses[position].label else "",
    )
    positions = np.array(order, np.int32)
    return Queue("guesses", context, positions, np.zeros(len(order), np.uint8), (kind,))


def _sentence(one: Guess) -> str:
    return f"{percent(one.confidence)} {one.label}: {one.reason}" if one.label else one.reason
