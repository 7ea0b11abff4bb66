"""Calibration, thresholds and promotion: what is made of a head's logits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hyai_tui.learning import calibration, metrics, promotion, thresholds
from hyai_tui.learning.calibration import Calibration
from hyai_tui.settings import TagSettings

LABELS = ("archive", "trash")


def _overconfident(n: int, boast: float, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return logits that claim `boast` times the evidence that there is, and the labels."""
    random = np.random.default_rng(seed)
    evidence = random.normal(scale=2, size=n)
    truth = (random.random(n) < 1 / (1 + np.exp(-evidence))).astype(np.int64)
    return (evidence * boast).astype(np.float32)[:, None], truth


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(0.05, 20), st.floats(-5, 5))
def test_probabilities_of_any_logits_sum_to_one(values: list[float], slope: float, offset: float) -> None:
    binary = Calibration("platt", slope, offset).probabilities(np.array(values)[:, None])
    several = Calibration("temperature", slope).probabilities(np.stack([values, np.zeros(len(values)), values], axis=1))
    for found in (binary, several):
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_overconfident_logits_are_drawn_in() -> None:
    logits, truth = _overconfident(2000, boast=4)
    chosen = calibration.choose(logits, truth, np.arange(2000) % 5)
    assert chosen.calibration.kind in {"platt", "temperature"}
    assert chosen.calibration.slope == pytest.approx(0.25, rel=0.2)
    assert metrics.log_loss(truth, chosen.probabilities) < metrics.log_loss(truth, Calibration().probabilities(logits))


def test_honest_logits_are_left_alone() -> None:
    logits, truth = _overconfident(400, boast=1)
    assert calibration.choose(logits, truth, np.arange(400) % 5).calibration == Calibration()


def test_fewer_than_a_hundred_items_are_never_calibrated() -> None:
    logits, truth = _overconfident(2000, boast=4)
    folds = np.arange(2000) % 5
    assert calibration.choose(logits[:99], truth[:99], folds[:99]).calibration == Calibration()
    assert calibration.choose(logits[:100], truth[:100], folds[:100]).calibration.kind != "none"


def test_too_few_items_of_the_other_folds_are_never_fitted_on() -> None:
    logits, truth = _overconfident(12, boast=4)
    assert calibration.choose(logits, truth, np.arange(12) % 3).calibration.kind == "none"


def test_temperature_works_for_several_labels() -> None:
    random = np.random.default_rng(1)
    evidence = random.normal(scale=1.5, size=(3000, 3))
    chances = np.exp(evidence) / np.exp(evidence).sum(axis=1, keepdims=True)
    truth = (random.random((3000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    chosen = calibration.choose((evidence * 3).astype(np.float32), truth, np.arange(3000) % 5)
    assert chosen.calibration.kind == "temperature"
    assert chosen.calibration.slope == pytest.approx(1 / 3, rel=0.1)


def test_thresholds_come_from_the_settings_then_the_model_then_the_defaults() -> None:
    stated = thresholds.effective(TagSettings(trash_threshold=0.7), LABELS, {"archive": 0.1, "trash": 0.9})
    assert (stated.values, stated.origins) == ((0.1, 0.7), ("model", "hyai.toml"))
    plain = thresholds.effective(TagSettings(), LABELS, None)
    assert plain.as_dict() == {"archive": 0.28, "trash": 0.78, "from": {"archive": "default", "trash": "default"}}


def test_a_threshold_of_the_user_pushes_the_other_side_away_rather_than_crossing_it() -> None:
    assert thresholds.effective(TagSettings(archive_threshold=0.9), LABELS, None).values == (0.9, 0.9)
    assert thresholds.effective(TagSettings(trash_threshold=0.1), LABELS, None).values == (0.1, 0.1)


def test_a_threshold_by_label_says_how_sure_the_model_must_be_of_it() -> None:
    by_label = TagSettings(thresholds={"later": 0.9, "unknown": 0.1})
    assert thresholds.effective(by_label, ("archive", "later", "trash"), {"later": 0.5}).values == (0.78, 0.9, 0.78)
    two = thresholds.effective(TagSettings(thresholds={"keep": 0.9, "waste": 0.3}), ("keep", "waste"), None)
    assert two.values == pytest.approx((0.1, 0.5)), "the less probable of two is never given"
    assert two.origins == ("hyai.toml", "hyai.toml")


def test_between_the_thresholds_and_without_a_score_there_is_no_label() -> None:
    inside = thresholds.effective(TagSettings(), LABELS, None)
    scores = np.array([0.28, 0.2801, 0.5, 0.7799, 0.78, np.nan, 0.0, 1.0], np.float32)
    assigned = inside.assign(np.stack([1 - scores, scores], axis=1))
    assert assigned.tolist() == [0, -1, -1, -1, 1, -1, 0, 1]


def test_for_several_labels_the_most_probable_one_needs_its_own_threshold() -> None:
    three = thresholds.effective(TagSettings(archive_threshold=0.4), ("archive", "later", "trash"), {"later": 0.5})
    assert three.values == (0.6, 0.5, 0.78)
    rows = np.array([[0.6, 0.2, 0.2], [0.5, 0.3, 0.2], [0.1, 0.5, 0.4], [0.1, 0.2, 0.7], [np.nan] * 3], np.float32)
    assert three.assign(rows).tolist() == [0, -1, 1, -1, -1]


def test_chosen_thresholds_reach_the_precision_and_no_wider_cut_does() -> None:
    logits, truth = _overconfident(3000, boast=1)
    probabilities = Calibration().probabilities(logits)
    chosen = thresholds.choose(probabilities, truth, LABELS, 0.9)
    score = probabilities[:, 1]
    assert truth[score >= chosen["trash"]].mean() >= 0.9
    assert (truth[score <= chosen["archive"]] == 0).mean() >= 0.9
    assert 0 <= chosen["archive"] <= 0.5 <= chosen["trash"] <= 1
    below = score[(score < chosen["trash"]) & (score >= 0.5)]
    assert all(truth[score >= cut].mean() < 0.9 for cut in below)


def test_a_precision_out_of_reach_gives_next_to_nothing_a_label() -> None:
    random = np.random.default_rng(0)
    noise = random.random(500).astype(np.float32)
    probabilities = np.stack([1 - noise, noise], axis=1)
    assert thresholds.choose(probabilities, random.integers(0, 2, 500), LABELS, 0.99) == {"archive": 0.0, "trash": 1.0}


def test_without_a_wanted_precision_the_defaults_are_chosen() -> None:
    half = np.full((4, 2), 0.5, np.float32)
    assert thresholds.choose(half, np.array([0, 1, 0, 1]), LABELS, None) == {"archive": 0.28, "trash": 0.78}


def _flipped(truth: NDArray[np.int64], share: float, seed: int) -> NDArray[np.float32]:
    """Return probabilities that are wrong for a share of the items."""
    wrong = np.random.default_rng(seed).random(len(truth)) < share
    predicted = np.where(wrong, 1 - truth, truth)
    return np.where(np.eye(2)[predicted] > 0, 0.9, 0.1).astype(np.float32)


def test_a_clearly_worse_model_is_not_promoted_and_the_message_says_by_how_much() -> None:
    truth = np.arange(1000) % 2
    comparison = promotion.compare(truth, _flipped(truth, 0.2, 1), _flipped(truth, 0.1, 2))
    assert not comparison.promote
    assert comparison.high < 0
    said = promotion.message(8, 7, comparison, promoted=False, forced=False)
    assert said == f"#8 worse by {-comparison.difference:.3f}".replace("0.", ".") + ", kept #7; your labels are safe"


def test_a_difference_within_chance_is_promoted_and_told_in_numbers() -> None:
    truth = np.arange(200) % 2
    comparison = promotion.compare(truth, _flipped(truth, 0.11, 1), _flipped(truth, 0.10, 2))
    assert comparison.promote
    said = promotion.message(8, 7, comparison, promoted=True, forced=False)
    assert said.startswith("#8 F1 .")
    assert "→." in said
    assert said.endswith("on the same items")


def test_equal_predictions_are_never_worse() -> None:
    truth = np.arange(50) % 2
    same = _flipped(truth, 0.1, 1)
    comparison = promotion.compare(truth, same, same)
    assert (comparison.worse, comparison.low, comparison.high) == (0.0, 0.0, 0.0)


def test_the_bootstrap_over_cells_agrees_with_resampling_items() -> None:
    truth = np.arange(300) % 3
    random = np.random.default_rng(3)
    new, old = (
        np.eye(3)[np.where(random.random(300) < share, truth, random.integers(0, 3, 300))] for share in (0.5, 0.6)
    )
    found = promotion.compare(truth, new, old)
    gains = []
    for _ in range(1000):
        chosen = random.integers(0, 300, 300)
        gains.append(
            metrics.macro_f1(truth[chosen], new[chosen].argmax(axis=1), 3)
            - metrics.macro_f1(truth[chosen], old[chosen].argmax(axis=1), 3)
        )
    assert np.quantile(gains, [0.025, 0.975]) == pytest.approx([found.low, found.high], abs=0.015)
    assert np.mean(np.array(gains) < 0) == pytest.approx(found.worse, abs=0.05)


def test_a_first_model_says_so() -> None:
    assert promotion.message(1, 0, None, promoted=True, forced=False) == "#1 is in use: the first model"
