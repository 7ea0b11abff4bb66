"""Is the new model worse? A paired bootstrap on the same held-out items decides.

Both models' out-of-fold predictions of the same items are resampled together (Efron and Tibshirani, "An Introduction
to the Bootstrap", 1993): what varies is the choice of items, not the luck of an easier set. The new model is promoted
unless its macro F1 is lower in at least 95 % of the resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning import metrics
from hyai_tui.learning.metrics import Floats, Labels

CONFIDENCE = 0.95
_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same items.

    Attributes:
        items: how many.
        new, previous: `metrics.headline` of each, on these items.
        worse: share of resamples in which the new macro F1 is lower, 0 … 1.
        low, high: 95 % interval of the difference in macro F1, new - previous.
    """

    items: int
    new: dict[str, float | None]
    previous: dict[str, float | None]
    worse: float
    low: float
    high: float

    @property
    def promote(self) -> bool:
        """True unless the new model is worse with 95 %."""
        return self.worse < CONFIDENCE

    @property
    def difference(self) -> float:
        """New macro F1 minus the previous one."""
        return (self.new["macro_f1"] or 0.0) - (self.previous["macro_f1"] or 0.0)


def compare(truth: Labels, new: Floats, previous: Floats, seed: int = 0) -> Comparison:
    """Return the comparison of two models' probabilities float[n, K] of the same items.

    A resample of items is a multinomial draw over the cells (truth, new prediction, previous prediction), so n items
    cost no more than K³ cells.
    """
    classes = new.shape[1]
    cell = (truth * classes + metrics.predicted_labels(new)) * classes + metrics.predicted_labels(previous)
    counts = np.bincount(cell, minlength=classes**3)
    draws = np.random.default_rng(seed).multinomial(len(truth), counts / len(truth), size=_RESAMPLES)
    cells = draws.reshape(_RESAMPLES, classes, classes, classes)
    gain = _macro_f1(cells.sum(axis=3)) - _macro_f1(cells.sum(axis=2))
    low, high = np.quantile(gain, [0.025, 0.975])
    return Comparison(
        items=len(truth),
        new=metrics.headline(truth, new),
        previous=metrics.headline(truth, previous),
        worse=float((gain < 0).mean()),
        low=float(low),
        high=float(high),
    )


def message(number: int, previous_number: int, comparison: Comparison | None, promoted: bool, forced: bool) -> str:
    """Return the sentence about a training, in numbers: `#8 F1 .91→.92 on the same items`.

    Args:
        number: of the new model.
        previous_number: of the one before; 0 where there was none.
        comparison: None where there was nothing to compare with.
        promoted: the new model is the one in use now.
        forced: because the user said so.
    """
    if comparison is None:
        why = "the first model" if previous_number == 0 else f"nothing in common with #{previous_number} to compare"
        return f"#{number} is in use: {why}"
    before, after = comparison.previous["macro_f1"] or 0.0, comparison.new["macro_f1"] or 0.0
    # Where two digits would show no change and there is one, a third shows it.
    digits = 3 if _short(before) == _short(after) and before != after else 2
    change = f"F1 {_short(before, digits)}→{_short(after, digits)} on the same items"
    if not promoted:
        return f"#{number} worse by {_short(-comparison.difference, 3)}, kept #{previous_number}; your labels are safe"
    return f"#{number} {change}" + (", promoted because you said so" if forced and not comparison.promote else "")


def _macro_f1(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = metrics.f1_of_tables(tables).mean(axis=1)
    return found


def _short(value: float, digits: int = 2) -> str:
    """Return a share as people read it: .91; 1.00 for one."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("0.") else text
