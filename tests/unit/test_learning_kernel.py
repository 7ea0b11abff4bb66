"""A kernel part beside an mlp: honest about what it saw, kept only where it helps, the same on every way to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.learning import mixing
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.fit import kernel as fitting
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.kernel import fit_kernel
from hyai_tui.learning.metrics import log_loss
from tests.unit.learning_fixtures import separable, sha, small_bundle


def rings(n: int = 240, seed: int = 0) -> TrainingData:
    """Vectors of which every third cluster of six belongs to the same label: no straight border parts them."""
    random = np.random.default_rng(seed)
    cluster = np.arange(n) % 6
    vectors = 3 * np.eye(6)[cluster] + np.abs(0.4 * random.normal(size=(n, 6)))
    folds = (np.arange(n) // 6) % 5
    return TrainingData(
        [sha(one) for one in range(n)],
        ("archive", "trash"),
        (cluster % 2).astype(np.int64),
        vectors.astype(np.float32),
        folds,
    )


@pytest.mark.parametrize("landmarks", [1000, 60])
@pytest.mark.parametrize("classes", [2, 3])
def test_held_out_scores_come_from_a_fit_without_the_fold(
    classes: int, landmarks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "LANDMARKS", landmarks)
    data = separable(classes, n=150)
    rows = np.arange(150)
    found = fit_kernel(data, rows, "auto", 1)
    # Turning the labels of one fold round changes what is said of all others, and nothing that is said of itself.
    turned = replace(data, truth=np.where(data.folds == 2, (data.truth + 1) % classes, data.truth))
    again = fit_kernel(turned, rows, "none", 1)
    plain = fit_kernel(data, rows, "none", 1)
    own = data.folds == 2
    np.testing.assert_allclose(again.scores[own], plain.scores[own], atol=2e-4)
    assert np.abs(again.scores[~own] - plain.scores[~own]).max() > 0.01
    outputs = 1 if classes == 2 else classes
    assert found.scores.shape == (150, outputs)
    right = (found.scores[:, 0] > 0) == data.truth if classes == 2 else found.scores.argmax(axis=1) == data.truth
    assert right.mean() > 0.9
    assert list(found.part.faults(6, outputs)) == []


def test_the_shipped_part_says_what_was_fitted() -> None:
    data = rings()
    part = fit_kernel(data, np.arange(240), "none", 1).part
    assert ((part.scores(data.vectors)[:, 0] > 0) == data.truth).all()
    assert part.landmarks.dtype == np.float16


def test_a_sample_of_little_weight_says_little() -> None:
    data = rings(60)
    heavy = fit_kernel(data, np.arange(60), "none", 1)
    odd = np.where(np.arange(60) == 7, 1 - data.truth, data.truth)
    weights = np.ones(60, np.float32)
    weights[7] = 1e-4
    light = fit_kernel(replace(data, truth=odd, weights=weights), np.arange(60), "none", 1)
    full = fit_kernel(replace(data, truth=odd), np.arange(60), "none", 1)
    others = np.arange(60) != 7
    moved_light = np.abs(light.scores - heavy.scores)[others].max()
    assert moved_light < 0.1 * np.abs(full.scores - heavy.scores)[others].max()


def opinions(n: int = 600, seed: int = 3) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, n)
    side = 2 * truth - 1
    own = (1.2 * side + 1.5 * random.normal(size=n)).astype(np.float32)[:, None]
    return own, (0.4 * side + 0.5 * random.normal(size=n)).astype(np.float32)[:, None], truth


def test_two_opinions_are_mixed_where_that_lowers_held_out_log_loss() -> None:
    own, scores, truth = opinions()
    folds = np.arange(600) % 5
    mixed = mixing.choose(own, scores, truth, folds)
    assert mixed.weights is not None
    assert mixed.losses["mixed"] < mixed.losses["alone"]
    a, b = mixed.weights

    def loss(one: float, other: float) -> float:
        wide = np.hstack([np.zeros_like(own), one * own + other * scores])
        raised = np.exp(wide)
        return log_loss(truth, raised / raised.sum(axis=1, keepdims=True))

    assert loss(a, b) <= min(loss(a * 1.1, b), loss(a * 0.9, b), loss(a, b * 1.1), loss(a, b * 0.9))


def test_noise_is_not_mixed_in_nor_is_anything_on_few_items() -> None:
    own, scores, truth = opinions()
    noise = np.random.default_rng(5).normal(size=own.shape).astype(np.float32)
    folds = np.arange(600) % 5
    assert mixing.choose(own, noise, truth, folds).weights is None
    few = mixing.choose(own[:90], scores[:90], truth[:90], folds[:90])
    assert (few.weights, few.losses) == (None, {})
    np.testing.assert_array_equal(few.logits, own[:90])


def test_a_bundle_keeps_its_kernel_part(tmp_path: Path) -> None:
    data = separable(2)
    part = fit_kernel(data, np.arange(len(data.truth)), "auto", 1).part.with_mix(0.8, 2.5)
    plain = small_bundle()
    mixed = replace(plain, head=replace(plain.head, kernel=part))
    mixed.save(tmp_path / "m")
    again = Bundle.load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict(data.vectors), mixed.predict(data.vectors))
    assert np.abs(again.predict(data.vectors) - plain.predict(data.vectors)).max() > 0.05
    assert again.head.kernel is not None
    broken = replace(part, weights=part.weights[:-1])
    replace(plain, head=replace(plain.head, kernel=broken)).save(tmp_path / "broken")
    with pytest.raises(ModelError, match="kernel part"):
        Bundle.load(tmp_path / "broken")
