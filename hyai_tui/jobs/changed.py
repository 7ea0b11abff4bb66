"""What one model sees otherwise than another: on held-out samples, on the files of the library, on probes. Light; no job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.errors import ModelError, NotNow
from hyai_tui.jobs.predicting import predicted
from hyai_tui.jobs.retraining import is_whole
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import advice, comparing
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.comparing import SideBySide
from hyai_tui.learning.probing import UNPINNED, Probe, as_json, probe
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState
from hyai_tui.samples.training import training_samples
from hyai_tui.workspace import Workspace


@dataclass(frozen=True)
class Changed:
    """Two models side by side.

    Attributes:
        before, after: the models.
        in_use: id of the model in use.
        said: what the training of the second said of it; empty where its record is gone.
        found: what changes.
        probes: pinned files, or a few that stay the same from training to training.
        pinned: True where a person pinned them.
    """

    before: Bundle
    after: Bundle
    in_use: str | None
    said: str
    found: SideBySide
    probes: tuple[Probe, ...]
    pinned: bool


def changed(
    workspace: Workspace, journal: Journal, catalog: Catalog, before: str | None = None, after: str | None = None
) -> Changed:
    """Return what changed from one model to another.

    Files that either model was trained on are left out of the comparison of files: what a model says of them in the
    folds is in the comparison of held-out samples.

    Args:
        workspace: whose models.
        journal: holds the runs and the probes.
        catalog: holds the files.
        before: id, beginning of one, or number; None is the model that was in use before the other.
        after: the same; None is the model of the newest training, or the one in use where `before` is given.

    Raises:
        NotNow: there is only one model.
        ModelError: there is no such model, or they tell other labels apart.
    """
    registry = Registry(workspace.models_directory)
    first, second = _pair(registry, journal, before, after)
    arrays = catalog.snapshot()
    present = (arrays.state != STATE_CODES[FileState.GONE]) & ~arrays.motion
    learned = np.union1d(first.out_of_fold.identities, second.out_of_fold.identities)
    free = present & ~np.isin(arrays.sha256, learned)
    tables = [
        ScoreTable.open(workspace.scores_directory, one, *catalog.number_marks(one.id)) for one in (first, second)
    ]
    scored = bool(tables[0].scored and tables[1].scored)
    decided = {one.identity for one in training_samples(journal, workspace.data)}
    found = comparing.compare(
        first,
        second,
        (tables[0], tables[1]) if scored else None,
        (arrays.number[free], arrays.sha256[free]) if scored else None,
        among=decided,
    )
    files = journal.probes()
    pinned = bool(files)
    record = record_of(journal, second.id)
    return Changed(
        first,
        second,
        registry.current_id(),
        str(record.get("message", "")) if record is not None else "",
        found,
        probes_of(workspace, journal, catalog, first, second, files or _unpinned(arrays.sha256[present])),
        pinned,
    )


def probes_of(
    workspace: Workspace, journal: Journal, catalog: Catalog, first: Bundle, second: Bundle, files: Sequence[str]
) -> tuple[Probe, ...]:
    """Return files under both models; one that a model was trained on is judged by the folds that never saw it."""
    samples = training_samples(journal, workspace.data)
    before, after = (predicted(workspace, catalog, one, files, samples) for one in (first, second))
    return probe(files, second.labels, before[:, [first.label_index[label] for label in second.labels]], after)


def before_and_after(workspace: Workspace, journal: Journal, catalog: Catalog, bundle: Bundle) -> dict[str, Any]:
    """Return what a report says of the training that made a model: both numbers on the same samples, and the probes.

    Returns:
        `validation` (see `learning.validation`) and `probes` (`before`, `after`: numbers of the models, `pinned`, `rows`);
        each None where there is no record of it, or no model of the same labels before it.
    """
    record = record_of(journal, bundle.id) or {}
    registry = Registry(workspace.models_directory)
    name = record.get("previous") or registry.previous_id()
    try:
        previous = registry.get(str(name)) if name else None
    except ModelError:
        previous = None  # it was removed since
    found: dict[str, Any] = {"validation": record.get("validation"), "probes": None}
    if previous is None or set(previous.labels) != set(bundle.labels):
        return found
    files = journal.probes()
    pinned = bool(files)
    if not files:
        arrays = catalog.snapshot()
        files = _unpinned(arrays.sha256[(arrays.state != STATE_CODES[FileState.GONE]) & ~arrays.motion])
    rows = probes_of(workspace, journal, catalog, previous, bundle, files)
    found["probes"] = {
        "before": previous.number,
        "after": bundle.number,
        "pinned": pinned,
        "rows": [as_json(one) for one in rows],
    }
    return found


def record_of(journal: Journal, model: str) -> Mapping[str, Any] | None:
    """Return the record of the training that made a model."""
    return next((one for one in reversed(journal.runs()) if one.get("model") == model), None)


def _pair(registry: Registry, journal: Journal, before: str | None, after: str | None) -> tuple[Bundle, Bundle]:
    if before is None and after is None:
        for record in reversed(journal.runs()):
            if is_whole(record) and record.get("previous") and record.get("model"):
                try:
                    return registry.get(str(record["previous"])), registry.get(str(record["model"]))
                except ModelError:
                    break  # one of them was removed since
    second = registry.get(after) if after else registry.require_current()
    name = before or registry.previous_id()
    if name is None:
        raise NotNow(
            "There is only one model", "Label some more, then retrain: what changed is seen from the second on"
        )
    return registry.get(name), second


def _unpinned(identities: NDArray[np.bytes_]) -> list[str]:
    """Return a few files that stay the same as others come and go: those whose hashes are smallest."""
    most = min(UNPINNED, len(identities))
    smallest = np.partition(identities, most - 1)[:most] if most else identities
    return advice.pinned([one.decode("ascii") for one in smallest.tolist()], most)
