"""Nearest neighbours from the shards: exact, whatever the blocks, and the same for the same store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyai_tui.features.similar import nearest, top_k
from hyai_tui.features.store import FeatureStore
from tests.unit.features_fixtures import sha

DIMENSION = 8


def filled(
    directory: Path, count: int = 200
) -> tuple[FeatureStore, list[str], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    names = [sha(str(number).encode()) for number in range(count)]
    vectors = np.random.default_rng(5).normal(size=(count, DIMENSION)).astype(np.float16).astype(np.float32)
    store = FeatureStore.open(directory, DIMENSION, shard_rows=37)
    store.append(names, vectors)
    return store, names, vectors


@pytest.mark.parametrize("block_rows", [1, 13, 1000])
def test_the_nearest_are_exact_whatever_the_size_of_a_block(tmp_path: Path, block_rows: int) -> None:
    store, names, vectors = filled(tmp_path)
    with store:
        asked = np.random.default_rng(6).normal(size=(5, DIMENSION)).astype(np.float32)
        found = top_k(store, asked, 7, block_rows=block_rows)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for question, vector in enumerate(asked):
        cosine = unit @ (vector / np.linalg.norm(vector))
        expected = np.argsort(-cosine)[:7]
        assert [name for name, _ in found.of(question)] == [names[i] for i in expected]
        np.testing.assert_allclose(found.similarity[question], cosine[expected], atol=1e-6)


def test_a_stored_content_is_its_own_nearest(tmp_path: Path) -> None:
    store, names, vectors = filled(tmp_path)
    with store:
        found = top_k(store, vectors[[3, 150]], 2)
    assert [found.of(0)[0][0], found.of(1)[0][0]] == [names[3], names[150]]
    np.testing.assert_allclose(found.similarity[:, 0], 1, atol=1e-6)


def test_taking_a_centre_off_compares_what_is_left(tmp_path: Path) -> None:
    store, names, vectors = filled(tmp_path)
    with store:
        centre = vectors.mean(axis=0)
        found = top_k(store, vectors[:1] * 1.5, 4, centre=centre)
    moved = vectors - centre
    asked = vectors[0] * 1.5 - centre
    cosine = moved @ asked / np.linalg.norm(moved, axis=1) / np.linalg.norm(asked)
    assert [name for name, _ in found.of(0)] == [names[i] for i in np.argsort(-cosine)[:4]]


def test_only_wanted_contents_are_found(tmp_path: Path) -> None:
    store, names, vectors = filled(tmp_path)
    allowed = np.array(sorted(names[10:13]), "S64")
    with store:
        found = top_k(store, vectors[:1], 5, wanted=lambda contents: np.isin(contents, allowed))
    assert {name for name, _ in found.of(0)} == set(names[10:13])
    assert found.similarity[0, 3:].tolist() == [-np.inf, -np.inf]


def test_equal_vectors_come_in_the_order_of_their_contents_in_any_order_of_storage(tmp_path: Path) -> None:
    names = [sha(str(number).encode()) for number in range(30)]
    for order in (names, names[::-1]):
        directory = tmp_path / order[0]
        with FeatureStore.open(directory, DIMENSION, shard_rows=7) as store:
            for name in order:
                store.append([name], np.ones((1, DIMENSION), np.float32))
            found = top_k(store, np.ones((1, DIMENSION), np.float32), 4, block_rows=3)
        assert [name for name, _ in found.of(0)] == sorted(names)[:4]


def test_an_empty_store_and_a_vector_of_nothing_resemble_nothing(tmp_path: Path) -> None:
    with FeatureStore.open(tmp_path, DIMENSION) as store:
        assert top_k(store, np.ones((2, DIMENSION), np.float32), 3).of(1) == []
        store.append([sha(b"a")], np.ones((1, DIMENSION), np.float32))
        found = top_k(store, np.zeros((1, DIMENSION), np.float32), 1)
    assert found.of(0) == [(sha(b"a"), 0.0)]


def test_wrong_questions_are_refused(tmp_path: Path) -> None:
    with FeatureStore.open(tmp_path, DIMENSION) as store:
        with pytest.raises(ValueError, match="shape"):
            top_k(store, np.ones((1, DIMENSION + 1), np.float32), 1)
        with pytest.raises(ValueError, match="at least 1"):
            top_k(store, np.ones((1, DIMENSION), np.float32), 0)


def test_vectors_in_memory_are_searched_the_same_way() -> None:
    names = np.array([sha(b"a"), sha(b"b")], "S64")
    vectors = np.array([[1, 0], [0, 1]], np.float32)
    assert nearest([(names, vectors)], np.array([[0.1, 2]], np.float32), 1).of(0)[0][0] == sha(b"b")
