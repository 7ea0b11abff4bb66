"""What a head is trained on: samples with their vectors, labels and folds, checked for being enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LEAST_JUDGED = 20


class Report(Protocol):
    """Where a training tells what it does; a job's reporter is one."""

    def stage(self, name: str, about: str = "") -> None:
        """Begin a stage."""
        ...

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        """Say how far the stage is."""
        ...

    def metric(self, name: str, value: float, step: int | None = None, steps: int | None = None) -> None:
        """Report a number at a step of so many."""
        ...


class Watch(Protocol):
    """Who watches a training; a `JobContext` is one."""

    @property
    def cancelled(self) -> Callable[[], bool]:
        """True once the user asked to stop."""
        ...

    @property
    def report(self) -> Report:
        """Where to tell what happens."""
        ...

    def check(self) -> None:
        """Raise `Cancelled` if the user asked to stop."""
        ...


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Samples to learn from.

    Attributes:
        identities: n sample identities.
        labels: K names in the order that the model will keep.
        truth: int64[n], index into `labels`.
        vectors: float32[n, d].
        folds: int64[n], 0 … F-1, or -1 for the test split, which is never trained on.
        weights: float32[n], how much each sample counts in a fit, above 0; None where all count alike.
        hinted: bool[n], True for hints: labels taken from the library's own state, which nobody gave for this purpose;
            None where there are none.
        copies: bool[n], True for changed copies of other samples, which are learned from beside them and never judged,
            counted or held out; a copy has the fold of its original. None where there are none.
        aware: bool[n], True for samples that the network behind the vectors was tuned on: what is said of them is no proof. None
            where there are none.
    """

    identities: Sequence[str]
    labels: tuple[str, ...]
    truth: NDArray[np.int64]
    vectors: NDArray[np.float32]
    folds: NDArray[np.int64]
    weights: NDArray[np.float32] | None = None
    hinted: NDArray[np.bool_] | None = None
    copies: NDArray[np.bool_] | None = None
    aware: NDArray[np.bool_] | None = None

    def row_weights(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return float32[m]: the weights of some rows, ones where all count alike."""
        if self.weights is None:
            return np.ones(len(rows), np.float32)
        found: NDArray[np.float32] = self.weights[rows]
        return found

    @property
    def hints(self) -> NDArray[np.bool_]:
        """bool[n], True for hints."""
        return np.zeros(len(self.truth), bool) if self.hinted is None else self.hinted

    @property
    def copied(self) -> NDArray[np.bool_]:
        """bool[n], True for changed copies of other samples."""
        return np.zeros(len(self.truth), bool) if self.copies is None else self.copies

    @property
    def known(self) -> NDArray[np.bool_]:
        """bool[n], True for samples that the network behind the vectors was tuned on."""
        return np.zeros(len(self.truth), bool) if self.aware is None else self.aware

    @property
    def counts(self) -> dict[str, int]:
        """Samples a label, without hints and copies."""
        return self._counts(~self.hints & ~self.copied)

    @property
    def hint_counts(self) -> dict[str, int]:
        """Hints a label; empty without any."""
        return self._counts(self.hints & ~self.copied) if self.hints.any() else {}

    def judged(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the rows on which a head is judged: decisions, and hints only where there is nothing else.

        Decisions have to be enough to tell heads apart: `LEAST_JUDGED`, of two labels. What the network was tuned on judges
        nothing, unless there is nothing else.
        """
        if self.aware is not None and len(unknown := rows[~self.aware[rows]]):
            rows = unknown
        decided = rows[~self.hints[rows]]
        enough = len(decided) >= LEAST_JUDGED and len(np.unique(self.truth[decided])) > 1
        return decided if enough else rows

    def _counts(self, rows: NDArray[np.bool_]) -> dict[str, int]:
        found = np.bincount(self.truth[rows], minlength=len(self.labels))
        return dict(zip(self.labels, found.tolist(), strict=True))
