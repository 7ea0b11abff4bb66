"""The scan job: reads the library into the catalog, all of it, and only then says what is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import ScanReport
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import Library, MediaFile, ScanItem, ScannedPath, ScanOptions
from hyai_tui.text import count

KIND = "scan"
COMPUTE = False


def run(context: JobContext) -> dict[str, Any]:
    """Scan the workspace's library.

    Options:
        accept_gone: mark files as gone however many they are.

    Returns:
        What `hyai scan --json` gives: `files`, `added`, `gone`, `skipped` (numbers), and `skipped_reasons`, `returned`,
        `changed`, `motion`, `conflicts`, `seconds`.
    """
    begun = time.monotonic()
    workspace = context.workspace
    with workspace.open_catalog() as catalog:
        library = workspace.open_library()
        try:
            report = _scan(context, catalog, library)
        finally:
            library.close()
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
    context.report.stage("count", "counting files")
    total = library.count()
    context.report.stage("scan", "reading the library")
    scan = catalog.begin_scan()
    known = catalog.known_paths() if library.kind == "folder" else {}
    catalog.put(_counted(context, library, library.scan(ScanOptions(known)), total), scan)
    return catalog.finish_scan(scan, accept_gone=bool(context.options.get("accept_gone")))


def _counted(context: JobContext, library: Library, items: Iterator[ScanItem], total: int | None) -> Iterator[ScanItem]:
    """Pass the items on and count what takes the time: hashed paths in a folder, listed files elsewhere."""
    slow = ScannedPath if library.kind == "folder" else MediaFile
    done = 0
    for item in items:
        # Stopping between two items keeps what was put, and nothing is marked as gone.
        context.check()
        if isinstance(item, slow):
            done += 1
            context.report.progress(done, max(total, done) if total is not None else None)
        yield item
    if done != total:
        context.report.progress(done, done)


def _say(context: JobContext, report: ScanReport, motion: str) -> None:
    if report.motion and motion == "skip":
        context.report.log(f"{count(report.motion, 'video or animation', 'videos and animations')} left out")
    if report.conflicts:
        files = count(report.conflicts, "file has", "files have")
        context.report.warning(f"{files} copies in different states: see 'hyai queue contradictions'")
    for reason, number in sorted(report.skipped.items()):
        if reason != "not-a-picture":
            context.report.log(f"{count(number, 'entry', 'entries')} skipped: {reason}")
