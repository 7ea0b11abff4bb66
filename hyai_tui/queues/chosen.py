"""Queues whose order comes from the features: what a job has ranked, less what was decided since.

How the orders are found, and why, is in `hyai_tui/queues/ordering/`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.prepared import Ranking
from hyai_tui.queues.queue import Kind, Queue, Sentence, build, percent

NEXT_BEST, DIVERSE, ODDITIES = "next-best", "diverse", "oddities"


def next_best(context: QueueContext) -> Queue:
    """Return the files whose labels would teach the model most, undecided ones only."""
    places, values = _waiting(context, context.prepared.next_best)
    drawn = frozenset(places[values == 0].tolist())
    return build(NEXT_BEST, context, [(Kind(NEXT_BEST, _next_best_reason(drawn)), places)])


def diverse(context: QueueContext) -> Queue:
    """Return files that are unlike anything labelled, and unlike each other, undecided ones only."""
    places, _values = _waiting(context, context.prepared.diverse)
    kind = Kind(DIVERSE, lambda _context, _position: "unlike anything that you have labelled")
    return build(DIVERSE, context, [(kind, places)])


def oddities(context: QueueContext) -> Queue:
    """Return files that are least like any others, undecided ones only."""
    ranking = context.prepared.oddities
    places, values = _waiting(context, ranking)
    factor = dict(zip(places.tolist(), values.tolist(), strict=True))

    def reason(_context: QueueContext, position: int) -> str:
        if ranking.method == "forest":
            return (
                f"a few random cuts set it apart: an isolation score of {factor[position]:.2f}, where .50 is ordinary"
            )
        return f"unlike its neighbours: an outlier factor of {factor[position]:.2f}, where 1 is ordinary"

    return build(ODDITIES, context, [(Kind(ODDITIES, reason), places)])


def _waiting(context: QueueContext, ranking: Ranking) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    left = (context.present & context.undecided)[ranking.positions]
    return ranking.positions[left], ranking.values[left]


def _next_best_reason(drawn: frozenset[int]) -> Sentence:
    def reason(context: QueueContext, position: int) -> str:
        if position in drawn:
            return "drawn at random, so that nothing is overlooked"
        if not context.scored[position]:
            return "stands for many pictures like it; nothing is known of them yet"
        said = f"{percent(context.confidence(position))} {context.predicted_name(position)}"
        return f"the model is unsure of it and of many like it: {said}"

    return reason
