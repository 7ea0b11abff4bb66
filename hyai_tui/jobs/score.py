"""The score job: the model's opinion of every file, written as one table.

A model that has scored files before scores only what is new. What has features is scored first, along the shards. Only if
files remain without a score that are not known to be unreadable are pictures looked for and encoded, and then scored too:
at a million files that look alone takes seconds. The table is written at the end, whole; a job that is cancelled keeps the
features that it made and leaves the old table. A batch (`rescoring`) takes a part of what is left and leaves the rest for
another time.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATE_CODES, CatalogArrays
from hyai_tui.features.build import build_features
from hyai_tui.features.choosing import EncoderChoice, choice_of, choose, features_directory
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.keys import packed
from hyai_tui.features.plan import picture_samples
from hyai_tui.features.selecting import Selection
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs import queues, rescoring, vanishing
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.engines import Engines, engines
from hyai_tui.jobs.prediction_run import predict
from hyai_tui.jobs.scoring import Scoring
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState
from hyai_tui.text import count

KIND = "score"
COMPUTE = True


def run(context: JobContext) -> dict[str, Any]:
    """Score all files of the catalog that are there and are pictures.

    Options:
        no_cache: score what has features and encode nothing.
        again: score every file; without it a file that this model has scored keeps its score.
        split, label_run: predict labelled items instead, see `prediction_run`; no score is changed.
        batch, priority, seed: score only so many of those without a score, see `rescoring`.
        engine, workers, shared: who does the work, see `engines`.

    Returns:
        What `hyai score --json` gives: `model`, `scored`, and `new` (scored now), `files`, `seconds`; of a batch also
        `batch` (its files, in their order) and `left` (files without a score after it).

    Raises:
        ModelError: there is no model, or it belongs to another encoder or source than the workspace uses.
    """
    if context.options.get("split") is not None or context.options.get("label_run") is not None:
        return predict(context)
    began = time.monotonic()
    workspace = context.workspace
    bundle = Registry(workspace.models_directory).require_current()
    choice = _encoder_of(context, bundle)
    bundle.require(choice.version.id, workspace.settings.features.source)
    if choice.notice:
        context.report.warning(choice.notice)
    with engines(context) as working, workspace.open_catalog() as catalog:
        arrays = catalog.snapshot()
        wanted = _wanted(context, arrays)
        number = arrays.number[wanted]
        table = _table_so_far(context, bundle, catalog, arrays, number)
        known = int(np.count_nonzero(~np.isnan(table[:, 0])))
        left = wanted.copy()
        left[wanted] = np.isnan(table[number, 0])
        part = _batch(context, catalog, arrays, left)
        if part is not None:
            wanted[:] = False
            wanted[part] = True
        retry = part is not None and context.options.get("priority") == "failed"
        for encode in (False, True):
            left[:] = wanted
            left[wanted] = np.isnan(table[arrays.number[wanted], 0])
            contents = _contents(context, catalog, arrays.sha256[left])
            if encode:
                hopeless = not retry and np.isin(contents, _hopeless(context, choice)).all()
                if context.options.get("no_cache") or hopeless or not left.any():
                    break
                only = None if part is None else frozenset(rescoring.names(arrays, part))
                _encode_missing(context, catalog, choice, working, Selection(among=only), retry=retry)
                context.check()
                contents = _contents(context, catalog, arrays.sha256[left])
            table[arrays.number[left]] = _score(context, bundle, choice, contents, working.scoring())
        context.check()
        ScoreTable.write(workspace.scores_directory, bundle, table, catalog.mark_numbers(bundle.id))
    # A score that is asked to stop now has its table: only the lists are left out.
    queues.after_scoring(context)
    vanishing.after_scoring(context)
    scored = int(np.count_nonzero(~np.isnan(table[:, 0])))
    files = len(number)
    if scored < files:
        why = "no features and no score" if part is None else "no score of this model yet"
        context.report.log(f"{count(files - scored, 'file has', 'files have')} {why}")
    return {
        "model": bundle.id,
        "scored": scored,
        "new": scored - known,
        "files": files,
        "seconds": round(time.monotonic() - began, 3),
        **({} if part is None else {"batch": rescoring.names(arrays, part), "left": files - scored}),
    }


def _batch(
    context: JobContext, catalog: Catalog, arrays: CatalogArrays, left: NDArray[np.bool_]
) -> NDArray[np.int64] | None:
    """Return int64[m], the files that are scored now, of those that have no score yet; None where all of them are."""
    if not context.options.get("batch"):
        return None
    skipped = np.array(list(catalog.skips(context.workspace.settings.features.source)), "S64")
    return rescoring.batch_of(context, catalog, arrays, left, np.isin(arrays.sha256, skipped))


def _encoder_of(context: JobContext, bundle: Bundle) -> EncoderChoice:
    """Return the workspace's encoder, or where the model is of an earlier one that is still here, that one."""
    choice = choose(context.workspace)
    if choice.version.id == bundle.encoder.id:
        return choice
    earlier = choice_of(context.workspace, bundle.encoder.id)
    if earlier is None:
        return choice
    context.report.warning(
        f"The model in use is of the encoder {earlier.name}, and goes on with it;"
        f" 'hyai train' makes one of {choice.name}"
    )
    return earlier


def _table_so_far(
    context: JobContext, bundle: Bundle, catalog: Catalog, arrays: CatalogArrays, number: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return float32[highest number + 1, K]: the scores that this model has given and that still hold, else NaN.

    A model never changes, and neither do the bytes of a file; a thumbnail may be made anew, so those are scored again, but
    for a batch, which leaves all others as they are.
    """
    table = np.full((int(arrays.number[-1]) + 1 if len(arrays) else 0, len(bundle.labels)), np.nan, np.float32)
    anew = context.workspace.settings.features.source != "file" or context.options.get("again")
    if context.options.get("batch") or not anew:
        before = ScoreTable.open(context.workspace.scores_directory, bundle, *catalog.number_marks(bundle.id))
        table[number] = before.at(number)
    return table


def _encode_missing(
    context: JobContext, catalog: Catalog, choice: EncoderChoice, working: Engines, selection: Selection, *, retry: bool
) -> None:
    workspace = context.workspace
    encoder = EncoderOnDemand(choice, workspace.settings.features.batch_size, context.report.warning)
    with workspace.open_journal() as journal:
        samples = picture_samples(journal, workspace.data)
    build_features(
        workspace,
        encoder,
        context.report,
        context.cancelled,
        catalog=catalog,
        samples=samples,
        of_the_workspace=choice.version == choose(workspace).version,
        selection=selection,
        retry=retry,
        engine=None if working.local else working.encoding(choice, encoder),
    )


def _wanted(context: JobContext, arrays: CatalogArrays) -> NDArray[np.bool_]:
    """Return bool[n]: in the library now, and a still picture unless motion is shown by its thumbnail."""
    settings = context.workspace.settings
    present = arrays.state != STATE_CODES[FileState.GONE]
    moving = settings.library.motion == "thumbnail" and settings.features.source == "thumbnail"
    wanted: NDArray[np.bool_] = present if moving else present & ~arrays.motion
    return wanted


def _contents(context: JobContext, catalog: Catalog, files: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """Return S64[n]: the content whose vector stands for each file of the library; empty where it is not known yet."""
    source = context.workspace.settings.features.source
    if source == "file":
        return files
    known = catalog.contents(source)
    return np.array([known.get(one.decode("ascii"), "") for one in files.tolist()], "S64")


def _hopeless(context: JobContext, choice: EncoderChoice) -> NDArray[np.bytes_]:
    """Return S64[n]: contents that cannot be encoded, as earlier builds found."""
    directory = features_directory(context.workspace, choice)
    if not directory.is_dir():
        return np.empty(0, "S64")
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
        return np.array(list(store.problems()), "S64")


def _score(
    context: JobContext, bundle: Bundle, choice: EncoderChoice, contents: NDArray[np.bytes_], scoring: Scoring
) -> NDArray[np.float32]:
    """Return float32[n, K]: the model's probabilities of contents S64[n]; NaN for those without features."""
    directory = features_directory(context.workspace, choice)
    found = np.full((len(contents), len(bundle.labels)), np.nan, np.float32)
    scored = 0

    def done(rows: int) -> None:
        nonlocal scored
        context.check()
        if rows:
            scored += rows
            context.report.progress(scored, len(contents), "files")

    if len(contents) and directory.is_dir():
        context.report.stage("score", f"scoring {count(len(contents), 'file')} with #{bundle.number}")
        with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
            scoring.score(store, packed(contents), bundle, found, done)
    return found
