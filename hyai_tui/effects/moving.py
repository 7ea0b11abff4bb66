"""The state effect: a committed decision moves its file to archive or trash, or takes it out of the trash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.outcome import BatchResult
from hyai_tui.effects.tagging import CHANGED_BY_OTHERS, report_missing
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Asks, Effect, Trace
from hyai_tui.library.base import FileState, Library, MediaFile, StateChange

REASON = "decided in hyai"
_STATES: dict[Asks, FileState] = {
    "archive": FileState.ARCHIVE,
    "trash": FileState.TRASH,
    "rescue": FileState.ARCHIVE,
}


@dataclass(frozen=True, slots=True)
class _Before:
    """Where a file stood before our first act; `archived` is the flag behind the trash, where the library has one."""

    state: FileState
    paths: tuple[str, ...]
    archived: bool | None = None

    @classmethod
    def of(cls, trace: Trace) -> _Before:
        """Read it from a trace."""
        before = trace.before
        return cls(FileState(before["state"]), tuple(before["paths"]), before.get("archived"))


def _record(media: MediaFile, *, with_flag: bool) -> dict[str, object]:
    """Return what is kept of a file before our first act; in the trash of Hydrus there is an archive flag too."""
    record: dict[str, object] = {"state": media.state.value, "paths": list(media.paths)}
    return record | {"archived": media.archived} if with_flag and media.state is FileState.TRASH else record


def _left_by_us(trace: Trace) -> set[FileState]:
    """Return the states in which our own acts, whole or cut short, can have left the file."""
    before = _Before.of(trace)
    left = {before.state if trace.applied is None else FileState(trace.applied)}
    if trace.attempted is None:
        return left
    if before.archived is not None:
        # Between the trash of Hydrus and anywhere else there are two steps, and a move may have ended between them.
        left |= {FileState.INBOX, FileState.ARCHIVE}
    return left | {FileState(trace.attempted)}


def _moves(media: MediaFile, wanted: StateChange) -> bool:
    """True if the file is not, or not with all its copies, in the state that is wanted."""
    flag = wanted.archived is not None and media.archived is not wanted.archived
    return media.conflict or media.state is not wanted.state or flag


@dataclass(slots=True)
class _Plan:
    """What one batch is to bring about.

    Attributes:
        targets: file to the state (and, for a folder, the places) that it is to have.
        asked: files that a decision asks to be moved; the others go back to where they were.
        ours: files that stand as an earlier act of ours left them.
        overridden: files that somebody else has moved since, and that a new decision moves again.
        effects: what is to be verified.
    """

    targets: dict[str, StateChange] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    ours: set[str] = field(default_factory=set)
    overridden: set[str] = field(default_factory=set)
    effects: list[Effect] = field(default_factory=list)


def reconcile_states(effects: Sequence[Effect], journal: Journal, catalog: Catalog, library: Library) -> BatchResult:
    """Bring the library's state of some files to what was committed; errors of the library come through."""
    result = BatchResult()
    found = library.lookup([effect.file for effect in effects])
    for effect in effects:
        if effect.file not in found:
            report_missing(effect, catalog, result)
    # In one transaction: a decision or an undo comes either before the look at what is asked, or after it is on record
    # that a move has begun, and is then carried out after this one.
    with journal.transaction():
        plan = _planned([one for one in effects if one.file in found], found, journal, result)
        states = {file: found[file] for file in plan.targets}
        changes = [plan.targets[file] for file, media in states.items() if _moves(media, plan.targets[file])]
        flags = library.kind == "hydrus"
        before = {file: _record(one, with_flag=flags) for file, one in states.items()}
        asked = {file: state for file, state in before.items() if file in plan.asked}
        journal.keep_before(asked, "state", anew=plan.overridden)
        # What has just been read, and was left by us, counts as verified: the next attempt takes the place of the last.
        read = {file: one["state"] for file, one in before.items() if file in plan.ours}
        journal.keep_applied(read, "state")
        journal.keep_attempted({one.sha256: one.state.value for one in changes}, "state")
    if changes:
        library.change_state(changes, REASON)
        after = library.lookup([change.sha256 for change in changes])
        catalog.update(after.values())
        found |= after
    applied: dict[str, str] = {}
    restored: list[str] = []
    for effect in plan.effects:
        wanted = plan.targets[effect.file]
        if _moves(found[effect.file], wanted):
            result.unverified(effect)
            continue
        result.done(effect)
        if effect.file in plan.asked:
            applied[effect.file] = wanted.state.value
        else:
            restored.append(effect.file)
    journal.keep_applied(applied, "state")
    journal.drop_traces(restored, "state")
    return result


def _planned(effects: Sequence[Effect], found: Mapping[str, MediaFile], journal: Journal, result: BatchResult) -> _Plan:
    """Work out what is wanted now; what needs no act or is not to be done is settled in `result`."""
    plan = _Plan()
    for effect in effects:
        media = found[effect.file]
        trace = journal.trace(effect.file, "state")
        # Copies in two folders may be a move of ours that was cut short: the next try finishes it.
        if media.conflict and (trace is None or trace.attempted is None):
            result.failed(effect, "Copies of the file stand in different folders, so it was left alone")
            continue
        request = journal.state_request(effect.file)
        if request is not None:
            change = StateChange(effect.file, _STATES[request.asks])
        elif trace is not None:
            before = _Before.of(trace)
            change = StateChange(effect.file, before.state, before.paths, before.archived)
        else:
            result.done(effect)
            continue
        if trace is not None and not media.conflict and media.state not in _left_by_us(trace) | {change.state}:
            # Somebody else has moved it: a new decision wins, and taking one back does not.
            if effect.cause == "undo":
                result.failed(effect, CHANGED_BY_OTHERS)
                continue
            plan.overridden.add(effect.file)
        elif trace is not None and not media.conflict:
            plan.ours.add(effect.file)
        if request is not None:
            plan.asked.add(effect.file)
        plan.targets[effect.file] = change
        plan.effects.append(effect)
    return plan
