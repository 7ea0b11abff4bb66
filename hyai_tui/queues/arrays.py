"""All that queues are made of, as arrays aligned with one index: a snapshot that nothing changes afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.model import STATE_CODES, HashIndex
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.library.base import FileState
from hyai_tui.queues.matching import Finds, Positions
from hyai_tui.queues.prepared import NOTHING_PREPARED, Prepared
from hyai_tui.settings import QueueSettings

Bools = NDArray[np.bool_]
Indices = NDArray[np.int64]
Labels = NDArray[np.int16]

ARCHIVE, TRASH = "archive", "trash"
_ARCHIVE_STATE, _TRASH_STATE = STATE_CODES[FileState.ARCHIVE], STATE_CODES[FileState.TRASH]
_GONE_STATE = STATE_CODES[FileState.GONE]

# Codes of `QueueContext.decision`.
UNDECIDED, LABELLED, UNSURE, IGNORED = 0, 1, 2, 3
DECISION_CODES = {"label": LABELLED, "unsure": UNSURE, "ignore": IGNORED}


@dataclass(frozen=True)
class Carried:
    """Which tags files carry, as the last scan or a write of ours since left them.

    Attributes:
        tag: int16[n], index into `QueueContext.names` of the tag of ours that the file carries, the last one of several;
            -1 for none.
        several: bool[n], it carries tags of ours of several labels.
        pairs: `a | b` to bool[n], files that carry both tags of a pair that the settings call contradictory.
    """

    tag: Labels
    several: Bools
    pairs: Mapping[str, Bools] = field(default_factory=dict)


@dataclass(frozen=True)
class Past:
    """What earlier models and decisions left behind.

    Attributes:
        label: int16[n], index into `QueueContext.names` of what the model before this one, never trained on the file,
            predicted; -1 where it said nothing.
        reconsider: bool[n], labelled over a week ago or after less than .4 s of looking, and not pinned.
        audited: int16[n], index into `QueueContext.names` of what this model said when the file was looked at in the
            audit; -1 where it was not.
        disagreement: float32[n], `QueueContext.disagreement` under the model before this one.
    """

    label: Labels
    reconsider: Bools
    audited: Labels
    disagreement: NDArray[np.float32]


@dataclass(frozen=True)
class QueueContext:
    """What is known of n files: those of the catalog in the order of their numbers, then samples that it lacks.

    Attributes:
        number: int64[n], the catalog's file numbers; -1 for a sample that is in no library.
        sha256: S64[n].
        state: uint8[n], `catalog.model.STATE_CODES`; gone for a sample that is in no library.
        conflict: bool[n], copies of equal bytes in conflicting states.
        motion: bool[n], video and animation that are never scored, queued or tagged.
        decision: uint8[n], UNDECIDED, LABELLED, UNSURE or IGNORED: the newest act that is not undone.
        by_folder: bool[n], that act was a hand change in the training folders.
        decided_label: int16[n], index into `names`; -1 for none.
        sample_label: int16[n], index into `names` of the folder that the sample trains for; -1 for none.
        torn: bool[n], in two label folders, so that neither trains.
        names: every label that decisions and samples name; those of the model first, in its order.
        labels: the model's labels in its order; empty without a model.
        probabilities: float32[n, K], calibrated; NaN where there is no score. Out-of-fold where the model was trained
            on the file.
        out_of_fold: bool[n], where `probabilities` are out-of-fold.
        thresholds: those in force; None without a model.
        model_id: the model that all scores are from; None without one.
        skipped: queue name to bool[n], what this session skipped there.
        unreadable: SHA-256 to the reason why a file has no features.
        disagreement: float32[n], how many of the nearest labelled pictures have another label than people gave the file,
            0 … 1, near ones counting more (`learning.disagreement`); NaN where it is unknown. None without any.
        options: what the settings say of queues.
        carried: tags of ours on the files; None where they were not read.
        past: what earlier models and decisions left; None where it was not read.
        prepared: what a job has worked out from the features.
        index: the order of the first hashes, where the catalog keeps one.
        aware: bool[n], where the network behind the vectors was tuned on the file, so that no figure may rest on it; None for nowhere.
    """

    number: Indices
    sha256: NDArray[np.bytes_]
    state: NDArray[np.uint8]
    conflict: Bools
    motion: Bools
    decision: NDArray[np.uint8]
    by_folder: Bools
    decided_label: Labels
    sample_label: Labels
    torn: Bools
    names: tuple[str, ...]
    labels: tuple[str, ...]
    probabilities: NDArray[np.float32]
    out_of_fold: Bools
    thresholds: Thresholds | None
    model_id: str | None
    skipped: Mapping[str, Bools] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    disagreement: NDArray[np.float32] | None = None
    options: QueueSettings = field(default_factory=QueueSettings)
    carried: Carried | None = None
    past: Past | None = None
    prepared: Prepared = NOTHING_PREPARED
    index: HashIndex | None = None
    aware: Bools | None = None

    def __len__(self) -> int:
        return len(self.number)

    def file(self, position: int) -> str:
        """Return the SHA-256 of the file at a position."""
        return bytes(self.sha256[position]).decode("ascii")

    def hashes(self) -> NDArray[np.bytes_]:
        """S64[n]: the SHA-256 of each file."""
        return self.sha256

    @cached_property
    def positions(self) -> Finds:
        """Finds files by their SHA-256."""
        return Positions(self.sha256, self.index)

    @cached_property
    def present(self) -> Bools:
        """bool[n]: in the library now, and a still picture as far as it says."""
        found: Bools = (self.state != _GONE_STATE) & ~self.motion
        return found

    @cached_property
    def undecided(self) -> Bools:
        """bool[n]: nobody has decided on the file; a decided file leaves all queues."""
        found: Bools = self.decision == UNDECIDED
        return found

    @cached_property
    def scored(self) -> Bools:
        """bool[n]: there is a score."""
        if not self.labels:
            return np.zeros(len(self), bool)
        found: Bools = np.logical_not(np.isnan(self.probabilities).any(axis=1))
        return found

    @cached_property
    def predicted(self) -> Labels:
        """int16[n]: index into `labels` of the most probable one, the earlier at a tie; -1 without a score."""
        found = np.full(len(self), -1, np.int16)
        if self.scored.any():
            found[self.scored] = self.probabilities[self.scored].argmax(axis=1)
        return found

    @cached_property
    def waiting(self) -> Bools:
        """bool[n]: present, scored and undecided: what the model has an opinion on and a person has not."""
        found: Bools = self.present & self.undecided & self.scored
        return found

    @cached_property
    def in_archive(self) -> Bools:
        """bool[n]: present, and kept by the library's owner."""
        found: Bools = self.present & (self.state == _ARCHIVE_STATE) & ~self.conflict
        return found

    @cached_property
    def in_trash(self) -> Bools:
        """bool[n]: present, and thrown away by the library's owner."""
        found: Bools = self.present & (self.state == _TRASH_STATE) & ~self.conflict
        return found

    def label_place(self, label: str) -> int:
        """Return the column of a label, -1 where the model does not know it."""
        return self.labels.index(label) if label in self.labels else -1

    def score(self, position: int) -> float | None:
        """Return the score as queues show it: of the last of two labels, of the predicted one of more."""
        if not self.scored[position]:
            return None
        column = 1 if len(self.labels) == 2 else int(self.predicted[position])
        return float(self.probabilities[position, column])

    def confidence(self, position: int) -> float:
        """Return the probability of the predicted label."""
        return float(self.probabilities[position, int(self.predicted[position])])

    def predicted_name(self, position: int) -> str | None:
        """Return the label that the model would give."""
        place = int(self.predicted[position])
        return self.labels[place] if place >= 0 else None

    def current_name(self, position: int) -> str | None:
        """Return what holds now: the sample's label, else the library's state."""
        place = int(self.sample_label[position])
        if place >= 0:
            return self.names[place]
        return self.current_state(position)

    def current_state(self, position: int) -> str | None:
        """Return the library's state; None for a sample that is in no library."""
        return None if self.number[position] < 0 else _STATE_NAMES[int(self.state[position])]


_STATE_NAMES = {code: state.value for state, code in STATE_CODES.items()}
