"""A map that a job has laid out, kept beside the prepared lists: `.hyai/queues/map.npz`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.mapping import NAME, PlacedFiles
from hyai_tui.queues.ordering.kmeans import Floats
from hyai_tui.queues.prepared_file import read, write


def keep_map(
    directory: Path, context: QueueContext, placed: PlacedFiles, encoder: str, facts: Mapping[str, Any]
) -> None:
    """Replace the kept map; readers see the old one or the new one.

    Args:
        directory: of the prepared lists.
        context: whose files were placed.
        placed: where they lie.
        encoder: id of the encoder version whose vectors decided it.
        facts: what else is to be known of it.
    """
    write(directory, NAME, context.sha256[placed.positions], placed.places, {**facts, "encoder": encoder})


def read_map(directory: Path, context: QueueContext, encoder: str) -> PlacedFiles | None:
    """Return the map that was laid out for an encoder's vectors; None without one.

    Files that are gone are left out; files that came since have no place.
    """
    stored = read(directory, NAME, columns=2)
    if stored is None or stored.facts.get("encoder") != encoder:
        return None
    at = context.positions.of(stored.files)
    here = at >= 0
    here[here] = context.present[at[here]]
    places: Floats = np.clip(stored.values[here], 0, 1)
    return PlacedFiles(at[here], places, int(context.present.sum()))
