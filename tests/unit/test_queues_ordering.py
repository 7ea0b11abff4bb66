"""Orders that come from features: k-means, farthest first, outliers, neighbours and the light head, on small data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hyai_tui.features.principal import principal
from hyai_tui.queues.between import EVERY, NextBestLearner
from hyai_tui.queues.ordering import light_head
from hyai_tui.queues.ordering.diverse import farthest_first
from hyai_tui.queues.ordering.kmeans import representatives
from hyai_tui.queues.ordering.neighbours import disagreement
from hyai_tui.queues.ordering.next_best import RANDOM_SHARE, cold_start, pick, unit
from hyai_tui.queues.ordering.outliers import LocalOutliers

Floats = NDArray[np.float32]
seeds = st.integers(0, 10_000)


def blobs(seed: int, sizes: list[int], dimension: int = 8, spread: float = 0.05) -> tuple[Floats, NDArray[np.int64]]:
    """Points around corners far from each other, and which corner each belongs to."""
    random = np.random.default_rng(seed)
    of = np.repeat(np.arange(len(sizes)), sizes)
    return (np.eye(dimension)[of] * 5 + spread * random.normal(size=(len(of), dimension))).astype(np.float32), of


@settings(max_examples=40)
@given(seeds, st.integers(1, 40), st.integers(1, 12))
def test_k_means_names_rows_that_exist_each_once(seed: int, rows: int, count: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(0, 3, size=(rows, 4)).astype(np.float32)
    found = representatives(vectors, count, random.integers(0, 3, size=rows).astype(float), random)
    assert len(set(found.tolist())) == len(found) <= max(count, rows if rows <= count else 0)
    assert all(0 <= row < rows for row in found.tolist())


def test_a_cold_start_takes_one_of_each_region_the_largest_first() -> None:
    vectors, of = blobs(1, [40, 10, 25])
    picked = cold_start(unit(vectors), 3, np.random.default_rng(0))
    assert of[picked.rows].tolist() == [0, 2, 1]
    assert not picked.drawn.any()


def test_next_best_takes_unsure_files_of_all_regions_and_a_tenth_at_random() -> None:
    vectors, of = blobs(2, [200, 200, 200])
    # Sure of the first region, torn on the two others.
    chances = np.where(of == 0, 0.99, np.random.default_rng(1).uniform(0.4, 0.6, 600))
    probabilities = np.stack([1 - chances, chances], axis=1).astype(np.float32)
    picked = pick(unit(vectors), probabilities, 20, np.random.default_rng(3))
    assert len(set(picked.rows.tolist())) == 20
    assert int(picked.drawn.sum()) == round(RANDOM_SHARE * 20)
    assert {1, 2} == set(of[picked.rows[~picked.drawn]].tolist())
    again = pick(unit(vectors), probabilities, 20, np.random.default_rng(3))
    assert again.rows.tolist() == picked.rows.tolist()


def test_fewer_files_than_wanted_are_all_taken_least_sure_first() -> None:
    probabilities = np.array([[0.9, 0.1], [0.5, 0.5], [0.3, 0.7]], np.float32)
    picked = pick(np.eye(3, dtype=np.float32), probabilities, 50, np.random.default_rng(0))
    assert picked.rows.tolist() == [1, 2, 0]


@settings(max_examples=60)
@given(seeds, st.integers(1, 25), st.integers(0, 6), st.integers(1, 30))
def test_farthest_first_is_the_greedy_choice(seed: int, rows: int, known: int, count: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(-3, 4, size=(rows, 3)).astype(np.float32)
    labelled = random.integers(-3, 4, size=(known, 3)).astype(np.float32)
    found, reach = farthest_first(vectors, labelled, count)
    start = labelled if known else vectors.mean(axis=0, keepdims=True)
    met = list(start)
    left = list(range(rows))
    for row, distance in zip(found.tolist(), reach.tolist(), strict=True):
        gaps = {one: min(float(np.linalg.norm(vectors[one] - other)) for other in met) for one in left}
        assert gaps[row] == pytest.approx(max(gaps.values()), abs=2e-3)
        assert distance == pytest.approx(gaps[row], abs=2e-3)
        met.append(vectors[row])
        left.remove(row)
    assert len(found) == min(rows, count)


def brute_lof(points: Floats, k: int) -> list[float]:
    """The definition, point by point (Breunig et al., 2000)."""
    gaps = np.linalg.norm(points[:, None].astype(float) - points[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    near = [np.argsort(row, kind="stable")[:k] for row in gaps]
    reach = [gaps[i, near[i][-1]] for i in range(len(points))]
    density = [1 / (np.mean([max(reach[j], gaps[i, j]) for j in near[i]]) + 1e-10) for i in range(len(points))]
    return [float(np.mean([density[j] for j in near[i]]) / density[i]) for i in range(len(points))]


def test_the_outlier_factor_is_that_of_the_definition_and_finds_the_planted_one() -> None:
    random = np.random.default_rng(4)
    points = random.normal(size=(60, 5)).astype(np.float32)
    points[17] = 9
    found = LocalOutliers(points, 7).factors(points, own=True)
    np.testing.assert_allclose(found, brute_lof(points, 7), rtol=2e-3)
    assert int(found.argmax()) == 17
    assert LocalOutliers(points[:20], 7).factors(points)[17] > 2


def test_principal_components_keep_the_widest_directions_and_their_signs() -> None:
    random = np.random.default_rng(5)
    vectors = (random.normal(size=(300, 6)) * [1, 9, 1, 4, 1, 1]).astype(np.float32)
    projection = principal(vectors, 2)
    assert np.abs(projection.axes).argmax(axis=0).tolist() == [1, 3]
    assert (projection.axes.max(axis=0) > 0.9).all()
    np.testing.assert_allclose(projection.axes.T @ projection.axes, np.eye(2), atol=1e-5)


def test_neighbours_speak_against_a_label_that_none_of_them_has() -> None:
    vectors, of = blobs(6, [30, 30])
    random = np.random.default_rng(7)
    files = vectors[[0, 0, 40]] + 0.01 * random.normal(size=(3, 8)).astype(np.float32)
    found = disagreement(files, np.array([0, 1, 1]), vectors, of)
    assert found.round(3).tolist() == [0, 1, 0]
    assert np.isnan(disagreement(files, np.array([0, 1, 1]), vectors[:0], of[:0])).all()


def test_the_light_head_learns_and_goes_on_from_where_it_was() -> None:
    vectors, of = blobs(8, [40, 40, 40], spread=1.0)
    head = light_head.fit(vectors, of, 3)
    assert (head.probabilities(vectors).argmax(axis=1) == of).mean() > 0.95
    np.testing.assert_allclose(head.probabilities(vectors).sum(axis=1), 1, atol=1e-5)
    warm = light_head.fit(vectors, of, 3, before=head, steps=2)
    cold = light_head.fit(vectors, of, 3, steps=2)

    def loss(one: light_head.LightHead) -> float:
        return float(-np.log(one.probabilities(vectors)[np.arange(len(of)), of]).mean())

    assert loss(warm) < loss(cold)


def test_a_learner_orders_anew_after_a_few_decisions_and_never_shows_what_is_decided() -> None:
    vectors, of = blobs(9, [60, 60], spread=1.5)
    files = [f"{place:064x}" for place in range(120)]
    learner = NextBestLearner(files, vectors, {}, np.empty((0, 8), np.float32))
    first = learner.order()
    assert sorted(first) == sorted(files)
    for number, file in enumerate(first[: 2 * EVERY]):
        assert learner.due is (number == EVERY)
        if number == EVERY:
            assert file in learner.order()
        learner.decided(file, "trash" if of[files.index(file)] else "archive")
    after = learner.order()
    assert not learner.due
    assert sorted(after) == sorted(set(files) - set(first[: 2 * EVERY]))
    # What it is sure of by now comes last.
    seen, last = ([files.index(file) for file in part] for part in (first[: 2 * EVERY], after[-5:]))
    head = light_head.fit(vectors[seen], of[seen], 2)
    assert head.probabilities(vectors[last]).max(axis=1).min() > 0.6
    learner.decided(after[0], None)
    assert after[0] not in learner.order()
    learner.undone(after[0])
    learner.undone(first[0])
    assert {after[0], first[0]} <= set(learner.order())
