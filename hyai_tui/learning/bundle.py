"""The model bundle: all that is needed to turn features into probabilities, and to judge them.

A bundle is written once and never changed, but for its thresholds and the names of its
labels, which a person may choose again. It names its encoder version and its source, keeps the order of its labels,
and holds the out-of-fold probability of each sample that it was trained on: a sample's own score always comes from
there, because a head hides the wrong labels of the items that it has learned by heart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.disagreement import doubt
from hyai_tui.learning.head import Head

SOURCES = ("file", "thumbnail")
TEST_FOLD = -1


@dataclass(frozen=True, slots=True)
class EncoderStamp:
    """Which encoder version a head belongs to.

    Attributes:
        id: id of the encoder version (weights, preprocessing, precision).
        name: such as `mobilenetv2`, `small` or `hog`, for people.
        dimension: length of a vector.
    """

    id: str
    name: str
    dimension: int


@dataclass(frozen=True, eq=False)
class OutOfFold(Mapping[str, NDArray[np.float32]]):
    """Probabilities of samples by models that never saw them: a mapping from identity to float32[K], over arrays.

    Attributes:
        identities: S64[n], sorted.
        probabilities: float32[n, K], calibrated without the item's own fold.
        truth: int64[n], the label at the time of training.
        folds: int64[n]; -1 is the test split, scored by the shipped head, which never trains on it.
        disagreement: float32[n], see `disagreement.neighbour_disagreement`; NaN where it was not computed.
        aware: bool[n], True where the network behind the vectors was tuned on the sample: heads did not see it, and what they say
            of it is no proof all the same.
    """

    identities: NDArray[np.bytes_]
    probabilities: NDArray[np.float32]
    truth: NDArray[np.int64]
    folds: NDArray[np.int64]
    disagreement: NDArray[np.float32]
    aware: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        identities: Sequence[str],
        probabilities: NDArray[np.float32],
        truth: NDArray[Any],
        folds: NDArray[Any],
        disagreement: NDArray[Any] | None = None,
        aware: NDArray[np.bool_] | None = None,
    ) -> OutOfFold:
        """Return the arrays sorted by identity."""
        names = np.array(identities, "S64")
        order = np.argsort(names, kind="stable")
        return cls(
            names[order],
            probabilities[order].astype(np.float32),
            truth[order].astype(np.int64),
            folds[order].astype(np.int64),
            np.full(len(names), np.nan, np.float32) if disagreement is None else disagreement[order].astype(np.float32),
            np.zeros(len(names), bool) if aware is None else aware[order].astype(bool),
        )

    @property
    def doubt(self) -> NDArray[np.float64]:
        """float64[n]: how doubtful each label is, 0 … 1; see `disagreement.doubt`."""
        own = self.probabilities[np.arange(len(self.truth)), self.truth]
        return doubt(own, self.disagreement)

    @classmethod
    def empty(cls, classes: int) -> OutOfFold:
        """Return no items, as a bundle made elsewhere has."""
        return cls.of([], np.empty((0, classes), np.float32), np.empty(0, np.int64), np.empty(0, np.int64))

    def places(self, identities: Sequence[str]) -> NDArray[np.int64]:
        """Return int64[m]: the row of each identity, -1 where it is not here."""
        if not len(self.identities) or not len(identities):
            return np.full(len(identities), -1, np.int64)
        names = np.array(identities, "S64")
        found = np.minimum(np.searchsorted(self.identities, names), len(self.identities) - 1)
        return np.where(self.identities[found] == names, found, -1).astype(np.int64)

    def proves(self, identities: Sequence[str]) -> NDArray[np.bool_]:
        """Return bool[m]: which of the identities are here with a prediction that a model may be judged by."""
        places = self.places(identities)
        found: NDArray[np.bool_] = places >= 0
        found[found] = ~self.aware[places[found]]
        return found

    def __getitem__(self, identity: str) -> NDArray[np.float32]:
        place = int(self.places([identity])[0])
        if place < 0:
            raise KeyError(identity)
        row: NDArray[np.float32] = self.probabilities[place]
        return row

    def __iter__(self) -> Iterator[str]:
        return (name.decode("ascii") for name in self.identities.tolist())

    def __len__(self) -> int:
        return len(self.identities)


@dataclass(frozen=True)
class Bundle:
    """A trained model.

    Attributes:
        head: dense layers, numpy only.
        labels: names in the order of the probability columns; for two labels the score is that of the last.
        encoder: the encoder version whose vectors it takes.
        source: `file` or `thumbnail`: what the pictures of those vectors were.
        calibration: from logits to probabilities.
        thresholds: chosen ones, one a label; None where the defaults hold.
        metrics: `metrics.report` over the out-of-fold items, and `test` for the test split if there is one.
        fingerprint: of the training data, see `due.fingerprint`.
        samples: training samples a label.
        out_of_fold: see `OutOfFold`.
        record: how it was made: seed, settings, versions, epochs, reason of the stop.
        created: seconds since the epoch.
        id: `m0008-1f2e3d4c`, given by the registry; empty before.
    """

    head: Head
    labels: tuple[str, ...]
    encoder: EncoderStamp
    source: str
    calibration: Calibration = field(default_factory=Calibration)
    thresholds: Mapping[str, float] | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    samples: Mapping[str, int] = field(default_factory=dict)
    out_of_fold: OutOfFold = field(default_factory=lambda: OutOfFold.empty(2))
    record: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0
    id: str = ""

    @property
    def number(self) -> int:
        """The number that people see (`#8`); 0 for a bundle that no registry holds."""
        digits = self.id[1:].partition("-")[0]
        return int(digits) if self.id.startswith("m") and digits.isdecimal() else 0

    @cached_property
    def label_index(self) -> dict[str, int]:
        """Column of each label."""
        return {label: place for place, label in enumerate(self.labels)}

    def predict(self, vectors: NDArray[Any]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32[n, K], columns in the order of `labels`; rows sum to 1.

        Raises:
            ModelError: if the vectors do not have the encoder's dimension.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.head.dimension:
            raise ModelError(
                f"The model takes vectors of {self.head.dimension} numbers, not of shape {vectors.shape}",
                f"It was trained on the encoder {self.encoder.name} ({self.encoder.id})",
            )
        return self.calibration.probabilities(self.head.logits(vectors))

    def require(self, encoder_id: str, source: str) -> None:
        """Refuse to be used on vectors of another encoder version or source.

        Raises:
            ModelError: naming both and the way out.
        """
        if encoder_id != self.encoder.id:
            raise ModelError(
                f"Model {self.id or 'of this file'} was trained on the encoder {self.encoder.name} ({self.encoder.id}), "
                f"and this workspace uses {encoder_id}",
                "Train a model on this encoder with 'hyai train', or choose the other encoder with "
                "'hyai models use MODEL --encoder' or 'hyai config set features.encoder'",
            )
        if source != self.source:
            raise ModelError(
                f"Model {self.id or 'of this file'} was trained on pictures from {self.source!r}, "
                f"and this workspace encodes {source!r}",
                "Train a model on this source with 'hyai train', or set features.source back",
            )

    def renamed(self, bundle_id: str) -> Bundle:
        """Return the same model under another id."""
        return replace(self, id=bundle_id)

    def save(self, directory: Path) -> None:
        """Write it as `bundle.json` and `arrays.npz`; the directory appears whole or not at all.

        Raises:
            FileExistsError: if the directory is there already and not empty.
        """
        from hyai_tui.learning import bundle_file

        bundle_file.write(self, directory)

    @classmethod
    def load(cls, directory: Path) -> Bundle:
        """Read and check a bundle. Nothing in it is executed.

        Raises:
            ModelError: for a missing file, an unknown version, a wrong shape, or weights that are not numbers.
        """
        from hyai_tui.learning import bundle_file

        return bundle_file.read(directory)

    @classmethod
    def facts_in(cls, directory: Path) -> dict[str, Any]:
        """Return what `bundle.json` says, checked for its format and version.

        Raises:
            ModelError: there is none, it is damaged, or of another format or version.
        """
        from hyai_tui.learning import bundle_file

        return bundle_file.read_facts(directory)
