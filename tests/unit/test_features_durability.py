"""The feature store under kills and power cuts: no acknowledged vector is lost, and no content ever gets another's vector.

`STORE_KILLS=200` kills a writer 200 times, `STORE_CUTS=100` cuts the power 100 times at each step; a few times without.
`python -m benchmarks endurance` does both.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.features.lookup import LookupFiles, merged, table_of
from hyai_tui.features.places import Places
from hyai_tui.features.shards import ShardFiles
from hyai_tui.features.store import FeatureStore
from hyai_tui.features.upkeep import compact, verify
from tests.unit.test_features_store import DIMENSION, assert_holds, content, contents, fill, opened, vector, vectors

KILLS = int(os.environ.get("STORE_KILLS", "3"))
CUTS = int(os.environ.get("STORE_CUTS", "6"))

# Numbers under 1,000,000 are only ever added; those above come and go, and are compacted away.
BUSY_WRITER = """
import random, sys
from pathlib import Path
from hyai_tui.features.upkeep import compact
from tests.unit.test_features_store import contents, fill, opened
chance = random.Random(int(sys.argv[2]))
with opened(Path(sys.argv[1]), shard_rows=5) as store:
    print("open", flush=True)
    kept = int(sys.argv[3])
    while True:
        passing = range(1_000_000 + kept, 1_000_000 + kept + chance.randint(0, 9))
        fill(store, *passing) if passing else None
        fill(store, *range(kept, kept + 3))
        kept += 3
        print(kept, flush=True)
        store.remove(contents(*passing))
        if chance.random() < 0.2:
            compact(store)
"""


def test_a_writer_killed_at_any_moment_loses_nothing_that_it_had_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged = 0
    for kill in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", BUSY_WRITER, str(tmp_path), str(kill), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "open\n"
            time.sleep(chance.random() * 0.3)
            writer.send_signal(signal.SIGKILL)
            said = [int(line) for line in writer.stdout if line.endswith("\n")]
        acknowledged = max([acknowledged, *said])
        with opened(tmp_path) as store:
            if acknowledged:
                assert_holds(store, *range(acknowledged))
            assert_every_vector_is_its_own(store, acknowledged + 20)
            assert verify(store).findings == []
            acknowledged = max(acknowledged, *(i + 1 for i in range(acknowledged + 3) if content(i) in store), 0)


def assert_every_vector_is_its_own(store: FeatureStore, count: int) -> None:
    """Whatever is in the store under a name is that name's vector."""
    names = {content(i): i for base in (0, 1_000_000) for i in range(base, base + count)}
    for some, block in store.blocks():
        for name, row in zip(some, block, strict=True):
            np.testing.assert_array_equal(row, vector(names[name]))


class PowerCut(BaseException):
    pass


# Writes and syncs of a batch that fills a shard.
STEPS_OF_A_BATCH = 12


@pytest.mark.parametrize("step", range(STEPS_OF_A_BATCH + 1))
def test_a_power_cut_at_any_step_keeps_what_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Power goes before a write or a sync; whatever was not synced by then is cut at any byte, or is gone."""
    before, after = tmp_path / "before", tmp_path / "after"
    with opened(before, shard_rows=5) as store:
        # Three shards are closed, so that the batch closes the fourth and merges their tables.
        fill(store, *range(17))
        store.remove(contents(3))
        synced = {path.name: path.stat().st_size for path in before.iterdir()}
        left = iter(range(step))

        def dying(act: Callable[..., Any]) -> Callable[..., Any]:
            def run(*arguments: Any, **named: Any) -> Any:
                if next(left, None) is None:
                    raise PowerCut
                return act(*arguments, **named)

            return run

        ended = False
        with monkeypatch.context() as patch:
            for name in ("pwrite", "fdatasync", "fsync"):
                patch.setattr(os, name, dying(getattr(os, name)))
            try:
                fill(store, *range(17, 24))
                ended = True
            except PowerCut:
                pass
        chance = random.Random(step)
        for _ in range(CUTS):
            shutil.rmtree(after, ignore_errors=True)
            shutil.copytree(before, after, ignore=shutil.ignore_patterns("*-shm"))
            for path in sorted(after.iterdir()):
                size = path.stat().st_size
                had = synced.get(path.name, 0)
                if not ended and path.suffix == ".npy" and size > had:
                    if not had and chance.random() < 0.3:
                        path.unlink()
                    else:
                        cut(path, had, chance)
            kept = [*range(3), *range(4, 24 if ended else 17)]
            with opened(after, read_only=True) as reader:
                assert_holds(reader, *kept)
            with opened(after) as again:
                assert_holds(again, *kept)
                assert_every_vector_is_its_own(again, 24)
                fill(again, *range(24))
                assert_holds(again, *range(24))
                assert verify(again).findings == []
    assert ended is (step >= STEPS_OF_A_BATCH)


def cut(path: Path, synced: int, chance: random.Random) -> None:
    """Leave a file as a power cut does: what was synced, some bytes after it, and there its end, or zeros or noise to its end."""
    size = path.stat().st_size
    at = chance.randint(synced, size)
    with path.open("r+b") as file:
        file.truncate(at)
        if chance.random() < 0.5:
            file.seek(at)
            file.write(bytes(size - at) if chance.random() < 0.5 else chance.randbytes(size - at))


def test_a_power_cut_inside_the_commit_leaves_all_of_a_batch_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are on the disk, and of what the index adds to its log any part: the batch is there or not, the past is."""
    before, after = tmp_path / "before", tmp_path / "after"
    seen = set()
    with opened(before, shard_rows=5) as store:
        fill(store, *range(17))
        store.remove(contents(3))
        log = before / "index.db-wal"
        synced = log.stat().st_size
        with monkeypatch.context() as patch:
            # What a merge has made superfluous goes only after the commit.
            patch.setattr(LookupFiles, "remove", lambda lookups, number: None)
            fill(store, *range(17, 24))
        assert log.stat().st_size > synced
        chance = random.Random(5)
        for turn in range(4 * CUTS):
            shutil.rmtree(after, ignore_errors=True)
            shutil.copytree(before, after, ignore=shutil.ignore_patterns("*-shm"))
            if turn:
                cut(after / log.name, synced, chance)
            with opened(after) as again:
                seen.add(len(again))
                assert_holds(again, *range(3), *range(4, 17))
                assert_every_vector_is_its_own(again, 24)
                fill(again, *range(24))
                assert_holds(again, *range(24))
                assert verify(again).findings == []
    assert seen == {16, 23}


def test_tables_merge_so_that_few_are_to_be_searched(tmp_path: Path) -> None:
    with opened(tmp_path, shard_rows=2) as store:
        for start in range(0, 200, 4):
            fill(store, *range(start, start + 4))
        assert store.size().shards == 100
        # 100 = 1×64 + 2×16 + 1×4
        assert len(store.lookups.numbers()) == 4
        assert_holds(store, *random.Random(3).sample(range(200), 200))


def test_a_damaged_table_hides_vectors_and_never_gives_a_wrong_one_until_verify_mends_it(tmp_path: Path) -> None:
    with opened(tmp_path, shard_rows=5) as store:
        fill(store, *range(10))
        (number, *_) = sorted(store.lookups.numbers())
    path = LookupFiles(tmp_path).path(number)
    table = np.load(path)
    table[1] = table[1][::-1]
    np.save(path, table)
    with opened(tmp_path, shard_rows=5) as store:
        found_vectors, found = store.get(contents(*range(10)))
        assert not found.all()
        np.testing.assert_array_equal(found_vectors[found], vectors(*range(10))[found])
        assert verify(store).findings == ["the tables of contents did not fit the shards: made again"]
        assert_holds(store, *range(10))
        assert verify(store).findings == []


def test_a_lost_table_or_list_of_contents_is_mended(tmp_path: Path) -> None:
    with opened(tmp_path, shard_rows=5) as store:
        fill(store, *range(25))
        for number in store.lookups.numbers():
            store.lookups.path(number).unlink()
        store.files.keys_path(2).unlink()
    with opened(tmp_path, shard_rows=5) as store:
        report = verify(store)
        assert report.lost == 5
        assert any("names of its rows" in finding for finding in report.findings)
        assert store.missing(contents(*range(25))) == contents(*range(5, 10))
        fill(store, *range(25))
        assert_holds(store, *range(25))
        assert verify(store).findings == []


def test_contents_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    alike = [f"{'ab' * 8}{i:048x}" for i in range(1, 7)]
    with opened(tmp_path, shard_rows=3) as store:
        store.append(alike[:5], vectors(*range(5)))
        found_vectors, found = store.get(alike)
        assert found.tolist() == [True] * 5 + [False]
        np.testing.assert_array_equal(found_vectors[:5], vectors(*range(5)))
        store.remove(alike[1:2])
        assert store.missing(alike) == [alike[1], alike[5]]
        store.append(alike[1:2], vectors(9))
        np.testing.assert_array_equal(store.get(alike[1:2])[0], vectors(9))


def test_a_content_that_was_removed_and_made_again_has_its_new_vector(tmp_path: Path) -> None:
    with opened(tmp_path, shard_rows=3) as store:
        fill(store, *range(3))
        store.remove(contents(1))
        store.append(contents(1), vectors(50))
        fill(store, *range(10, 16))
        np.testing.assert_array_equal(store.get(contents(1))[0], vectors(50))
        assert len(store) == 9
        compact(store)
        np.testing.assert_array_equal(store.get(contents(1))[0], vectors(50))
        assert verify(store).findings == []


def test_every_program_that_reads_npy_can_pair_contents_and_vectors(tmp_path: Path) -> None:
    with opened(tmp_path, shard_rows=5) as store:
        fill(store, *range(5))
    files = ShardFiles(tmp_path, DIMENSION, 5)
    names = [bytes(row).hex() for row in np.load(files.keys_path(1), allow_pickle=False)]
    rows = np.load(files.path(1), allow_pickle=False)
    for name, row in zip(names, rows, strict=True):
        i = contents(*range(5)).index(name)
        np.testing.assert_array_equal(row.astype(np.float32), vector(i))


def test_an_unknown_content_is_found_nowhere(tmp_path: Path) -> None:
    with opened(tmp_path, shard_rows=3) as store:
        fill(store, 0, 1)
        store.remove(contents(0))
        fill(store, 2)
        assert store.get(["", content(1)])[1].tolist() == [False, True]
        assert store.missing([content(0)]) == contents(0)


def test_a_merge_leaves_out_shards_that_are_gone() -> None:
    keys = np.frombuffer(bytes.fromhex("".join(contents(*range(6)))), np.uint8).reshape(6, 32)
    tables = [table_of(7, keys[:3]), table_of(8, keys[3:])]
    joined = merged(tables, [8])
    assert (joined[1] >> np.uint64(32)).tolist() == [8, 8, 8]
    assert (np.diff(merged(tables, [7, 8])[0].astype(object)) >= 0).all()


def test_the_store_is_asked_as_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard that another process closes between two questions to the index is not missed."""
    with opened(tmp_path, shard_rows=5) as writer, opened(tmp_path, shard_rows=5, read_only=True) as reader:
        fill(writer, *range(4))
        seen = Places.shards

        def shards_then_a_commit(places: Places) -> Any:
            found = seen(places)
            if places is reader.places and content(4) not in writer:
                fill(writer, 4)
            return found

        monkeypatch.setattr(Places, "shards", shards_then_a_commit)
        assert [name for names, _ in reader.blocks() for name in names] == contents(*range(4))
        assert [name for names, _ in reader.blocks() for name in names] == contents(*range(5))
