"""Before and after a training, on the same samples that neither side was trained on. Pure over bundles."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyai_tui.learning import metrics
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.promotion import Comparison

WITHOUT = "the commonest label for every file"


def validation(bundle: Bundle, previous: Bundle | None, comparison: Comparison | None) -> dict[str, Any] | None:
    """Return the numbers of both sides and of how many samples they are; None without a held-out sample.

    Where there is no model to compare with, the side before is what can be said without any training.

    Args:
        bundle: the new model.
        previous: the one before it.
        comparison: of both, on the held-out samples that both have; None where that says nothing.
    """
    if previous is not None and comparison is not None:
        before, after, items = comparison.previous, comparison.new, comparison.items
        return {"items": items, "before_is": f"#{previous.number}", "before": before, "after": after}
    seen = bundle.out_of_fold
    truth, probabilities = seen.truth[~seen.aware], seen.probabilities[~seen.aware]
    if not len(truth):
        return None
    guess = np.full(len(truth), np.bincount(truth).argmax(), np.int64)
    guessed = {
        "macro_f1": metrics.macro_f1(truth, guess, len(bundle.labels)),
        "accuracy": metrics.accuracy(truth, guess),
    }
    return {
        "items": len(truth),
        "before_is": WITHOUT,
        "before": {name: round(value, 6) for name, value in guessed.items()},
        "after": metrics.headline(truth, probabilities),
    }
