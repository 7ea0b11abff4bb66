"""The feature store: every acknowledged vector is there, under its own content, whatever was killed or cut."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import HyaiError, ModelError, NotNow
from hyai_tui.features import places as places_module
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.index import readable_errors
from hyai_tui.features.keys import packed
from hyai_tui.features.shards import HEADER, narrow, widen
from hyai_tui.features.store import FeatureStore
from hyai_tui.features.upkeep import compact, verify
from tests.unit.features_fixtures import sha

DIMENSION = 6


@cache
def content(i: int) -> str:
    return sha(f"content {i}".encode())


def contents(*numbers: int) -> list[str]:
    return [content(i) for i in numbers]


@cache
def vector(i: int) -> NDArray[np.float32]:
    """The vector of a content: half-precision numbers, so that they come back exactly."""
    return np.random.default_rng(i).random(DIMENSION, np.float32).astype(np.float16).astype(np.float32)


def vectors(*numbers: int) -> NDArray[np.float32]:
    return np.stack([vector(i) for i in numbers])


def opened(directory: Path, *, shard_rows: int = 10, read_only: bool = False) -> FeatureStore:
    return FeatureStore.open(directory, DIMENSION, shard_rows=shard_rows, read_only=read_only)


def fill(store: FeatureStore, *numbers: int) -> None:
    store.append(contents(*numbers), vectors(*numbers))


def assert_holds(store: FeatureStore, *numbers: int) -> None:
    found_vectors, found = store.get(contents(*numbers))
    assert found.all()
    np.testing.assert_array_equal(found_vectors, vectors(*numbers))


def test_every_vector_comes_back_for_its_own_content_in_any_order(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for start in range(0, 35, 7):
            fill(store, *range(start, start + 7))
        order = random.Random(1).sample(range(35), 35)
        assert_holds(store, *order, *order[:5])
        assert len(store) == 35
        assert store.size().shards == 4


def test_contents_without_a_vector_are_said_so(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, 1, 2)
        found_vectors, found = store.get(contents(2, 3, 1))
        assert found.tolist() == [True, False, True]
        assert not found_vectors[1].any()
        assert store.missing(contents(3, 1, 4, 3)) == contents(3, 4)
        assert content(1) in store
        assert content(3) not in store
        empty, none = store.get([])
        assert empty.shape == (0, DIMENSION)
        assert none.shape == (0,)


def test_appending_twice_keeps_the_first_and_takes_no_space(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.append(contents(1, 1, 2), vectors(1, 9, 2)) == 2
        assert store.append(contents(2, 1), vectors(8, 8)) == 0
        assert_holds(store, 1, 2)
        assert store.size().dead == 0


def test_one_pass_over_the_index_finds_the_same_as_asking_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(50))
        asked = contents(*random.Random(2).sample(range(100), 100))
        few = store.get(asked)
        monkeypatch.setattr(places_module, "_MANY", 0)
        many = store.get(asked)
        np.testing.assert_array_equal(few[0], many[0])
        np.testing.assert_array_equal(few[1], many[1])
        assert store.missing(asked) == [one for one, there in zip(asked, few[1], strict=True) if not there]


def test_a_full_shard_is_an_npy_file_and_never_written_again(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(12))
        full = store.files.path(1)
        loaded = np.load(full, allow_pickle=False)
        assert loaded.dtype == np.float16
        np.testing.assert_array_equal(loaded.astype(np.float32), vectors(*range(10)))
        before = full.read_bytes()
        fill(store, *range(12, 30))
        assert full.read_bytes() == before


def test_blocks_go_over_everything_once_in_bounded_pieces(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(25))
        store.remove(contents(3, 11))
        seen: dict[str, NDArray[np.float32]] = {}
        for names, block in store.blocks(rows=4):
            assert len(names) == len(block) <= 4
            seen.update(zip(names, block, strict=True))
        expected = set(range(25)) - {3, 11}
        assert seen.keys() == {content(i) for i in expected}
        for i in expected:
            np.testing.assert_array_equal(seen[content(i)], vector(i))


def test_a_visit_goes_along_the_shards_and_gives_each_content_as_often_as_it_is_asked_for(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(25))
        store.remove(contents(4))
        asked = [*random.Random(4).sample(range(30), 30), 7, 7]
        seen: list[int] = []
        for at, bits in store.visit(packed(contents(*asked)), rows=6):
            assert len(at) == len(bits) <= 6
            for i, row in zip(at.tolist(), widen(bits), strict=True):
                np.testing.assert_array_equal(row, vector(asked[i]))
                seen.append(asked[i])
        assert seen == sorted([*range(4), *range(5, 25), 7, 7])


def test_widening_is_exact_for_every_finite_half() -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    halves = bits.view(np.float16)
    finite = bits[np.isfinite(halves)].reshape(-1, 2**11)
    np.testing.assert_array_equal(widen(finite), finite.view(np.float16).astype(np.float32))


def test_narrowing_gives_the_nearest_half_with_ties_to_even() -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    exact = halves[np.isfinite(halves)].astype(np.float32)
    around = np.concatenate([exact, np.nextafter(exact, np.float32(np.inf)), np.nextafter(exact, np.float32(-np.inf))])
    between = (np.sort(exact)[1:].astype(np.float64) + np.sort(exact)[:-1]) / 2
    values = np.concatenate(
        [around, between.astype(np.float32), np.array([1e-30, -1e-40, 0.0, -0.0, 65519.0], np.float32)]
    )
    values = values[np.abs(values) < 65520][:, None]
    narrowed = narrow(values)
    assert narrowed is not None
    np.testing.assert_array_equal(narrowed.view(np.uint16), values.astype(np.float16).view(np.uint16))


def test_values_that_are_no_numbers_are_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for bad in (np.nan, -np.nan, np.inf, -np.inf, 1e6, -65520.0):
            rows = vectors(1, 2)
            rows[1, 3] = bad
            with pytest.raises(ModelError):
                store.append(contents(1, 2), rows)
        assert len(store) == 0
        with pytest.raises(ValueError, match="shape"):
            store.append(contents(1), np.zeros((1, DIMENSION + 1), np.float32))


def test_another_dimension_or_encoder_version_is_refused(tmp_path: Path) -> None:
    version = EncoderVersion("a", "1" * 64, "p", "fp32", DIMENSION)
    other = EncoderVersion("a", "2" * 64, "p", "fp32", DIMENSION)
    FeatureStore.open(tmp_path, DIMENSION, version=version).close()
    FeatureStore.open(tmp_path, DIMENSION, version=version).close()
    with pytest.raises(ModelError, match="6 numbers each, and 7"):
        FeatureStore.open(tmp_path, 7, version=version)
    with pytest.raises(ModelError, match="another encoder"):
        FeatureStore.open(tmp_path, DIMENSION, version=other)


def test_a_damaged_index_is_said_with_the_way_out(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, 1)
    (tmp_path / "index.db").write_bytes(b"this is no database" * 100)
    for read_only in (True, False):
        with pytest.raises(ModelError, match="damaged") as caught:
            opened(tmp_path, read_only=read_only)
        assert "hyai cache reset" in caught.value.fix


def test_reading_what_was_never_built_is_an_error_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no features yet"):
        opened(tmp_path / "none", read_only=True)
    assert not (tmp_path / "none").exists()


def test_a_full_disk_stores_nothing_of_the_batch_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as store:
        fill(store, 1)
        with monkeypatch.context() as patch:

            def no_space(descriptor: int, data: bytes, offset: int) -> int:
                raise OSError(28, "No space left on device")

            patch.setattr(os, "pwrite", no_space)
            with pytest.raises(HyaiError, match="No space left"):
                fill(store, 2, 3)
        assert store.missing(contents(1, 2, 3)) == contents(2, 3)
        fill(store, 2, 3)
        assert_holds(store, 1, 2, 3)


def test_rows_that_were_never_committed_are_cut_at_the_next_open(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, 1, 2)
        path = store.files.path(1)
    committed = path.read_bytes()
    path.write_bytes(committed + b"\x01" * 31)
    (tmp_path / "00000009.npy").write_bytes(b"a shard whose commit never came")
    with opened(tmp_path, read_only=True) as reader:
        assert_holds(reader, 1, 2)
        assert path.stat().st_size == len(committed) + 31
    with opened(tmp_path) as store:
        assert path.read_bytes() == committed
        assert store.files.numbers() == {1}
        fill(store, 3)
        assert_holds(store, 1, 2, 3)


@pytest.mark.parametrize("cut", [*range(0, HEADER + 5 * 2 * DIMENSION + 1, 5)])
def test_an_open_shard_cut_at_any_byte_loses_only_the_rows_behind_the_cut(tmp_path: Path, cut: int) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(5))
        path = store.files.path(1)
    os.truncate(path, cut)
    whole = max(0, (cut - HEADER) // (2 * DIMENSION))
    with opened(tmp_path, read_only=True) as reader:
        found_vectors, found = reader.get(contents(*range(5)))
        for i in range(5):
            assert not found[i] or (found_vectors[i] == vector(i)).all()
    with opened(tmp_path) as store:
        assert store.missing(contents(*range(5))) == contents(*range(whole, 5))
        fill(store, *range(5))
        assert_holds(store, *range(5))


WRITER = """
import sys, numpy as np
from pathlib import Path
from tests.unit.test_features_store import contents, opened, vectors
with opened(Path(sys.argv[1])) as store:
    start = len(store)
    for first in range(start, start + 3000, 3):
        numbers = range(first, first + 3)
        store.append(contents(*numbers), vectors(*numbers))
        print(first + 3, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_had_acknowledged(tmp_path: Path) -> None:
    acknowledged = 0
    for round_ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert writer.stdout is not None
        for _ in range(5 + 7 * round_):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        writer.wait()
        writer.stdout.close()
        with opened(tmp_path) as store:
            assert len(store) >= acknowledged
            assert len(store) % 3 == 0
            assert_holds(store, *range(len(store)))


def test_readers_see_whole_vectors_while_another_process_writes(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, 0, 1, 2)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    try:
        with opened(tmp_path, read_only=True) as reader:
            for _ in range(20):
                count = int(writer.stdout.readline())
                assert_holds(reader, *range(count))
                assert sum(len(names) for names, _ in reader.blocks()) >= count
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()


def test_two_writers_wait_for_each_other_and_share_the_open_shard(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as other:
        for start in range(0, 30, 2):
            fill(one if start % 4 else other, start, start + 1)
        assert_holds(one, *range(30))
        assert_holds(other, *range(30))
        assert one.size().shards == 3


def test_problems_are_kept_until_asked_or_until_there_is_a_vector(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put_problems({content(1): "corrupt", content(2): "truncated"})
        assert store.problems() == {content(1): "corrupt", content(2): "truncated"}
        fill(store, 2)
    with opened(tmp_path) as store:
        assert store.problems() == {content(1): "corrupt"}
        store.clear_problems([content(3)])
        assert store.problems() == {content(1): "corrupt"}
        store.clear_problems([content(1)])
        assert store.problems() == {}


def test_an_index_that_is_damaged_in_the_middle_is_said_by_whoever_meets_it(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(20))
        tables = "SELECT rootpage FROM sqlite_master WHERE name <> 'about'"
        pages = [page for (page,) in store.index.execute(tables).fetchall()]
        size = store.index.execute("PRAGMA page_size").fetchone()[0]
        store.index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / "index.db").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
    with opened(tmp_path, read_only=True) as store:
        meetings: list[Callable[[], object]] = [
            lambda: len(store),
            lambda: content(1) in store,
            lambda: store.get(contents(1, 2)),
            store.contents,
            store.problems,
            store.size,
            lambda: list(store.blocks()),
            lambda: verify(store),
            lambda: compact(store),
        ]
        for meet in meetings:
            with pytest.raises(ModelError, match="damaged") as caught:
                meet()
            assert "hyai cache reset" in caught.value.fix


def test_an_index_that_is_locked_or_cannot_be_written_is_said_as_such() -> None:
    for text, kind, said in (
        ("database is locked", NotNow, "in use by another process"),
        ("database or disk is full", HyaiError, "cannot be written"),
        ("no such table: vectors", ModelError, "damaged"),
    ):
        with pytest.raises(kind, match=said), readable_errors():
            raise sqlite3.OperationalError(text)
