"""The queues job: works out what the queues need of the features. The score job ends with the same.

Each list is kept as it is finished. The lists of a large library are prepared in seconds but for the oddities, which read
every vector; those are made again only when the encoder or the number of files has changed.
"""

from __future__ import annotations

import time
from typing import Any

from hyai_tui.errors import HyaiError
from hyai_tui.jobs.context import JobContext
from hyai_tui.queues import preparing
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.context import load_context
from hyai_tui.queues.prepared_file import DIVERSE, NEIGHBOURS, NEXT_BEST, ODDITIES, Stored, read, write
from hyai_tui.queues.vectors import Vectors, open_vectors

KIND = "queues"
COMPUTE = True


def run(context: JobContext) -> dict[str, Any]:
    """Prepare the queues.

    Options:
        anew: make the oddities again even if they still stand.

    Returns:
        `prepared`: list to number of files, and `seconds`.
    """
    began = time.monotonic()
    workspace = context.workspace
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context.report.stage("queues", "reading what is known of the files")
        known = load_context(workspace, catalog=catalog, journal=journal)
        with open_vectors(workspace, known, catalog, journal) as vectors:
            prepared = {} if vectors is None else _prepare(context, known, vectors)
    return {"prepared": prepared, "seconds": round(time.monotonic() - began, 3)}


def after_scoring(context: JobContext) -> None:
    """Prepare the queues at the end of another job; what stands in the way is said and fails nothing."""
    try:
        run(context)
    except HyaiError as error:
        context.report.warning(f"The queues could not be prepared: {error}")


def _prepare(context: JobContext, known: QueueContext, vectors: Vectors) -> dict[str, int]:
    directory = context.workspace.queues_directory
    found: dict[str, int] = {}

    def keep(name: str, stored: Stored) -> None:
        write(directory, name, stored.files, stored.values, stored.facts)
        found[name] = len(stored.files)
        context.check()

    context.report.stage("queues", "choosing what to label next")
    keep(NEXT_BEST, preparing.next_best(known, vectors, context.check))
    if known.labels:
        keep(NEIGHBOURS, preparing.mistakes_neighbours(known, vectors, context.check))
    keep(DIVERSE, preparing.diverse(known, vectors, context.check))
    total = len(vectors.store)
    before = read(directory, ODDITIES)
    if context.options.get("anew") or not preparing.is_current(before, vectors.encoder, total, known.options.oddities):
        context.report.stage("oddities", "looking for files that are unlike all others")
        keep(ODDITIES, preparing.oddities(known, vectors, context.check, total))
    elif before is not None:
        found[ODDITIES] = len(before.files)
    return found
