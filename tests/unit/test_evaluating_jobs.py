"""The evaluate job in this process: the numbers of scikit-learn, by the labels of now."""

from __future__ import annotations

import numpy as np
import pytest

from hyai_tui.jobs import evaluate, train
from hyai_tui.learning.registry import Registry
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import _runtime, current, draw, run, workspace

__all__ = ["_runtime", "workspace"]


def test_evaluation_gives_the_numbers_of_scikit_learn(workspace: Workspace) -> None:
    from sklearn import metrics as sklearn_metrics

    # Wrong labels make numbers that are not all 1.
    for sample in sorted((workspace.data / "archive").glob("*.png"))[:3]:
        sample.rename(workspace.data / "trash" / sample.name)
    run(train.run, workspace)
    said = run(evaluate.run, workspace)
    seen = current(workspace).out_of_fold
    truth, trash = seen.truth, seen.probabilities[:, 1].astype(float)
    guess = (trash > 0.5).astype(int)
    assert said["n"] == 16
    assert said["macro_f1"] == pytest.approx(sklearn_metrics.f1_score(truth, guess, average="macro"), abs=1e-6)
    assert said["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(truth, guess), abs=1e-6)
    assert said["auc"] == pytest.approx(sklearn_metrics.roc_auc_score(truth, trash), abs=1e-6)
    assert said["log_loss"] == pytest.approx(sklearn_metrics.log_loss(truth, trash), abs=1e-5)
    assert said["confusion"]["rows"] == sklearn_metrics.confusion_matrix(truth, guess).tolist()
    rows = np.stack(sklearn_metrics.precision_recall_fscore_support(truth, guess, zero_division=0), axis=1)
    for label, row in zip(("archive", "trash"), rows, strict=True):
        assert list(said["per_class"][label].values()) == pytest.approx(row.tolist(), abs=1e-6)
    # Expected calibration error and tags by hand.
    sure = np.maximum(trash, 1 - trash)
    gaps = 0.0
    for low in np.arange(15) / 15:
        inside = (sure >= low) & (sure < low + 1 / 15) if low < 14 / 15 else sure >= low
        if inside.any():
            gaps += inside.mean() * abs(sure[inside].mean() - (guess == truth)[inside].mean())
    assert said["ece"] == pytest.approx(gaps, abs=1e-6)
    tagged = (trash <= 0.28) | (trash >= 0.78)
    assert said["thresholds"]["from"] == {"archive": "default", "trash": "default"}
    assert said["coverage"] == pytest.approx(tagged.mean(), abs=1e-6)
    assert said["precision_of_tags"] == pytest.approx((guess == truth)[tagged].mean(), abs=1e-6)


def test_evaluation_judges_by_the_labels_of_now(workspace: Workspace) -> None:
    run(train.run, workspace)
    before = run(evaluate.run, workspace)
    assert (before["n"], before["out_of_fold"], before["unseen"]) == (16, 16, 0)
    sample = next((workspace.data / "archive").glob("*.png"))
    sample.rename(workspace.data / "trash" / sample.name)
    draw(workspace.data / "trash" / "new.png", "trash", 77)
    run(train.run, workspace)
    Registry(workspace.models_directory).promote("1")
    after = run(evaluate.run, workspace)
    assert (after["n"], after["out_of_fold"], after["unseen"]) == (17, 16, 1)
    assert after["per_class"]["trash"]["support"] == before["per_class"]["trash"]["support"] + 2
    assert after["accuracy"] < before["accuracy"]
