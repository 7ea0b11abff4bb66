"""The map job on a workspace of drawn pictures: places for all files, the same each time, and never a failure without its words."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from hyai_tui.cli.map import map_
from hyai_tui.errors import Cancelled, NotNow, WrongUse
from hyai_tui.features.choosing import choose
from hyai_tui.jobs import cache
from hyai_tui.jobs import map as map_job
from hyai_tui.jobs.context import JobContext
from hyai_tui.queues.context import load_context
from hyai_tui.queues.kept_map import read_map
from hyai_tui.queues.mapping import PlacedFiles
from hyai_tui.queues.ordering.kmeans import Floats
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import Listener, _runtime, workspace

__all__ = ["_runtime", "workspace"]


def kept(workspace: Workspace) -> PlacedFiles:
    found = read_map(workspace.queues_directory, load_context(workspace), choose(workspace).version.id)
    assert found is not None
    return found


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for openTSNE: the first two components, the first one turned round."""

    def embedded(_context: JobContext, points: Floats, _seed: int) -> Floats:
        return points[:, :2] * np.array([-1, 1], np.float32)

    monkeypatch.setattr(map_job, "_embedded", embedded)
    monkeypatch.setattr(map_job, "_require_package", lambda: None)


@pytest.mark.usefixtures("turned")
def test_files_that_were_not_laid_out_lie_beside_those_that_were(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.run(JobContext(workspace))
    monkeypatch.setattr(map_job, "LAID_OUT", 12)
    report = Listener()
    made = map_job.run(JobContext(workspace, {}, report))
    assert (made["placed"], made["files"]) == (20, 20)
    assert report.stages == ["map", "layout", "others"]
    placed = kept(workspace)
    assert sorted(placed.positions.tolist()) == list(range(20))
    # Those that were laid out span the map; the others are somewhere among them.
    assert placed.places.min() == 0
    assert placed.places.max() == 1


@pytest.mark.usefixtures("turned")
def test_the_command_prints_the_files_of_a_part_and_the_widest_plane_when_asked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYAI_HOME", str(workspace.root))
    cache.run(JobContext(workspace))
    map_job.run(JobContext(workspace))

    def rows(*options: str) -> list[dict[str, object]]:
        result = CliRunner().invoke(map_, [*options, "--json"], catch_exceptions=False)
        found: list[dict[str, object]] = json.loads(result.stdout)
        return found

    likeness, plane = rows(), rows("--plane")
    assert len(likeness) == len(plane) == 20
    assert {row["label"] for row in likeness} == {"archive", "trash", None}
    there = {str(row["file"]): row["x"] for row in plane}
    assert all(
        float(str(row["x"])) == pytest.approx(1 - float(str(there[str(row["file"])])), abs=0.002) for row in likeness
    )
    left = rows("--part", "0,0,.5,1")
    assert {str(row["file"]) for row in left} == {str(row["file"]) for row in likeness if float(str(row["x"])) < 0.5}
    for wrong in ("1,0,0,1", "a,b", "0,0,2,1"):
        with pytest.raises(WrongUse, match="no part of the map"):
            rows("--part", wrong)


@pytest.mark.usefixtures("turned")
def test_too_few_features_are_said(workspace: Workspace) -> None:
    with pytest.raises(NotNow, match="too few features"):
        map_job.run(JobContext(workspace))


def test_without_its_package_the_job_says_how_to_install_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(WrongUse, match="openTSNE") as raised:
        map_job.run(JobContext(workspace))
    assert "install 'hyai-tui[map]'" in raised.value.fix


def test_groups_come_apart_and_the_same_files_give_the_same_map() -> None:
    pytest.importorskip("openTSNE")
    random = np.random.default_rng(0)
    centres = random.normal(size=(4, 30)) * 8
    group = np.repeat(np.arange(4), 30)
    rows = (centres[group] + random.normal(size=(120, 30))).astype(np.float32)
    places, rule = map_job.by_likeness(JobContext(workspace=None), rows, seed=1)  # type: ignore[arg-type]
    again, _ = map_job.by_likeness(JobContext(workspace=None), rows, seed=1)  # type: ignore[arg-type]
    np.testing.assert_array_equal(places, again)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (group[apart.argmin(axis=1)] == group).all()
    # A row beside a group is placed in it.
    np.testing.assert_array_less(
        np.abs(rule(rows[:1])[0] - np.median(places[:30], axis=0)), np.ptp(places[:30], axis=0)
    )


def test_a_layout_is_cancelled_between_rounds() -> None:
    pytest.importorskip("openTSNE")
    rows = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    with pytest.raises(Cancelled):
        map_job.by_likeness(JobContext(workspace=None, cancelled=lambda: True), rows, seed=1)  # type: ignore[arg-type]
