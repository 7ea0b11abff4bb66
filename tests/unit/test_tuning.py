"""Tuning a network's last blocks: what it learns from, what it never sees, and whose vectors it gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from hyai_tui.cli.models import models
from hyai_tui.errors import Cancelled, ModelError, NotNow, WrongUse
from hyai_tui.features import tuned
from hyai_tui.features.choosing import choose, recorded_version
from hyai_tui.features.encoders import tunable
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.tuned import Lesson, read_lesson
from hyai_tui.jobs import evaluate, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.fit.tuning import Tuning, TuningData, tune
from hyai_tui.learning.registry import Registry
from hyai_tui.workspace import Workspace, create_workspace, open_workspace
from tests.unit.learning_fixtures import Watcher
from tests.unit.training_fixtures import Listener, _runtime, draw, run
from tests.unit.tuning_fixtures import SAMPLES, FakeTunable, Softmax, place, weights_file

__all__ = ["_runtime", "place"]

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT.parent / "shared" / "weights" / "mobilenet_v2_1.0_224_no_top.weights.h5"
HOW = Tuning(1, frozen_epochs=2, epochs=4, batch=16, rate=0.05, backbone_rate=0.5)


def rows(seed: int = 0, n: int = 120) -> TuningData:
    random = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    maps = random.normal(0, 1, (n, 8)) + 1.5 * truth[:, None]
    return TuningData(
        maps.astype(np.float16), truth.astype(np.int64), np.ones(n, np.float32), np.arange(80), np.arange(80, n)
    )


def test_the_head_learns_alone_first_and_the_best_epoch_is_kept() -> None:
    network, watch = Softmax(2, (HOW.rate, HOW.backbone_rate), 1), Watcher()
    record = tune(network, rows(), HOW, watch)
    assert network.learned == [False] * 10 + [True] * 20
    assert [one["blocks"] for one in record["history"]] == [False, False, True, True, True, True]
    best = min(record["history"], key=lambda one: one["val_loss"])
    assert (record["epochs"], best["is_best"]) == (best["epoch"], True)
    assert record["loss_after"] < record["loss_before"]
    again = tune(Softmax(2, (HOW.rate, HOW.backbone_rate), 1), rows(), HOW, Watcher())
    assert again == record


def test_a_tuning_that_makes_it_no_better_changes_nothing() -> None:
    class Forgetful(Softmax):
        def step(self, *rows: Any, blocks: bool) -> float:
            loss = super().step(*rows, blocks=blocks)
            self.block *= not blocks
            return loss

    with pytest.raises(NotNow, match="no better"):
        tune(Forgetful(2, (HOW.rate, HOW.backbone_rate), 1), rows(), HOW, Watcher())


def test_a_tuning_is_stopped_between_steps() -> None:
    asked = iter([False] * 7)
    with pytest.raises(Cancelled):
        tune(Softmax(2, (0.1, 0.1), 1), rows(), HOW, Watcher(stop=lambda: next(asked, True)))


def test_blocks_are_counted_from_the_end_in_every_network() -> None:
    mobile = [
        "Conv1",
        "expanded_conv_project",
        "block_1_expand",
        "block_1_project",
        "block_2_expand",
        "Conv_1",
        "Conv_1_bn",
    ]
    assert tunable.block_starts(mobile) == ["block_1_expand", "block_2_expand", "Conv_1"]
    resnet = ["conv1_conv", "conv2_block1_1_conv", "conv2_block1_0_conv", "conv5_block3_1_conv", "conv5_block3_3_bn"]
    assert tunable.block_starts(resnet) == ["conv2_block1_1_conv", "conv5_block3_1_conv"]
    assert tunable.block_starts(["stem_conv", "block1a_dwconv", "block7a_bn", "top_conv", "top_bn"]) == [
        "block1a_dwconv",
        "block7a_bn",
        "top_conv",
    ]


def folds_of(workspace: Workspace) -> dict[str, int]:
    with workspace.open_journal() as journal:
        return dict(journal.folds())


def test_a_network_is_tuned_on_samples_that_no_figure_rests_on(place: Workspace) -> None:
    run(train.run, place)
    before = Registry(place.models_directory).require_current()
    report = Listener()
    options = {"unfreeze_last_k": 1, "frozen_epochs": 1, "unfrozen_epochs": 3, "augment": "no-flip", "copies": 1}
    result = train.run(JobContext(place, options, report))
    folds = folds_of(place)
    unseen = {identity for identity, fold in folds.items() if fold == 0}
    assert 20 <= len(unseen) < SAMPLES / 2

    # A network is loaded before pictures are counted.
    after = report.stages[report.stages.index("tune") :]
    assert after[:4] == ["tune", "list", "load", "encode"]

    # Of the fold that is called validation nothing went through the network; of what it learned from, a copy each.
    chosen = sum(fold == 1 for fold in folds.values())
    assert len(FakeTunable.pictures) == 2 * (SAMPLES - len(unseen) - chosen) + chosen
    assert result["tuning"]["blocks"] == 1

    # The tuned network is an encoder of its own, kept with its model, and nothing uses it yet.
    assert result["promoted"] is False
    assert "is of MobileNetV2 with its last 1 block tuned and is kept, not used" in result["message"]
    bundle = Registry(place.models_directory).get(result["model"])
    assert bundle.encoder.id != before.encoder.id
    assert recorded_version(place) == choose(place).version
    assert choose(place).version.id == before.encoder.id

    # It is judged by what the network never saw, and so is every comparison with it.
    assert bundle.metrics["n"] == len(unseen)
    proven = {one for one in bundle.out_of_fold if bundle.out_of_fold.proves([one])[0]}
    assert proven == unseen
    assert result["compared"]["items"] == len(unseen)
    lesson = read_lesson(next(tuned.tuned_directory(place).iterdir()))
    assert lesson is not None
    assert lesson.samples == folds.keys() - unseen
    assert any("hyai models use" in line and "--encoder" in line for line in report.logs)

    again = train.run(JobContext(place, {"repeat": result["run"]}))
    assert again["repeated"] == {"run": result["run"], "same": True}


def test_a_tuned_network_is_used_after_one_command_and_later_trainings_stay_honest(place: Workspace) -> None:
    run(train.run, place)
    first = Registry(place.models_directory).require_current()
    result = train.run(JobContext(place, {"unfreeze_last_k": 2}))
    done = CliRunner().invoke(models, ["use", result["model"], "--encoder"])
    assert done.exit_code == 0, done.output
    assert "features.weights" in done.output
    now = open_workspace(place.root)
    assert choose(now).version.id == Registry(now.models_directory).require_current().encoder.id
    unseen = {identity for identity, fold in folds_of(place).items() if fold == 0}
    judged = run(evaluate.run, now)
    assert (judged["model"], judged["n"]) == (result["model"], len(unseen))

    # Samples that come later get a sticky fold too; what is of a fold that the network knows proves nothing.
    for number in range(SAMPLES, SAMPLES + 10):
        draw(now.data / "trash" / f"{number}.png", "trash", number)
    later = run(train.run, now)
    folds = folds_of(now)
    assert len(folds) == SAMPLES + 10
    bundle = Registry(now.models_directory).get(later["model"])
    proven = {one for one in bundle.out_of_fold if bundle.out_of_fold.proves([one])[0]}
    assert proven == {identity for identity, fold in folds.items() if fold == 0}
    assert bundle.metrics["n"] == len(proven)

    # Back again by the same command.
    assert CliRunner().invoke(models, ["use", first.id, "--encoder"]).exit_code == 0
    assert open_workspace(place.root).settings.features.weights == "imagenet"
    assert choose(open_workspace(place.root)).version.id == first.encoder.id


def test_what_cannot_be_tuned_is_refused_with_the_way_out(place: Workspace, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="3 blocks"):
        run(train.run, place, unfreeze_last_k=4)
    with pytest.raises(WrongUse, match="too few to tune"):
        run(train.run, place, unfreeze_last_k=1, subset="60")
    assert not tuned.tuned_directory(place).exists()
    assert list(place.cache.glob("tuning-*")) == []
    hog = create_workspace(tmp_path / "hog", '[features]\nencoder = "hog"\n')
    for number in range(20):
        draw(hog.data / ("archive", "trash")[number % 2] / f"{number}.png", "trash", number)
    with pytest.raises(WrongUse, match="no blocks"):
        run(train.run, hog, unfreeze_last_k=1)


def test_a_lesson_that_is_damaged_is_an_error_and_other_weights_have_none(tmp_path: Path, place: Workspace) -> None:
    assert read_lesson(None) is None
    assert read_lesson(weights_file(tmp_path / "plain.h5", 1.0)) is None
    lesson = Lesson(frozenset({"a" * 64}), frozenset({1, 2}), 3, {"blocks": 1})
    kept = tuned.keep(place, MOBILENETV2, weights_file(tmp_path / "fresh.h5", 1.0), lesson)
    assert read_lesson(kept) == lesson
    assert lesson.knows("a" * 64, None)
    assert lesson.knows("b" * 64, 4)
    assert not lesson.knows("b" * 64, 3)
    assert not lesson.knows("b" * 64, -1)
    with h5py.File(kept, "a") as file:
        del file["hyai-tuned"].attrs["facts"]
    with pytest.raises(ModelError, match="tuned on"):
        read_lesson(kept)


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from hyai_tui.features.encoders.keras_networks import KerasEncoder
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.encoders.tunable import TunableNetwork

fresh, tuned = Path(sys.argv[1]), Path(sys.argv[2])
pixels = np.random.default_rng(0).integers(0, 256, (8, 224, 224, 3), dtype=np.uint8)
truth, ones = np.arange(8) % 2, np.ones(8, np.float32)
network = TunableNetwork(MOBILENETV2, fresh, 2, 2, (1e-2, 1e-3), seed=3)
start, maps = network.state(), network.maps(pixels)
network.step(maps, truth, ones, blocks=False)
assert all(np.array_equal(one, other) for one, other in zip(start[2:], network.state()[2:]))
losses = [network.step(maps, truth, ones, blocks=True) for _ in range(3)]
assert losses[-1] < losses[0], losses
head = network.state()
network.save(tuned)
after = KerasEncoder(MOBILENETV2, tuned, 16, print)
assert after.version.id != MOBILENETV2.version("0" * 64).id
assert np.abs(after.encode(pixels) @ head[0] + head[1] - network.logits(maps)).max() < 0.01
"""


@pytest.mark.heavy
@pytest.mark.shared
@pytest.mark.timeout(900)
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="development weights are not here")
def test_the_last_blocks_of_a_real_network_learn_and_are_an_encoder_afterwards(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(WEIGHTS), str(tmp_path / "tuned.weights.h5")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
