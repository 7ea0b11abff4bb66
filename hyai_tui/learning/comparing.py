"""Two models side by side: on the same held-out samples, and on the files of the library."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.learning import promotion
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.metrics import predicted_labels
from hyai_tui.learning.promotion import Comparison
from hyai_tui.learning.scores import ScoreTable

LEAST_ITEMS = 10
MOVED = 5


@dataclass(frozen=True, slots=True)
class Move:
    """One item that another model sees differently: its identity, both predictions, and how far it moved, 0 … 1."""

    identity: str
    before: str
    after: str
    moved: float


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What changes from one model to another.

    Attributes:
        comparison: on the held-out samples that both have; None where they are too few.
        fixed, broken: held-out samples that only the second is right about, only the first.
        files: scored by both.
        flipped: files that get another label, the widest move first.
        farthest: the files that moved most, whether they get another label or not.
    """

    comparison: Comparison | None
    fixed: tuple[Move, ...]
    broken: tuple[Move, ...]
    files: int
    flipped: tuple[Move, ...]
    farthest: tuple[Move, ...]


def held_out(
    before: Bundle, after: Bundle
) -> tuple[list[str], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return the held-out samples that both have: identities, truth (as the second learned it), and both probabilities.

    Raises:
        ModelError: they tell other labels apart.
    """
    if set(before.labels) != set(after.labels):
        raise ModelError(
            f"#{before.number} knows {', '.join(before.labels)}, and #{after.number} {', '.join(after.labels)}",
            "Only models of the same labels can be compared",
        )
    seen = after.out_of_fold
    places = before.out_of_fold.places(list(seen))
    # What either's network was tuned on proves nothing.
    both = before.out_of_fold.proves(list(seen)) & ~seen.aware
    columns = [before.label_index[label] for label in after.labels]
    names = [one.decode("ascii") for one in seen.identities[both].tolist()]
    return names, seen.truth[both], before.out_of_fold.probabilities[places[both]][:, columns], seen.probabilities[both]


def compare(
    before: Bundle,
    after: Bundle,
    tables: tuple[ScoreTable, ScoreTable] | None = None,
    files: tuple[NDArray[np.int64], NDArray[np.bytes_]] | None = None,
    *,
    among: Container[str] | None = None,
) -> SideBySide:
    """Return what changes from the first model to the second.

    Args:
        before: a model.
        after: another one of the same labels.
        tables: their scores; None where one of them has scored nothing.
        files: (numbers, identities S64) of the catalog's files.
        among: held-out samples that count, where there are enough of them (hints are only hints); None for all.
    """
    names, truth, first, second = held_out(before, after)
    known = np.array([among is None or name in among for name in names], bool)
    if LEAST_ITEMS <= known.sum() < len(names):
        names = [name for name, there in zip(names, known.tolist(), strict=True) if there]
        truth, first, second = truth[known], first[known], second[known]
    was, now = predicted_labels(first), predicted_labels(second)
    moved = np.abs(second - first).sum(axis=1) / 2
    enough = len(names) >= LEAST_ITEMS and len(np.unique(truth)) > 1
    fixed = np.flatnonzero((was != truth) & (now == truth))
    broken = np.flatnonzero((was == truth) & (now != truth))
    scored = 0
    flipped: tuple[Move, ...] = ()
    farthest: tuple[Move, ...] = ()
    if tables is not None and files is not None:
        scored, flipped, farthest = _files(before, after, tables, files)
    return SideBySide(
        promotion.compare(truth, second, first) if enough else None,
        _moves(after.labels, names, fixed, was, now, moved),
        _moves(after.labels, names, broken, was, now, moved),
        scored,
        flipped,
        farthest,
    )


def _files(
    before: Bundle,
    after: Bundle,
    tables: tuple[ScoreTable, ScoreTable],
    files: tuple[NDArray[np.int64], NDArray[np.bytes_]],
) -> tuple[int, tuple[Move, ...], tuple[Move, ...]]:
    numbers, identities = files
    first = tables[0].at(numbers)[:, [before.label_index[label] for label in after.labels]]
    second = tables[1].at(numbers)
    rows = np.flatnonzero(~np.isnan(first[:, 0]) & ~np.isnan(second[:, 0]))
    first, second = first[rows], second[rows]
    was, now = predicted_labels(first), predicted_labels(second)
    moved = np.abs(second - first).sum(axis=1) / 2
    known = identities[rows]
    turned = np.flatnonzero(was != now)
    far = np.argsort(-moved, kind="stable")[:MOVED]
    far = far[moved[far] > 0]
    names = {row: known[row].decode("ascii") for row in {*turned.tolist(), *far.tolist()}}
    flipped = _moves(after.labels, names, turned, was, now, moved)
    return len(rows), flipped, _moves(after.labels, names, far, was, now, moved)


def _moves(
    labels: Sequence[str],
    names: Sequence[str] | Mapping[int, str],
    rows: NDArray[np.int64],
    was: NDArray[np.int64],
    now: NDArray[np.int64],
    moved: NDArray[np.float32],
) -> tuple[Move, ...]:
    ordered = rows[np.argsort(-moved[rows], kind="stable")]
    return tuple(
        Move(names[row], labels[was[row]], labels[now[row]], round(float(moved[row]), 6)) for row in ordered.tolist()
    )
