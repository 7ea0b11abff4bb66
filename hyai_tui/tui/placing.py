"""Places the files of a library for the map screen, in a thread: the plane at once, or the map that a job has laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message
from textual.message_pump import MessagePump

from hyai_tui.tui.listing import Entry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.mapping import PlacedFiles
    from hyai_tui.workspace import Workspace

PLANE, LIKENESS = "plane", "likeness"


@dataclass
class FilesPlaced(Message):
    """Files are on the map; more may follow. Without any, `trouble` says why.

    Attributes:
        placed: where they lie.
        labels: int16[m], what people said of each of them.
        way: `plane` or `likeness`.
        laid_out: True where a map by likeness is kept.
        trouble: why there is none.
    """

    placed: PlacedFiles | None
    labels: NDArray[np.int16] | None = None
    way: str = PLANE
    laid_out: bool = False
    trouble: str = ""


def place_for_map(
    screen: MessagePump, workspace: Workspace, entry: Entry, way: str, journal: Journal, catalog: Catalog
) -> None:
    """Send `FilesPlaced` to a screen, several times for a large library; stops when the screen has gone.

    Args:
        screen: of the map.
        workspace: whose features and kept map these are.
        entry: a list, whose library is mapped.
        way: the map that is wanted; the plane comes where no map by likeness is kept.
        journal: for the samples.
        catalog: for the contents.
    """
    from threadpoolctl import threadpool_limits

    from hyai_tui.queues.combined import Combined
    from hyai_tui.queues.kept_map import read_map
    from hyai_tui.queues.mapping import known_labels, place_files
    from hyai_tui.queues.queue import Queue
    from hyai_tui.queues.vectors import open_vectors

    # One core places, so that the other answers keys.
    threadpool_limits(1)
    queue = entry.queue
    if not isinstance(queue, Queue | Combined):
        screen.post_message(FilesPlaced(None, trouble="this list is not made of files of the library"))
        return
    context = queue.context
    with open_vectors(workspace, context, catalog, journal) as vectors:
        if vectors is None:
            screen.post_message(FilesPlaced(None, trouble="no features yet: :cache encodes the pictures"))
            return
        labels = known_labels(context)
        kept = read_map(workspace.queues_directory, context, vectors.encoder)
        if kept is not None and way == LIKENESS:
            screen.post_message(FilesPlaced(kept, labels[kept.positions], LIKENESS, laid_out=True))
            return
        for placed in place_files(context, vectors):
            if not screen.is_attached:
                return
            screen.post_message(FilesPlaced(placed, labels[placed.positions], PLANE, kept is not None))
