"""The scan job: reads the library into the catalog, all of it, and only then says what is gone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import ScanReport
from hyai_tui.effects.owntags import own_tags
from hyai_tui.errors import DiskFull, LibraryDown
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.waiting import patient
from hyai_tui.library.base import Library, MediaFile, ReadsTexts, ScanItem, ScannedPath, ScanOptions, Unchanged
from hyai_tui.tagging.patience import Patience
from hyai_tui.text import count
from hyai_tui.workspace import Workspace

KIND = "scan"
COMPUTE = False

_GENTLY = 10
# More files than can be between the library and a written transaction.
_IN_DOUBT = 1_024
# Items between two looks at whether the user asked to stop; a folder hashes its files, so there it is each.
_LOOK_UP = 32


def run(context: JobContext) -> dict[str, Any]:
    """Scan the workspace's library.

    Options:
        accept_gone: mark files as gone however many they are.
        full: read every file of a Hydrus client again, not only what came or changed.
        gently: leave the processor to what else runs, such as the first training beside it.

    Returns:
        What `hyai scan --json` gives: `files`, `added`, `gone`, `skipped` (numbers), and `skipped_reasons`, `returned`,
        `changed`, `motion`, `conflicts`, `seconds`.
    """
    begun = time.monotonic()
    if context.options.get("gently"):
        os.nice(_GENTLY)
    workspace = context.workspace
    with workspace.open_catalog() as catalog:
        library = workspace.open_library()
        try:
            report = _scan(context, catalog, library)
        finally:
            library.close()
    if isinstance(library, ReadsTexts) and library.texts_read:
        context.report.log(f"tags taken from {count(library.texts_read, 'text')} beside pictures")
    _say(context, report, workspace.settings.library.motion)
    return {
        "files": report.files,
        "added": report.added,
        "gone": report.gone,
        "skipped": report.skipped.total(),
        "skipped_reasons": dict(sorted(report.skipped.items())),
        "returned": report.returned,
        "changed": report.changed,
        "motion": report.motion,
        "conflicts": report.conflicts,
        "seconds": round(time.monotonic() - begun, 3),
    }


def _scan(context: JobContext, catalog: Catalog, library: Library) -> ScanReport:
    hashes = library.kind == "hydrus"
    context.report.stage("count", "getting hashes from Hydrus" if hashes else "counting files")
    total = library.count()
    if total is not None:
        context.report.log(f"will process {count(total, 'hash', 'hashes') if hashes else count(total, 'file')}")
    context.report.stage("scan", "reading the library")
    scan = catalog.begin_scan()
    options = _reused(context, catalog, library)
    patience = patient(context)
    counted = _Counted(context, library.kind == "folder", total, options)
    while True:
        try:
            catalog.put(counted.through(library.scan(options), patience), scan)
            break
        except LibraryDown as error:
            if not counted.done:
                raise
            patience.wait(error)
        except DiskFull as error:
            counted.forget_last()
            patience.wait(error)
    counted.finish()
    report = patience.ask(lambda: catalog.finish_scan(scan, accept_gone=bool(context.options.get("accept_gone"))))
    context.report.stage("arrange", "arranging what was read")
    arrange(context.workspace, catalog)
    return report


def arrange(workspace: Workspace, catalog: Catalog) -> None:
    """Have the catalog keep the arrays that queues are made of, so that the next list opens at once."""
    catalog.keep(sorted(_own_tags(workspace)))


def _own_tags(workspace: Workspace) -> frozenset[str]:
    with workspace.open_journal() as journal:
        return own_tags(workspace.settings.tag, [one.name for one in journal.labels()])


def _reused(context: JobContext, catalog: Catalog, library: Library) -> ScanOptions:
    """Return what this scan need not read again."""
    if library.kind == "folder":
        return ScanOptions(catalog.known_paths())
    if context.options.get("full"):
        return ScanOptions()
    return ScanOptions(listed=catalog.known_ids(_own_tags(context.workspace)))


class _Counted:
    """Passes the items on and counts what takes the time: hashed paths in a folder, listed files elsewhere."""

    def __init__(self, context: JobContext, folder: bool, total: int | None, options: ScanOptions) -> None:
        self.done = 0
        self._context = context
        self._folder = folder
        self._slow = ScannedPath if folder else MediaFile
        self._total = total
        self._options = options

    def through(self, items: Iterator[ScanItem], patience: Patience) -> Iterator[ScanItem]:
        """Yield the items; a file that the library has given is remembered, should it go away before the end."""
        for seen, item in enumerate(items):
            if self._folder or seen % _LOOK_UP == 0:
                # Stopping between two items keeps what was put, and nothing is marked as gone.
                self._context.check()
                patience.answered()
                self._tell()
            if isinstance(item, Unchanged):
                if len(item) and not self._options.read:
                    self.done += len(item)
                    self._context.report.log(f"{count(len(item), 'file is', 'files are')} as before")
            elif isinstance(item, self._slow):
                self.done += 1
            if (number := getattr(item, "external_id", None)) is not None:
                self._options.read.append(number)
            yield item

    def forget_last(self) -> None:
        """Read the last files again: they were given, and could not be written."""
        last = min(len(self._options.read), _IN_DOUBT)
        del self._options.read[len(self._options.read) - last :]
        self.done = max(0, self.done - last)

    def finish(self) -> None:
        """Say that all is counted, whatever was announced."""
        if self.done != self._total:
            self._total = None
            self._context.report.progress(self.done, self.done)

    def _tell(self) -> None:
        total = None if self._total is None else max(self._total, self.done)
        self._context.report.progress(self.done, total)


def _say(context: JobContext, report: ScanReport, motion: str) -> None:
    if report.motion and motion == "skip":
        context.report.log(f"{count(report.motion, 'video or animation', 'videos and animations')} left out")
    if report.conflicts:
        files = count(report.conflicts, "file has", "files have")
        context.report.warning(f"{files} copies in different states: see 'hyai queue contradictions'")
    for reason, number in sorted(report.skipped.items()):
        if reason != "not-a-picture":
            context.report.log(f"{count(number, 'entry', 'entries')} skipped: {reason}")
