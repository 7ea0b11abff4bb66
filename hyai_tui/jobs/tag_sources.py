"""What the learn job reads: the side of each file, what is written about files, and vectors of some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.errors import HyaiError
from hyai_tui.jobs.context import JobContext
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import KnowsTexts
from hyai_tui.patterns import reference as reference_module
from hyai_tui.patterns.groups import find_groups
from hyai_tui.patterns.patterns import Kept
from hyai_tui.patterns.reference import Reference
from hyai_tui.queues.arrays import ARCHIVE, LABELLED, TRASH, UNDECIDED, QueueContext
from hyai_tui.queues.context import assemble, with_samples
from hyai_tui.queues.ranks import seeded
from hyai_tui.queues.vectors import Vectors, open_vectors
from hyai_tui.text import count

_SEED: Final = 1
# A reference stands while the number of vectors has changed by less than this share.
_STILL_STANDS: Final = 0.01
_TEXTS_A_STEP: Final = 256
# Files that are asked for a vector before a reference is left with fewer of them.
_MOST_LOOKED_AT: Final = 400_000


@dataclass(frozen=True)
class Sources:
    """What is known of the files.

    Attributes:
        context: all files, without scores.
        table: the tags of the n files that are in the library.
        position: int64[n], where each of them stands in the context.
        labels: names of the sides.
        side: int8[n], index into `labels`; -1 for a file on none.
    """

    context: QueueContext
    table: TagTable
    position: NDArray[np.int64]
    labels: tuple[str, ...]
    side: NDArray[np.int8]

    def file(self, number: int) -> str:
        """Return the SHA-256 of a file by its number in the catalog."""
        row = int(np.searchsorted(self.table.number, number))
        return self.context.file(int(self.position[row]))


def read_sources(context: JobContext, catalog: Catalog, journal: Journal) -> Sources:
    """Read the tags and the sides of all files: a decision outranks the library's state."""
    workspace = context.workspace
    records = list(journal.samples().values())
    known = assemble(
        workspace, with_samples(catalog.snapshot(), records), None, None, journal.effective(), records, {}, {}
    )
    table = catalog.tag_table(ours_at_sight(workspace.settings.tag))
    in_catalog = int(np.count_nonzero(known.number >= 0))
    position = np.searchsorted(known.number[:in_catalog], table.number)
    # A file that a scan has added between the two reads is left for the next time.
    there = (position < in_catalog) & (known.number[np.minimum(position, max(0, in_catalog - 1))] == table.number)
    if not there.all():
        table, position = table.rows(np.flatnonzero(there)), position[there]
    labels = tuple(dict.fromkeys([ARCHIVE, TRASH, *known.names]))
    place = np.array([labels.index(name) for name in known.names] or [0], np.int8)
    side = np.full(len(known), -1, np.int8)
    side[known.in_archive & (known.decision == UNDECIDED)] = labels.index(ARCHIVE)
    side[known.in_trash & (known.decision == UNDECIDED)] = labels.index(TRASH)
    decided = (known.decision == LABELLED) & (known.decided_label >= 0)
    side[decided] = place[known.decided_label[decided]]
    return Sources(known, table, position, labels, side[position])


def read_texts(context: JobContext) -> dict[str, str]:
    """Return what is written about some files; none, with a warning, where the library cannot be asked."""
    most = context.workspace.settings.patterns.texts_most
    found: dict[str, str] = {}
    if not most:
        return found
    library = None
    try:
        library = context.workspace.open_library()
        if isinstance(library, KnowsTexts):
            for one in library.texts(most):
                found[one.sha256] = "\n".join(one.texts)
                if len(found) % _TEXTS_A_STEP == 0:
                    context.check()
                    context.report.progress(len(found))
    except HyaiError as error:
        if context.cancelled():
            raise
        context.report.warning(f"Notes could not be read: {error}")
    finally:
        if library is not None:
            library.close()
    return found


def tags_of_files(sources: Sources, texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the tags of the files that something is written about."""
    row_of = np.full(len(sources.context), -1, np.int64)
    row_of[sources.position] = np.arange(len(sources.table))
    names = sources.table.names
    found = {}
    for file, at in zip(texts, sources.context.positions.of(list(texts)).tolist(), strict=True):
        row = int(row_of[at]) if at >= 0 else -1
        if row >= 0:
            found[file] = [names[tag] for tag in sources.table.of(row).tolist()]
    return found


def make_reference(
    context: JobContext, catalog: Catalog, journal: Journal, sources: Sources, kept: Kept, before: Reference | None
) -> Reference | None:
    """Return the files that others are compared with, with their visual groups; the last ones where they still stand.

    None without vectors.
    """
    workspace = context.workspace
    settings = workspace.settings.patterns
    made_of = f"{settings.group_distance:g} {settings.group_least}"
    with open_vectors(workspace, sources.context, catalog, journal) as vectors:
        if vectors is None or not len(vectors.store):
            return None
        total = len(vectors.store)
        if before is not None and before.made_of == made_of and before.encoder == vectors.encoder:
            rows = _rows_of(sources, before.files)
            stands = abs(total - before.total) <= _STILL_STANDS * before.total
            if stands and (rows >= 0).mean() > 1 - _STILL_STANDS:
                context.report.log(f"the visual groups of {count(len(before), 'file')} still stand")
                return before.with_tags(*_tags_at(sources, kept, rows), _sides_at(sources, rows))
        rows, found = _chosen(sources, vectors)
    if len(rows) < 2:
        return None
    context.check()
    mean, basis = reference_module.principal(found)
    reduced = reference_module.unit((found - mean) @ basis)
    groups = find_groups(reduced, settings.group_distance, settings.group_least, _SEED)
    return Reference(
        made_of,
        total,
        vectors.encoder,
        mean,
        basis,
        sources.context.sha256[sources.position[rows]],
        reduced,
        *_tags_at(sources, kept, rows),
        _sides_at(sources, rows),
        groups.of,
        groups.centres,
    )


def _chosen(sources: Sources, vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return (rows of the table, their vectors): files with tags first, drawn by seed, then others."""
    tagged = np.diff(sources.table.starts) > 0
    usable = sources.context.present[sources.position]
    draw = seeded(sources.context.sha256[sources.position], _SEED)
    order = np.lexsort((draw, ~tagged, ~usable))
    order = order[: int(usable.sum())]
    places, rows = [np.empty(0, np.int64)], [np.empty((0, vectors.store.dimension), np.float32)]
    most = reference_module.MOST_FILES
    for start in range(0, min(len(order), _MOST_LOOKED_AT), most):
        at, found = vectors.at(sources.position[order[start : start + most]])
        wanted = most - sum(map(len, places))
        places.append(at[:wanted])
        rows.append(found[:wanted])
        if len(at) >= wanted:
            break
    at, found = np.concatenate(places), np.concatenate(rows)
    row_of = np.full(len(sources.context), -1, np.int64)
    row_of[sources.position] = np.arange(len(sources.table))
    return row_of[at], found


def _rows_of(sources: Sources, files: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Return int64[m]: the row of each file in the table; -1 for one that is not there."""
    row_of = np.full(len(sources.context), -1, np.int64)
    row_of[sources.position] = np.arange(len(sources.table))
    at = sources.context.positions.of(files)
    return np.where(at >= 0, row_of[np.maximum(at, 0)], -1)


def _tags_at(sources: Sources, kept: Kept, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return (starts, tags): the tags that are kept, of the files at some rows; none for -1."""
    chosen = sources.table.rows(np.maximum(rows, 0))
    own = kept.place(chosen.tags)
    own[np.repeat(rows < 0, np.diff(chosen.starts))] = -1
    inside = np.concatenate([[0], np.cumsum(own >= 0)])
    return inside[chosen.starts].astype(np.int64), own[own >= 0].astype(np.int32)


def _sides_at(sources: Sources, rows: NDArray[np.int64]) -> NDArray[np.int8]:
    return np.where(rows >= 0, sources.side[np.maximum(rows, 0)], -1).astype(np.int8)
