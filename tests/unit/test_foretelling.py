"""What a job will take is told before it begins, from what earlier ones took."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from hyai_tui.features import pace
from hyai_tui.features.encoders import hog
from hyai_tui.features.pace import Foreteller, Pace
from hyai_tui.jobs import cache, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.foretelling import note_training, to_encode, to_train
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import Listener, _runtime, draw, workspace

__all__ = ["_runtime", "workspace"]


def more_samples(workspace: Workspace) -> None:
    for number in range(60):
        draw(workspace.data / "trash" / f"more-{number}.png", "trash", 100 + number)


def test_a_build_measures_its_first_batches_says_what_all_take_and_remembers_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    more_samples(workspace)
    monkeypatch.setattr(pace, "_FIRST_LOOK", 0.0)
    assert pace.known(workspace, "encode hog") == pace._USUAL["encode hog"]
    report = Listener()
    cache.run(JobContext(workspace, {}, report))
    assert report.stages.index("load") < report.stages.index("encode")
    said = [one for one in report.logs if one.startswith("about")]
    assert said
    assert all(re.fullmatch(r"about \d+ s, \d+ kB: 80 pictures to encode", one) for one in said), said
    measured = pace.known(workspace, "encode hog")
    assert measured != pace._USUAL["encode hog"]
    assert 0 < measured.each < 60
    # Nothing to encode is no pace.
    cache.run(JobContext(workspace))
    assert pace.known(workspace, "encode hog") == measured


def test_a_training_counts_what_it_encodes_and_learns(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    more_samples(workspace)
    monkeypatch.setattr(pace, "_FIRST_LOOK", 0.0)
    report = Listener()
    train.run(JobContext(workspace, {"augment": "flip"}, report))
    assert any("76 samples to train on, 228 pictures to encode first" in said for said in report.logs), report.logs
    again = Listener()
    train.run(JobContext(workspace, {"augment": "flip"}, again))
    assert any("76 samples to train on, 152 pictures to encode first" in said for said in again.logs), again.logs


def foretold(total: int, marks: list[tuple[float, int]]) -> list[float]:
    """What was said to be left, at the moments at which so many pictures were done."""
    said: list[float] = []
    teller = Foreteller(total, lambda left, each: said.append(round(left, 3)))
    for at, done in marks:
        teller.mark(at, done)
    return said


def test_what_comes_before_the_second_batch_says_nothing_of_the_pace() -> None:
    # A network that is loaded for half a minute, then 16 pictures in a second: 984 are left, 60 s.
    assert foretold(1000, [(30.0, 16), (30.1, 18), (31.0, 32)]) == [60.5]


def test_a_build_that_turns_out_otherwise_is_foretold_again_and_a_steady_one_is_not() -> None:
    steady = [(float(second), 10 * second) for second in range(1, 101)]
    assert foretold(1000, steady) == [98.0]
    # Large pictures after small ones: 40 a second become one a second.
    slower = [(0.0, 10), (1.0, 50), (2.0, 51), (3.0, 52), (4.0, 53)]
    assert foretold(200, slower) == [3.75, 10.571]


def test_a_build_that_is_over_before_it_has_a_pace_is_not_foretold() -> None:
    assert foretold(32, [(0.1, 16), (5.0, 32)]) == []
    assert foretold(32, [(0.1, 32)]) == []
    assert foretold(1000, [(0.1, 16), (9.0, 16)]) == []


def test_what_is_told_counts_from_when_it_was_asked_for(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    soon, minutes_ago = time.time() + 3600, time.time() - 600
    assert to_encode(hog.VERSION, soon)(300, 32.0, 0.1) == "about 32 s, 617 kB: 300 pictures to encode"
    assert " min, " in to_encode(hog.VERSION, minutes_ago)(300, 32.0, 0.1)
    # The last training took 20 s on a machine that was busy; now it is idle, and takes half of that.
    monkeypatch.setattr(pace, "slowness", lambda: 2.0)
    note_training(workspace, 20.8, 1000)
    monkeypatch.setattr(pace, "slowness", lambda: 1.0)
    said = to_train(workspace, hog.VERSION, 1000, soon)
    assert said(300, 32.0, 0.1).startswith("about 43 s, ")
    assert said(0, 0.0, 0.0).startswith("about 11 s, ")
    mlp = replace(workspace, settings=replace(workspace.settings, train=replace(workspace.settings.train, head="mlp")))
    assert pace.known(mlp, "train mlp") == pace._USUAL["train mlp"]
    # Nothing was measured yet: an idle machine's usual pace, on one that is four times as slow.
    monkeypatch.setattr(pace, "slowness", lambda: 4.0)
    assert to_train(mlp, hog.VERSION, 1000, soon)(0, 0.0, 0.0).startswith("about 16 s, ")
    assert "MB: 1,000 samples" in to_train(mlp, hog.VERSION, 1000, soon)(0, 0.0, 0.0)


def test_a_machine_is_as_slow_as_it_is_at_the_moment() -> None:
    assert pace.slowness() > 0


@pytest.mark.parametrize(
    "damage", ["", "[]", '{"encode hog": [1, 1, 0]}', '{"encode hog": 3}', '{"encode hog": ["fast", 1]}', "{"]
)
def test_a_damaged_note_is_no_guess(workspace: Workspace, damage: str) -> None:
    workspace.prepare_cache()
    (workspace.cache / pace.FILE).write_text(damage)
    assert pace.known(workspace, "encode hog") == pace._USUAL["encode hog"]
    assert pace.known(workspace, "encode mobilenetv2").start > 5
    pace.note(workspace, "encode hog", Pace(1, 1))
    assert pace.known(workspace, "encode hog") == Pace(1, 1)
