"""Whether there is enough of every label to learn from: what to label next, in a sentence each. Pure over counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Fewer samples of a label than this are too few to be learned from.
THIN: Final = 20
# One label has this many times as many samples as another: nine tenths against one.
LOPSIDED: Final = 9.0


def balance_hints(sizes: Mapping[str, int]) -> list[str]:
    """Return what is wrong with the sizes of the labels, the most pressing first; empty where nothing is.

    Args:
        sizes: label to its samples.
    """
    filled = {label: number for label, number in sizes.items() if number}
    said = []
    if len(filled) > 1:
        most, least = max(filled, key=lambda one: filled[one]), min(filled, key=lambda one: filled[one])
        if filled[most] >= LOPSIDED * filled[least]:
            share = filled[most] / sum(filled.values())
            said.append(f"The labels are lopsided, {share:.0%} of the samples are {most}: label more of {least}")
    said += [
        f"{label} has {number} samples: {THIN} or more make a label that can be learned"
        for label, number in sorted(sizes.items())
        if number < THIN
    ]
    return said
