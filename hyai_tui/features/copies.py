"""Vectors of changed copies of pictures: made once, in a store of their own beside the library's.

`.hyai/augmented/<encoder>/` is never scanned, scored or searched: a copy stands for no file. Deleting it costs time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import Cancelled
from hyai_tui.features.augment import changed, key
from hyai_tui.features.encoder import Encoder
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.reading import LibraryOnDemand, fetch_and_decode
from hyai_tui.features.recipe import Recipe, WithRecipe
from hyai_tui.features.store import FeatureStore
from hyai_tui.workspace import Workspace

DIRECTORY: Final = "augmented"
# Pictures that are decoded, changed and encoded together, which bounds the memory.
_TOGETHER: Final = 16


class Reporter(Protocol):
    """Where it is told how far it is; a job's reporter fits."""

    def stage(self, name: str, about: str = "") -> None:
        """Begin a stage."""
        ...

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        """Say how far the stage is."""
        ...


def copies_directory(workspace: Workspace) -> Path:
    """Return where the vectors of copies stand, one subfolder an encoder version."""
    return workspace.cache / DIRECTORY


def copies_of(
    workspace: Workspace,
    encoder: Encoder,
    items: Sequence[WorkItem],
    preset: str,
    copies: int,
    report: Reporter,
    cancelled: Callable[[], bool],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return (float32[n, copies, d], bool[n]): the copies' vectors of each item, and whether its picture could be read.

    Only what is missing is made.

    Args:
        workspace: names source and library in its settings.
        encoder: pixels to vectors.
        items: n pictures whose contents are known.
        preset: of `augment.PRESETS`, not none.
        copies: of each.
        report: where progress goes.
        cancelled: asked after each batch.

    Raises:
        Cancelled: after the running batch; what was encoded is stored.
        LibraryDown, LibraryError, ModelError: what was encoded until then is stored.
    """
    version = encoder.version
    directory = copies_directory(workspace) / version.id
    keys = [[key(str(item.content), preset, number) for number in range(copies)] for item in items]
    with FeatureStore.open(directory, version.dimension, version=version) as store:
        missing = set(store.missing([one for row in keys for one in row]))
        todo = [item for item, row in zip(items, keys, strict=True) if missing.intersection(row)]
        if todo:
            report.stage("augment", f"changing {len(todo):,} pictures, {copies} times each")
            _encode(workspace, encoder, store, todo, preset, copies, report, cancelled)
        vectors, there = store.get([one for row in keys for one in row])
    shape = len(items), copies
    whole: NDArray[np.bool_] = np.all(there.reshape(shape), axis=1)
    return vectors.reshape(*shape, version.dimension), whole


def _encode(
    workspace: Workspace,
    encoder: Encoder,
    store: FeatureStore,
    todo: Sequence[WorkItem],
    preset: str,
    copies: int,
    report: Reporter,
    cancelled: Callable[[], bool],
) -> None:
    settings = workspace.settings.features
    library = LibraryOnDemand(workspace.open_library)
    recipe = encoder.recipe if isinstance(encoder, WithRecipe) else Recipe()
    prepare = partial(_prepared, library=library, source=settings.source, recipe=recipe, preset=preset, copies=copies)
    try:
        with ThreadPoolExecutor(settings.decode_threads or os.cpu_count() or 1, "copies") as pool:
            for start in range(0, len(todo), _TOGETHER):
                part = todo[start : start + _TOGETHER]
                made = [pair for pairs in pool.map(prepare, part) for pair in pairs]
                if made:
                    store.append([name for name, _ in made], encoder.encode(np.stack([one for _, one in made])))
                report.progress(start + len(part), len(todo))
                if cancelled() and start + len(part) < len(todo):
                    raise Cancelled("Cancelled; copies that were encoded are kept", "'hyai train' goes on from there")
    finally:
        library.close()


def _prepared(
    item: WorkItem, *, library: LibraryOnDemand, source: str, recipe: Recipe, preset: str, copies: int
) -> list[tuple[str, NDArray[np.uint8]]]:
    """Return (key, pixels) of each copy of a picture; nothing where it cannot be read, or is not what it was."""
    decoded = fetch_and_decode(item, library, source, recipe)
    if decoded.pixels is None or decoded.content is None or decoded.content != item.content:
        return []
    content = decoded.content
    return [
        (key(content, preset, number), changed(decoded.pixels, preset, content, number)) for number in range(copies)
    ]
