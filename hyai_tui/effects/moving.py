"""The state effect: a committed decision moves its file to archive or trash, or takes it out of the trash."""

from __future__ import annotations

from collections.abc import Sequence

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.outcome import BatchResult
from hyai_tui.effects.tagging import CHANGED_BY_OTHERS, report_missing
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Asks, Effect
from hyai_tui.library.base import FileState, Library, StateChange

REASON = "decided in hyai"
_STATES: dict[Asks, FileState] = {
    "archive": FileState.ARCHIVE,
    "trash": FileState.TRASH,
    "rescue": FileState.ARCHIVE,
}


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
        if media.conflict:
            result.failed(effect, "Copies of the file stand in different folders, so it was left alone")
            continue
        trace = journal.trace(effect.file, "state")
        asker = journal.state_asker(effect.file)
        if asker is not None and asker.asks is not None:
            asked.add(effect.file)
            wanted = _STATES[asker.asks]
        elif trace is not None:
            wanted = FileState(trace.before)
        else:
            result.done(effect)
            continue
        if trace is not None and trace.applied is not None and media.state not in (FileState(trace.applied), wanted):
            # Somebody else has moved it: a new decision wins, and taking one back does not.
            if effect.cause == "undo":
                result.failed(effect, CHANGED_BY_OTHERS)
                continue
            overridden.add(effect.file)
        targets[effect.file] = wanted
        changing.append(effect)
    if not changing:
        return result
    before = {file: found[file].state.value for file in targets if file in asked}
    journal.keep_before(before, "state", anew=overridden)
    changes = [StateChange(file, state) for file, state in targets.items() if found[file].state is not state]
    if changes:
        library.change_state(changes, REASON)
        after = library.lookup([change.sha256 for change in changes])
        catalog.update(after.values())
        found |= after
    for effect in changing:
        if found[effect.file].state is not targets[effect.file]:
            result.unverified(effect)
            continue
        result.done(effect)
        if effect.file in asked:
            journal.keep_applied({effect.file: targets[effect.file].value}, "state")
        else:
            journal.drop_traces([effect.file], "state")
    return result
