"""Small worlds for queues: arrays made from a list of plainly written files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.library.base import FileState
from hyai_tui.queues.arrays import DECISION_CODES, UNDECIDED, QueueContext


@dataclass(frozen=True)
class Known:
    """One file as a test writes it down."""

    state: str = "inbox"
    scores: tuple[float, ...] | None = None
    decision: Literal["label", "unsure", "ignore"] | None = None
    by_folder: bool = False
    sample: str | None = None
    out_of_fold: bool = False
    conflict: bool = False
    motion: bool = False
    torn: bool = False
    in_library: bool = True


def name_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def trashy(score: float) -> tuple[float, float]:
    """Binary probabilities whose last is the score of trash."""
    return (1 - score, score)


def world(
    files: list[Known],
    labels: tuple[str, ...] = ("archive", "trash"),
    values: tuple[float, ...] = (0.28, 0.78),
    skipped: dict[str, list[int]] | None = None,
) -> QueueContext:
    """Return the context of these files; the hash of the i-th is name_of(i), its number i + 1."""
    size = len(files)
    probabilities = np.full((size, len(labels)), np.nan, np.float32)
    for index, one in enumerate(files):
        if one.scores is not None:
            probabilities[index] = one.scores
    names = labels + tuple(sorted({one.sample for one in files if one.sample} - set(labels)))
    marks = {queue: np.isin(np.arange(size), places) for queue, places in (skipped or {}).items()}
    return QueueContext(
        number=np.array([i + 1 if one.in_library else -1 for i, one in enumerate(files)], np.int64),
        sha256=np.array([name_of(i) for i in range(size)], "S64"),
        state=np.array([STATE_CODES[FileState(one.state)] for one in files], np.uint8),
        conflict=np.array([one.conflict for one in files], bool),
        motion=np.array([one.motion for one in files], bool),
        decision=np.array([DECISION_CODES[o.decision] if o.decision else UNDECIDED for o in files], np.uint8),
        by_folder=np.array([one.by_folder for one in files], bool),
        decided_label=np.full(size, -1, np.int16),
        sample_label=np.array([names.index(one.sample) if one.sample else -1 for one in files], np.int16),
        torn=np.array([one.torn for one in files], bool),
        names=names,
        labels=labels,
        probabilities=probabilities,
        out_of_fold=np.array([one.out_of_fold for one in files], bool),
        thresholds=Thresholds(labels, values, ("default",) * len(labels)) if labels else None,
        model_id="m0001-aaaaaaaa" if labels else None,
        skipped=marks,
    )
