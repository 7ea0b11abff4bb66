"""Mistakes: where a person and the model disagree. Three kinds, never mixed, the surest disagreement first.

The order is by the model's confidence, and for samples by their neighbours too. In the binary case self-confidence, margin and confident learning rank alike
(Northcutt et al. 2021, *Confident Learning*), provided that the scores of samples are out-of-fold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import ARCHIVE, TRASH, QueueContext
from hyai_tui.queues.queue import Kind, Queue, build, percent, ranked

NAME = "mistakes"
TRASHED, KEPT, SAMPLE = "trash→keep", "keep→trash", "sample"


def mistakes(context: QueueContext) -> Queue:
    """Return the files that a person put on one side and the model would put on the other."""
    parts = [(_TRASHED, trashed(context)), (_KEPT, kept(context)), (_SAMPLE, samples(context))]
    return build(NAME, context, parts)


def trashed(context: QueueContext) -> NDArray[np.int64]:
    """Return undecided files in the library's trash that the model would not trash, least trash-like first."""
    place = context.label_place(TRASH)
    if place < 0:
        return np.empty(0, np.int64)
    wrong = context.in_trash & context.undecided & context.scored & (context.predicted != place)
    return ranked(wrong, context.probabilities[:, place])


def kept(context: QueueContext) -> NDArray[np.int64]:
    """Return undecided archived files that the model would trash, most trash-like first."""
    place = context.label_place(TRASH)
    if place < 0:
        return np.empty(0, np.int64)
    wrong = context.in_archive & context.undecided & context.scored & (context.predicted == place)
    return ranked(wrong, -context.probabilities[:, place])


def samples(context: QueueContext) -> NDArray[np.int64]:
    """Return samples that a model which never saw them gives another label, the most doubtful label first.

    The order is the mean of two ranks, of the model's disagreement and of the neighbours' (`learning.disagreement`),
    which finds more wrong labels than either; without the neighbours it is the model's confidence.

    What a person decided in the app or by a command stays decided; a sample that came by a folder may be shown until
    then. Samples that are in no library any more count too: their picture is in the training folder.
    """
    if not context.labels:
        return np.empty(0, np.int64)
    decided = ~context.undecided & ~context.by_folder
    # Labels of the model come first in `names`, so a sample's label and a prediction have one index.
    known = (context.sample_label >= 0) & (context.sample_label < len(context.labels))
    wrong = known & ~decided & context.out_of_fold & context.scored & (context.predicted != context.sample_label)
    key = np.zeros(len(context), np.float32)
    key[wrong] = -context.probabilities[wrong, context.predicted[wrong]]
    if context.doubt is not None:
        doubtful = wrong & ~np.isnan(context.doubt)
        key[doubtful] = -context.doubt[doubtful]
    return ranked(wrong, key)


def _trashed_reason(context: QueueContext, position: int) -> str:
    return f"you trashed it, the model would keep it: {_opinion(context, position)}"


def _kept_reason(context: QueueContext, position: int) -> str:
    return f"you kept it, the model would trash it: {_opinion(context, position)}"


def _sample_reason(context: QueueContext, position: int) -> str:
    current = context.current_name(position)
    return f"you filed it under {current}, a model that never saw it disagrees: {_opinion(context, position)}"


def _opinion(context: QueueContext, position: int) -> str:
    return f"{percent(context.confidence(position))} {context.predicted_name(position)}"


# A person who put it there was right; the model is what has to learn. A sample may have been filed by accident.
_TRASHED = Kind(TRASHED, _trashed_reason, lambda _context, _position: TRASH)
_KEPT = Kind(KEPT, _kept_reason, lambda _context, _position: ARCHIVE)
_SAMPLE = Kind(SAMPLE, _sample_reason, lambda context, position: context.predicted_name(position))
