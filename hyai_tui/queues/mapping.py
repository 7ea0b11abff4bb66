"""A map of the library: files side by side that look alike to the encoder, and lists of what lies in a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import ARCHIVE, TRASH, QueueContext
from hyai_tui.queues.ordering.kmeans import Floats
from hyai_tui.queues.ordering.plane import plane
from hyai_tui.queues.queue import Kind, Queue, build
from hyai_tui.queues.ranks import seeded
from hyai_tui.queues.vectors import Vectors

NAME = "map"
# Places further rows (float32[n, d] to float32[n, 2]) on a map that was laid out.
Rule = Callable[[Floats], Floats]
# Lays rows out: float32[n, d] to their places, float32[n, 2] of any scale, and the rule for all others.
Layout = Callable[[Floats], tuple[Floats, Rule]]
# The plane is that of so many files, which are also the first to be placed.
SAMPLE = 8_192
_BLOCK = 4_096
_STEP = 100_000
# Files farther out than all but this share are placed at the edge.
_FAR = 0.002


@dataclass(frozen=True, eq=False)
class PlacedFiles:
    """Files on the map.

    Attributes:
        positions: int64[m] into the context.
        places: float32[m, 2], across and down, 0 … 1.
        total: how many files there are to place.
    """

    positions: NDArray[np.int64]
    places: Floats
    total: int

    def __len__(self) -> int:
        return len(self.positions)

    def inside(self, left: float, top: float, right: float, bottom: float) -> NDArray[np.int64]:
        """Return int64[k]: places in `positions` of the files in a part of the map, from its middle outwards.

        Left and upper edges belong to a part, right and lower ones to the next; those of the map belong to the last.
        """
        across, down = self.places[:, 0], self.places[:, 1]
        within = (
            (across >= left) & ((across < right) | (right >= 1)) & (down >= top) & ((down < bottom) | (bottom >= 1))
        )
        found = np.flatnonzero(within)
        away = (across[found] - (left + right) / 2) ** 2 + (down[found] - (top + bottom) / 2) ** 2
        return found[np.argsort(away, kind="stable")]


def on_the_plane(rows: Floats) -> tuple[Floats, Rule]:
    """Lay files out by the first two principal components."""
    projection = plane(rows)
    return projection.of(rows), projection.of


def place_files(
    context: QueueContext, vectors: Vectors, lay: Layout = on_the_plane, sample: int | None = None
) -> Iterator[PlacedFiles]:
    """Yield the map: first of a sample; then, of a larger library, with more and more of the others.

    Args:
        context: whose present files are placed.
        vectors: theirs; files without one are not on the map.
        lay: lays the sample out.
        sample: how many files that is; `SAMPLE` without.
    """
    most = SAMPLE if sample is None else sample
    here = np.flatnonzero(context.present)
    chosen = here
    if len(here) > most:
        order = np.argsort(seeded(context.hashes()[here], context.options.seed), kind="stable")
        chosen = np.sort(here[order[:most]])
    positions, rows = vectors.at(chosen)
    points, rule = lay(rows)
    low, high = np.quantile(points, (_FAR, 1 - _FAR), axis=0) if len(points) else (np.zeros(2), np.ones(2))
    span = np.where(high > low, high - low, 1)

    def scaled(points: Floats) -> Floats:
        found: Floats = np.clip((points - low) / span, 0, 1).astype(np.float32)
        return found

    found, placed = [positions], [scaled(points)]
    yield PlacedFiles(positions, placed[0], len(here))
    if len(chosen) == len(here) or not len(positions):
        return
    done = np.zeros(len(context), bool)
    done[positions] = True
    waiting = 0
    for at, block in vectors.blocks(_BLOCK):
        new = ~done[at]
        found.append(at[new])
        placed.append(scaled(rule(block[new])))
        waiting += int(new.sum())
        if waiting >= _STEP:
            waiting = 0
            yield PlacedFiles(np.concatenate(found), np.concatenate(placed), len(here))
    yield PlacedFiles(np.concatenate(found), np.concatenate(placed), len(here))


def region(context: QueueContext, placed: PlacedFiles, chosen: NDArray[np.int64]) -> Queue:
    """Return files of the map as a list, in the order in which they were chosen."""
    kind = Kind(NAME, lambda _context, _position: "it lies in the part of the map that you chose")
    return build(NAME, context, [(kind, placed.positions[chosen])])


def known_labels(context: QueueContext) -> NDArray[np.int16]:
    """Return int16[n]: index into `names` of what people said of each file, -1 for nothing.

    A decision goes before a sample, and a sample before the library's state.
    """
    found = np.full(len(context), -1, np.int16)
    for label, holds in ((ARCHIVE, context.in_archive), (TRASH, context.in_trash)):
        if label in context.names:
            found[holds] = context.names.index(label)
    for said in (context.sample_label, context.decided_label):
        found[said >= 0] = said[said >= 0]
    return found
