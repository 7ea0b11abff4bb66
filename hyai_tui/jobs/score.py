"""The score job: the model's opinion of every file, written as one table."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATE_CODES, CatalogArrays
from hyai_tui.features.build import build_features
from hyai_tui.features.choosing import EncoderChoice, choose, features_directory
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.plan import contents_of, picture_samples
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState
from hyai_tui.text import count

KIND = "score"
COMPUTE = True

_BLOCK = 8192


def run(context: JobContext) -> dict[str, Any]:
    """Score all files of the catalog that are there and are pictures.

    Options:
        no_cache: score what has features and encode nothing.

    Returns:
        What `hyai score --json` gives: `model`, `scored`, and `files`, `seconds`.

    Raises:
        ModelError: there is no model, or it belongs to another encoder or source than the workspace uses.
    """
    began = time.monotonic()
    workspace = context.workspace
    bundle = Registry(workspace.models_directory).require_current()
    choice = choose(workspace)
    bundle.require(choice.version.id, workspace.settings.features.source)
    with workspace.open_catalog() as catalog:
        if not context.options.get("no_cache"):
            _encode_missing(context, catalog, choice)
        context.check()
        arrays = catalog.snapshot()
        wanted = _wanted(context, arrays)
        table = _score(context, catalog, arrays, wanted, bundle, choice)
        ScoreTable.write(workspace.scores_directory, bundle, table, catalog.mark_numbers(bundle.id))
    scored = int(np.count_nonzero(~np.isnan(table[:, 0])))
    files = int(np.count_nonzero(wanted))
    if scored < files:
        context.report.log(f"{count(files - scored, 'file has', 'files have')} no features and no score")
    return {"model": bundle.id, "scored": scored, "files": files, "seconds": round(time.monotonic() - began, 3)}


def _encode_missing(context: JobContext, catalog: Catalog, choice: EncoderChoice) -> None:
    workspace = context.workspace
    if choice.notice:
        context.report.warning(choice.notice)
    encoder = EncoderOnDemand(choice, workspace.settings.features.batch_size, context.report.warning)
    with workspace.open_journal() as journal:
        samples = picture_samples(journal, workspace.data)
    build_features(workspace, encoder, context.report, context.cancelled, catalog=catalog, samples=samples)


def _wanted(context: JobContext, arrays: CatalogArrays) -> NDArray[np.bool_]:
    """Return bool[n]: in the library now, and a still picture unless motion is shown by its thumbnail."""
    settings = context.workspace.settings
    present = arrays.state != STATE_CODES[FileState.GONE]
    moving = settings.library.motion == "thumbnail" and settings.features.source == "thumbnail"
    wanted: NDArray[np.bool_] = present if moving else present & ~arrays.motion
    return wanted


def _score(
    context: JobContext,
    catalog: Catalog,
    arrays: CatalogArrays,
    wanted: NDArray[np.bool_],
    bundle: Bundle,
    choice: EncoderChoice,
) -> NDArray[np.float32]:
    """Return float32[highest number + 1, K], NaN where a file has no features."""
    workspace = context.workspace
    highest = int(arrays.number[-1]) if len(arrays) else -1
    table = np.full((highest + 1, len(bundle.labels)), np.nan, np.float32)
    directory = features_directory(workspace, choice)
    if not wanted.any() or not directory.is_dir():
        return table
    files = [one.decode("ascii") for one in arrays.sha256[wanted].tolist()]
    contents = contents_of(catalog, workspace.settings.features.source, files)
    # Several files may share a content (equal thumbnails): each content is scored once.
    names, place = np.unique(np.array([one or "" for one in contents], "S64"), return_inverse=True)
    found = np.full((len(names), len(bundle.labels)), np.nan, np.float32)
    context.report.stage("score", f"scoring {count(len(files), 'file')} with #{bundle.number}")
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
        total, done = len(store), 0
        # Along the shards rather than file by file: the disk is read in order, and each row once.
        for stored, vectors in store.blocks(_BLOCK):
            context.check()
            keys = np.array(stored, "S64")
            at = np.minimum(np.searchsorted(names, keys), len(names) - 1)
            hit = names[at] == keys
            if hit.any():
                found[at[hit]] = bundle.predict(vectors[hit])
            done += len(stored)
            context.report.progress(done, max(total, done), "vectors")
    table[arrays.number[wanted]] = found[place]
    return table
