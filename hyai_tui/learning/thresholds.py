"""When a score is sure enough for a tag.

For two labels both thresholds are scores of the last label (the probability of trash): at or below the first label's
threshold a file gets the first label, at or above the last label's threshold the last one, in between none. For more
labels each has the least probability of its own at which it is given, if it is the most probable one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.metrics import Floats, Labels, predicted_labels
from hyai_tui.settings import TagSettings

DEFAULT_FIRST = 0.28
DEFAULT_LAST = 0.78

# Thresholds are not chosen on fewer samples than this: the defaults hold.
LEAST_ITEMS = 100
# A precision measured on fewer items than this is chance: such a cut is not chosen.
_LEAST_ABOVE_CUT = 10


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds in force, and where each came from.

    Attributes:
        labels: in the model's order.
        values: one a label, 0 … 1; see the module for what they mean.
        origins: one a label: `hyai.toml`, `model` or `default`.
    """

    labels: tuple[str, ...]
    values: tuple[float, ...]
    origins: tuple[str, ...]

    def assign(self, probabilities: Floats) -> Labels:
        """Return int64[n]: the label that each row is sure enough of, or -1 for none (also where it is NaN)."""
        assigned = np.full(len(probabilities), -1, np.int64)
        # Rows of NaN fail every comparison, so they stay without a label.
        if len(self.labels) == 2:
            score = probabilities[:, 1]
            assigned[score <= self.values[0]] = 0
            assigned[score >= self.values[1]] = 1
            return assigned
        scored = ~np.isnan(probabilities).any(axis=1)
        best = predicted_labels(probabilities[scored])
        needed = np.asarray(self.values, probabilities.dtype)[best]
        own = probabilities[scored][np.arange(len(best)), best]
        assigned[scored] = np.where(own >= needed, best, -1)
        return assigned

    def as_dict(self) -> dict[str, Any]:
        """Return `{label: value, …, "from": {label: origin, …}}`, as commands and records give it."""
        return {
            **dict(zip(self.labels, self.values, strict=True)),
            "from": dict(zip(self.labels, self.origins, strict=True)),
        }


def effective(tag: TagSettings, labels: Sequence[str], chosen: Mapping[str, float] | None) -> Thresholds:
    """Return the thresholds in force: hyai.toml's if set, else the model's, else 0.28 and 0.78.

    Args:
        tag: settings; `archive_threshold` and `trash_threshold` are scores of trash, `thresholds` say by label how sure
            of it the model must be.
        labels: the model's label order.
        chosen: the bundle's thresholds, None where it has none.
    """
    stated = _stated(tag, labels)
    values, origins = [], []
    for place, label in enumerate(labels):
        if label in stated:
            values.append(stated[label])
            origins.append("hyai.toml")
        elif chosen is not None and label in chosen:
            values.append(chosen[label])
            origins.append("model")
        else:
            values.append(DEFAULT_FIRST if len(labels) == 2 and place == 0 else DEFAULT_LAST)
            origins.append("default")
    if len(labels) == 2 and values[0] > values[1]:
        # Only one side can be the user's here (settings refuse two crossed ones): it holds, and the other gives way.
        if origins[0] == "hyai.toml":
            values[1] = values[0]
        else:
            values[0] = values[1]
    return Thresholds(tuple(labels), tuple(values), tuple(origins))


def _stated(tag: TagSettings, labels: Sequence[str]) -> dict[str, float]:
    """Return what hyai.toml says, by label. With two labels it speaks of the first and the last whatever their names."""
    low, high = tag.archive_threshold, tag.trash_threshold
    if len(labels) == 2:
        pairs = {labels[0]: low, labels[1]: high}
    else:
        pairs = {"archive": None if low is None else 1 - low, "trash": high}
    stated = {label: value for label, value in pairs.items() if value is not None and label in labels}
    for label, least in tag.thresholds.items():
        if label in labels:
            # Of two labels a score of the last one counts, and the less probable one is never given.
            first = len(labels) == 2 and label == labels[0]
            stated[label] = min(1 - least, 0.5) if first else max(least, 0.5) if len(labels) == 2 else least
    return stated


def choose(probabilities: Floats, truth: Labels, labels: Sequence[str], precision: float | None) -> dict[str, float]:
    """Return thresholds for a precision: the widest cuts whose out-of-fold items are right at least that often.

    Args:
        probabilities: float[n, K], out-of-fold.
        truth: int64[n].
        labels: in the model's order.
        precision: wanted share of right items among those that get the label, 0 … 1; None gives 0.28 and 0.78.

    Returns:
        One value a label. A side on which no cut reaches the precision gets the strictest value (0 for the first of
        two labels, 1 otherwise), which gives its label to next to nothing.
    """
    if precision is None:
        values = [DEFAULT_FIRST if len(labels) == 2 and place == 0 else DEFAULT_LAST for place in range(len(labels))]
        return dict(zip(labels, values, strict=True))
    if len(labels) == 2:
        score = probabilities[:, 1].astype(float)
        last = _widest_cut(score, truth == 1, precision)
        first = 1 - _widest_cut(1 - score, truth == 0, precision)
        return {labels[0]: min(first, 0.5), labels[1]: max(last, 0.5)}
    best = predicted_labels(probabilities)
    found = {}
    for place, label in enumerate(labels):
        claimed = best == place
        found[label] = _widest_cut(probabilities[claimed, place].astype(float), truth[claimed] == place, precision)
    return found


def _widest_cut(scores: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """Return the lowest score s such that of the items at or above s at least `precision` are right; 1 for none."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(right[order])
    taken = np.arange(1, len(order) + 1)
    # A cut takes all items of equal score, so only the last of a run of equal scores is a possible cut.
    ends = np.append(ranked[1:] != ranked[:-1], True) if len(ranked) else np.zeros(0, bool)
    good = np.flatnonzero(ends & (hits >= precision * taken) & (taken >= _LEAST_ABOVE_CUT))
    return float(ranked[good[-1]]) if len(good) else 1.0
