"""Uncertain: the smallest margin between the two most probable labels first.

Margin sampling (Scheffer, Decomain and Wrobel, *Active Hidden Markov Models for Information Extraction*, 2001). Among equal
margins the flatter distribution (the larger entropy) comes first. With two labels the order is that of the distance from
.5, so the queue says nothing new beside *low confidence*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent

NAME = "uncertain"


def uncertain(context: QueueContext) -> Queue:
    """Return undecided files by rising margin; files without a score are in *unscored*."""
    places = np.flatnonzero(context.waiting)
    if len(context.labels) < 2 or not len(places):
        return build(NAME, context, [(_KIND, places[:0])])
    chances = context.probabilities[places]
    order = (
        np.lexsort((-entropy(chances), margin(chances)))
        if len(context.labels) > 2
        else np.argsort(margin(chances), kind="stable")
    )
    return build(NAME, context, [(_KIND, places[order])])


def margin(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return float64[n], 0 … 1: the largest probability less the second largest. Float[n, K] with K of 2 or more."""
    if probabilities.shape[1] == 2:
        return np.abs(probabilities[:, 1].astype(float) - probabilities[:, 0])
    top = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.abs(top[:, 1].astype(float) - top[:, 0])


def entropy(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return float64[n], 0 … ln K: how flat a distribution is."""
    chances = probabilities.astype(float)
    found: NDArray[np.float64] = -(chances * np.log(np.where(chances > 0, chances, 1))).sum(axis=1)
    return found


def runner_up(probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return int64[n]: the second most probable label; of equal ones the earlier that is not the first."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    return order[:, 1]


def _reason(context: QueueContext, position: int) -> str:
    chances = context.probabilities[position : position + 1]
    first, second = int(context.predicted[position]), int(runner_up(chances)[0])
    return (
        f"torn between {context.labels[first]} ({percent(float(chances[0, first]))}) "
        f"and {context.labels[second]} ({percent(float(chances[0, second]))})"
    )


_KIND = Kind(NAME, _reason)
