"""Mistakes: where a person and the model disagree. Three kinds, never mixed, in one list and each on its own.

Two things speak for a mistake: how sure the model is of another label (for samples, a model that never saw the file), and
how many of the nearest labelled pictures have another label. Files are ordered by the mean of their ranks in both, which
finds planted errors better than either (docs/queues.md); where nothing is known of neighbours, by the model alone. In the
binary case self-confidence, margin and confident learning rank alike (Northcutt et al. 2021, *Confident Learning*).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import ARCHIVE, TRASH, Bools, QueueContext
from hyai_tui.queues.queue import Kind, Queue, mixed, percent
from hyai_tui.queues.ranks import mean_ranks

NAME = "mistakes"
TRASHED, KEPT, SAMPLE = "trash→keep", "keep→trash", "sample"


def mistakes(context: QueueContext) -> Queue:
    """Return the files that a person put on one side and the model would put on the other, the surest mistake first."""
    codes = np.full(len(context), -1, np.int8)
    # A sample that the library knows too is asked about once, as the library's file.
    for code, wrong in ((2, samples(context)), (1, kept(context)), (0, trashed(context))):
        codes[wrong] = code
    return mixed(NAME, context, (_TRASHED, _KEPT, _SAMPLE), codes, suspicion(context, codes >= 0))


def trashed(context: QueueContext) -> Bools:
    """Return bool[n]: undecided files in the library's trash that the model would not trash."""
    place = context.label_place(TRASH)
    found: Bools = context.in_trash & context.undecided & context.scored & (context.predicted != place) & (place >= 0)
    return found


def kept(context: QueueContext) -> Bools:
    """Return bool[n]: undecided archived files that the model would trash."""
    place = context.label_place(TRASH)
    found: Bools = context.in_archive & context.undecided & context.scored & (context.predicted == place) & (place >= 0)
    return found


def samples(context: QueueContext) -> Bools:
    """Return bool[n]: samples that a model which never saw them gives another label.

    What a person decided in the app or by a command stays decided; a sample that came by a folder may be shown until
    then. Samples that are in no library any more count too: their picture is in the training folder.
    """
    if not context.labels:
        return np.zeros(len(context), bool)
    decided = ~context.undecided & ~context.by_folder
    # Labels of the model come first in `names`, so a sample's label and a prediction have one index.
    known = (context.sample_label >= 0) & (context.sample_label < len(context.labels))
    found: Bools = known & ~decided & context.out_of_fold & context.scored & (context.predicted != context.sample_label)
    return found


def suspicion(context: QueueContext, wrong: Bools) -> NDArray[np.float64]:
    """Return float64[n], lower for the surer mistake: the place by mean rank among the wrong ones, 0 for all others.

    Where no neighbours are known, the rank by confidence counts for both.
    """
    key = np.zeros(len(context))
    places = np.flatnonzero(wrong)
    if not len(places):
        return key
    confidence = context.probabilities[places, context.predicted[places]].astype(float)
    by_model = mean_ranks(confidence)
    by_neighbours = by_model.copy()
    if (disagreement := context.disagreement) is not None:
        known = ~np.isnan(disagreement[places])
        # Ranks among those with known neighbours, on the scale of all.
        scale = len(places) / max(1, int(known.sum()))
        by_neighbours[known] = mean_ranks(disagreement[places][known]) * scale
    # Of two equal means the more confident comes first, then the lower file number.
    order = np.lexsort((by_model, by_model + by_neighbours))
    key[places[order]] = np.arange(len(places))
    return key


def _trashed_reason(context: QueueContext, position: int) -> str:
    return f"you trashed it, the model would keep it: {_opinion(context, position)}"


def _kept_reason(context: QueueContext, position: int) -> str:
    return f"you kept it, the model would trash it: {_opinion(context, position)}"


def _sample_reason(context: QueueContext, position: int) -> str:
    current = context.current_name(position)
    return f"you filed it under {current}, a model that never saw it disagrees: {_opinion(context, position)}"


def _opinion(context: QueueContext, position: int) -> str:
    said = f"{percent(context.confidence(position))} {context.predicted_name(position)}"
    neighbours = context.disagreement
    if neighbours is None or np.isnan(neighbours[position]):
        return said
    return f"{said}; {percent(float(neighbours[position]))} of its nearest labelled pictures have another label"


# A person who put it there was right; the model is what has to learn. A sample may have been filed by accident.
_TRASHED = Kind(TRASHED, _trashed_reason, lambda _context, _position: TRASH)
_KEPT = Kind(KEPT, _kept_reason, lambda _context, _position: ARCHIVE)
_SAMPLE = Kind(SAMPLE, _sample_reason, lambda context, position: context.predicted_name(position))
