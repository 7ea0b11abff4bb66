"""How much each kind of evidence counts: learned from tags that were held back, and measured on others.

A logistic regression over the five columns of `evidence` says how likely a candidate is one of the tags that were held
back. It is fitted on one half of the files and measured on the other; beside it, the same with one source alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.patterns.evidence import Evidence

TOP: Final = 3
# Which columns of the evidence a way of suggesting looks at.
WAYS: Final[dict[str, tuple[int, ...]]] = {
    "both": (0, 1, 2, 3, 4),
    "neighbours": (0, 1, 2),
    "co-occurrence": (0, 1, 3, 4),
}
_PENALTY: Final = 1.0
_ROUNDS: Final = 25
_LEAST_FILES: Final = 20
# Where too little can be held back: what the fits of several libraries have in common.
USUAL: Final[dict[str, tuple[float, ...]]] = {
    "both": (-1.5, 0.7, 0.7, 0.35, 0.35),
    "neighbours": (-1.5, 0.7, 0.8),
    "co-occurrence": (-1.5, 0.7, 0.5, 0.4),
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Held:
    """One file with some tags held back.

    Attributes:
        evidence: of the candidates.
        right: bool[c], the candidate is one of those tags.
        hidden: how many were held back, found or not.
    """

    evidence: Evidence
    right: NDArray[np.bool_]
    hidden: int


@dataclass(frozen=True, slots=True)
class Mix:
    """Weights of the columns for each way of `WAYS`, and what they were measured to reach.

    Attributes:
        weights: way to float64[columns].
        trial: `files` (that were measured, 0 for none), `hidden` (tags held back in them) and `precision_at_3` by way.
    """

    weights: dict[str, Floats]
    trial: dict[str, Any]

    def probabilities(self, evidence: Evidence, way: str) -> Floats:
        """Return float64[c]: how likely each candidate is a tag that the file should have."""
        return _sigmoid(evidence.columns[:, WAYS[way]] @ self.weights[way])


def learn_mix(held: Sequence[Held]) -> Mix:
    """Learn the weights on every second file and measure them on the others; the weights kept are learned on all."""
    usual = {way: np.array(weights) for way, weights in USUAL.items()}
    if len(held) < _LEAST_FILES:
        return Mix(usual, {"files": 0, "hidden": 0, "precision_at_3": {}})
    fitted = {way: _fit(held[::2], way) for way in WAYS}
    measured = Mix(fitted, {})
    rest = held[1::2]
    precision = {way: precision_at(rest, measured, way) for way in WAYS}
    trial = {
        "files": len(rest),
        "hidden": sum(one.hidden for one in rest),
        "precision_at_3": {way: round(value, 6) for way, value in precision.items()},
    }
    return Mix({way: _fit(held, way) for way in WAYS}, trial)


def precision_at(held: Sequence[Held], mix: Mix, way: str, top: int = TOP) -> float:
    """Return the share of the first suggestions that are tags which were held back; places left empty count as wrong."""
    right = 0
    for one in held:
        order = np.argsort(-mix.probabilities(one.evidence, way), kind="stable")[:top]
        right += int(one.right[order].sum())
    return right / (top * len(held)) if held else 0.0


def _fit(held: Sequence[Held], way: str) -> Floats:
    """Return the weights of a logistic regression with a slight penalty, by Newton's method."""
    columns, start = WAYS[way], USUAL[way]
    rows = np.concatenate([one.evidence.columns[:, columns] for one in held])
    truth = np.concatenate([one.right for one in held]).astype(np.float64)
    penalty = np.full(len(columns), _PENALTY)
    penalty[0] = 1e-6
    weights = np.array(start, np.float64)
    for _ in range(_ROUNDS):
        chance = _sigmoid(rows @ weights)
        slope = rows.T @ (truth - chance) - penalty * weights
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        # Halved while far away, so that a first step cannot overshoot where nearly all candidates are wrong.
        weights += step / max(1.0, float(np.abs(step).max()) / 4)
        if float(np.abs(step).max()) < 1e-4:
            break
    return weights


def _sigmoid(values: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(values, -40, 40)))
    return found
