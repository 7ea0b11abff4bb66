"""The `cache` job: make the features that are missing, and look after those that are there.

Option `action`: `build` (default; `retry`, `force`, `limit`, `sample`, `fraction`, `seed`, `snapshot`, `source`, `accept_removals`, and
who does the work, see `engines`), `verify`, `compact`, `reset`, `index`
(`anyway`), `tags` (`files`). All of them run as the one compute
job, so that nothing is compacted or removed under a training.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.exchange import snapshots
from hyai_tui.features.build import build_features
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.copies import copies_directory
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.parts import sweep
from hyai_tui.features.plan import make_plan, picture_samples
from hyai_tui.features.selecting import Selection
from hyai_tui.features.store import FeatureStore
from hyai_tui.features.upkeep import compact, verify
from hyai_tui.jobs import indexing
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.engines import PARTS_DIRECTORY, engines
from hyai_tui.jobs.foretelling import to_encode
from hyai_tui.jobs.reading_tags import read_tags
from hyai_tui.samples.sync import sync
from hyai_tui.text import count, megabytes
from hyai_tui.workspace import Workspace

KIND = "cache"
COMPUTE = True


def run(context: JobContext) -> Mapping[str, Any]:
    """Do the action that the options name and return the command's JSON."""
    action = str(context.options.get("action", "build"))
    actions = {
        "build": _build,
        "verify": _verify,
        "compact": _compact,
        "reset": _reset,
        "index": _index,
        "tags": read_tags,
    }
    if action not in actions:
        raise WrongUse(f"The cache job knows no action {action!r}", f"It is one of {', '.join(actions)}")
    return actions[action](context)


def _build(context: JobContext) -> Mapping[str, Any]:
    workspace, report, options = _with_source(context.workspace, context.options), context.report, context.options
    choice = choose(workspace)
    if choice.notice:
        report.warning(choice.notice)
    with engines(context) as working, workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        report.stage("sync", "reading the training folders")
        synced = sync(workspace, journal, catalog, accept_removals=bool(context.options.get("accept_removals")))
        if synced.line:
            report.log(synced.line)
        context.check()
        if catalog.last_scan() is None:
            report.warning("The library was not scanned yet, so only samples are encoded: run 'hyai scan' first")
        encoder = EncoderOnDemand(choice, workspace.settings.features.batch_size, report.warning)
        result = build_features(
            workspace,
            encoder,
            report,
            context.cancelled,
            catalog=catalog,
            samples=picture_samples(journal, workspace.data),
            foretell=to_encode(choice.version, context.began),
            retry=bool(options.get("retry")),
            force=bool(options.get("force")),
            selection=_selection(context),
            engine=None if working.local else working.encoding(choice, encoder),
        )
    if result.encoded:
        with _open(context) as store:
            indexing.after_building(context, store)
    return result.as_json()


def _selection(context: JobContext) -> Selection:
    """Return which part of the work the options name; `snapshot` is the number of one."""
    options = context.options
    among = None
    if options.get("snapshot") is not None:
        kept = snapshots.read(context.workspace, int(options["snapshot"]))
        among = frozenset(one.decode("ascii") for one in kept.files.tolist())
    return Selection(
        options.get("limit"), options.get("sample"), options.get("fraction"), int(options.get("seed") or 1), among
    )


def _with_source(workspace: Workspace, options: Mapping[str, Any]) -> Workspace:
    """Return the workspace as if its settings named the source that the options name."""
    settings = workspace.settings
    source = options.get("source") or settings.features.source
    return replace(workspace, settings=replace(settings, features=replace(settings.features, source=str(source))))


def _verify(context: JobContext) -> Mapping[str, Any]:
    """Check every row; also say how many files have no vector now, so that a loss is seen as one."""
    workspace, report = context.workspace, context.report
    with _open(context) as store, workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        report.stage("verify", "checking every row")
        found = verify(store, lambda done, total: report.progress(done, total, "shards"))
        if swept := sweep(workspace.cache / PARTS_DIRECTORY):
            found.findings.append(f"{count(swept, 'file')} of workers that were lost: removed")
        for finding in found.findings:
            report.warning(finding)
        samples = picture_samples(journal, workspace.data)
        plan = make_plan(catalog, workspace.settings.features.source, samples, workspace.data)
        problems = store.problems()
        missing = [content for content in store.missing(list(plan.contents().values())) if content not in problems]
    report.log(f"{count(found.vectors, 'vector')}, {found.lost:,} damaged, {len(missing):,} missing")
    return {"vectors": found.vectors, "lost": found.lost, "missing": len(missing), "findings": found.findings}


def _compact(context: JobContext) -> Mapping[str, Any]:
    """Drop the vectors of files that are gone and of samples that were removed, and give the space back."""
    workspace, report = context.workspace, context.report
    with _open(context) as store, workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        plan = make_plan(
            catalog,
            workspace.settings.features.source,
            picture_samples(journal, workspace.data),
            workspace.data,
            motion=True,
        )
        if not plan.items and len(store):
            raise ModelError("The catalog is empty, so no vector would be kept", "Run 'hyai scan' first, then compact")
        report.stage("compact", "rewriting shards")
        done = compact(store, set(plan.contents().values()), lambda done, total: report.progress(done, total, "shards"))
    report.log(f"{count(done.dropped, 'vector')} dropped, {megabytes(max(0, done.before - done.after))} freed")
    return {"dropped": done.dropped, "bytes_before": done.before, "bytes_after": done.after}


def _index(context: JobContext) -> Mapping[str, Any]:
    """Make the index of a large store anew."""
    with _open(context) as store:
        return indexing.make(context, store)


def _reset(context: JobContext) -> Mapping[str, Any]:
    """Remove all vectors of all encoders and the record of the encoder; the next build chooses and encodes anew."""
    context.report.stage("reset", "removing all features")
    freed = 0
    sweep(context.workspace.cache / PARTS_DIRECTORY)
    for directory in (context.workspace.features_directory, copies_directory(context.workspace)):
        if directory.is_dir():
            freed += sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
            # Renamed first: a kill in the middle must not leave a store that looks whole.
            doomed = directory.with_name(f"{directory.name}.removed")
            shutil.rmtree(doomed, ignore_errors=True)
            directory.rename(doomed)
            shutil.rmtree(doomed)
    context.report.log(f"{megabytes(freed)} freed")
    return {"bytes_freed": freed}


def _open(context: JobContext) -> FeatureStore:
    choice = choose(context.workspace)
    directory = features_directory(context.workspace, choice)
    if not directory.is_dir():
        raise ModelError(f"There are no features of the {choice.name} encoder yet", "Run 'hyai cache build'")
    return FeatureStore.open(directory, choice.version.dimension, version=choice.version)
