"""Is a retrain due? One rule for `hyai retrain --if-due`, the app, and whatever calls either by the clock.

A retrain is due when enough happened since the last training: new labels, corrections of labels that it learned from, a
label that it does not know, or, where anything happened at all, enough days. Labels that were given and undone again
never make it due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from hyai_tui.errors import WrongUse
from hyai_tui.learning.enough import require_enough
from hyai_tui.settings import RetrainSettings
from hyai_tui.text import count

DAY = 86_400.0
# New labels, corrections and days of each pace.
PACES = {"normal": (500, 25, 30.0), "heavy": (200, 10, 7.0), "bulk": (50, 5, 1.0)}


@dataclass(frozen=True, slots=True)
class Rules:
    """When a retrain is due; 0 switches a rule off.

    Attributes:
        new_labels: samples that came since the last training.
        corrections: samples that have another label since, or went.
        days: since the last training, if anything changed.
    """

    new_labels: int
    corrections: int
    days: float

    @classmethod
    def of(cls, settings: RetrainSettings, least_new: int | None = None) -> Rules:
        """Return the rules of a pace, with what the settings or the command say instead."""
        new, corrections, days = PACES[settings.pace]
        stated = settings.new_labels if least_new is None else least_new
        return cls(
            new if stated is None else stated,
            corrections if settings.corrections is None else settings.corrections,
            days if settings.days is None else settings.days,
        )


@dataclass(frozen=True, slots=True)
class LastTraining:
    """The training that the samples are compared with.

    Attributes:
        run: its number.
        at: seconds since the epoch.
        labels: sample identity to label; None where they are not kept, only `fingerprint` is.
        fingerprint: of all samples that there were.
    """

    run: int
    at: float
    labels: Mapping[str, str] | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Due:
    """Whether a retrain is due.

    Attributes:
        due: it is.
        reason: one sentence, for a banner or a log.
        new, corrected, removed: samples that came, have another label, or went since the last training.
        fresh_labels: labels that it does not know.
        days: since it; None without one.
    """

    due: bool
    reason: str
    new: int = 0
    corrected: int = 0
    removed: int = 0
    fresh_labels: tuple[str, ...] = ()
    days: float | None = None


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return a SHA-256 over what was trained on.

    Args:
        labels: sample identity to label.
    """
    digest = hashlib.sha256()
    for identity, label in sorted(labels.items()):
        digest.update(f"{identity}\t{label}\n".encode())
    return digest.hexdigest()


def judge(labels: Mapping[str, str], last: LastTraining | None, rules: Rules, now: float) -> Due:
    """Return whether a retrain is due.

    Args:
        labels: sample identity to label, as they are now.
        last: the last training; None where there was none.
        rules: when it is due.
        now: seconds since the epoch.
    """
    if last is None:
        return _first(labels)
    days = max(0.0, now - last.at) / DAY
    if fingerprint(labels) == last.fingerprint:
        return Due(False, f"nothing was labelled since run {last.run}", days=days)
    if last.labels is None:
        return Due(True, f"samples changed since run {last.run}", days=days)
    before = last.labels
    if not labels:
        return Due(False, f"no sample is left to learn from since run {last.run}", removed=len(before), days=days)
    new = sum(one not in before for one in labels)
    corrected = sum(one in before and before[one] != label for one, label in labels.items())
    removed = sum(one not in labels for one in before)
    fresh = tuple(sorted(set(labels.values()) - set(before.values())))
    reasons = []
    if fresh:
        reasons.append(f"{count(len(fresh), 'new label')}: {', '.join(fresh)}")
    if rules.new_labels and new >= rules.new_labels:
        reasons.append(f"{new:,} new")
    if rules.corrections and corrected + removed >= rules.corrections:
        reasons.append(f"{count(corrected + removed, 'correction')}")
    if rules.days and days >= rules.days:
        reasons.append(f"{count(round(days), 'day')} and {new + corrected + removed:,} changed")
    if reasons:
        return Due(True, f"{', '.join(reasons)} since run {last.run}", new, corrected, removed, fresh, days)
    least = f" of {rules.new_labels:,}" if rules.new_labels else ""
    said = f"{new:,}{least} new, {count(corrected + removed, 'correction')} since run {last.run}"
    return Due(False, said, new, corrected, removed, fresh, days)


def _first(labels: Mapping[str, str]) -> Due:
    """Return whether the first training is due: as soon as there is enough to learn from."""
    try:
        require_enough(labels)
    except WrongUse as error:
        return Due(False, f"nothing was trained yet. {error}", new=len(labels))
    return Due(True, "nothing was trained yet", new=len(labels))
