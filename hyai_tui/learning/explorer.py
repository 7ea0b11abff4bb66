"""What thresholds would do, before any tag is written: files on each side, how many of them are right, what is left.

The counts are those of a dry run, because both follow the same rules: a decision wins over the score, a side that is
switched off carries nothing, and a file without a score is left alone. How often a side is right is counted on held-out
samples, with Wilson's interval (Wilson 1927; Brown, Cai and DasGupta 2001): samples are what people chose to label, so it
says what to expect of files like them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning import thresholds as rules
from hyai_tui.learning.metrics import Floats, Labels, predicted_labels
from hyai_tui.learning.thresholds import Thresholds

# Codes of `Files.decided` beside the index of a label.
UNDECIDED, NO_LABEL = -2, -1
CHOSEN = "chosen"
_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations


@dataclass(frozen=True, eq=False)
class Files:
    """The files that may be tagged.

    Attributes:
        positions: int64[n], the caller's own numbers of them.
        probabilities: float32[n, K], in the model's label order; NaN where there is no score.
        decided: int64[n], `UNDECIDED`, `NO_LABEL` (unsure or ignored), or an index into `names`.
        names: all labels; those of the model first, in its order.
    """

    positions: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    decided: Labels
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one label would get.

    Attributes:
        label: its name.
        threshold: the one tried; None for a label that the model does not know.
        written: False where the settings switch its tags off.
        files: that would carry the tag; 0 where it is not written.
        decided: of these, files that a person decided on.
        judged: held-out samples beyond the threshold.
        precision: share of these whose label it is, 0 … 1; None without any.
        low, high: 95 % interval of that share; 0 and 1 without any.
    """

    label: str
    threshold: float | None
    written: bool
    files: int
    decided: int
    judged: int
    precision: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What thresholds would do.

    Attributes:
        thresholds: those tried.
        sides: one a label.
        unsure: undecided files with a score between the thresholds.
        off: files on a side that is switched off.
        unscored: undecided files without a score, which are left alone.
        decided: files that a person decided on, with a label or without.
        files: all of them.
        coverage: share of the undecided, scored files that would get a label, 0 … 1; None without any.
    """

    thresholds: Thresholds
    sides: tuple[Side, ...]
    unsure: int
    off: int
    unscored: int
    decided: int
    files: int
    coverage: float | None

    def side(self, label: str) -> Side:
        """Return a label's side.

        Raises:
            KeyError: there is no such label.
        """
        for one in self.sides:
            if one.label == label:
                return one
        raise KeyError(label)


class Explorer:
    """Tries thresholds on the files of a library; an attempt is a search in sorted scores, whatever their number.

    Args:
        files: those that may be tagged.
        thresholds: those in force.
        held_out: float32[m, K], out-of-fold probabilities of samples.
        truth: int64[m], their labels.
        unmarked: labels whose tags the settings switch off.
    """

    def __init__(
        self, files: Files, thresholds: Thresholds, held_out: Floats, truth: Labels, unmarked: Sequence[str] = ()
    ) -> None:
        self.files = files
        self.in_force = thresholds
        self._held_out = held_out
        self._truth = truth
        self._unmarked = frozenset(unmarked)
        self._open = files.decided == UNDECIDED
        self._scored = np.logical_not(np.isnan(files.probabilities).any(axis=1))

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels."""
        return self.in_force.labels

    def moved(self, values: Mapping[str, float]) -> Thresholds:
        """Return the thresholds in force with some moved; of two labels the one that stays gives way, so they never cross.

        Raises:
            ValueError: a value is no probability, or its label is unknown.
        """
        for label, value in values.items():
            if label not in self.labels or not 0 <= value <= 1:
                raise ValueError(f"{label} {value}")
        new = [values.get(label, old) for label, old in zip(self.labels, self.in_force.values, strict=True)]
        if len(new) == 2 and new[0] > new[1]:
            new = [new[0], new[0]] if self.labels[0] in values else [new[1], new[1]]
        origins = [
            origin if value == old else CHOSEN
            for value, old, origin in zip(new, self.in_force.values, self.in_force.origins, strict=True)
        ]
        return replace(self.in_force, values=tuple(new), origins=tuple(origins))

    def for_precision(self, precision: float) -> Thresholds:
        """Return the widest thresholds at which held-out samples are right at least so often, on each side.

        Args:
            precision: wanted share of right ones, .5 … 1.
        """
        found = rules.choose(self._held_out, self._truth, self.labels, precision)
        return replace(
            self.in_force,
            values=tuple(found[label] for label in self.labels),
            origins=(CHOSEN,) * len(self.labels),
        )

    def at(self, thresholds: Thresholds | None = None, unmarked: Collection[str] | None = None) -> Outcome:
        """Return what thresholds would do.

        Args:
            thresholds: those tried; those in force by default.
            unmarked: labels that would get no tags; as the settings have it by default.
        """
        tried = self.in_force if thresholds is None else thresholds
        off_labels = self._unmarked if unmarked is None else frozenset(unmarked)
        by_score = self._by_score(tried)
        judged = tried.assign(self._held_out)
        sides = tuple(
            self._side(place, label, tried, by_score[place], self._by_person[place], judged, label not in off_labels)
            for place, label in enumerate(self.files.names)
        )
        judgeable = sum(map(len, self._ranked))
        return Outcome(
            tried,
            sides,
            unsure=judgeable - sum(by_score),
            off=sum(by_score[place] + self._by_person[place] for place, one in enumerate(sides) if not one.written),
            unscored=int(np.count_nonzero(self._open)) - judgeable,
            decided=len(self._open) - int(np.count_nonzero(self._open)),
            files=len(self._open),
            coverage=sum(by_score) / judgeable if judgeable else None,
        )

    def histogram(self, bins: int) -> NDArray[np.int64]:
        """Return int64[bins]: undecided files by their score of the last of two labels, from 0 to 1.

        For more labels there is no one score, and all bins are 0.
        """
        if len(self.labels) != 2:
            return np.zeros(bins, np.int64)
        (scores,) = self._ranked
        edges = np.linspace(0, 1, bins + 1, dtype=scores.dtype)[1:-1]
        return np.diff(np.searchsorted(scores, edges, "right"), prepend=0, append=len(scores)).astype(np.int64)

    @cached_property
    def _ranked(self) -> list[NDArray[np.float32]]:
        """Sorted scores of undecided files: of the last of two labels; of more, of each label where it is the best."""
        rows = self.files.probabilities[self._open & self._scored]
        if len(self.labels) == 2:
            return [np.sort(rows[:, 1])]
        best = predicted_labels(rows)
        own = rows[np.arange(len(best)), best]
        return [np.sort(own[best == place]) for place in range(len(self.labels))]

    @cached_property
    def _by_person(self) -> list[int]:
        """Files that a person gave each of the names."""
        found = np.bincount(self.files.decided[self.files.decided >= 0], minlength=len(self.files.names))
        return [int(number) for number in found]

    def _by_score(self, tried: Thresholds) -> list[int]:
        """Return undecided files of each of the names, compared in the scores' own precision as `assign` does."""
        ranked = self._ranked
        rest = [0] * (len(self.files.names) - len(self.labels))
        if len(self.labels) != 2:
            cuts = zip(ranked, tried.values, strict=True)
            return [len(own) - int(np.searchsorted(own, own.dtype.type(cut), "left")) for own, cut in cuts] + rest
        (scores,) = ranked
        low, high = (scores.dtype.type(value) for value in tried.values)
        last = int(np.searchsorted(scores, high, "left"))
        # A score at both thresholds gets the last label.
        return [min(last, int(np.searchsorted(scores, low, "right"))), len(scores) - last, *rest]

    def edge(self, label: str, thresholds: Thresholds | None = None, most: int = 50) -> NDArray[np.int64]:
        """Return the files nearest to a label's threshold, those beyond it first, nearest first on each side.

        Args:
            label: one of the model's.
            thresholds: those tried; those in force by default.
            most: files on each side.

        Returns:
            int64, of `Files.positions`.
        """
        tried = self.in_force if thresholds is None else thresholds
        place = self.labels.index(label)
        two = len(self.labels) == 2
        score = self.files.probabilities[:, 1 if two else place]
        candidates = self._open & self._scored
        if not two:
            # Only where it is the most probable label does its threshold decide.
            best = np.zeros(len(score), np.int64)
            best[self._scored] = self.files.probabilities[self._scored].argmax(axis=1)
            candidates &= best == place
        distance = np.abs(score - tried.values[place])
        beyond = candidates & (tried.assign(self.files.probabilities) == place)
        near = [_nearest(chosen, distance, most) for chosen in (beyond, candidates & ~beyond)]
        found: NDArray[np.int64] = self.files.positions[np.concatenate(near)]
        return found

    def _side(
        self, place: int, label: str, tried: Thresholds, by_score: int, by_person: int, judged: Labels, written: bool
    ) -> Side:
        known = place < len(self.labels)
        beyond = judged == place if known else np.zeros(len(judged), bool)
        right, total = int(np.count_nonzero(self._truth[beyond] == place)), int(np.count_nonzero(beyond))
        low, high = interval(right, total)
        return Side(
            label,
            tried.values[place] if known else None,
            written,
            by_score + by_person if written else 0,
            by_person if written else 0,
            total,
            right / total if total else None,
            low,
            high,
        )


def interval(hits: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of `hits` in `total`; (0, 1) for none."""
    if not total:
        return 0.0, 1.0
    share, z2 = hits / total, _Z * _Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z * np.sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _nearest(chosen: NDArray[np.bool_], distance: Floats, most: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(distance[rows], kind="stable")[:most]]
