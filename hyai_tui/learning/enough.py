"""Whether there are enough samples to learn from, and what to add where there are not. Pure over labels; light."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from hyai_tui.errors import WrongUse

LEAST_PER_LABEL = 2
LEAST_SAMPLES = 10


def require_enough(labels: Mapping[str, str]) -> None:
    """Refuse to train on next to nothing.

    Args:
        labels: sample identity to label.

    Raises:
        WrongUse: with what to add.
    """
    counts = Counter(labels.values())
    if not counts:
        raise WrongUse(
            "There are no samples to learn from",
            "Label some pictures with 'hyai label' or in the app, or put pictures into the folders of data/",
        )
    if len(counts) == 1:
        (only,) = counts
        raise WrongUse(
            f"All {len(labels):,} samples are {only}: a model needs two labels to tell apart",
            f"Label at least {LEAST_PER_LABEL} pictures as something else",
        )
    for label, count in sorted(counts.items()):
        if count < LEAST_PER_LABEL:
            raise WrongUse(
                f"There is only {count} sample of {label}",
                f"Label at least {LEAST_PER_LABEL} pictures as {label}; more make a better model",
            )
    if len(labels) < LEAST_SAMPLES:
        listed = ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))
        raise WrongUse(
            f"{len(labels)} samples ({listed}) are too few to learn from",
            f"Label at least {LEAST_SAMPLES} pictures in all",
        )
