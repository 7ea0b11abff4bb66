"""What a job will take is told before it begins, from what earlier ones took."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from hyai_tui.features import pace
from hyai_tui.features.encoders import hog
from hyai_tui.features.pace import Pace
from hyai_tui.jobs import cache, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.foretelling import note_training, to_encode, to_train
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import Listener, _runtime, draw, workspace

__all__ = ["_runtime", "workspace"]


def test_a_build_says_first_what_it_takes_and_measures_it_for_the_next(workspace: Workspace) -> None:
    for number in range(60):
        draw(workspace.data / "trash" / f"more-{number}.png", "trash", 100 + number)
    assert pace.known(workspace, "encode hog") == pace._USUAL["encode hog"]
    report = Listener()
    cache.run(JobContext(workspace, {}, report))
    assert re.fullmatch(r"about \d+ s, \d+ kB: 80 pictures to encode", report.logs[1])
    measured = pace.known(workspace, "encode hog")
    assert measured != pace._USUAL["encode hog"]
    assert 0 < measured.each < 60
    # Nothing to encode is no pace.
    cache.run(JobContext(workspace))
    assert pace.known(workspace, "encode hog") == measured


def test_a_training_counts_what_it_encodes_and_learns(workspace: Workspace) -> None:
    report = Listener()
    train.run(JobContext(workspace, {"augment": "flip"}, report))
    assert any("16 samples to train on, 48 pictures to encode first" in said for said in report.logs), report.logs


def test_the_pace_of_earlier_jobs_makes_the_sentence(workspace: Workspace) -> None:
    pace.note(workspace, "encode hog", Pace(2.0, 0.1))
    note_training(workspace, 20.8, 1000)
    # What has passed since somebody asked counts too; here that is still to come.
    soon = time.time() + 3600
    assert to_encode(workspace, hog.VERSION, soon)(300) == "about 32 s, 617 kB: 300 pictures to encode"
    minutes_ago = time.time() - 600
    assert to_encode(workspace, hog.VERSION, minutes_ago)(300).startswith("about 1")
    assert " min, " in to_encode(workspace, hog.VERSION, minutes_ago)(300)
    said = to_train(workspace, hog.VERSION, 1000, soon)
    assert said(300).startswith("about 53 s, ")
    assert said(0).startswith("about 21 s, ")
    mlp = replace(workspace, settings=replace(workspace.settings, train=replace(workspace.settings.train, head="mlp")))
    assert pace.known(mlp, "train mlp") == pace._USUAL["train mlp"]
    assert "MB: 1,000 samples" in to_train(mlp, hog.VERSION, 1000, soon)(0)


@pytest.mark.parametrize("damage", ["", "[]", '{"encode hog": 3}', '{"encode hog": ["fast", 1]}', "{"])
def test_a_damaged_note_is_no_guess(workspace: Workspace, damage: str) -> None:
    workspace.prepare_cache()
    (workspace.cache / pace.FILE).write_text(damage)
    assert pace.known(workspace, "encode hog") == pace._USUAL["encode hog"]
    assert pace.known(workspace, "encode mobilenetv2").start > 5
    pace.note(workspace, "encode hog", Pace(1, 1))
    assert pace.known(workspace, "encode hog") == Pace(1, 1)
