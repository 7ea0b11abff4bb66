"""Which tag each file is to have: pure rules over decisions and probabilities.

A decision wins over the model, for ever: the tag is its label. Unsure and ignored files carry none. Otherwise the score
decides, where it is sure enough; a file without a score is left as it is, because we have no opinion on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.effects.owntags import is_marked, own_tags, tag_of
from hyai_tui.errors import SettingsError
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.settings import TagSettings


class Why(StrEnum):
    """Where a target comes from."""

    DECIDED = "decided"
    SCORED = "scored"
    UNSURE = "unsure"
    UNSCORED = "unscored"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Target:
    """What tag a file is to have.

    Attributes:
        tag: the one tag of ours that it is to carry; None for none.
        label: the label behind the tag; None for none.
        why: a decision, a score beyond a threshold, a score between them, no score at all (then the file is left as
            it is), or a side that is switched off.
        decided: a person decided, so the model had no say.
        fits: where the side is switched off, the tag that is not written, and not taken away where it is.
    """

    tag: str | None
    label: str | None
    why: Why
    decided: bool = False
    fits: str | None = None

    @property
    def leaves_alone(self) -> bool:
        """True where nothing is known of the file, so that its tags stay as they are."""
        return self.why is Why.UNSCORED

    def wanted(self, present: frozenset[str]) -> frozenset[str]:
        """Return the tags of ours that the file is to have, given the tags that it has."""
        if self.tag is not None:
            return frozenset({self.tag})
        return present & {self.fits} if self.fits is not None else frozenset()


class Decided(Protocol):
    """The parts of a decision that matter here."""

    @property
    def kind(self) -> str:
        """`label`, `unsure` or `ignore`."""
        ...

    @property
    def label(self) -> str | None:
        """The label, for kind `label`."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How decisions and scores become tags.

    Attributes:
        settings: prefix, and which sides are written.
        thresholds: those in force, with the model's labels.

    Raises:
        SettingsError: the prefix is empty.
    """

    settings: TagSettings
    thresholds: Thresholds

    def __post_init__(self) -> None:
        if not self.settings.prefix.strip():
            raise SettingsError("tag.prefix is empty: our tags could not be told from yours", 'Set it, such as "hyai:"')

    def targets(
        self, files: Sequence[str], probabilities: NDArray[np.float32], decisions: Mapping[str, Decided]
    ) -> list[Target]:
        """Return each file's target.

        Args:
            files: SHA-256s.
            probabilities: float32[len(files), K] in the model's label order; NaN for a file without a score.
            decisions: those in force, by file.
        """
        assigned = self.thresholds.assign(probabilities).tolist()
        scored = np.logical_not(np.isnan(probabilities).any(axis=1)).tolist()
        return [
            self.of_decision(decisions[file]) if file in decisions else self._of_score(label, known)
            for file, label, known in zip(files, assigned, scored, strict=True)
        ]

    def of_decision(self, decision: Decided) -> Target:
        """Return the target of a file that a person has decided on."""
        if decision.kind != "label" or decision.label is None:
            return Target(None, None, Why.DECIDED, decided=True)
        return self._of_label(decision.label, decided=True)

    def _of_score(self, assigned: int, known: bool) -> Target:
        if not known:
            return Target(None, None, Why.UNSCORED)
        if assigned < 0:
            return Target(None, None, Why.UNSURE)
        return self._of_label(self.thresholds.labels[assigned], decided=False)

    def _of_label(self, label: str, *, decided: bool) -> Target:
        tag = tag_of(self.settings, label)
        if not is_marked(self.settings, label):
            return Target(None, None, Why.OFF, decided, fits=tag)
        return Target(tag, label, Why.DECIDED if decided else Why.SCORED, decided)


def our_tags(settings: TagSettings, labels: Iterable[str], written: Iterable[str] = ()) -> frozenset[str]:
    """Return the tags that are ours: the prefix with a known label, and what the ledger says we once wrote.

    A tag that begins with our prefix but names no label was made by somebody else, and is never touched.
    """
    return own_tags(settings, labels) | frozenset(written)
