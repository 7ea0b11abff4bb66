"""The vectors of a context's files, read from the feature store by position."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import FileState
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.samples.training import training_samples
from hyai_tui.workspace import Workspace


class Vectors:
    """Vectors by position.

    Args:
        context: whose files.
        store: where the vectors are.
        contents: S64[n], the content whose vector stands for each file; empty where it is not known.
        encoder: id of the encoder version.
    """

    def __init__(self, context: QueueContext, store: FeatureStore, contents: NDArray[np.bytes_], encoder: str) -> None:
        self._context = context
        self.store = store
        self.contents = contents
        self.encoder = encoder

    def at(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return (int64[m], float32[m, d]): those of the positions that have a vector, in their order, and the vectors."""
        wanted = [content.decode("ascii") for content in self.contents[positions].tolist()]
        known = np.array([bool(content) for content in wanted], bool)
        vectors, found = self.store.get([content for content in wanted if content])
        return positions[known][found], vectors[found]

    def holders(self, names: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return int64[m], rising: the positions of the files whose vector is that of one of these contents, S64[k]."""
        if not len(names) or not len(self.contents):
            return np.empty(0, np.int64)
        # Half of a content's first 16 digits tell nearly all others apart, and numbers are compared much faster than texts.
        first = np.ascontiguousarray(self.contents, "S64").view(np.uint64).reshape(len(self.contents), 8)[:, 0]
        asked = np.array(names, "S64").view(np.uint64).reshape(len(names), 8)[:, 0]
        maybe = np.flatnonzero(np.isin(first, asked))
        return maybe[np.isin(self.contents[maybe], names)]

    def blocks(self, rows: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield (int64[m], float32[m, d]) over all present files that have a vector, in the order of storage.

        Files that share a content (equal thumbnails) come together, each with the same vector.
        """
        here = np.flatnonzero(self._context.present & (self.contents != b""))
        order = here[np.argsort(self.contents[here], kind="stable")]
        keys = self.contents[order]
        for stored, vectors in self.store.blocks(rows):
            names = np.array(stored, "S64")
            first, stop = np.searchsorted(keys, names, "left"), np.searchsorted(keys, names, "right")
            counts = stop - first
            row = np.repeat(np.arange(len(names)), counts)
            offset = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
            if len(row):
                yield order[np.repeat(first, counts) + offset], vectors[row]


@contextmanager
def open_vectors(
    workspace: Workspace, context: QueueContext, catalog: Catalog, journal: Journal
) -> Iterator[Vectors | None]:
    """Open the store of the encoder in use; None where nothing has been encoded yet."""
    choice = choose(workspace)
    directory = features_directory(workspace, choice)
    if not directory.is_dir():
        yield None
        return
    contents = _contents(workspace, context, catalog, journal)
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
        yield Vectors(context, store, contents, choice.version.id)


def _contents(workspace: Workspace, context: QueueContext, catalog: Catalog, journal: Journal) -> NDArray[np.bytes_]:
    source = workspace.settings.features.source
    contents = context.hashes().copy()
    if source != "file":
        known = catalog.contents(source)
        contents = np.array([known.get(one.decode("ascii"), "") for one in contents.tolist()], "S64")
    # Samples that the library lacks have the vector of their own bytes.
    dropped = np.flatnonzero((context.state == STATE_CODES[FileState.GONE]) & (context.sample_label >= 0))
    if len(dropped):
        samples = training_samples(journal, workspace.data)
        files = [context.file(place) for place in dropped.tolist()]
        contents[dropped] = [one or "" for one in contents_of(catalog, source, files, samples)]
    return contents
