"""Reads a workspace into an `Explorer`: the very files that a tag run would look at, as decisions and scores stand now.

No job and nothing heavy: the thresholds screen and `hyai thresholds` call it where they are, off the interface's loop,
because a Hydrus client is asked which files may be tagged.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hyai_tui.effects.owntags import is_marked
from hyai_tui.jobs.candidates import Searching, candidates
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.rescoring import require_scores
from hyai_tui.learning.explorer import NO_LABEL, UNDECIDED, Explorer, Files
from hyai_tui.learning.registry import Registry
from hyai_tui.queues.arrays import LABELLED, QueueContext
from hyai_tui.queues.arrays import UNDECIDED as OPEN
from hyai_tui.queues.context import load_context
from hyai_tui.tagging.patience import Patience
from hyai_tui.tagging.targets import our_tags
from hyai_tui.workspace import Workspace

# Somebody waits for the answer, so a library that is down is given up soon.
_PATIENT_SECONDS = 5.0


def load_explorer(workspace: Workspace) -> tuple[Explorer, QueueContext]:
    """Return an explorer of the files that may be tagged, and the snapshot whose positions it names.

    Raises:
        ModelError: there is no model.
        NotNow: it has not scored anything yet.
        LibraryDown: the library does not say which files may be tagged.
    """
    known, ours = _known(workspace)
    return _asked(workspace, known, ours), known


def explorers(workspace: Workspace) -> Iterator[tuple[Explorer, QueueContext, bool]]:
    """Yield at once an explorer of all files of the last scan, then one of those that the library lets us tag.

    With each comes the snapshot whose positions it names, and whether the library was asked.

    Raises:
        ModelError, NotNow: as `load_explorer`; what was yielded before holds.
    """
    known, ours = _known(workspace)
    yield explorer_of(workspace, known, np.flatnonzero(known.present & (known.number >= 0))), known, False
    yield _asked(workspace, known, ours), known, True


def _known(workspace: Workspace) -> tuple[QueueContext, frozenset[str]]:
    """Return the snapshot, and all tags that are ours."""
    model = Registry(workspace.models_directory).require_current()
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog, workspace.open_ledger() as ledger:
        known = load_context(workspace, catalog=catalog, journal=journal)
        if known.undecided.any():
            require_scores(workspace, catalog, model)
        names = [*known.labels, *(label.name for label in journal.labels())]
        return known, our_tags(workspace.settings.tag, names, ledger.names() | journal.applied_tags())


def _asked(workspace: Workspace, known: QueueContext, ours: frozenset[str]) -> Explorer:
    """Ask the library which files may be tagged."""
    context = JobContext(workspace)
    library = workspace.open_library()
    try:
        with workspace.open_catalog() as catalog:
            searching = Searching(library, known, catalog, Patience(context.check, seconds=_PATIENT_SECONDS))
            files = candidates(searching, workspace.settings.tag.criteria, sorted(ours), context)
    finally:
        library.close()
    return explorer_of(workspace, known, files.positions)


def explorer_of(workspace: Workspace, known: QueueContext, positions: NDArray[np.int64]) -> Explorer:
    """Return an explorer of some files of a snapshot.

    Args:
        workspace: for its settings.
        known: the snapshot, with a model.
        positions: int64[n] of the files that may be tagged.
    """
    assert known.thresholds is not None
    probabilities = known.probabilities[positions]
    # What is never scored, queued or tagged has no opinion of ours.
    probabilities[known.motion[positions]] = np.nan
    codes = known.decision[positions]
    decided = np.where(codes == OPEN, UNDECIDED, NO_LABEL).astype(np.int64)
    labelled = codes == LABELLED
    decided[labelled] = known.decided_label[positions][labelled]
    judged = known.out_of_fold & (known.sample_label >= 0) & (known.sample_label < len(known.labels))
    if known.aware is not None:
        judged &= ~known.aware
    return Explorer(
        Files(positions, probabilities, decided, known.names),
        known.thresholds,
        known.probabilities[judged],
        known.sample_label[judged].astype(np.int64),
        [name for name in known.names if not is_marked(workspace.settings.tag, name)],
    )
