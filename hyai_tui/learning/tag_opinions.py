"""What a tag model says of files: out of fold where it learned from them, else by its head on their stored features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.learning.tag_bundle import TagBundle
from hyai_tui.workspace import Workspace

_BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class TagOpinions:
    """Probabilities of a model's tags.

    Attributes:
        probabilities: float32[n, K]; NaN where a file has no features of the model's encoder.
        out_of_fold: bool[n], by a head that never saw the file's tags although the model did.
        of_namespace: float32[n], the chance of a file to be of the namespace at all: 1 where the model knows that it has
            such a tag, or has no way to tell. The other probabilities suppose that it is.
    """

    probabilities: NDArray[np.float32]
    out_of_fold: NDArray[np.bool_]
    of_namespace: NDArray[np.float32]


def opinions(workspace: Workspace, catalog: Catalog, bundle: TagBundle, files: Sequence[str]) -> TagOpinions:
    """Return what a model says of files, in their order.

    Args:
        workspace: whose features are read.
        catalog: its opened catalog.
        bundle: the model.
        files: identities.
    """
    found = np.full((len(files), len(bundle.tags)), np.nan, np.float32)
    known = np.array([bundle.seen.place.get(file, -1) for file in files], np.int64)
    belonging = np.ones(len(files), np.float32)
    domain = bundle.domain
    held_out = known >= 0
    found[held_out] = bundle.seen.probabilities[known[held_out]]
    directory = workspace.features_directory / bundle.encoder.id
    rest = np.flatnonzero(~held_out)
    if len(rest) and directory.is_dir():
        contents = contents_of(catalog, bundle.source, [files[row] for row in rest.tolist()])
        with FeatureStore.open(directory, bundle.encoder.dimension, read_only=True) as store:
            for start in range(0, len(rest), _BLOCK):
                part = slice(start, start + _BLOCK)
                vectors, there = store.get([content or "" for content in contents[part]])
                if there.any():
                    found[rest[part][there]] = bundle.predict(vectors[there])
                    if domain is not None:
                        belonging[rest[part][there]] = domain.predict(vectors[there])
    if domain is not None:
        for row in rest.tolist():
            if (chance := domain.of(files[row])) is not None:
                belonging[row] = chance
    return TagOpinions(found, held_out, belonging)
