"""What a command says for one training: each option in the record, more rounds, and going on where a run ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from hyai_tui.errors import Cancelled, SettingsError, WrongUse
from hyai_tui.jobs import retrain, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.training_options import trained_with
from hyai_tui.learning.fit.run import train as fit
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.runs import KEPT_STATES, state_file
from hyai_tui.learning.runs import read_samples as read_run
from hyai_tui.settings import TrainSettings
from hyai_tui.workspace import Workspace
from tests.unit.learning_fixtures import ENCODER, Watcher, separable
from tests.unit.training_fixtures import Listener, _runtime, run, workspace

__all__ = ["_runtime", "workspace"]

QUICK: dict[str, Any] = {"head": "mlp", "hidden": 8, "epochs": 4, "kernel": False}


def record(workspace: Workspace, number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.runs_directory / f"{number:04d}" / "run.json").read_text())
    return found


def test_every_option_changes_the_record_of_its_run_and_nothing_else(workspace: Workspace) -> None:
    given = {
        "head": "mlp",
        "hidden": 7,
        "dropout": 0.25,
        "learning_rate": 0.02,
        "batch_size": 5,
        "kernel": False,
        "epochs": 3,
        "patience": 2,
        "target": 0.99,
        "balance": "none",
        "hard_negatives": 2.0,
        "seed": 11,
        "val_share": 0.25,
        "test_share": 0.2,
    }
    made = run(train.run, workspace, **given)
    settings = record(workspace, made["run"])["settings"]
    names = {"balance": "class_weights", "val_share": "folds"}
    assert {name: settings[names.get(name, name)] for name in given} == {**given, "val_share": 4}
    assert workspace.settings.train == replace(TrainSettings(), head="linear")
    # These folds are for this training alone: the next one deals the sticky ones.
    folds = read_run(workspace.runs_directory, made["run"]).folds
    assert set(folds.tolist()) == {-1, 0, 1, 2, 3}
    with workspace.open_journal() as journal:
        assert journal.folds() == {}


def test_an_option_out_of_range_is_refused_as_a_setting_is() -> None:
    with pytest.raises(SettingsError, match=r"train\.dropout"):
        trained_with(TrainSettings(), {"dropout": 2.0})
    assert trained_with(TrainSettings(loss="focal"), {"balance": "none"}).loss == "cross-entropy"


def test_another_encoder_for_one_training_leaves_the_workspace_on_its_own(workspace: Workspace) -> None:
    first = run(train.run, workspace)
    features = replace(workspace.settings.features, encoder="auto")
    auto = replace(workspace, settings=replace(workspace.settings, features=features))
    again = run(train.run, auto, encoder="hog")
    assert again["promoted"] is True
    assert record(workspace, again["run"])["encoder"] == record(workspace, first["run"])["encoder"]


def test_the_rows_of_a_record_are_its_epochs_and_one_is_the_best(workspace: Workspace) -> None:
    made = record(workspace, run(train.run, workspace, **QUICK)["run"])
    rows = made["history"]
    assert [row["epoch"] for row in rows] == list(range(1, made["steps"] + 1)) == [1, 2, 3, 4]
    assert [row["epoch"] for row in rows if row["is_best"]] == [made["epochs"]]
    assert min(rows, key=lambda row: row["val_loss"])["is_best"]
    assert set(rows[0]) == {"epoch", "loss", "val_loss", "accuracy", "macro_f1", "seconds", "is_best"}
    linear = record(workspace, run(train.run, workspace)["run"])
    assert [row["is_best"] for row in linear["history"]].count(True) == 1
    assert [row["strength"] for row in linear["history"] if row["is_best"]] == [linear["strength"]]


def test_a_training_ends_at_its_target_and_says_so() -> None:
    quick = TrainSettings(hidden=16, epochs=40, target=0.8, learning_rate=0.01, batch_size=16)
    ended = fit(separable(), quick, ENCODER, "file", Watcher())
    assert ended.record["stop"].startswith("reached the target: accuracy")
    assert ended.record["history"][-1]["accuracy"] >= 0.8
    assert all(row["accuracy"] < 0.8 for row in ended.record["history"][:-1])
    missed = fit(separable(noise=3.0), replace(quick, epochs=2, target=1.0), ENCODER, "file", Watcher())
    assert missed.record["stop"] == "reached 2 epochs"


def test_a_training_that_goes_on_ends_as_one_that_was_never_interrupted() -> None:
    data = separable(3)
    ended: list[TrainingState] = []
    settings = TrainSettings(hidden=16, epochs=9, patience=100, learning_rate=0.01, batch_size=16)
    whole = fit(data, settings, ENCODER, "file", Watcher())
    fit(data, replace(settings, epochs=4), ENCODER, "file", Watcher(), keep=ended.append)
    resumed = fit(data, settings, ENCODER, "file", Watcher(), start=ended[0])
    assert resumed.metrics == whole.metrics
    np.testing.assert_array_equal(resumed.out_of_fold.probabilities, whole.out_of_fold.probabilities)
    for mine, theirs in zip(resumed.head.layers, whole.head.layers, strict=True):
        np.testing.assert_array_equal(mine.kernel, theirs.kernel)
    with pytest.raises(WrongUse, match="cannot be resumed"):
        fit(data, replace(settings, hidden=17), ENCODER, "file", Watcher(), start=ended[0])


def test_a_resumed_run_counts_its_epochs_on(workspace: Workspace) -> None:
    first = run(train.run, workspace, **QUICK)
    more = run(train.run, workspace, resume=first["run"], epochs=3)
    rows = record(workspace, more["run"])["history"]
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert rows[:4] == [{**row, "is_best": rows[place]["is_best"]} for place, row in enumerate(_history(workspace, 1))]
    assert (record(workspace, more["run"])["resumed"], record(workspace, more["run"])["epochs_before"]) == (1, 4)
    assert more["promoted"] is True
    # What came since then is not in it, so it is kept and not used.
    next((workspace.data / "archive").glob("*.png")).unlink()
    aside = run(train.run, workspace, resume=first["run"], epochs=1)
    assert aside["promoted"] is False
    assert "samples of an earlier run" in aside["message"]


def _history(workspace: Workspace, number: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = record(workspace, number)["history"]
    return rows


def test_only_the_newest_runs_can_be_resumed_and_none_of_a_linear_head(workspace: Workspace) -> None:
    for _ in range(KEPT_STATES + 1):
        run(train.run, workspace, **{**QUICK, "epochs": 1})
    assert not state_file(workspace.runs_directory, 1).exists()
    with pytest.raises(WrongUse, match="not kept"):
        run(train.run, workspace, resume=1)
    state_file(workspace.runs_directory, 2).write_bytes(b"PK\x03\x04")
    with pytest.raises(WrongUse, match="cannot be read"):
        TrainingState.load(state_file(workspace.runs_directory, 2))
    linear = run(train.run, workspace)
    with pytest.raises(WrongUse, match="no epochs"):
        run(train.run, workspace, resume=linear["run"])


def test_labels_of_a_run_train_a_model_with_the_settings_of_now(workspace: Workspace) -> None:
    first = run(train.run, workspace)
    next((workspace.data / "archive").glob("*.png")).unlink()
    run(retrain.run, workspace)
    made = run(train.run, workspace, labels_of=first["run"], seed=3, **QUICK)
    assert (made["samples"], made["promoted"]) == (first["samples"], False)
    assert record(workspace, made["run"])["labels_of"] == 1


@dataclass
class AfterRounds(Listener):
    """Counts the rounds that have begun."""

    @property
    def rounds(self) -> int:
        return sum(about.startswith("round") for about in self.abouts)


def test_a_training_until_stopped_keeps_the_best_of_its_rounds(workspace: Workspace) -> None:
    # Two labels that nothing tells apart: every seed has other luck.
    for place, sample in enumerate(sorted((workspace.data / "archive").glob("*.png"))):
        if place % 2:
            sample.rename(workspace.data / "trash" / sample.name)
    report = AfterRounds()
    stopping = JobContext(workspace, {**QUICK, "until_stopped": True}, report, lambda: report.rounds > 4)
    made = train.run(stopping)
    kept = record(workspace, made["run"])
    assert made["status"] == "stopped"
    assert [one["round"] for one in made["rounds"]] == list(range(1, len(made["rounds"]) + 1))
    assert len({one["seed"] for one in made["rounds"]}) == len(made["rounds"]) >= 4
    best = max(made["rounds"], key=lambda one: (one["macro_f1"], -one["log_loss"]))
    assert best["is_best"]
    assert (kept["seed"], kept["metrics"]["macro_f1"]) == (best["seed"], best["macro_f1"])
    assert kept["stop"] == f"stopped by the user after {len(made['rounds'])} rounds; round {best['round']} is the best"
    assert made["message"].endswith(kept["stop"])
    registry = Registry(workspace.models_directory)
    assert [one.id for one in registry.list()] == [made["model"]] == [registry.current_id()]
    assert registry.require_current().record["round"] == best["round"]


def test_a_training_until_stopped_ends_by_itself_at_its_target(workspace: Workspace) -> None:
    made = run(train.run, workspace, until_stopped=True, target=0.5, **QUICK)
    assert made["status"] == "finished"
    assert "reached the target: accuracy" in made["stop"]
    with pytest.raises(WrongUse, match="same with every seed"):
        run(train.run, workspace, until_stopped=True)
    with pytest.raises(Cancelled):
        train.run(JobContext(workspace, {**QUICK, "until_stopped": True}, Listener(), lambda: True))
