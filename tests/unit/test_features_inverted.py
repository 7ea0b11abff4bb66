"""The index of a large store: what it finds is exact, how much it finds is measured, and changes of the store never make it wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import Cancelled, ModelError, NotNow
from hyai_tui.features import inverted, inverting
from hyai_tui.features.keys import unpacked
from hyai_tui.features.pairing import likely_pairs
from hyai_tui.features.picking import at_places, some_vectors, spread
from hyai_tui.features.similar import Floats, top_k
from hyai_tui.features.store import FeatureStore
from hyai_tui.features.upkeep import compact
from hyai_tui.jobs.context import SilentReporter
from tests.unit.features_fixtures import sha

DIMENSION, SHARD = 24, 128


class PlainCentres:
    """Lloyd's k-means in numpy, in the place of faiss'."""

    def __init__(self, rows: Floats, lists: int) -> None:
        self.centres: Floats = rows[:: len(rows) // lists][:lists].copy()
        for _ in range(5):
            near = self.nearest(rows)
            for one in range(lists):
                if (near == one).any():
                    self.centres[one] = rows[near == one].mean(axis=0)

    def nearest(self, rows: Floats) -> NDArray[np.int64]:
        away = (self.centres**2).sum(axis=1) - 2 * rows @ self.centres.T
        return np.asarray(away.argmin(axis=1), np.int64)


def vectors_of(numbers: list[int]) -> Floats:
    """Vectors around twelve middles, the same for a number every time."""
    middles = np.random.default_rng(1).normal(0, 3, (12, DIMENSION))
    rows = [middles[one % 12] + np.random.default_rng(100 + one).normal(0, 1, DIMENSION) for one in numbers]
    return np.array(rows, np.float32).astype(np.float16).astype(np.float32)


def names_of(numbers: list[int]) -> list[str]:
    return [sha(str(one).encode()) for one in numbers]


def add(store: FeatureStore, *numbers: int) -> None:
    store.append(names_of(list(numbers)), vectors_of(list(numbers)))


def filled(directory: Path, count: int = 1420) -> FeatureStore:
    store = FeatureStore.open(directory, DIMENSION, shard_rows=SHARD)
    add(store, *range(count))
    return store


def make(store: FeatureStore, check: Callable[[], None] = lambda: None, **options: Any) -> inverted.Record:
    options = {"least_rows": 1, "centres_of": PlainCentres, **options}
    return inverting.make(store, SilentReporter(), check, **options)


def index_of(store: FeatureStore) -> inverted.InvertedFile:
    found = inverted.opened(store)
    assert found is not None
    return found


def test_what_it_finds_is_what_an_exact_search_says_of_it(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        record = make(store)
        index = index_of(store)
        questions = vectors_of([7, 400, 5000])
        found = index.top_k(questions, 9)
        exact = top_k(store, questions, 9, centre=np.asarray(index.lists.mean))
    assert record.recall > 0.97
    assert (record.neighbours, record.asked) == (20, 200)
    assert inverting.recall(exact.contents, found.contents) > 0.95
    for question in range(3):
        known = dict(exact.of(question))
        for name, cosine in found.of(question):
            if name in known:
                assert cosine == pytest.approx(known[name], abs=1e-6)
    assert found.of(0)[0][0] == names_of([7])[0]
    assert (np.diff(found.similarity, axis=1) <= 0).all()


@pytest.mark.parametrize(
    ("recalls", "chosen"),
    [
        ([0.9, 0.97, 0.982], 2),
        ([0.99], 0),
        # Nothing reaches what is wanted: more lists are worth their time only as long as they find more.
        ([0.8, 0.93, 0.966, 0.968, 0.969, 0.969], 2),
        ([0.949, 0.951], 1),
        # Short of what is good, whatever they find is.
        ([0.5, 0.7, 0.701], 2),
    ],
)
def test_a_question_looks_through_no_more_lists_than_find_more(recalls: list[float], chosen: int) -> None:
    assert inverting.fewest(recalls) == chosen


def test_new_vectors_are_found_at_once_and_removed_ones_never_again(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        make(store)
        asked = vectors_of([3000, 12])
        add(store, *range(3000, 3100))
        store.remove(names_of([12]))
        found = index_of(store).top_k(asked, 3)
    assert found.of(0)[0][0] == names_of([3000])[0]
    assert names_of([12])[0] not in [name for name, _ in found.of(1)]


def test_shards_that_were_rewritten_are_searched_exactly(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        make(store)
        store.remove(names_of([3]))
        compact(store)
        index = index_of(store)
        assert index.others >= SHARD - 1
        found = index.top_k(vectors_of([15]), 1)
    assert found.of(0)[0][0] == names_of([15])[0]


def test_when_a_tenth_is_another_the_index_counts_as_none(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        make(store)
        add(store, *range(2000, 2000 + 20))
        assert inverted.stands(store)
        add(store, *range(3000, 3000 + 300))
        assert not inverted.stands(store)
        assert inverted.opened(store) is None
        make(store)
        assert inverted.stands(store)
        store.remove(names_of(list(range(0, 400))))
        assert inverted.opened(store) is None


def test_an_index_of_another_store_counts_as_none(tmp_path: Path) -> None:
    with filled(tmp_path / "one") as one:
        make(one)
    with FeatureStore.open(tmp_path / "other", DIMENSION, shard_rows=SHARD) as other:
        add(other, *range(4000, 5500))
        (tmp_path / "one" / inverted.DIRECTORY).rename(other.directory / inverted.DIRECTORY)
        assert inverted.opened(other) is None


def test_an_index_that_finds_too_little_or_is_damaged_is_not_used(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        make(store)
        directory = store.directory / inverted.DIRECTORY
        about = directory / inverted.RECORD
        fields = json.loads(about.read_text())
        about.write_text(json.dumps({**fields, "recall": 0.5}))
        assert inverted.opened(store) is None
        assert inverted.stands(store)
        about.write_text(json.dumps(fields))
        assert inverted.opened(store) is not None
        np.save(directory / "starts.npy", np.load(directory / "starts.npy")[::-1].copy())
        assert inverted.opened(store) is None
        about.write_text("{")
        assert inverted.opened(store) is None


def test_rows_that_are_dead_are_not_indexed(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        store.remove(names_of(list(range(0, 100))))
        record = make(store)
        closed = [one for one in store.places.shards().values() if one.closed]
        assert record.rows == sum(one.live for one in closed)
        found = index_of(store).top_k(vectors_of([5]), 40)
    assert not set(names_of(list(range(100)))) & {name for name, _ in found.of(0)}


def test_a_small_store_needs_no_index_and_says_so(tmp_path: Path) -> None:
    with filled(tmp_path, 200) as store, pytest.raises(NotNow, match="An index pays from 1,000,000 vectors on"):
        make(store, least_rows=inverted.LEAST_ROWS)
    with filled(tmp_path / "few", 20) as store, pytest.raises(NotNow, match="No shard is full yet"):
        make(store)


def test_without_faiss_it_says_what_to_install_and_what_goes_on_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with filled(tmp_path) as store:
        with pytest.raises(ModelError, match="faiss, which is not installed") as caught:
            make(store, centres_of=inverting.FaissCentres)
        assert inverted.opened(store) is None
        assert not (store.directory / f"{inverted.DIRECTORY}.new").exists()
    assert "hyai-tui[faiss]" in caught.value.fix
    assert "exact" in caught.value.fix


def test_a_making_that_is_stopped_leaves_the_old_index(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        first = make(store)
        asked = iter(range(8))

        def check() -> None:
            if next(asked, None) is None:
                raise Cancelled("Cancelled")

        with pytest.raises(Cancelled):
            make(store, check)
        assert index_of(store).record == first
        assert [one.name for one in store.directory.iterdir() if one.is_dir()] == [inverted.DIRECTORY]


def test_faiss_finds_the_same(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    with filled(tmp_path) as store:
        record = make(store, centres_of=inverting.FaissCentres)
        found = index_of(store).top_k(vectors_of([7]), 3)
    assert record.recall > 0.97
    assert found.of(0)[0][0] == names_of([7])[0]


def test_rows_are_picked_evenly_and_by_place(tmp_path: Path) -> None:
    with filled(tmp_path, 1000) as store:
        keys = np.concatenate([keys for keys, _ in spread(store, 100)])
        assert len(keys) == 100
        assert len(some_vectors(store, 5000)) == 1000
        store.remove(names_of([1]))
        keys, bits = at_places(store, np.array([2, 1, 1, 99, 1]), np.array([0, 1, 0, 0, 5000]))
        assert [bytes(one).hex() for one in keys] == names_of([0, SHARD])
        assert len(bits) == 2
    with FeatureStore.open(tmp_path / "empty", DIMENSION) as store:
        assert len(some_vectors(store, 10)) == 0


def test_pairs_that_are_alike_are_found_list_by_list_whether_they_are_in_the_index_or_not(tmp_path: Path) -> None:
    copies = {7: 9000, 600: 9001, 1300: 9002}
    rows = vectors_of(list(copies))
    with filled(tmp_path) as store:
        store.append(names_of([9000, 9001]), rows[:2] + 0.01)
        add(store, *range(5000, 5126))
        make(store)
        # One copy and its original are on different sides of the index; another pair came later altogether.
        store.append(names_of([9002, 9003, 9004]), np.concatenate([rows[2:] + 0.01, -rows[:1], -rows[:1] + 0.01]))
        first, second = likely_pairs(index_of(store), 0.99)
        found = {frozenset(pair) for pair in zip(unpacked(first), unpacked(second), strict=True)}
        wanted = [*copies.items(), (9003, 9004)]
        assert {frozenset(names_of(list(pair))) for pair in wanted} <= found
        assert len(found) == len(first) < 20_000
        store.remove(names_of([9000]))
        left = {one for pair in likely_pairs(index_of(store), 0.99) for one in unpacked(pair)}
    assert names_of([9000])[0] not in left
