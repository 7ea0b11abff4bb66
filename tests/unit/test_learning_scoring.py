"""Scoring straight from stored halves: the same probabilities as the model gives, whatever the blocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.kernel import KernelPart
from hyai_tui.learning.scoring import HalfScorer
from tests.unit.learning_fixtures import small_bundle


@pytest.mark.parametrize("labels", [("archive", "trash"), ("archive", "later", "trash")])
def test_stored_halves_score_as_their_numbers_do(labels: tuple[str, ...]) -> None:
    bundle = small_bundle(labels)
    halves = np.random.default_rng(0).normal(size=(700, bundle.head.dimension)).astype(np.float16)
    scorer = HalfScorer(bundle)
    for rows in (700, 1, 0, 129):
        found = scorer.probabilities(halves[:rows].view(np.uint16))
        np.testing.assert_allclose(found, bundle.predict(halves[:rows].astype(np.float32)), atol=1e-6)


def test_a_standardised_linear_head_scores_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = small_bundle()
    random = np.random.default_rng(1)
    dimension = bundle.head.dimension
    kernel = random.normal(size=(dimension, 1)).astype(np.float32)
    centre, scale = random.normal(size=(2, dimension)).astype(np.float32)
    head = Head("linear", (Layer(kernel, np.zeros(1, np.float32)),), centre, np.abs(scale) + np.float32(0.5))
    bundle = replace(bundle, head=head)
    halves = random.normal(size=(300, dimension)).astype(np.float16)
    found = HalfScorer(bundle).probabilities(halves.view(np.uint16))
    np.testing.assert_allclose(found, bundle.predict(halves.astype(np.float32)), atol=1e-5)


def test_a_kernel_part_is_mixed_in() -> None:
    bundle = small_bundle()
    random = np.random.default_rng(2)
    dimension = bundle.head.dimension
    part = KernelPart(
        np.zeros(dimension, np.float32),
        random.normal(size=(9, dimension)).astype(np.float16),
        random.normal(size=(9, 1)).astype(np.float32),
        np.zeros(1, np.float32),
        2.0,
        (0.6, 0.5),
    )
    mixed = replace(bundle, head=replace(bundle.head, kernel=part))
    halves = random.random((700, dimension)).astype(np.float16)
    found = HalfScorer(mixed).probabilities(halves.view(np.uint16))
    np.testing.assert_allclose(found, mixed.predict(halves.astype(np.float32)), atol=1e-5)
    assert np.abs(found - HalfScorer(bundle).probabilities(halves.view(np.uint16))).max() > 0.01
