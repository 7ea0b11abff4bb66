"""The isolation forest: what few cuts set apart is odd, and the same points always give the same scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.features.store import FeatureStore
from hyai_tui.queues import preparing
from hyai_tui.queues.ordering.forest import IsolationForest, _usual_depth
from hyai_tui.queues.preparing import is_current
from hyai_tui.queues.vectors import Vectors
from hyai_tui.settings import QueueSettings
from tests.unit.queues_fixtures import Known, name_of, world


def test_a_point_far_from_all_others_has_the_highest_score() -> None:
    points = np.random.default_rng(0).normal(size=(600, 6)).astype(np.float32)
    points[77] = 9
    scores = IsolationForest(points).scores(points)
    assert int(scores.argmax()) == 77
    assert scores[77] > 0.65
    assert np.median(scores) < 0.5
    np.testing.assert_array_equal(scores, IsolationForest(points).scores(points))


def test_the_usual_depth_is_that_of_the_paper() -> None:
    # c(2) = 1 and c(256) = 10.24, Liu, Ting and Zhou, equation 1.
    assert _usual_depth(np.array([0, 1, 2, 256])) == pytest.approx([0, 0, 1, 10.2448], abs=1e-3)


@settings(max_examples=20)
@given(st.integers(1, 40), st.integers(1, 4), st.booleans())
def test_scores_are_finite_and_between_0_and_1_whatever_the_points(rows: int, numbers: int, same: bool) -> None:
    points = np.ones((rows, numbers), np.float32)
    if not same:
        points[:] = np.random.default_rng(rows).normal(size=points.shape)
    scores = IsolationForest(points, trees=10).scores(points)
    assert scores.shape == (rows,)
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("method", ["lof", "forest"])
@pytest.mark.parametrize("reference", [100, 8192])
def test_a_planted_file_is_among_the_first_five_of_either_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, reference: int
) -> None:
    monkeypatch.setattr(preparing, "REFERENCE", reference)
    vectors = np.random.default_rng(0).normal(size=(300, 12)).astype(np.float32)
    vectors[123] += 12
    context = world([Known() for _ in range(300)], options=QueueSettings(oddities=method))
    with FeatureStore.open(tmp_path / "store", 12) as store:
        store.append([name_of(place) for place in range(300)], vectors)
        stored = preparing.oddities(context, Vectors(context, store, context.sha256.copy(), "e"), lambda: None, 300)
    assert name_of(123).encode() in stored.files[:5].tolist()
    assert is_current(stored, "e", 300, method)
    assert not is_current(stored, "e", 300, "forest" if method == "lof" else "lof")
