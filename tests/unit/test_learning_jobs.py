"""The jobs of training in this process: repeatable, never promoted when worse, cancelled without loss."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.errors import Cancelled, ModelError, NotNow, WrongUse
from hyai_tui.jobs import cache, retrain, score, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.retraining import last_training
from hyai_tui.journal.model import NewDecision
from hyai_tui.learning.fit import run as fit
from hyai_tui.learning.fit.out_of_fold import HeadFitter, Part, Trained
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.runs import read_samples as read_run
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.training_fixtures import (
    SETTINGS,
    Listener,
    _runtime,
    current,
    decide_trash,
    draw,
    run,
    scores,
    workspace,
)

__all__ = ["_runtime", "workspace"]


def test_the_same_samples_and_seed_give_the_same_model(workspace: Workspace) -> None:
    first, again = run(train.run, workspace), run(train.run, workspace)
    assert again["metrics"] == first["metrics"] == again["previous"]
    assert again["model"].split("-")[1] == first["model"].split("-")[1]
    assert (first["run"], again["run"]) == (1, 2)
    assert again["promoted"] is True


def test_a_worse_model_is_kept_but_not_used_unless_forced(workspace: Workspace) -> None:
    run(train.run, workspace)
    registry = Registry(workspace.models_directory)
    good = registry.require_current()
    # The model in use is right about all its samples, and the vectors of the next training say nothing.
    right = np.eye(2, dtype=np.float32)[good.out_of_fold.truth]
    better = registry.add(replace(good, out_of_fold=replace(good.out_of_fold, probabilities=right)), promote=True)
    with sqlite3.connect(next(workspace.features_directory.glob("*/index.db"))) as index:
        index.execute("UPDATE recent SET row = (row * 7) % 16 / 2")
    index.close()
    worse = run(train.run, workspace)
    assert worse["promoted"] is False
    assert worse["message"].startswith(f"#3 worse by .{worse['message'].partition('.')[2][:3]}, kept #{better.number}")
    assert worse["previous"]["macro_f1"] == 1.0
    assert current(workspace).id == better.id
    assert run(train.run, workspace, force_promote=True)["promoted"] is True


def test_three_labels_from_a_folder_elsewhere_and_back(workspace: Workspace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    for number in range(30):
        look = ("archive", "later", "trash")[number % 3]
        draw(elsewhere / look / f"{number}.png", look, 1000 + number)
    shutil.copyfile(elsewhere / "later" / "1.png", elsewhere / "trash" / "the same as later.png")
    made = run(train.run, workspace, data=str(elsewhere))
    assert made["samples"] == {"archive": 10, "later": 9, "trash": 10}
    assert current(workspace).labels == ("archive", "later", "trash")
    assert run(score.run, workspace)["scored"] == 20
    table = scores(workspace).probabilities
    np.testing.assert_allclose(table[1:].sum(axis=1), 1, atol=1e-6)
    with workspace.open_journal() as journal:
        assert journal.runs()[-1]["data"] == str(elsewhere)
        assert journal.samples() == {}
    back = run(train.run, workspace)
    assert (back["promoted"], back["previous"]) == (True, None)
    assert "nothing in common" in back["message"]


def test_a_cancelled_training_leaves_the_model_and_keeps_the_features(workspace: Workspace) -> None:
    run(train.run, workspace)
    before = current(workspace).id
    draw(workspace.data / "trash" / "new.png", "trash", 77)
    report = Listener()
    with pytest.raises(Cancelled):
        train.run(JobContext(workspace, {}, report, lambda: "train" in report.stages))
    assert [info.id for info in Registry(workspace.models_directory).list()] == [before]
    with workspace.open_journal() as journal:
        assert len(journal.runs()) == 1
    again = Listener()
    train.run(JobContext(workspace, {}, again))
    with sqlite3.connect(next(workspace.features_directory.glob("*/index.db"))) as index:
        assert index.execute("SELECT sum(live) FROM shards").fetchone() == (17,)
    index.close()


def test_bytes_under_two_labels_do_not_train(workspace: Workspace) -> None:
    source = next((workspace.data / "archive").glob("*.png"))
    shutil.copyfile(source, workspace.data / "trash" / "copy.png")
    report = Listener()
    made = train.run(JobContext(workspace, {}, report))
    assert made["samples"] == {"archive": 7, "trash": 8}
    assert any("several label folders" in text for text in report.warnings)


def test_an_unreadable_sample_is_left_out_and_named(workspace: Workspace) -> None:
    (workspace.data / "trash" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    report = Listener()
    made = train.run(JobContext(workspace, {}, report))
    assert made["samples"] == {"archive": 8, "trash": 8}
    assert any("1 sample does not train: no features" in text for text in report.warnings)


def test_a_retrain_is_due_once_for_each_change_that_is_large_enough(workspace: Workspace) -> None:
    made = run(retrain.run, workspace, if_due=True)
    assert (made["scored"], made["scored_by"]) == (20, made["model"])
    with pytest.raises(NotNow, match="nothing was labelled since run 1"):
        run(retrain.run, workspace, if_due=True)
    draw(workspace.data / "trash" / "new.png", "trash", 77)
    with pytest.raises(NotNow, match="1 of 500 new, 0 corrections since run 1"):
        run(retrain.run, workspace, if_due=True)
    assert run(retrain.run, workspace, if_due=True, min_new=1)["samples"]["trash"] == 9
    with pytest.raises(NotNow, match="nothing was labelled since run 2"):
        run(retrain.run, workspace, if_due=True, min_new=1)


def test_a_run_is_repeated_from_its_record_alone(workspace: Workspace) -> None:
    first = run(train.run, workspace)
    # What was labelled and set since then changes nothing.
    draw(workspace.data / "trash" / "new.png", "trash", 77)
    run(train.run, workspace, seed=7)
    again = run(train.run, workspace, repeat=first["run"])
    assert again["repeated"] == {"run": first["run"], "same": True}
    assert again["metrics"] == first["metrics"]
    assert again["model"].split("-")[1] == first["model"].split("-")[1]
    assert again["promoted"] is False
    with pytest.raises(WrongUse, match="no run 99"):
        run(train.run, workspace, repeat=99)
    with workspace.open_journal() as journal:
        last = last_training(workspace, journal)
        assert last is not None
        assert (last.run, len(last.labels or {})) == (2, 17)
        record = journal.runs()[1]
    assert record["agreement"]["files"] > 0
    assert -1 <= record["agreement"]["kappa"] <= 1
    kept = json.loads((workspace.runs_directory / "0001" / "run.json").read_text())
    assert {"versions", "seed", "settings", "history", "metrics", "fingerprint", "stop"} <= set(kept)


def test_a_retrain_is_not_due_where_there_is_too_little_to_learn_from(workspace: Workspace) -> None:
    for sample in (workspace.data / "trash").iterdir():
        sample.unlink()
    with pytest.raises(NotNow, match="All 8 samples are archive"):
        run(retrain.run, workspace, if_due=True, accept_removals=True)


def test_a_training_puts_the_samples_of_decisions_first(workspace: Workspace) -> None:
    late = decide_trash(workspace)
    report = Listener()
    assert train.run(JobContext(workspace, {}, report))["samples"] == {"archive": 8, "trash": 8 + len(late)}
    assert {one.stem for one in (workspace.data / "trash").iterdir()} >= set(late)
    assert report.stages[:2] == ["samples", "sync"]
    assert report.warnings == []


def test_a_training_says_which_decisions_have_no_sample_yet(workspace: Workspace) -> None:
    decide_trash(workspace)
    (workspace.root / "pictures").rename(workspace.root / "away")
    report = Listener()
    assert train.run(JobContext(workspace, {}, report))["samples"] == {"archive": 8, "trash": 8}
    assert any("4 decided files have no sample yet and cannot train" in text for text in report.warnings)


def test_a_build_before_the_first_scan_says_that_the_library_is_unknown(tmp_path: Path) -> None:
    report = Listener()
    cache.run(JobContext(create_workspace(tmp_path / "new", SETTINGS), {}, report))
    assert any("hyai scan" in text for text in report.warnings)


def test_a_damaged_model_in_use_is_replaced_by_the_next_training(workspace: Workspace) -> None:
    run(train.run, workspace)
    (workspace.models_directory / current(workspace).id / "arrays.npz").write_bytes(b"")
    with pytest.raises(ModelError):
        run(score.run, workspace)
    report = Listener()
    train.run(JobContext(workspace, {}, report))
    assert current(workspace).number == 2
    assert any("takes its place" in text for text in report.warnings)


@dataclass
class UntilStopped:
    """Hands on to the real trainer, and says that the user stopped it."""

    fitter: HeadFitter

    def train(self, parts: Sequence[Part], everything: Part) -> Trained:
        return replace(self.fitter.train(parts, everything), stop="stopped by the user after 3 epochs", finished=False)

    def about_step(self, step: int) -> dict[str, Any]:
        return self.fitter.about_step(step)


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training is stopped while its epochs run."""
    real = fit._fitter

    def stopping(*arguments: Any) -> tuple[HeadFitter, dict[str, str]]:
        fitter, versions = real(*arguments)
        return UntilStopped(fitter), versions

    monkeypatch.setattr(fit, "_fitter", stopping)


@pytest.mark.usefixtures("stopped")
def test_a_stopped_training_keeps_its_model_and_says_so(workspace: Workspace) -> None:
    made = run(train.run, workspace)
    assert (made["status"], made["promoted"]) == ("stopped", True)
    assert made["message"].endswith("stopped by the user after 3 epochs")
    assert current(workspace).record["status"] == "stopped"
    with workspace.open_journal() as journal:
        assert journal.runs()[-1]["status"] == "stopped"


@pytest.mark.usefixtures("stopped")
def test_a_stopped_retrain_keeps_its_model_and_does_not_score(workspace: Workspace) -> None:
    report = Listener()
    # Asked to stop when all training is over, so that what the trainer made is there.
    ended = JobContext(workspace, {}, report, lambda: Registry(workspace.models_directory).newest_id() is not None)
    with pytest.raises(Cancelled, match="not scored"):
        retrain.run(ended)
    assert current(workspace).number == 1
    assert scores(workspace).scored == 0


def test_a_part_of_the_samples_trains_a_model_that_is_not_used(workspace: Workspace) -> None:
    first = run(train.run, workspace)
    part = run(train.run, workspace, subset="70%", seed=5)
    assert part["samples"] == {"archive": 6, "trash": 6}
    assert part["promoted"] is False
    assert "12 of 16 samples" in part["message"]
    assert current(workspace).id == first["model"]
    again = run(train.run, workspace, subset="70%", seed=5)
    models = Registry(workspace.models_directory)
    assert list(models.get(again["model"]).out_of_fold) == list(models.get(part["model"]).out_of_fold)
    with workspace.open_journal() as journal:
        assert (journal.runs()[-1]["subset"], journal.runs()[-1]["seed"]) == ("70%", 5)
    # A training on a part says nothing about what is due: all samples were learned before, and none has come since.
    with pytest.raises(NotNow, match="since run 1"):
        run(retrain.run, workspace, if_due=True)


def test_samples_of_a_condition_alone_and_decisions_against_the_model_counted_twice(workspace: Workspace) -> None:
    first = run(train.run, workspace)
    part = run(train.run, workspace, where=["text!=archive-2"])
    assert part["samples"] == {"archive": 7, "trash": 8}
    assert part["promoted"] is False
    assert current(workspace).id == first["model"]
    with pytest.raises(WrongUse):
        run(train.run, workspace, where=["nosuch=1"])
    late = decide_trash(workspace)
    settings = replace(workspace.settings, train=replace(workspace.settings.train, hard_negatives=2.0))
    with workspace.open_journal() as journal:
        shown = {"predicted": "archive"}
        journal.decide([NewDecision(late[0], "label", "trash", shown)], session="one", source="app")
    report = Listener()
    heavy = train.run(JobContext(replace(workspace, settings=settings), {}, report))
    samples = read_run(workspace.runs_directory, heavy["run"])
    weights = dict(zip(samples.identities.tolist(), samples.weights.tolist(), strict=True))
    assert weights[late[0].encode()] == 2
    assert set(weights.values()) == {1, 2}
    close = sum(weight == 2 for weight in weights.values()) - 1
    assert f"1 confirmed mistake and {close} close opposite{'s' * (close != 1)} count 2 times" in report.logs
