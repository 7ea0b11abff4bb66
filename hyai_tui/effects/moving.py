"""The state effect: a committed decision moves its file to archive or trash, or takes it out of the trash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
class _Last:
    """What we last knew of a file's state.

    Attributes:
        state: the state that we last verified.
        moving: True if a move was begun since and its end was not written down: the process was killed, or the library
            went away. Copies in two folders are then our own half-done move, which the next try finishes.
    """

    state: FileState
    moving: bool

    @classmethod
    def of(cls, trace: Trace | None) -> _Last | None:
        """Read it from a trace."""
        if trace is None or trace.applied is None:
            return None
        return cls(FileState(trace.applied["state"]), bool(trace.applied["moving"]))


def _moves(media: MediaFile, wanted: FileState) -> bool:
    """True if the file is not, or not with all its copies, in the state that is wanted."""
    return media.conflict or media.state is not wanted


def reconcile_states(effects: Sequence[Effect], journal: Journal, catalog: Catalog, library: Library) -> BatchResult:
    """Bring the library's state of some files to what was committed; errors of the library come through."""
    result = BatchResult()
    found = library.lookup([effect.file for effect in effects])
    targets: dict[str, FileState] = {}
    asked: set[str] = set()
    overridden: set[str] = set()
    changing: list[Effect] = []
    for effect in effects:
        media = found.get(effect.file)
        if media is None:
            report_missing(effect, catalog, result)
            continue
        trace = journal.trace(effect.file, "state")
        last = _Last.of(trace)
        if media.conflict and not (last is not None and last.moving):
            result.failed(effect, "Copies of the file stand in different folders, so it was left alone")
            continue
        asker = journal.state_asker(effect.file)
        if asker is not None and asker.asks is not None:
            asked.add(effect.file)
            wanted = _STATES[asker.asks]
        elif trace is not None:
            wanted = FileState(trace.before)
        else:
            result.done(effect)
            continue
        if last is not None and not media.conflict and media.state not in (last.state, wanted):
            # Somebody else has moved it: a new decision wins, and taking one back does not.
            if effect.cause == "undo":
                result.failed(effect, CHANGED_BY_OTHERS)
                continue
            overridden.add(effect.file)
        targets[effect.file] = wanted
        changing.append(effect)
    if not changing:
        return result
    states = {file: found[file].state.value for file in targets}
    changes = [StateChange(file, state) for file, state in targets.items() if _moves(found[file], state)]
    with journal.transaction():
        journal.keep_before({file: state for file, state in states.items() if file in asked}, "state", anew=overridden)
        moving = {one.sha256: {"state": states[one.sha256], "moving": True} for one in changes}
        journal.keep_applied(moving, "state")
    if changes:
        library.change_state(changes, REASON)
        after = library.lookup([change.sha256 for change in changes])
        catalog.update(after.values())
        found |= after
    for effect in changing:
        if _moves(found[effect.file], targets[effect.file]):
            result.unverified(effect)
            continue
        result.done(effect)
        if effect.file in asked:
            left = {"state": targets[effect.file].value, "moving": False}
            journal.keep_applied({effect.file: left}, "state")
        else:
            journal.drop_traces([effect.file], "state")
    return result
