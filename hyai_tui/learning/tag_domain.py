"""Which files a namespace is about at all: most pictures of a library may have no `series:` tag because they are of none.

A tag model learns from files that have a tag of its namespace, so what it says of a file without any supposes that one is
due. How likely that is, is learned from files with and without: who has a tag is of the namespace, who has none may be of it
and not tagged yet. With tags given to files of the namespace at random, the chance to be of it is the chance to be tagged,
divided by the mean of that chance over files that are (Elkan and Noto, "Learning Classifiers from Only Positive and
Unlabeled Data", 2008).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.head import Head


@dataclass(frozen=True, eq=False)
class Domain:
    """How likely a file is of a namespace.

    Attributes:
        head: features to one logit: has a tag of the namespace or not.
        calibration: of that logit.
        usual: the mean chance of files that have a tag, out of fold; above 0.
        identities: S64[m], sorted: files without a tag that it was trained on.
        chances: float32[m]: their chance to be tagged, out of fold.
    """

    head: Head
    calibration: Calibration
    usual: float
    identities: NDArray[np.bytes_]
    chances: NDArray[np.float32]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {one.decode("ascii"): row for row, one in enumerate(self.identities.tolist())}

    def of(self, file: str) -> float | None:
        """Return the chance of a file without a tag that it was trained on; None for any other."""
        row = self._place.get(file)
        return None if row is None else min(1.0, float(self.chances[row]) / self.usual)

    def predict(self, vectors: NDArray[Any]) -> NDArray[np.float32]:
        """Return float32[n]: the chance of files to be of the namespace, 0 … 1."""
        tagged = self.calibration.probabilities(self.head.logits(vectors))[:, 1]
        found: NDArray[np.float32] = np.minimum(tagged / np.float32(self.usual), 1).astype(np.float32)
        return found

    def faults(self) -> Iterator[str]:
        """Yield what does not fit together; nothing where all does."""
        yield from self.head.faults()
        if (
            self.head.layers[-1].kernel.shape[1] != 1
            or not np.isfinite([self.calibration.slope, self.calibration.offset]).all()
        ):
            yield "what it says of files without a tag is not usable"
        if not 0 < self.usual <= 1:
            yield "the usual chance of a file to be tagged is none"
        if self.chances.shape != self.identities.shape or not np.isfinite(self.chances).all():
            yield "its files without a tag and their chances differ in number"
