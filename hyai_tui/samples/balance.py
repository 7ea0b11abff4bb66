"""Whether there is enough of every label to learn from: what to label next, in a sentence each. Pure over counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hyai_tui.text import count

# Fewer samples of a label than this are too few to be learned from.
THIN: Final = 20
# One label has this many times as many samples as another: nine tenths against one.
LOPSIDED: Final = 9.0
# So many labels are named in a sentence.
_NAMED: Final = 6


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
    if thin := [(label, number) for label, number in sorted(sizes.items()) if number < THIN]:
        (label, number), *others = thin
        named = "".join(f", {other} {samples}" for other, samples in others[: _NAMED - 1])
        more = f", {len(thin) - _NAMED:,} labels more" if len(thin) > _NAMED else ""
        said.append(
            f"{label} has {count(number, 'sample')}{named}{more}: {THIN} or more make a label that can be learned"
        )
    return said
