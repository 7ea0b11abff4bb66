"""Probes: the same few files under two models, side by side. Pure over arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from hyai_tui.learning.metrics import Floats, predicted_labels

# So many are taken where nobody pinned any.
UNPINNED = 12


@dataclass(frozen=True, slots=True)
class Probe:
    """One file before and after.

    Attributes:
        file: SHA-256.
        before, after: what each model says; None where it cannot say anything of the file.
        sure_before, sure_after: the probability that each gives its own answer; NaN without one.
        moved: how far the probabilities moved, 0 … 1 (total variation distance); NaN where one of them is missing.
    """

    file: str
    before: str | None
    sure_before: float
    after: str | None
    sure_after: float
    moved: float

    @property
    def turned(self) -> bool:
        """True where both models answer, and not the same."""
        return self.before is not None and self.after is not None and self.before != self.after


def probe(files: Sequence[str], labels: Sequence[str], before: Floats, after: Floats) -> tuple[Probe, ...]:
    """Return the files under both models, in their order.

    Args:
        files: SHA-256 of each.
        labels: K names, the columns of both.
        before: float[n, K], rows of NaN where a model says nothing of a file.
        after: the same of the other model.
    """
    moved = np.abs(after - before).sum(axis=1) / 2
    found = []
    for row, file in enumerate(files):
        answers = [_answer(side[row], labels) for side in (before, after)]
        (was, sure_was), (now, sure_now) = answers
        found.append(Probe(file, was, sure_was, now, sure_now, round(float(moved[row]), 6)))
    return tuple(found)


def as_json(one: Probe) -> dict[str, Any]:
    """Return a probe as a program may read it; null where a model says nothing of the file."""
    numbers = {"sure_before": one.sure_before, "sure_after": one.sure_after, "moved": one.moved}
    answers = {"file": one.file, "before": one.before, "after": one.after}
    return {**answers, **{name: None if isnan(value) else value for name, value in numbers.items()}}


def from_json(row: Mapping[str, Any]) -> Probe:
    """Return the probe that `as_json` was given."""
    sure_before, sure_after, moved = (
        float("nan") if row[name] is None else float(row[name]) for name in ("sure_before", "sure_after", "moved")
    )
    return Probe(row["file"], row["before"], sure_before, row["after"], sure_after, moved)


def _answer(row: Floats, labels: Sequence[str]) -> tuple[str | None, float]:
    if np.isnan(row).any():
        return None, float("nan")
    place = int(predicted_labels(row[None])[0])
    return labels[place], round(float(row[place]), 6)
