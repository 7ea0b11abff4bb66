"""Is the new tag model worse? The same question as for labels, on the files and tags that both models know.

Out-of-fold predictions of both on the same files are resampled together (a paired bootstrap, see `promotion`); the new one
is used unless its macro F1 is lower in at least 95 % of the resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.promotion import CONFIDENCE
from hyai_tui.learning.tag_bundle import TagBundle
from hyai_tui.learning.tag_metrics import f1_of

LEAST_ITEMS = 10
_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class TagComparison:
    """Two tag models on the same files and tags.

    Attributes:
        items, tags: how many both know.
        new, previous: macro F1 of each.
        worse: share of resamples in which the new one is lower, 0 … 1.
    """

    items: int
    tags: int
    new: float
    previous: float
    worse: float

    @property
    def promote(self) -> bool:
        """True unless the new model is worse with 95 %."""
        return self.worse < CONFIDENCE


def compare(previous: TagBundle, new: TagBundle, seed: int = 0) -> TagComparison | None:
    """Return the comparison by the truth that the new model learned; None where they have too little in common."""
    tags = [tag for tag in new.tags if tag in previous.tags]
    place = previous.seen.place
    files = [
        (row, place[one.decode("ascii")])
        for row, one in enumerate(new.seen.identities.tolist())
        if one.decode("ascii") in place
    ]
    if len(files) < LEAST_ITEMS or not tags:
        return None
    rows, before = (np.array(one, np.int64) for one in zip(*files, strict=True))
    columns = np.array([new.tags.index(tag) for tag in tags], np.int64)
    truth = new.seen.truth[np.ix_(rows, columns)]
    now = _given(new, rows, columns)
    was = _given(previous, before, np.array([previous.tags.index(tag) for tag in tags], np.int64))
    draws = np.random.default_rng(seed).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=_RESAMPLES)
    weights = draws.astype(np.float32)
    having = weights @ truth.astype(np.float32)
    gain = _macro_f1(weights, truth, now, having) - _macro_f1(weights, truth, was, having)
    once = np.ones((1, len(rows)), np.float32)
    first = once @ truth.astype(np.float32)
    return TagComparison(
        len(rows),
        len(tags),
        float(_macro_f1(once, truth, now, first)[0]),
        float(_macro_f1(once, truth, was, first)[0]),
        float((gain < 0).mean()),
    )


def message(
    new: TagBundle, previous: TagBundle | None, found: TagComparison | None, promoted: bool, forced: bool
) -> str:
    """Return the sentence about a training: `series #2 F1 .81→.84 on the same 1,204 files`."""
    name = f"{new.namespace} #{new.number}"
    if previous is not None and not promoted and (found is None or found.promote):
        return f"{name} was trained on a part of the files and is kept, not used"
    if found is None or previous is None:
        why = "the first of this namespace" if previous is None else f"nothing in common with #{previous.number}"
        return f"{name} is in use: {why}"
    if not promoted:
        return f"{name} worse by {found.previous - found.new:.3f}, kept #{previous.number}"
    said = f"{name} F1 {found.previous:.3f}→{found.new:.3f} on the same {found.items:,} files"
    return said + (", used because you said so" if forced and not found.promote else "")


def _given(bundle: TagBundle, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = bundle.seen.probabilities[np.ix_(rows, columns)] >= np.array(bundle.thresholds)[columns]
    return found


def _macro_f1(
    weights: NDArray[np.float32], truth: NDArray[np.bool_], given: NDArray[np.bool_], having: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return float64[resamples]: the mean F1 of all tags."""
    hits = weights @ (truth & given).astype(np.float32)
    found: NDArray[np.float64] = f1_of(hits, weights @ given.astype(np.float32), having).mean(axis=1)
    return found
