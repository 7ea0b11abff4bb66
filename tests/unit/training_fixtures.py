"""A small workspace of drawn pictures to train on, for the tests of jobs that learn."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hyai_tui.jobs import scan
from hyai_tui.jobs.context import JobContext, SilentReporter
from hyai_tui.journal.model import NewDecision
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.workspace import Workspace, create_workspace

SETTINGS = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n[train]\nhead = "linear"\n'


@dataclass
class Listener(SilentReporter):
    """Remembers stages, logs and warnings."""

    stages: list[str] = field(default_factory=list)
    abouts: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def stage(self, name: str, about: str = "") -> None:
        """Remember it."""
        self.stages.append(name)
        self.abouts.append(about)

    def log(self, text: str, *, in_result: bool = False) -> None:
        """Remember it."""
        self.logs.append(text)

    def warning(self, text: str) -> None:
        """Remember it."""
        self.warnings.append(text)


def draw(path: Path, look: str, number: int) -> str:
    """Draw stripes (archive), a check (later) or noise (trash) and return the SHA-256."""
    random = np.random.default_rng([number, len(look)])
    rows, columns = np.mgrid[:64, :64] // random.integers(6, 12)
    plane = {"archive": rows % 2, "later": (rows + columns) % 2, "trash": random.random((64, 64))}[look]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((255 * plane[..., None] * random.uniform(0.5, 1, 3)).astype(np.uint8)).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """20 pictures in the library and 16 samples of them, 8 a label."""
    root = tmp_path / "workspace"
    made = create_workspace(root, SETTINGS)
    for number in range(20):
        look = ("archive", "trash")[number % 2]
        picture = root / "pictures" / f"{look}-{number}.png"
        identity = draw(picture, look, number)
        if number < 16:
            shutil.copyfile(picture, root / "data" / look / f"{identity}.png")
    scan.run(JobContext(made))
    return made


def run(job: Callable[[JobContext], dict[str, Any]], workspace: Workspace, **options: Any) -> dict[str, Any]:
    return job(JobContext(workspace, options))


def decide_trash(workspace: Workspace) -> list[str]:
    """Decide on the files that have no sample, without anybody who puts theirs; return their hashes."""
    sampled = {one.stem for one in workspace.data.glob("*/*.png")}
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        late = [one.sha256 for one in catalog.files() if one.sha256 not in sampled]
        journal.add_labels(["archive", "trash"])
        journal.decide([NewDecision(one, "label", "trash") for one in late], session="one", source="app")
    return late


def current(workspace: Workspace) -> Bundle:
    return Registry(workspace.models_directory).require_current()


def scores(workspace: Workspace) -> ScoreTable:
    with workspace.open_catalog() as catalog:
        model = current(workspace)
        return ScoreTable.open(workspace.scores_directory, model, *catalog.number_marks(model.id))
