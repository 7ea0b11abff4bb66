"""How much speaks against a label that people gave: two opinions that err differently, and neither of them has seen the file.

One is the model's, out-of-fold and calibrated. The other is that of a regression on likeness to labelled pictures (`votes`), fitted
without the file. A model that is right nine times of ten is itself wrong far more often than a careful person; where both
contradict the label, the label is more likely wrong than they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.votes import label_scores, reduced
from hyai_tui.queues.near_duplicates import known_label
from hyai_tui.queues.vectors import open_vectors

if TYPE_CHECKING:
    from hyai_tui.checks.base import CheckPlace

# Of a label with fewer known files nothing can be said about how sure the model is of it.
LEAST_KNOWN: Final = 20
# No score by likeness rules a label out for certain.
_LEAST_LIKE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Doubts:
    """Files whose label is known and that the model has scored.

    Attributes:
        places: int64[n], positions in the context.
        truth: int64[n], the known label.
        like: float32[n, K], scores by likeness, about 0 … 1; NaN of files without features.
        against: float64[n], see `doubt`.
    """

    places: NDArray[np.int64]
    truth: NDArray[np.int64]
    like: NDArray[np.float32]
    against: NDArray[np.float64]


def doubts(place: CheckPlace) -> Doubts:
    """Return how much speaks against every known label."""
    context = place.context
    truth = known_label(context)
    places = np.flatnonzero(context.scored & (truth >= 0) & (truth < len(context.labels)))
    truth = truth[places]
    if not len(places):
        return Doubts(places, truth, np.empty((0, len(context.labels)), np.float32), np.empty(0))
    like = _likeness(place, places, truth)
    return Doubts(places, truth, like, doubt(context.probabilities[places], truth, like))


def agreed(least: float) -> float:
    """Return how sure two opinions are together that are each as sure as this: .94 for .8."""
    return least**2 / (least**2 + (1 - least) ** 2)


def doubt(
    probabilities: NDArray[np.float32], truth: NDArray[np.int64], like: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return float64[n]: how much speaks for the predicted label and against the known one, 0 … 1.

    Where likeness speaks for the predicted label too, the odds of both labels by the model and by likeness are multiplied, as of two
    opinions that err independently. However sure the model is, it does not outvote pictures that speak for the known label. Without
    likeness the model alone, and only where it is at least as sure as it is, on average, of files that do have the predicted
    label (the threshold of confident learning: Northcutt et al., 2021). 0 where the known label is predicted, and for labels of
    which fewer than `LEAST_KNOWN` files are known.

    Args:
        probabilities: float32[n, K], out-of-fold.
        truth: int64[n].
        like: float32[n, K], scores by likeness, about 0 … 1; NaN where there are none.
    """
    at, classes = np.arange(len(truth)), probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    known = np.bincount(truth, minlength=classes)
    sure = probabilities[at, predicted].astype(np.float64)
    own = probabilities[at, truth].astype(np.float64)
    mean = np.bincount(truth, own, classes) / np.maximum(known, 1)
    alone = np.where(sure >= mean[predicted], sure, 0.0)
    scores = np.clip(like, _LEAST_LIKE, 1 - _LEAST_LIKE).astype(np.float64)
    one, other = sure * scores[at, predicted], own * scores[at, truth]
    both = np.where(scores[at, predicted] > scores[at, truth], one / np.maximum(one + other, 1e-12), 0.0)
    judged = (predicted != truth) & (known[truth] >= LEAST_KNOWN) & (known[predicted] >= LEAST_KNOWN)
    return np.where(judged, np.where(np.isnan(scores[:, 0]), alone, both), 0.0)


def _likeness(place: CheckPlace, places: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return float32[n, K]: scores by likeness of files with known labels; NaN of those that have no features."""
    found = np.full((len(places), len(place.context.labels)), np.nan, np.float32)
    with open_vectors(place.workspace, place.context, place.catalog, place.journal) as vectors:
        if vectors is None:
            return found
        there, rows = reduced(vectors, places)
    at = np.searchsorted(places, there)
    scores = label_scores(rows, truth[at], len(place.context.labels))
    if scores is not None:
        found[at] = scores
    return found
