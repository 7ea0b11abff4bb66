"""Hints in a training: which files give one, and what the library is asked for before the first scan."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.jobs.context import JobContext
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import FileState, KnowsStates
from hyai_tui.samples.hints import ORIGIN, choose
from hyai_tui.samples.training import Sample
from hyai_tui.text import count

_BATCH = 256


def for_training(context: JobContext, journal: Journal, catalog: Catalog, samples: Sequence[Sample]) -> list[Sample]:
    """Return the hints to train with, besides the samples; none unless the option or the setting asks for them.

    A library that has not been scanned yet is asked for its newest trashed and archived files.

    Raises:
        Cancelled: the user asked to stop; files that were listed until then stay in the catalog.
        LibraryDown, LibraryError: the library has to be asked, and does not answer.
    """
    settings = context.workspace.settings.train
    asked = context.options.get("hints")
    wanted = settings.hints and context.options.get("data") is None if asked is None else bool(asked)
    if not wanted:
        return []
    if catalog.last_scan() is None:
        _list_first(context, catalog, settings.hints_most)
    decided = {one.identity for one in samples} | journal.effective().keys()
    labels = {one.name for one in journal.labels()}
    found = choose(
        catalog.snapshot(), decided, labels, most=settings.hints_most, seed=settings.seed, weight=settings.hint_weight
    )
    if found:
        context.report.log(
            f"{count(len(found), 'hint')} from archived and trashed files, at {settings.hint_weight:g} each"
        )
    else:
        context.report.log("no hints: there are too few archived and trashed files that nobody has decided on")
    return found


def is_hint(sample: Sample) -> bool:
    """True for a hint, False for a sample that somebody decided."""
    return sample.origin == ORIGIN


def without_echoes(samples: Sequence[Sample], contents: Sequence[str | None]) -> tuple[list[Sample], list[str | None]]:
    """Leave out hints whose picture is that of a decision, or of a hint on the other side: they say nothing of their own."""
    pairs = list(zip(samples, contents, strict=True))
    decided = {content for one, content in pairs if not is_hint(one)}
    sides: dict[str | None, set[str]] = {}
    for one, content in pairs:
        if is_hint(one):
            sides.setdefault(content, set()).add(one.label)
    kept = [
        (one, content)
        for one, content in pairs
        if not is_hint(one) or (content is not None and content not in decided and len(sides[content]) == 1)
    ]
    return [one for one, _ in kept], [content for _, content in kept]


def _list_first(context: JobContext, catalog: Catalog, most: int) -> None:
    """Put the newest trashed and archived files into the catalog: a whole scan of millions takes its time."""
    library = context.workspace.open_library()
    try:
        if not isinstance(library, KnowsStates):
            return
        context.report.stage("list", "asking the library for its newest trashed and archived files")
        done = 0
        for state in (FileState.TRASH, FileState.ARCHIVE):
            files = library.some(state, most)
            while batch := list(islice(files, _BATCH)):
                context.check()
                catalog.update(batch)
                done += len(batch)
                context.report.progress(done, None)
    finally:
        library.close()
