"""A part of what the model in use has not scored yet: a few old files at a time, in an order that the user chooses.

After a training every file still carries the opinion of an earlier model. Where a whole scoring is too much at once (pictures
that have to be fetched and encoded again), a timetable takes a batch of them now and then; each run goes on from the one
before, because what has a score of the model in use is not taken again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATE_CODES, CatalogArrays
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState
from hyai_tui.queues.ranks import seeded
from hyai_tui.workspace import Workspace

Priority = Literal["oldest", "random", "failed"]
PRIORITIES: tuple[Priority, ...] = ("oldest", "random", "failed")


def batch_of(
    context: JobContext, catalog: Catalog, files: CatalogArrays, left: NDArray[np.bool_], hopeless: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return int64[m]: the files that this scoring takes, in their order.

    Options: `batch`, how many; `priority`, one of `PRIORITIES`; `seed`, of a random order.

    Args:
        context: of the job.
        catalog: gives the numbers that score tables go by.
        files: all of them.
        left: bool[n], without a score of the model in use.
        hopeless: bool[n], those that could not be encoded.

    Raises:
        WrongUse: there is no such priority.
        NotNow: nothing of the kind is left.
    """
    priority = context.options.get("priority") or "oldest"
    if priority not in PRIORITIES:
        raise WrongUse(f"There is no priority {priority!r}", f"It is one of {', '.join(PRIORITIES)}")
    opinion = opinions(context.workspace, catalog, files) if priority == "oldest" else np.zeros(len(files), np.int64)
    lot = seeded(files.sha256, int(context.options.get("seed") or 1))
    found = in_order(priority, left, hopeless, opinion, lot)[: int(context.options["batch"])]
    if not len(found):
        kind = "could not be encoded" if priority == "failed" else "still waits for a score of the model in use"
        raise NotNow(f"No file {kind}: nothing was left to do", "The next training gives old files something new")
    return found


def in_order(
    priority: Priority,
    left: NDArray[np.bool_],
    hopeless: NDArray[np.bool_],
    opinion: NDArray[np.int64],
    lot: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Return int64[m]: the files that are left, the first to be taken first.

    `oldest`: those that no model has scored, then those whose newest score is of the oldest model; among equals the file
    that was seen first. `random`: as the lots fall. `failed`: those that could not be encoded, which the other orders leave
    out, in the order in which they were seen.

    Args:
        priority: the order.
        left: bool[n], files that are to be scored some day.
        hopeless: bool[n], files that could not be encoded.
        opinion: int64[n], the number of the newest model that has scored each file; 0 for none.
        lot: uint64[n].
    """
    found = np.flatnonzero(left & (hopeless if priority == "failed" else ~hopeless))
    if priority == "oldest":
        return found[np.argsort(opinion[found], kind="stable")]
    return found[np.argsort(lot[found], kind="stable")] if priority == "random" else found


@dataclass(frozen=True, slots=True)
class _Listed:
    """A model as the list of models has it; its arrays are not read."""

    id: str
    labels: tuple[str, ...]


def opinions(workspace: Workspace, catalog: Catalog, files: CatalogArrays) -> NDArray[np.int64]:
    """Return int64[n]: the number of the newest model whose score each file carries; 0 for none."""
    found = np.zeros(len(files), np.int64)
    for info in sorted(Registry(workspace.models_directory).list(), key=lambda info: info.number):
        if info.damaged is not None:
            continue
        model = _Listed(info.id, tuple(info.facts["labels"]))
        table = ScoreTable.open(workspace.scores_directory, model, *catalog.number_marks(model.id))
        found[~np.isnan(table.at(files.number)[:, 0])] = info.number
    return found


def old_scores(workspace: Workspace, catalog: Catalog) -> int:
    """Return how many files of the library still carry the score of another model than the one in use."""
    current = next((info for info in Registry(workspace.models_directory).list() if info.current), None)
    if current is None:
        return 0
    files = catalog.snapshot()
    found = opinions(workspace, catalog, files)
    model = _Listed(current.id, tuple(current.facts.get("labels", ())))
    table = ScoreTable.open(workspace.scores_directory, model, *catalog.number_marks(model.id))
    fresh = ~np.isnan(table.at(files.number)[:, :1]).any(axis=1) if model.labels else np.zeros(len(files), np.bool_)
    return int(((found > 0) & ~fresh & (files.state != STATE_CODES[FileState.GONE])).sum())


def require_scores(workspace: Workspace, catalog: Catalog, model: Bundle) -> None:
    """Refuse to go by the scores of a model that has given none; a part of the library is enough.

    Raises:
        NotNow: it has not scored anything yet.
    """
    if not ScoreTable.open(workspace.scores_directory, model, *catalog.number_marks(model.id)).scored:
        raise NotNow(f"The model {model.id} has not scored anything yet", "Run 'hyai score' first")


def names(files: CatalogArrays, positions: NDArray[np.int64]) -> list[str]:
    """Return the SHA-256s of files at positions."""
    return [sha256.decode("ascii") for sha256 in files.sha256[positions].tolist()]
