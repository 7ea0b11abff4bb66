"""Wrong labels are found by two views that err differently, and by both together better than by either."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.learning.bundle import OutOfFold
from hyai_tui.learning.disagreement import doubt, neighbour_disagreement
from tests.unit.learning_fixtures import sha


def average_precision(wrong: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    ranked = wrong[np.argsort(-score, kind="stable")]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())


def test_a_sample_among_others_of_another_label_disagrees() -> None:
    random = np.random.default_rng(0)
    truth = np.repeat([0, 1], 30)
    vectors = (np.eye(8)[truth] + 0.05 * random.normal(size=(60, 8))).astype(np.float32)
    labelled = truth.copy()
    labelled[3] = 1
    found = neighbour_disagreement(vectors, labelled)
    assert found[3] == pytest.approx(1)
    assert int(found.argmax()) == 3
    assert found[np.arange(60) != 3].max() < 0.3


def test_blocks_and_small_sets_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    vectors, truth = random.normal(size=(50, 6)), random.integers(0, 3, 50)
    whole = neighbour_disagreement(vectors, truth)
    monkeypatch.setattr("hyai_tui.learning.disagreement._BLOCK", 7)
    np.testing.assert_allclose(neighbour_disagreement(vectors, truth), whole, atol=1e-6)
    assert neighbour_disagreement(vectors[:1], truth[:1]).tolist() == [0]
    assert neighbour_disagreement(vectors[:0], truth[:0]).shape == (0,)
    assert neighbour_disagreement(np.zeros((4, 3)), np.array([0, 0, 1, 1])).tolist() == pytest.approx([2 / 3] * 4)


def test_among_many_the_nearest_are_found_by_fewer_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    middles = random.normal(size=(12, 24)).astype(np.float32)
    kind = random.integers(0, 12, 700)
    vectors = middles[kind] + 0.6 * random.normal(size=(700, 24)).astype(np.float32)
    truth = kind % 3
    exact = neighbour_disagreement(vectors, truth)
    monkeypatch.setattr("hyai_tui.learning.disagreement._ALL_PAIRS", 100)
    np.testing.assert_allclose(neighbour_disagreement(vectors, truth), exact, atol=1e-5)
    monkeypatch.setattr("hyai_tui.learning.disagreement._DIRECTIONS", 16)
    assert float(np.abs(neighbour_disagreement(vectors, truth) - exact).mean()) < 0.01


def test_both_views_together_find_more_than_either() -> None:
    random = np.random.default_rng(2)
    wrong = random.uniform(size=4000) < 0.08
    model = wrong * 1.0 + 0.7 * random.normal(size=4000)
    neighbours = wrong * 1.0 + 0.7 * random.normal(size=4000)
    own = 1 / (1 + np.exp(model))
    both = average_precision(wrong, doubt(own, neighbours))
    assert both > average_precision(wrong, -own) + 0.05
    assert both > average_precision(wrong, neighbours) + 0.05


def test_without_neighbours_the_model_ranks_alone() -> None:
    own = np.array([0.9, 0.1, 0.5, 0.5])
    assert doubt(own, np.full(4, np.nan)).tolist() == pytest.approx([0, 1, 0.5, 0.5])
    rows = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    seen = OutOfFold.of([sha(1), sha(2)], rows, np.array([1, 1]), np.array([0, 1]))
    first = [one.decode() for one in seen.identities.tolist()].index(sha(1))
    assert int(seen.doubt.argmax()) == first
