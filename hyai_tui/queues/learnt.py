"""Files that a pattern is about, as lists: those with a tag, those of a visual group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Kind, Queue, build

NAME: Final = "pattern"


def tagged(context: QueueContext, catalog: Catalog, tag: str, reason: str) -> Queue:
    """Return the files in the library that are shown with a tag, by their number."""
    carrying = np.isin(context.number, catalog.found_with([tag])) & (context.number >= 0)
    return _listed(context, np.flatnonzero(carrying & context.present), reason)


def among(context: QueueContext, files: Sequence[str], reason: str, reasons: Sequence[str] = ()) -> Queue:
    """Return named files that are in the library, in their order; each has its own of the `reasons` where there are some."""
    at = context.positions.of(list(files))
    own = dict(zip(at.tolist(), reasons, strict=False))
    at = at[at >= 0]
    return _listed(context, at[context.present[at]], reason, own)


def _listed(
    context: QueueContext, positions: NDArray[np.int64], reason: str, own: Mapping[int, str] | None = None
) -> Queue:
    why = own or {}
    return build(NAME, context, [(Kind(NAME, lambda _context, position: why.get(position, reason)), positions)])
