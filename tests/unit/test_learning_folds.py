"""Folds are sticky, stratified and shared by near duplicates; due and fingerprints."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.learning import folds
from tests.unit.learning_fixtures import sha


def _random(n: int, dimension: int = 64, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, dimension)).astype(np.float32)


def _names(n: int) -> tuple[list[str], list[str]]:
    return [sha(number) for number in range(n)], ["trash" if number % 4 == 0 else "archive" for number in range(n)]


def test_each_fold_gets_its_share_of_each_label() -> None:
    identities, labels = _names(200)
    given_folds = folds.assign(identities, labels, _random(200), {}, folds=5)
    assert sorted(given_folds) == sorted(identities)
    for label in ("archive", "trash"):
        held = Counter(given_folds[one] for one, name in zip(identities, labels, strict=True) if name == label)
        assert set(held) == {0, 1, 2, 3, 4}
        assert max(held.values()) - min(held.values()) <= 1


def test_the_same_seed_gives_the_same_folds_and_another_gives_others() -> None:
    identities, labels = _names(100)
    vectors = _random(100)
    one = folds.assign(identities, labels, vectors, {}, folds=5, seed=1)
    assert folds.assign(identities, labels, vectors, {}, folds=5, seed=1) == one
    assert folds.assign(identities, labels, vectors, {}, folds=5, seed=2) != one


def test_a_fold_is_never_given_again_and_new_samples_fill_up() -> None:
    identities, labels = _names(120)
    vectors = _random(120)
    known = folds.assign(identities[:60], labels[:60], vectors[:60], {}, folds=5)
    new = folds.assign(identities, labels, vectors, known, folds=5)
    assert set(new) == set(identities[60:])
    assert max(Counter({**known, **new}.values()).values()) <= 25
    assert folds.assign(identities, labels, vectors, {**known, **new}, folds=5) == {}


@pytest.mark.parametrize("seed", range(4))
def test_a_near_duplicate_is_in_the_fold_of_its_twin(seed: int) -> None:
    identities, labels = _names(100)
    vectors = _random(100, seed=seed)
    noise = 0.2 * _random(100, seed=seed + 50)
    twins = vectors + noise
    copies = [sha(1000 + number) for number in range(100)]
    together = folds.assign(
        identities + copies, labels + labels, np.concatenate([vectors, twins]), {}, folds=5, seed=seed
    )
    assert all(together[one] == together[copy] for one, copy in zip(identities, copies, strict=True))
    known = {one: together[one] for one in identities}
    later = folds.assign(identities + copies, labels + labels, np.concatenate([vectors, twins]), known, folds=5)
    assert all(later[copy] == known[one] for one, copy in zip(identities, copies, strict=True))


def test_a_crowd_of_look_alikes_does_not_fill_one_fold() -> None:
    identities, labels = _names(200)
    vectors = _random(200)
    vectors[:100] = vectors[0] + 0.3 * vectors[:100]  # half of all, each a near duplicate of each
    held = Counter(folds.assign(identities, labels, vectors, {}, folds=5).values())
    assert set(held) == {0, 1, 2, 3, 4}
    assert max(held.values()) <= 60


def test_the_test_split_takes_its_share_of_each_label_and_keeps_it() -> None:
    identities, labels = _names(200)
    vectors = _random(200)
    split = folds.assign(identities, labels, vectors, {}, folds=5, test_share=0.3)
    kept_aside = Counter(name for one, name in zip(identities, labels, strict=True) if split[one] == -1)
    assert kept_aside["trash"] == pytest.approx(0.3 * 50, abs=2)
    assert kept_aside["archive"] == pytest.approx(0.3 * 150, abs=2)
    assert [folds.in_use(fold, 3) for fold in (-1, 0, 4)] == [-1, 0, 1]


def test_samples_without_any_difference_still_get_folds() -> None:
    identities, labels = _names(10)
    assert set(folds.assign(identities, labels, np.ones((10, 4), np.float32), {}, folds=5)) == set(identities)
