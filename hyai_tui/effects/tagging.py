"""The tag effect: our tag on a decided file is the decision's label, and it alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.outcome import BatchResult
from hyai_tui.effects.owntags import own_tags, wanted_tags
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Decision, Effect, Trace
from hyai_tui.library.base import FileState, Library, MediaFile, TagChange
from hyai_tui.settings import TagSettings

CHANGED_BY_OTHERS = "Somebody has changed it meanwhile, so nothing was changed"
GONE = "The library does not have the file any more"
NOT_FOUND = "The file is not where the last scan saw it: run 'hyai scan'"


def reconcile_tags(
    effects: Sequence[Effect], journal: Journal, catalog: Catalog, library: Library, settings: TagSettings
) -> BatchResult:
    """Bring the tags of some files to the decisions in force; errors of the library come through.

    The state before is recorded before the first write, and what has been read back after it.
    """
    result = BatchResult()
    files = [effect.file for effect in effects]
    ours = own_tags(settings, (one.name for one in journal.labels()))
    in_force = journal.effective(files)
    found = library.lookup(files)
    _stage_rescues(effects, in_force, found, journal, catalog)
    targets: dict[str, frozenset[str]] = {}
    mine: dict[str, frozenset[str]] = {}
    changing: list[Effect] = []
    for effect in effects:
        media = found.get(effect.file)
        if media is None:
            report_missing(effect, catalog, result)
            continue
        decision = in_force.get(effect.file)
        trace = journal.trace(effect.file, "tag")
        # What we did here under another prefix, or for a label of another day, is ours to take back all the same.
        mine[effect.file] = ours if trace is None else ours.union(trace.before, *_left_by_us(trace))
        present = media.tags & mine[effect.file]
        wanted = _wanted(trace, settings, decision, present)
        # Where somebody else has changed them a new decision wins, and taking one back does not.
        if (effect.cause == "undo" or decision is None) and _changed_by_others(trace, present, wanted):
            result.failed(effect, CHANGED_BY_OTHERS)
            continue
        targets[effect.file] = wanted
        changing.append(effect)
    if not changing:
        return result
    present_tags = {effect.file: found[effect.file].tags & mine[effect.file] for effect in changing}
    begin_writing(journal, present_tags, targets, in_force)
    changes = [
        TagChange(file, add=targets[file] - tags, remove=tags - targets[file])
        for file, tags in present_tags.items()
        if tags != targets[file]
    ]
    if changes:
        library.change_tags(changes)
        after = library.lookup([change.sha256 for change in changes])
        catalog.update(after.values())
        found |= after
    _verify(changing, targets, {file: found[file].tags & mine[file] for file in targets}, in_force, journal, result)
    return result


def begin_writing(
    journal: Journal,
    present: Mapping[str, frozenset[str]],
    wanted: Mapping[str, frozenset[str]],
    decided: Collection[str],
) -> None:
    """Record what is there before a write, and what it is to leave, so that a write cut short is known for our own.

    Args:
        journal: where traces are kept.
        present: file to the tags of ours that were just read.
        wanted: file to the tags of ours that it is to have.
        decided: files with a decision in force; the others only lose what a decision had left.
    """
    with journal.transaction():
        traces = {file: trace for file in present if (trace := journal.trace(file, "tag")) is not None}
        others = {file for file, trace in traces.items() if _changed_by_others(trace, present[file], wanted[file])}
        journal.keep_before({file: sorted(present[file]) for file in present if file in decided}, "tag", anew=others)
        journal.keep_applied({file: sorted(present[file]) for file in traces if file not in others}, "tag")
        journal.keep_attempted({file: sorted(wanted[file]) for file in present}, "tag")


def _changed_by_others(trace: Trace | None, present: frozenset[str], wanted: frozenset[str]) -> bool:
    return trace is not None and present not in (*_left_by_us(trace), wanted)


def _left_by_us(trace: Trace) -> list[frozenset[str]]:
    """Return the tags that our own acts, whole or cut short, can have left."""
    left = [frozenset(trace.before if trace.applied is None else trace.applied)]
    return left if trace.attempted is None else [*left, frozenset(trace.attempted)]


def _stage_rescues(
    effects: Sequence[Effect],
    in_force: Mapping[str, Decision],
    found: Mapping[str, MediaFile],
    journal: Journal,
    catalog: Catalog,
) -> None:
    """Stage an undelete for every file to be kept that lies in the trash, although the last scan saw it elsewhere.

    The trash empties itself: a file that somebody threw away since the scan would be lost with its decision to keep it.
    """
    for effect in effects:
        decision, media = in_force.get(effect.file), found.get(effect.file)
        if (
            effect.cause == "decision"
            and decision is not None
            and decision.label == "archive"
            and media is not None
            and media.state is FileState.TRASH
            and journal.stage_late(effect.file, decision.id, "rescue")
        ):
            catalog.update([media])


def _wanted(
    trace: Trace | None, settings: TagSettings, decision: Decision | None, present: frozenset[str]
) -> frozenset[str]:
    """Return the tags of ours that a file is to have, given those that it has."""
    if decision is not None:
        return wanted_tags(settings, decision.label, present)
    # Without a decision it is as before our first act; where we have done nothing, there is nothing to take back.
    return present if trace is None else frozenset(trace.before)


def _verify(
    effects: Sequence[Effect],
    targets: Mapping[str, frozenset[str]],
    left: Mapping[str, frozenset[str]],
    in_force: Mapping[str, Decision],
    journal: Journal,
    result: BatchResult,
) -> None:
    applied: dict[str, list[str]] = {}
    restored: list[str] = []
    for effect in effects:
        if left[effect.file] != targets[effect.file]:
            result.unverified(effect)
            continue
        result.done(effect)
        if effect.file in in_force:
            applied[effect.file] = sorted(targets[effect.file])
        else:
            restored.append(effect.file)
    journal.keep_applied(applied, "tag")
    journal.drop_traces(restored, "tag")


def report_missing(effect: Effect, catalog: Catalog, result: BatchResult) -> None:
    """Settle an effect on a file that the library does not show; what a scan may still find is waited for."""
    known = catalog.file(effect.file)
    if known is None and catalog.last_scan() is not None:
        result.done(effect, "Not a file of the library")
    elif known is not None and known.state is FileState.GONE:
        result.failed(effect, GONE)
    else:
        result.wait(
            [effect], NOT_FOUND if known is not None else "The library has not been scanned yet: run 'hyai scan'"
        )
