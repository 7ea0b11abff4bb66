"""What there is, in numbers: totals, labels, progress, how sure the model is, and how the scores lie. Pure over a context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.library.base import FileState
from hyai_tui.queues.arrays import IGNORED, LABELLED, UNSURE, QueueContext

BINS = 20
# The bands of confidence, as filters know them (`where`): the least probability of the predicted label.
BANDS = {"high": 0.8, "medium": 0.5, "low": 0.0}
NOBODY = "nobody"


@dataclass(frozen=True)
class Histogram:
    """How scores lie: equal bins from 0 to 1, the last with its upper end.

    Attributes:
        label: whose probability the scores are.
        rows: what people said (a label, or `nobody`) to files in each bin.
    """

    label: str
    rows: Mapping[str, Sequence[int]]

    @property
    def total(self) -> list[int]:
        """Files in each bin."""
        return [sum(column) for column in zip(*self.rows.values(), strict=True)]


@dataclass(frozen=True)
class Statistics:
    """Numbers of one moment.

    Attributes:
        files: in the library now, still pictures.
        motion: video and animation, which are left alone.
        gone: files that the library has lost.
        states: library state to files, of `files`.
        labels: label to decided files, of `files`; labels in the order of the context.
        unsure, ignored: decided without a label, of `files`.
        samples: label to samples that train.
        scored: of `files`.
        bands: high, medium and low confidence of the predicted label, of `scored`.
        predicted: label to `scored` files that the model would give it.
        scores: all scored files by score, with what people said of them; None without a model.
        held_out: samples by their out-of-fold score, by the label that they have; None where there are none.
        model: its id; None without one.
    """

    files: int
    motion: int
    gone: int
    states: Mapping[str, int]
    labels: Mapping[str, int]
    unsure: int
    ignored: int
    samples: Mapping[str, int]
    scored: int
    bands: Mapping[str, int] = field(default_factory=dict)
    predicted: Mapping[str, int] = field(default_factory=dict)
    scores: Histogram | None = None
    held_out: Histogram | None = None
    model: str | None = None

    @property
    def decided(self) -> int:
        """Files that somebody has decided on."""
        return sum(self.labels.values()) + self.unsure + self.ignored

    @property
    def progress(self) -> float:
        """Share of the files that are decided, 0 … 1."""
        return self.decided / self.files if self.files else 0.0


def statistics(context: QueueContext, bins: int = BINS) -> Statistics:
    """Return the numbers of a context.

    Args:
        context: what is known.
        bins: of the histograms.
    """
    here = context.present
    gone = context.state == STATE_CODES[FileState.GONE]
    scored = here & context.scored
    best = context.probabilities[scored].max(axis=1).astype(np.float64) if scored.any() else np.empty(0)
    # Scores are kept in single precision: .8 is what was stored as .8.
    high, medium = (best >= float(np.float32(BANDS[name])) for name in ("high", "medium"))
    bands = {"high": int(high.sum()), "medium": int((medium & ~high).sum()), "low": int((~medium).sum())}
    labelled = here & (context.decision == LABELLED)
    return Statistics(
        files=int(here.sum()),
        motion=int((context.motion & ~gone).sum()),
        gone=int((gone & (context.number >= 0)).sum()),
        states={
            state.value: amount
            for state, code in STATE_CODES.items()
            if (amount := int((here & (context.state == code)).sum()))
        },
        labels=_named(context, context.decided_label[labelled]),
        unsure=int((here & (context.decision == UNSURE)).sum()),
        ignored=int((here & (context.decision == IGNORED)).sum()),
        samples=_named(context, context.sample_label),
        scored=int(scored.sum()),
        bands=bands if context.labels else {},
        predicted=_named(context, context.predicted[scored]) if context.labels else {},
        scores=_histogram(context, scored, context.decided_label, bins),
        held_out=_histogram(
            context, context.out_of_fold & context.scored & (context.sample_label >= 0), context.sample_label, bins
        ),
        model=context.model_id,
    )


def _named(context: QueueContext, labels: NDArray[np.int16]) -> dict[str, int]:
    """Return label to how often it stands there, in the order of the context; labels that do not are left out."""
    amounts = np.bincount(labels[labels >= 0].astype(np.int64), minlength=len(context.names)).tolist()
    return {name: amount for name, amount in zip(context.names, amounts, strict=True) if amount}


def _histogram(
    context: QueueContext, chosen: NDArray[np.bool_], said: NDArray[np.int16], bins: int
) -> Histogram | None:
    """Return how the chosen files lie by the score of the last label (of the predicted one, for more than two)."""
    if not context.labels or not chosen.any():
        return None
    rows = context.probabilities[chosen].astype(np.float64)
    binary = len(context.labels) == 2
    score = rows[:, 1] if binary else rows.max(axis=1)
    at = np.clip((score * bins).astype(np.int64), 0, bins - 1)
    label = said[chosen]
    found: dict[str, Sequence[int]] = {}
    for place, name in enumerate((*context.names, NOBODY)):
        mine = label == (place if name != NOBODY else -1)
        if mine.any():
            found[name] = np.bincount(at[mine], minlength=bins).tolist()
    return Histogram(context.labels[1] if binary else "the predicted label", found)
