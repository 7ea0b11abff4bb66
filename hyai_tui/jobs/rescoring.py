"""A part of what the model in use has not scored yet: a few old files at a time, in an order that the user chooses.

After a training every file still carries the opinion of an earlier model. Where a whole scoring is too much at once (pictures
that have to be fetched and encoded again), a timetable takes a batch of them now and then; each run goes on from the one
before, because what has a score of the model in use is not taken again.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import CatalogArrays
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.queues.ranks import seeded

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
    opinion = opinions(context, catalog, files) if priority == "oldest" else np.zeros(len(files), np.int64)
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


def opinions(context: JobContext, catalog: Catalog, files: CatalogArrays) -> NDArray[np.int64]:
    """Return int64[n]: the number of the newest model whose score each file carries; 0 for none."""
    registry = Registry(context.workspace.models_directory)
    found = np.zeros(len(files), np.int64)
    for info in sorted(registry.list(), key=lambda info: info.number):
        if info.damaged is not None:
            continue
        bundle = registry.get(info.id)
        table = ScoreTable.open(context.workspace.scores_directory, bundle, *catalog.number_marks(bundle.id))
        found[~np.isnan(table.at(files.number)[:, 0])] = info.number
    return found


def names(files: CatalogArrays, positions: NDArray[np.int64]) -> list[str]:
    """Return the SHA-256s of files at positions."""
    return [sha256.decode("ascii") for sha256 in files.sha256[positions].tolist()]
