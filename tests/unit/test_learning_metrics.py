"""Metrics agree with scikit-learn and with their definitions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.learning import metrics, verdict


def _items(classes: int, n: int = 500, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return labels and probabilities that are right more often than not, with ties."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, n)
    logits = random.normal(size=(n, classes)) + 1.2 * np.eye(classes)[truth]
    raised = np.exp(np.round(logits, 1))
    return truth, (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_metrics_match_scikit_learn(classes: int) -> None:
    from sklearn import metrics as reference

    truth, probabilities = _items(classes)
    predicted = metrics.predicted_labels(probabilities)
    labels = list(range(classes))
    table = metrics.confusion(truth, predicted, classes)
    assert table.tolist() == reference.confusion_matrix(truth, predicted, labels=labels).tolist()
    assert metrics.accuracy(truth, predicted) == pytest.approx(reference.accuracy_score(truth, predicted))
    assert metrics.macro_f1(truth, predicted, classes) == pytest.approx(
        reference.f1_score(truth, predicted, average="macro")
    )
    expected = reference.precision_recall_fscore_support(truth, predicted, labels=labels)
    for place, one in enumerate(metrics.per_class(table)):
        assert (one.precision, one.recall, one.f1, one.support) == pytest.approx(tuple(row[place] for row in expected))
    # scikit-learn wants rows that sum to 1 in double precision.
    doubles = probabilities.astype(float) / probabilities.astype(float).sum(axis=1, keepdims=True)
    assert metrics.log_loss(truth, probabilities) == pytest.approx(
        reference.log_loss(truth, doubles, labels=labels), rel=1e-4
    )
    score = doubles[:, 1] if classes == 2 else doubles
    assert metrics.auc(truth, probabilities) == pytest.approx(
        reference.roc_auc_score(truth, score, multi_class="ovr"), abs=1e-4
    )


def test_a_label_that_is_never_predicted_has_no_f1_and_no_warning() -> None:
    truth = np.array([0, 0, 1])
    one = metrics.per_class(metrics.confusion(truth, np.array([0, 0, 0]), 2))[1]
    assert (one.precision, one.recall, one.f1, one.support) == (0.0, 0.0, 0.0, 1)


def test_auc_is_none_where_only_one_label_occurs() -> None:
    assert metrics.auc(np.array([1, 1]), np.array([[0.2, 0.8], [0.4, 0.6]])) is None


def test_auc_counts_ties_half() -> None:
    assert metrics.area_under_curve(np.array([True, False]), np.array([0.5, 0.5])) == 0.5


def test_calibration_error_of_honest_and_of_boastful_probabilities() -> None:
    truth = np.array([0] * 8 + [1] * 2)
    honest = np.tile([0.8, 0.2], (10, 1))
    boastful = np.tile([1.0, 0.0], (10, 1))
    assert metrics.expected_calibration_error(truth, honest) == pytest.approx(0.0)
    assert metrics.expected_calibration_error(truth, boastful) == pytest.approx(0.2)


def test_a_certain_and_wrong_probability_has_a_finite_log_loss() -> None:
    assert np.isfinite(metrics.log_loss(np.array([0]), np.array([[0.0, 1.0]])))


def test_at_a_tie_the_earlier_label_is_predicted() -> None:
    assert metrics.predicted_labels(np.array([[0.5, 0.5]])).tolist() == [0]


def test_the_report_is_json_and_names_each_label() -> None:
    truth, probabilities = _items(3)
    report = metrics.report(truth, probabilities, ("archive", "later", "trash"))
    assert report == json.loads(json.dumps(report, allow_nan=False))
    assert list(report["per_class"]) == ["archive", "later", "trash"]
    assert np.sum(report["confusion"]["rows"]) == report["n"] == 500


@pytest.mark.parametrize(
    ("macro_f1", "word"),
    [
        (0.71, "not needed"),
        (0.70, "optional"),
        (0.65, "optional"),
        (0.60, "optional"),
        (0.50, "is recommended"),
        (0.40, "is recommended"),
        (0.30, "strongly"),
    ],
)
def test_the_verdict_follows_the_guide(macro_f1: float, word: str) -> None:
    assert word in verdict.verdict(macro_f1)


@pytest.mark.parametrize(("value", "more"), [(0.718, True), (0.819, True), (0.82, False), (0.95, False)])
def test_a_model_below_the_target_is_fit_for_use_and_more_labels_are_not_said_to_be_in_vain(
    value: float, more: bool
) -> None:
    said = verdict.verdict(value)
    assert said.startswith("More training is not needed: macro F1 is above .70")
    assert ("more labels may bring it nearer to the target" in said) is more
    assert ("below it" in verdict.target(value)) is more


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.71, ".110 below it"), (0.6, ".220 below it"), (0.83, "reached"), (0.9, "above it"), (0.82, "reached")],
)
def test_the_target_line_holds_the_model_against_82_to_85(value: float, said: str) -> None:
    assert said in verdict.target(value)
    assert (verdict.action(value, "a → b") is None) == (value >= 0.70)
