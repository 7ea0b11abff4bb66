"""Encode what is missing: list, let an engine fetch, decode and encode, store. Used by the cache job and by train.

Every vector travels with its work item and its content from the first byte to the store, so that a file that fails in the
middle can never shift another file's vector. At most a few batches of pixels are in memory. A build that is cancelled or
killed loses at most the rows of its last second, and the next one goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.owntags import tag_of
from hyai_tui.errors import Cancelled
from hyai_tui.features import pace
from hyai_tui.features.choosing import record
from hyai_tui.features.encoder import Encoder
from hyai_tui.features.engine import Encoded, Engine, LocalEngine, Work
from hyai_tui.features.memory import pictures_a_step
from hyai_tui.features.pace import Foreteller, Pace
from hyai_tui.features.phashes import FILE as PHASHES
from hyai_tui.features.phashes import PerceptualHashes
from hyai_tui.features.plan import LabelledPicture, Plan, WorkItem, make_plan, record_contents
from hyai_tui.features.reading import LASTING, LibraryOnDemand
from hyai_tui.features.recipe import Recipe, WithRecipe
from hyai_tui.features.selecting import Selection
from hyai_tui.features.store import FeatureStore
from hyai_tui.library.base import Library
from hyai_tui.pictures.decode import REASONS
from hyai_tui.workspace import Workspace

# Rows are stored at least this often; each time waits for the disk once.
_STORE_ROWS: Final = 256
_STORE_SECONDS: Final = 1.0
# Our own tags: what a review of the model's opinion looks at first.
_TAGGED: Final = ("archive", "trash")
_EVERYTHING: Final = Selection()

# Says what a build takes that has so many pictures to encode: (pictures, seconds that are left for them, seconds of one).
Foretold = Callable[[int, float, float], str]


@runtime_checkable
class Loads(Protocol):
    """An encoder that takes its time to be ready."""

    def load(self) -> None:
        """Make it ready."""
        ...


class Reporter(Protocol):
    """Where a build tells how far it is; a job's reporter fits."""

    def stage(self, name: str, about: str = "") -> None:
        """Begin a stage."""
        ...

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        """Say how far the stage is."""
        ...

    def log(self, text: str) -> None:
        """Say something for later."""
        ...


@dataclass(slots=True)
class BuildReport:
    """What a build did; `total = encoded + reused + left + len(skipped)` unless it was cancelled.

    Attributes:
        encoder: id of the encoder version.
        total: files and samples that should have a vector.
        encoded: vectors made now.
        reused: vectors that were there.
        left: without a vector still, because only so many were wanted.
        seconds: of fetching, decoding, encoding and storing; not of loading a network.
        skipped: file → reason (see `hyai_tui.pictures.decode.REASONS`).
    """

    encoder: str
    total: int
    encoded: int = 0
    reused: int = 0
    left: int = 0
    seconds: float = 0.0
    skipped: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the command's JSON."""
        return {
            "encoder": self.encoder,
            "total": self.total,
            "encoded": self.encoded,
            "reused": self.reused,
            "left": self.left,
            "seconds": round(self.seconds, 3),
            "skipped": [{"file": file, "reason": reason} for file, reason in self.skipped.items()],
        }


def build_features(
    workspace: Workspace,
    encoder: Encoder,
    report: Reporter,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    catalog: Catalog,
    samples: Iterable[LabelledPicture] = (),
    samples_only: bool = False,
    retry: bool = False,
    force: bool = False,
    of_the_workspace: bool = True,
    selection: Selection = _EVERYTHING,
    open_library: Callable[[], Library] | None = None,
    foretell: Foretold | None = None,
    engine: Engine | None = None,
) -> BuildReport:
    """Give every file of the library and every sample a vector, if it has none.

    The library is opened only if something has to be fetched from it.

    Args:
        workspace: names source, batch size and threads in its settings.
        encoder: pixels to vectors.
        report: where progress goes.
        cancelled: asked after each batch.
        catalog: as the last scan left it; contents and reasons are recorded there.
        samples: the training samples, encoded first.
        samples_only: leave out files that are no samples.
        retry: try again what could not be encoded before.
        force: encode anew what has a vector.
        of_the_workspace: record the encoder as the workspace's; False for that of a model trained before the settings changed.
        selection: which part of the work to do.
        open_library: default is the workspace's library.
        foretell: says what the work will take; told when the first batches have shown their pace, at once if there is nothing to
            encode, and again if it turns out otherwise.
        engine: who does the work; None for this machine alone, whose pace is noted.

    Raises:
        Cancelled: after the running batch; what was encoded is stored.
        LibraryDown, LibraryError, ModelError: what was encoded until then is stored.
    """
    settings = workspace.settings
    source = settings.features.source
    report.stage("list", "looking for pictures without features")
    plan = make_plan(
        catalog,
        source,
        samples,
        workspace.data,
        motion=settings.library.motion == "thumbnail",
        samples_only=samples_only,
        soon=np.concatenate(
            [np.empty(0, np.int64), *catalog.carriers([tag_of(settings.tag, label) for label in _TAGGED])]
        ),
    )
    plan.items = selection.sampled(plan.items)
    if selection.among is not None:
        plan.left_out = {file: reason for file, reason in plan.left_out.items() if file in selection.among}
    with open_store(workspace.features_directory, encoder) as store, ExitStack() as stack:
        hashes = stack.enter_context(PerceptualHashes(workspace.cache / PHASHES))
        if of_the_workspace:
            record(workspace, encoder.version)
        if retry:
            store.clear_problems(plan.contents().values())
        if force:
            store.remove(list(plan.contents().values()))
        result = BuildReport(encoder.version.id, plan.total, skipped=dict(plan.left_out))
        _take_over(plan, store)
        todo = _left_to_do(plan, store, result)
        if selection.limit is not None and len(todo) > selection.limit:
            result.left = len(todo) - selection.limit
            del todo[selection.limit :]
        library = LibraryOnDemand(open_library or workspace.open_library)
        stack.callback(library.close)
        work = Work(
            library,
            source,
            pictures_a_step(settings.features.batch_size),
            settings.features.decode_threads,
            encoder.recipe if isinstance(encoder, WithRecipe) else Recipe(),
            _refusing(catalog, source),
        )
        writer = _Writer(store, catalog, source, hashes if work.recipe == Recipe() else None, result)
        if foretell is not None and not todo and (line := foretell(0, 0.0, 0.0)):
            report.log(line)
        began, loaded = time.monotonic(), 0.0
        try:
            if todo and engine is None and isinstance(encoder, Loads):
                # Before the first picture, so that no pace of pictures has it in it.
                report.stage("load", f"loading {encoder.version.name}")
                encoder.load()
            loaded = time.monotonic() - began
            with closing((engine or LocalEngine(encoder)).encoded(todo, work)) as batches:
                measured = _encode(batches, len(todo), writer, report, cancelled, foretell, loaded)
        finally:
            result.seconds = time.monotonic() - began - loaded
        if measured is not None and engine is None:
            pace.note(workspace, f"encode {encoder.version.name}", measured)
    if not samples_only and selection == _EVERYTHING:
        catalog.clear_skips(source)
    catalog.put_skips(source, result.skipped.items())
    for line in _summary(result):
        report.log(line)
    return result


def _refusing(catalog: Catalog, source: str) -> Callable[[WorkItem], str]:
    """Return what says why an item is not to be fetched: the library says that it is no picture."""

    def refused(item: WorkItem) -> str:
        if source == "file" and item.sample is None:
            file = catalog.file(item.file)
            if file is not None and file.mime and not file.mime.startswith("image/"):
                return "not-a-picture"
        return ""

    return refused


def _encode(
    batches: Iterator[list[Encoded]],
    total: int,
    writer: _Writer,
    report: Reporter,
    cancelled: Callable[[], bool],
    foretell: Foretold | None,
    loaded: float,
) -> Pace | None:
    """Store all that the engine gives, after a load of so many seconds; return the pace, where there was enough to measure one."""
    report.stage("encode", f"encoding {total:,} pictures" if total else "every picture has its features")
    began = time.monotonic() - loaded
    done, first = 0, (0, 0.0)
    foreteller = None
    if foretell is not None:
        foreteller = Foreteller(total, lambda left, each: report.log(foretell(total, left, each)))
    if total:
        report.progress(0, total)
    try:
        for batch in batches:
            writer.take(batch)
            done += len(batch)
            if batch:
                passed = time.monotonic() - began
                # Threads have decoded ahead of the first batch: what comes after it says what a picture takes.
                first = first if first[0] else (done, passed)
                report.progress(done, total)
                if foreteller is not None:
                    foreteller.mark(passed, done)
            if cancelled() and done < total:
                raise Cancelled("Cancelled; what was encoded is kept", "'hyai cache build' goes on from there")
    finally:
        writer.flush()
    after = done - first[0]
    if after < pace.LEAST_ITEMS:
        return None
    each = (time.monotonic() - began - first[1]) / after
    return Pace(max(0.0, first[1] - each * first[0]), each)


def _take_over(plan: Plan, store: FeatureStore) -> None:
    """Give small copies the vectors of their originals that the library has no longer, where there are some."""
    originals = {item.content: item.file for item in plan.items if item.shrunk and item.content is not None}
    copies = list(store.missing(list(originals)))
    vectors, found = store.get([originals[one] for one in copies])
    if found.any():
        store.append([one for one, there in zip(copies, found.tolist(), strict=True) if there], vectors[found])


def _left_to_do(plan: Plan, store: FeatureStore, result: BuildReport) -> list[WorkItem]:
    """Return the items without a vector; count those that have one, and those known to be hopeless."""
    known = [item.content for item in plan.items if item.content is not None]
    missing = set(store.missing(known))
    problems = store.problems()
    todo = []
    for item in plan.items:
        if item.content is None or (item.content in missing and item.content not in problems):
            todo.append(item)
        elif item.content in missing:
            result.skipped[item.file] = problems[item.content]
        else:
            result.reused += 1
    return todo


class _Writer:
    """Stores what was encoded, with everything that is to be recorded about it."""

    def __init__(
        self, store: FeatureStore, catalog: Catalog, source: str, hashes: PerceptualHashes | None, result: BuildReport
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._source = source
        self._hashes = hashes
        self._result = result
        self._rows: list[Encoded] = []
        self._problems: dict[str, str] = {}
        self._stored_at = time.monotonic()

    def take(self, batch: list[Encoded]) -> None:
        """Take over a batch; store it soon."""
        for one in batch:
            if one.vector is not None:
                self._rows.append(one)
                continue
            self._result.skipped[one.item.file] = one.reason
            if one.content is not None and one.reason in LASTING:
                self._problems[one.content] = one.reason
                # Its content must be known the next time, or it would be fetched again to be found bad again.
                self._record([one])
        if len(self._rows) >= _STORE_ROWS or time.monotonic() - self._stored_at > _STORE_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Store what was encoded. Vectors first: a content that is recorded has its vector, or none was ever made."""
        rows, self._rows = self._rows, []
        if rows:
            contents = [one.content for one in rows if one.content is not None]
            self._store.append(contents, np.stack([one.vector for one in rows if one.vector is not None]))
            if self._hashes is not None:
                self._hashes.put((one.content, one.phash) for one in rows if one.content is not None)
            self._record(rows)
            self._result.encoded += len(rows)
        if self._problems:
            self._store.put_problems(self._problems)
            self._problems = {}
        self._stored_at = time.monotonic()

    def _record(self, items: list[Encoded]) -> None:
        """Record contents that differ from what the plan knew."""
        found = {
            one.item.file: (one.content, one.item.in_library)
            for one in items
            if one.content is not None and one.content != one.item.content
        }
        if found:
            record_contents(self._catalog, self._source, found)


def _summary(result: BuildReport) -> Iterator[str]:
    """Yield one line on what was done and one for each reason for which files were left out."""
    left = f", {result.left:,} left for later" if result.left else ""
    yield f"{result.encoded:,} encoded, {result.reused:,} reused, {len(result.skipped):,} skipped{left}"
    if result.encoded:
        yield f"  {1000 * result.seconds / result.encoded:.1f} ms a picture, {result.encoded / result.seconds:,.1f} a second"
    counts: dict[str, int] = {}
    for reason in result.skipped.values():
        counts[reason] = counts.get(reason, 0) + 1
    for reason, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        yield f"  {count:,} {reason}: {REASONS.get(reason, reason)}"


def open_store(features: Path, encoder: Encoder) -> FeatureStore:
    """Open the store of an encoder's version for writing, made where there is none."""
    version = encoder.version
    return FeatureStore.open(features / version.id, version.dimension, version=version)
