"""The queues job on a workspace of drawn pictures: lists that queues can be made of, kept, made again, and never a failure."""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

from hyai_tui.jobs import cache, queues, retrain, scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.journal.model import NewDecision
from hyai_tui.library.base import FileState
from hyai_tui.queues.between import open_learner
from hyai_tui.queues.context import load_context
from hyai_tui.queues.prepared_file import ODDITIES, write
from hyai_tui.queues.registry import QUEUES
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import Listener, _runtime, draw, workspace

__all__ = ["_runtime", "workspace"]


def names(workspace: Workspace, queue: str) -> list[str]:
    return [row.file for row in QUEUES[queue].build(load_context(workspace)).rows()]


def plant(workspace: Workspace, count: int = 30) -> str:
    """Add stripes that all look alike and one picture like no other; return its hash."""
    for number in range(count):
        draw(workspace.root / "pictures" / f"more-{number}.png", "archive", 100 + number)
    odd = workspace.root / "pictures" / "odd.png"
    ramp = np.zeros((64, 64, 3), np.uint8)
    ramp[..., 0] = np.arange(64)[:, None] * 4
    ramp[20:40, 20:40] = (0, 255, 255)
    Image.fromarray(ramp).save(odd)
    scan.run(JobContext(workspace))
    return hashlib.sha256(odd.read_bytes()).hexdigest()


def test_before_any_model_the_queue_is_a_cold_start(workspace: Workspace) -> None:
    cache.run(JobContext(workspace))
    assert names(workspace, "next-best") == []
    made = queues.run(JobContext(workspace))
    found = names(workspace, "next-best")
    # Sixteen of the twenty are samples.
    assert len(found) == made["prepared"]["next-best"] == 4
    assert "nothing is known" in QUEUES["next-best"].build(load_context(workspace)).row(0).reason


def test_a_retrain_prepares_the_queues(workspace: Workspace) -> None:
    odd = plant(workspace)
    retrain.run(JobContext(workspace))
    assert odd in names(workspace, "oddities")[:5]
    waiting = set(names(workspace, "uncertain"))
    first, *rest = names(workspace, "next-best")
    assert {first, *rest} <= waiting
    assert set(names(workspace, "diverse")) <= waiting
    learner = open_learner(workspace, load_context(workspace))
    assert learner is not None
    assert sorted(learner.order()) == sorted(waiting)
    queues.run(JobContext(workspace))
    assert names(workspace, "next-best") == [first, *rest]
    with workspace.open_journal() as journal:
        journal.decide([NewDecision(first, "label", "trash")], session="s", source="app")
    assert names(workspace, "next-best") == rest


def test_oddities_are_made_again_only_when_files_came_or_it_is_asked_for(workspace: Workspace) -> None:
    cache.run(JobContext(workspace))
    report = Listener()
    queues.run(JobContext(workspace, {}, report))
    assert report.stages.count("oddities") == 1
    queues.run(JobContext(workspace, {}, report))
    assert report.stages.count("oddities") == 1
    queues.run(JobContext(workspace, {"anew": True}, report))
    assert report.stages.count("oddities") == 2
    plant(workspace, 2)
    cache.run(JobContext(workspace))
    queues.run(JobContext(workspace, {}, report))
    assert report.stages.count("oddities") == 3


def test_a_damaged_list_counts_as_none(workspace: Workspace) -> None:
    cache.run(JobContext(workspace))
    queues.run(JobContext(workspace))
    path = workspace.queues_directory / f"{ODDITIES}.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert names(workspace, "oddities") == []
    write(workspace.queues_directory, ODDITIES, np.array(["a" * 64], "S64"), np.array([2.0]), {"model": None})
    assert names(workspace, "oddities") == []


def test_a_workspace_without_features_prepares_nothing(workspace: Workspace) -> None:
    assert queues.run(JobContext(workspace))["prepared"] == {}
    with workspace.open_journal(), workspace.open_catalog():
        assert open_learner(workspace, load_context(workspace)) is None


def test_mistakes_of_the_library_know_what_their_neighbours_are_labelled(workspace: Workspace) -> None:
    retrain.run(JobContext(workspace))
    with workspace.open_catalog() as catalog:
        # Two of the four that wait are noise, as every sample of trash is.
        for file in names(workspace, "uncertain"):
            catalog.update_state(file, FileState.ARCHIVE)
    queues.run(JobContext(workspace))
    rows = QUEUES["mistakes"].build(load_context(workspace)).only("keep→trash").rows()
    assert len(rows) == 2
    assert all("of its nearest labelled pictures have another label" in row.reason for row in rows)
