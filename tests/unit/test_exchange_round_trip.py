"""A project that goes to an empty workspace on another machine learns the same there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.effects.opening import opened
from hyai_tui.exchange.project import write_project
from hyai_tui.exchange.taking import take_project
from hyai_tui.jobs import scan, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.samples.sync import sync
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.training_fixtures import SETTINGS, draw

LABELS = ("archive", "trash")
COUNT = 40


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


def trained(workspace: Workspace) -> tuple[dict[str, Any], dict[str, int], dict[str, str]]:
    """Train with the seed of the settings; returns the metrics, the folds, and the label of each sample."""
    metrics = dict(train.run(JobContext(workspace))["metrics"])
    with opened(workspace) as parts:
        labels = {file: one.label or one.kind for file, one in parts.journal.effective().items()}
        return metrics, parts.journal.folds(), labels


def test_a_project_gives_the_same_splits_and_metrics_in_an_empty_workspace(tmp_path: Path) -> None:
    first = create_workspace(tmp_path / "first", SETTINGS)
    for number in range(COUNT):
        # Every tenth is filed wrongly, so that the metrics are figures that could differ.
        look, label = LABELS[number % 2], LABELS[(number + (number % 10 == 3)) % 2]
        picture = first.root / "pictures" / f"{look}-{number}.png"
        identity = draw(picture, look, number)
        (first.data / label).mkdir(exist_ok=True)
        shutil.copyfile(picture, first.data / label / f"{identity}.png")
    second = create_workspace(tmp_path / "second", SETTINGS)
    shutil.copytree(first.root / "pictures", second.root / "pictures")
    for workspace in (first, second):
        scan.run(JobContext(workspace))
    with opened(first) as parts:
        sync(first, parts.journal, parts.catalog)
        parts.journal.describe_label("trash", "not wanted")
    before = trained(first)
    target = tmp_path / "project.zip"
    with opened(first) as parts:
        write_project(target, parts, images=True)
    with opened(second) as parts:
        taken = take_project(target, parts, labeler="somebody", session="test")
        assert (taken.decisions, taken.splits, taken.unknown) == (COUNT, COUNT, ())
        parts.runner.drain(60)
        assert {one.name: one.about for one in parts.journal.labels()}["trash"] == "not wanted"
    after = trained(second)
    assert 0 < before[0]["accuracy"] < 1
    assert after == before
