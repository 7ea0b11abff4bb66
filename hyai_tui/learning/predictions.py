"""What a run said of each item beside what was true, kept with the run: `.hyai/runs/<number>/predictions.npz`.

A model may be deleted long before anybody asks what it got wrong; its predictions of labelled items are small and stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import packed_arrays
from hyai_tui.errors import WrongUse
from hyai_tui.learning import metrics
from hyai_tui.learning.bundle_parts import bytes_of, identities_of
from hyai_tui.learning.folds import TEST_FOLD

FILE: Final = "predictions.npz"
COLUMNS: Final = ("file", "label", "predicted", "confidence", "is_correct", "split", "probabilities")
SPLITS: Final = ("train", "validation", "test")
# The fold that is called validation: of the others a head is made that has never seen it, as for each fold in its turn.
VALIDATION_FOLD: Final = 0


def split_of(folds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64[n], index into `SPLITS`: the test split, one fold as validation, all others as train."""
    return np.where(folds == TEST_FOLD, 2, np.where(folds == VALIDATION_FOLD, 1, 0)).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Items with their labels and what a model that never saw them says.

    Attributes:
        identities: S64[n].
        labels: K names in the order of the columns.
        truth: int64[n], index into `labels`: the label at the time of the run.
        probabilities: float32[n, K].
        split: int64[n], index into `SPLITS`.
    """

    identities: NDArray[np.bytes_]
    labels: tuple[str, ...]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    split: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.identities)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """bool[n]: the most probable label is the true one."""
        found: NDArray[np.bool_] = metrics.predicted_labels(self.probabilities) == self.truth
        return found

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each item, see `COLUMNS`; `probabilities` maps each label to its own."""
        predicted = metrics.predicted_labels(self.probabilities)
        for place, name in enumerate(self.identities.tolist()):
            chances = self.probabilities[place].tolist()
            label, said = int(self.truth[place]), int(predicted[place])
            yield {
                "file": name.decode("ascii"),
                "label": self.labels[label],
                "predicted": self.labels[said],
                "confidence": round(chances[said], 6),
                "is_correct": label == said,
                "split": SPLITS[int(self.split[place])],
                "probabilities": {one: round(chance, 6) for one, chance in zip(self.labels, chances, strict=True)},
            }

    def save(self, folder: Path) -> None:
        """Write them into a run's folder."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / FILE).open("wb") as file:
            np.savez_compressed(
                file,
                identities=bytes_of(self.identities),
                labels=np.array(self.labels, np.str_),
                truth=self.truth.astype(np.int16),
                probabilities=self.probabilities.astype(np.float32),
                split=self.split.astype(np.int8),
            )

    @classmethod
    def load(cls, folder: Path, number: int) -> Predictions:
        """Read those of a run.

        Raises:
            WrongUse: they are not kept, or damaged.
        """
        try:
            with (folder / FILE).open("rb") as file, packed_arrays(file) as packed:
                return cls(
                    identities_of(packed["identities"]),
                    tuple(str(one) for one in packed["labels"].tolist()),
                    packed["truth"].astype(np.int64),
                    packed["probabilities"].astype(np.float32),
                    packed["split"].astype(np.int64),
                )
        except FileNotFoundError:
            raise WrongUse(
                f"The predictions of run {number} are not kept", "Those of runs from now on are: 'hyai runs list'"
            ) from None
        except (ValueError, KeyError, OSError, EOFError, IndexError) as error:
            raise WrongUse(
                f"The predictions of run {number} cannot be read: {error}", "Make them anew with 'hyai score --split'"
            ) from error


def counts(split: NDArray[np.int64]) -> dict[str, int]:
    """Return how many items each split has."""
    return dict(zip(SPLITS, np.bincount(split, minlength=len(SPLITS)).tolist(), strict=True))


def place_of(name: str) -> int:
    """Return a split's index into `SPLITS`.

    Raises:
        WrongUse: there is none of that name.
    """
    if name not in SPLITS:
        raise WrongUse(f"There is no split {name!r}", f"It is one of {', '.join(SPLITS)}")
    return SPLITS.index(name)


def chosen(found: Sequence[Any], keep: NDArray[np.bool_]) -> list[Any]:
    """Return those of a sequence that are to be kept."""
    return [one for one, there in zip(found, keep.tolist(), strict=True) if there]
