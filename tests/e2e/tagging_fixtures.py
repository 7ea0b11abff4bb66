"""A workspace over a folder of small files, with a model whose scores are written down instead of learned."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hyai_tui.features.choosing import choose
from hyai_tui.learning.bundle import Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.workspace import Workspace, create_workspace
from tests.e2e.shell import Ran


@dataclass(frozen=True)
class Place:
    """A workspace, its library, and a home for all that hyai keeps elsewhere."""

    workspace: Workspace
    library: Path
    environment: dict[str, str]

    def hyai(self, *arguments: str, **variables: str) -> Ran:
        return Ran.hyai(*arguments, here=self.workspace.root, environment={**self.environment, **variables})

    def tags(self) -> dict[str, frozenset[str]]:
        """Tags of every file, as the library itself has them."""
        library = self.workspace.open_library()
        try:
            return {sha: one.tags for sha, one in library.lookup(list(library.search_candidates(()))).items()}
        finally:
            library.close()

    def set_tags(self, file: str, tags: Iterable[str]) -> None:
        """Change tags as the user would, behind our back."""
        from hyai_tui.library.base import TagChange

        library = self.workspace.open_library()
        try:
            before = library.lookup([file])[file].tags
            wanted = frozenset(tags)
            library.change_tags([TagChange(file, wanted - before, before - wanted)])
        finally:
            library.close()


def make_place(base: Path, files: dict[str, bytes], settings: str = "") -> Place:
    """Make a workspace over a folder with these files (path to content)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HYAI_", "XDG_"))}
    runtime = base / "run"
    runtime.mkdir(mode=0o700)
    environment = {**kept, "HOME": str(base), "XDG_RUNTIME_DIR": str(runtime), "COLUMNS": "120"}
    library = base / "pictures"
    for name, content in files.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_bytes(content)
    workspace = create_workspace(base / "workspace", f'[library]\npath = "{library}"\n{settings}')
    return Place(workspace, library, environment)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def add_model(place: Place, scores: dict[str, float], out_of_fold: dict[str, float] | None = None) -> str:
    """Register a model with the given score of trash for each file, and return its id."""
    samples = out_of_fold or {}
    rows = np.array([[1 - score, score] for score in samples.values()], np.float32).reshape(-1, 2)
    bundle = _register(
        place, EncoderStamp("e", "hog", 4), 0.5, OutOfFold.of(list(samples), rows, rows[:, 1] > 2, np.zeros(len(rows)))
    )
    with place.workspace.open_catalog() as catalog:
        files = {one.sha256: one.number for one in catalog.files()}
        table = np.full((max(files.values(), default=0) + 1, 2), np.nan, np.float32)
        for file, score in scores.items():
            table[files[file]] = (1 - score, score)
        ScoreTable.write(place.workspace.scores_directory, bundle, table, catalog.identity)
    return bundle.id


def add_constant_model(place: Place, score: float) -> str:
    """Register a model on the workspace's own encoder that gives every picture this score of trash."""
    version = choose(place.workspace).version
    return _register(place, EncoderStamp(version.id, version.name, version.dimension), score, OutOfFold.empty(2)).id


def _register(place: Place, encoder: EncoderStamp, score: float, out_of_fold: OutOfFold) -> Bundle:
    kernel = np.zeros((encoder.dimension, 1), np.float32)
    head = Head("linear", (Layer(kernel, np.array([np.log(score / (1 - score))], np.float32)),))
    bundle = Bundle(head, ("archive", "trash"), encoder, "file", out_of_fold=out_of_fold)
    return Registry(place.workspace.models_directory).add(bundle, promote=True)
