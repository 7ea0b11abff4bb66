"""How much two pictures are alike to the encoder of the model in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hyai_tui.features.store import FeatureStore

if TYPE_CHECKING:
    from pathlib import Path


def likeness(directory: Path, dimension: int, one: str, other: str) -> float | None:
    """Return the cosine of the angle between two stored vectors: 1 for the same direction, 0 for nothing in common.

    Args:
        directory: of the encoder version's store.
        dimension: length of its vectors.
        one: content, SHA-256 in hex.
        other: likewise.

    Returns:
        None where there is no store, or one of the two has no vector, or a vector of zeros.
    """
    if not directory.is_dir():
        return None
    with FeatureStore.open(directory, dimension, read_only=True) as store:
        vectors, there = store.get([one, other])
    lengths = np.linalg.norm(vectors, axis=1)
    if not there.all() or not lengths.all():
        return None
    return float(np.clip(vectors[0] @ vectors[1] / (lengths[0] * lengths[1]), -1, 1))
