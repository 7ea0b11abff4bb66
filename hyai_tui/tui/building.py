"""Builds the list of queues off the loop: a snapshot of one moment that names its model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hyai_tui.errors import HyaiError, ModelError
from hyai_tui.tui import words
from hyai_tui.tui.listing import Entry, ModelLine, Snapshot, title
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.learning.bundle import Bundle
    from hyai_tui.queues.context import QueueContext

# Shown even while there is nothing in them.
_ALWAYS = {"mistakes", "low-confidence", "all"}


def build_snapshot(
    workspace: Workspace, journal: Journal, catalog: Catalog, session: str, before: str | None = None
) -> Snapshot:
    """Return all queues of this moment. Takes as long as reading the arrays of the library takes.

    Args:
        workspace: whose settings and models hold.
        journal: decisions and labels.
        catalog: files.
        session: whose skipped files go to the end.
        before: the model whose scores were shown until now, to tell what changed most since.
    """
    from hyai_tui.catalog.kept import let_go
    from hyai_tui.queues import changes
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.packed import packed, repacked
    from hyai_tui.queues.plugins import available
    from hyai_tui.queues.queue import Queue

    context = load_context(workspace, catalog=catalog, journal=journal, session=session)
    scored = context.model_id is None or bool((context.scored & ~context.out_of_fold).any())
    entries: list[Entry] = []
    for name, kind in available().items():
        if not kind.tells(context):
            continue
        queue = kind.build(context)
        if name not in _ALWAYS and not len(queue):
            continue
        entries.append(Entry(name, _title(name, context), kind.describe(context), queue))
        if name == "mistakes":
            for part, sentence in words.MISTAKES.items():
                entries.append(Entry(f"{name}:{part}", sentence, part, queue.only(part), indent=1))
    old = _scores_before(workspace, catalog, context, before)
    moved = changes.changes(context, old) if old is not None else ()
    if old is not None and moved:
        about = f"the {changes.MOST} files whose score moved most with the new model"
        queue = changes.queue_of(context, old)
        entries.insert(len(entries) - 1, Entry(changes.NAME, _title(changes.NAME, context), about, queue))
    entries += _saved(workspace, journal, catalog, context)
    # From now on the context is only read, row by row, for as long as the app shows this list.
    compact = packed(context)
    entries = [
        replace(entry, queue=repacked(entry.queue, context, compact)) if isinstance(entry.queue, Queue) else entry
        for entry in entries
    ]
    for entry in entries:
        # Made here, off the loop, and kept for the counts.
        _ = entry.files
    # An order by seed has read all hashes, 64 bytes each; the rows on screen need a few.
    let_go(context.sha256)
    labels = journal.labels()
    return Snapshot(
        tuple(entries),
        _model(workspace),
        {label.digit: label.name for label in labels if label.digit is not None},
        int(context.present.sum()),
        moved,
        {label.name: label.colour for label in labels if label.colour is not None},
        tuple(label.name for label in labels if label.digit is None),
        scored,
    )


def _saved(workspace: Workspace, journal: Journal, catalog: Catalog, context: QueueContext) -> list[Entry]:
    """Return the saved searches as lists; one that cannot be answered now is empty and says why."""
    import numpy as np

    from hyai_tui.queues.plain import everything
    from hyai_tui.queues.plugins import available
    from hyai_tui.queues.saved import found
    from hyai_tui.queues.selecting import Library
    from hyai_tui.queues.widening import widening_of

    if not (searches := journal.searches()):
        return []
    library = Library(context, catalog, widening=widening_of(workspace))
    entries: list[Entry] = []
    for search in searches:
        named, about = title(search.name), search.about
        try:
            entries.append(Entry(search.name, named, about, found(search, library, available())))
        except HyaiError as error:
            nothing = everything(context).taken(np.empty(0, np.int64))
            entries.append(Entry(search.name, named, f"{about} · {error}", nothing))
    return entries


def _scores_before(
    workspace: Workspace, catalog: Catalog, context: QueueContext, before: str | None
) -> NDArray[np.float32] | None:
    """Return the scores of the model before, aligned with the context; None where the two cannot be compared."""
    from hyai_tui.learning.registry import Registry
    from hyai_tui.learning.scores import ScoreTable

    if before is None or context.model_id is None or before == context.model_id:
        return None
    try:
        bundle = Registry(workspace.models_directory).get(before)
    except ModelError:
        return None
    if bundle.labels != context.labels:
        return None
    return ScoreTable.open(workspace.scores_directory, bundle, *catalog.number_marks(bundle.id)).at(context.number)


def _title(name: str, context: QueueContext) -> str:
    made = title(name)
    if name == "low-confidence" and (band := _band(context)):
        return f"{made} {band}"
    return made


def _band(context: QueueContext) -> str:
    """Return `.28–.78`, the scores between the thresholds; empty without a model of two labels."""
    if context.thresholds is None or len(context.thresholds.values) != 2:
        return ""
    low, high = context.thresholds.values
    return f"{words.fraction(low)}–{words.fraction(high)}"


def _model(workspace: Workspace) -> ModelLine | None:
    from hyai_tui.learning.registry import Registry

    bundle: Bundle | None = Registry(workspace.models_directory).current()
    if bundle is None:
        return None
    value = bundle.metrics.get("macro_f1")
    return ModelLine(bundle.id, bundle.number, float(value) if isinstance(value, int | float) else None)
