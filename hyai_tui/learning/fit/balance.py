"""Labels of different size: which of them are weighed up, by which loss, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hyai_tui.settings import TrainSettings

# Least and most weight of a label.
_WEIGHTS = (0.1, 10.0)
_FOCAL_FROM = 20


def class_weights(
    truth: NDArray[np.int64], classes: int, kind: str, rows: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return float32[K]: n / (K · items of the label) so that rare labels count as much; ones for the kind `none`.

    Labels without items get weight 0; they occur in no row. `rows` are the weights of the items, 1 each without them.
    """
    if kind == "none":
        return np.ones(classes, np.float32)
    counts = np.bincount(truth, rows, minlength=classes)
    present = np.count_nonzero(counts)
    weights = np.divide(counts.sum(), present * counts, out=np.zeros(classes), where=counts > 0)
    # A handful of samples must not outvote all others, whatever they are.
    weights[counts > 0] = weights[counts > 0].clip(*_WEIGHTS)
    found: NDArray[np.float32] = weights.astype(np.float32)
    return found


def balance(settings: TrainSettings, counts: Mapping[str, int]) -> tuple[TrainSettings, str]:
    """Return the settings to train with, and a sentence on how labels of different size are balanced.

    With `class_weights = auto` labels are weighed by their rarity; where the largest has 20 times the samples of the
    median one or more, an mlp learns by focal loss besides, which takes weight off what it knows already.

    Args:
        settings: as they are set.
        counts: samples a label.
    """
    present = [one for one in counts.values() if one]
    kind = settings.class_weights
    if kind == "none" or not present:
        return settings, "all samples count alike"
    if kind == "auto" and max(present) == min(present):
        return settings, "labels are equally large: all samples count alike"
    ratio = max(present) / float(np.median(present))
    if len(present) == 2:
        # The median of two lies between them: the smaller one says how far they differ.
        ratio = max(present) / min(present)
    focal = kind == "focal" or (kind == "auto" and ratio >= _FOCAL_FROM)
    why = "" if kind == "auto" else ", as asked for"
    if focal and settings.head == "mlp":
        return replace(settings, loss="focal"), (
            f"the largest label has {ratio:.1f} times the usual number of samples: weighed by rarity, with focal loss{why}"
        )
    return (
        settings,
        f"labels weighed by their rarity{why}: the largest has {ratio:.1f} times the usual number of samples",
    )
