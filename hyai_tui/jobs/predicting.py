"""What a model says of files, without looking at what it was taught about them. Light; no job."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.learning.bundle import Bundle
from hyai_tui.samples.training import Sample
from hyai_tui.workspace import Workspace


def predicted(
    workspace: Workspace, catalog: Catalog, bundle: Bundle, files: Sequence[str], samples: Sequence[Sample]
) -> NDArray[np.float32]:
    """Return float32[n, K]: out-of-fold where the model was trained on a file, else from its features; NaN without any."""
    found = np.full((len(files), len(bundle.labels)), np.nan, np.float32)
    places = bundle.out_of_fold.places(list(files))
    held_out = places >= 0
    found[held_out] = bundle.out_of_fold.probabilities[places[held_out]]
    unseen = np.flatnonzero(~held_out)
    directory = workspace.features_directory / bundle.encoder.id
    if not len(unseen) or not directory.is_dir():
        return found
    contents = contents_of(catalog, bundle.source, [files[row] for row in unseen.tolist()], samples)
    known = [place for place, content in enumerate(contents) if content is not None]
    with FeatureStore.open(directory, bundle.encoder.dimension, read_only=True) as store:
        vectors, there = store.get([contents[place] or "" for place in known])
    rows = unseen[np.array(known, np.int64)[there]]
    if len(rows):
        found[rows] = bundle.predict(vectors[there])
    return found
