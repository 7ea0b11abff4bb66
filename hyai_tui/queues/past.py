"""What earlier models and decisions left behind, aligned with the files: for *second look* and *audit*."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Decision
from hyai_tui.learning.bundle import Bundle
from hyai_tui.queues.arrays import Past
from hyai_tui.queues.matching import Finds

WEEK = 7 * 24 * 3600.0
HASTY = 0.4


def read_past(
    size: int,
    positions: Finds,
    decisions: Mapping[str, Decision],
    names: Mapping[str, int],
    sample_label: NDArray[np.int16],
    model_id: str | None,
    previous: Bundle | None,
    pinned: Collection[str],
    now: float | None = None,
) -> Past:
    """Return the past of n files.

    Args:
        size: n.
        positions: finds files.
        decisions: those in force, by file.
        names: label to its place in the context's names.
        sample_label: int16[n], the label that each file trains for, as a place in the names.
        model_id: the model in use.
        previous: the model before it.
        pinned: files whose decision was confirmed in a second look.
        now: seconds since the epoch; None for this moment.
    """
    now = time.time() if now is None else now
    label = np.full(size, -1, np.int16)
    disagreement = np.full(size, np.nan, np.float32)
    if previous is not None and len(previous.out_of_fold.identities):
        columns = np.array([names.get(one, -1) for one in previous.labels], np.int16)
        at = positions.of(previous.out_of_fold.identities)
        label[at[at >= 0]] = columns[previous.out_of_fold.probabilities.argmax(axis=1)][at >= 0]
        disagreement = neighbours_of(positions, previous, names, sample_label)
    reconsider = np.zeros(size, bool)
    audited = np.full(size, -1, np.int16)
    for position, decision in zip(positions.of(list(decisions)).tolist(), decisions.values(), strict=True):
        if position < 0 or decision.kind != "label":
            continue
        reconsider[position] = decision.file not in pinned and (now - decision.at > WEEK or _hasty(decision))
        shown = decision.shown
        if shown.get("queue") == "audit" and shown.get("model") == model_id:
            audited[position] = names.get(str(shown.get("predicted")), -1)
    return Past(label, reconsider, audited, disagreement)


def neighbours_of(
    positions: Finds, bundle: Bundle, names: Mapping[str, int], sample_label: NDArray[np.int16]
) -> NDArray[np.float32]:
    """Return float32[n]: what a model's training found of the neighbours of each sample, see `learning.disagreement`.

    NaN where it was not a sample then, or had another label.
    """
    found = np.full(len(sample_label), np.nan, np.float32)
    seen = bundle.out_of_fold
    if len(seen):
        columns = np.array([names.get(one, -1) for one in bundle.labels], np.int16)
        at = positions.of(seen.identities)
        same = at >= 0
        same[same] = sample_label[at[same]] == columns[seen.truth[same]]
        found[at[same]] = seen.disagreement[same]
    return found


def pinned_files(journal: Journal, decisions: Mapping[str, Decision]) -> set[str]:
    """Return the files that got in a second look the label that they had before."""
    found = set()
    for file, decision in decisions.items():
        if decision.kind == "label" and str(decision.shown.get("queue", "")).startswith("second-look"):
            earlier = [one for one in journal.history(file) if one.id < decision.id and one.undone is None]
            labels = [one.label for one in earlier if one.kind == "label"]
            if labels and labels[-1] == decision.label:
                found.add(file)
    return found


def _hasty(decision: Decision) -> bool:
    seen = decision.shown.get("seen_seconds")
    return isinstance(seen, int | float) and seen < HASTY
