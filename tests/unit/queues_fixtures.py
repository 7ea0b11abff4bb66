"""Small worlds for queues: arrays made from a list of plainly written files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.library.base import FileState
from hyai_tui.queues.arrays import DECISION_CODES, UNDECIDED, Carried, Past, QueueContext
from hyai_tui.queues.prepared import Prepared
from hyai_tui.settings import QueueSettings


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
    label: str | None = None
    tag: str | None = None
    several: bool = False
    pair: bool = False
    reconsider: bool = False
    before: str | None = None
    audited: str | None = None
    near: float = float("nan")
    near_before: float = float("nan")
    group: int = -1


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
    options: QueueSettings | None = None,
) -> QueueContext:
    """Return the context of these files; the hash of the i-th is name_of(i), its number i + 1."""
    size = len(files)
    probabilities = np.full((size, len(labels)), np.nan, np.float32)
    for index, one in enumerate(files):
        if one.scores is not None:
            probabilities[index] = one.scores
    named = {name for one in files for name in (one.sample, one.label, one.tag, one.before, one.audited) if name}
    names = labels + tuple(sorted(named - set(labels)))

    def places(chosen: Iterable[str | None]) -> NDArray[np.int16]:
        return np.array([names.index(name) if name else -1 for name in chosen], np.int16)

    marks = {queue: np.isin(np.arange(size), places) for queue, places in (skipped or {}).items()}
    return QueueContext(
        number=np.array([i + 1 if one.in_library else -1 for i, one in enumerate(files)], np.int64),
        sha256=np.array([name_of(i) for i in range(size)], "S64"),
        state=np.array([STATE_CODES[FileState(one.state)] for one in files], np.uint8),
        conflict=np.array([one.conflict for one in files], bool),
        motion=np.array([one.motion for one in files], bool),
        decision=np.array([DECISION_CODES[o.decision] if o.decision else UNDECIDED for o in files], np.uint8),
        by_folder=np.array([one.by_folder for one in files], bool),
        decided_label=places(one.label for one in files),
        sample_label=places(one.sample for one in files),
        torn=np.array([one.torn for one in files], bool),
        names=names,
        labels=labels,
        probabilities=probabilities,
        out_of_fold=np.array([one.out_of_fold for one in files], bool),
        thresholds=Thresholds(labels, values, ("default",) * len(labels)) if labels else None,
        model_id="m0001-aaaaaaaa" if labels else None,
        skipped=marks,
        options=options or QueueSettings(),
        carried=Carried(
            places(one.tag for one in files),
            np.array([one.several for one in files], bool),
            {"dog | cat": np.array([one.pair for one in files], bool)},
        ),
        past=Past(
            places(one.before for one in files),
            np.array([one.reconsider for one in files], bool),
            places(one.audited for one in files),
            np.array([one.near_before for one in files], np.float32),
        ),
        disagreement=np.array([one.near for one in files], np.float32),
        prepared=Prepared(
            copies=np.array([one.group for one in files], np.int64),
        ),
    )
