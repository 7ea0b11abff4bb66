"""Checking and shrinking a store: damage is found, named and mended by forgetting; nothing wanted is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hyai_tui.features.shards import HEADER
from hyai_tui.features.upkeep import compact, verify
from tests.unit.test_features_store import DIMENSION, assert_holds, content, contents, fill, opened


def test_a_sound_store_has_no_findings(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(25))
        store.remove(contents(4))
        report = verify(store)
        assert (report.vectors, report.lost, report.findings) == (24, 0, [])


def test_a_flipped_bit_in_a_closed_shard_is_found_and_its_vectors_are_made_again(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(25))
        path = store.files.path(1)
    data = bytearray(path.read_bytes())
    data[HEADER + 5] ^= 1
    path.write_bytes(data)
    with opened(tmp_path) as store:
        report = verify(store)
        assert report.lost == 10
        assert "checksum" in report.findings[0]
        assert store.missing(contents(*range(25))) == contents(*range(10))
        fill(store, *range(10))
        assert_holds(store, *range(25))
        assert verify(store).findings == []


def test_a_lost_or_shortened_shard_is_found(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(35))
        store.files.path(1).unlink()
        short = store.files.path(2)
        short.write_bytes(short.read_bytes()[: HEADER + 7 * 2 * DIMENSION + 3])
    with opened(tmp_path) as store:
        report = verify(store)
        assert report.lost == 13
        assert len(report.findings) == 2
        assert_holds(store, *range(10, 17), *range(20, 35))
        assert verify(store).findings == []
        fill(store, *range(35))
        assert_holds(store, *range(35))


def test_what_the_open_shard_had_lost_when_the_store_was_opened_is_told_once(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(6))
        path = store.files.path(1)
    path.write_bytes(path.read_bytes()[:-1])
    with opened(tmp_path) as store:
        report = verify(store)
        assert (report.vectors, report.lost) == (5, 1)
        assert report.findings == ["the open shard's file ended too early: 1 vector forgotten"]
        assert verify(store).findings == []


def test_rows_that_are_no_numbers_and_orphaned_files_are_found(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, 0, 1, 2)
        path = store.files.path(1)
        data = bytearray(path.read_bytes())
        data[HEADER + 2 * DIMENSION : HEADER + 2 * DIMENSION + 2] = b"\xff\x7f"
        path.write_bytes(data)
        store.files.path(77).write_bytes(b"orphan")
        report = verify(store)
        assert report.lost == 1
        assert len(report.findings) == 2
        assert store.missing(contents(0, 1, 2)) == contents(1)
        assert store.files.numbers() == {1}


def test_compaction_gives_space_back_and_keeps_every_wanted_vector(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(45))
        keep = [i for i in range(45) if i % 3 == 0]
        report = compact(store, set(contents(*keep)))
        assert report.dropped == 30
        assert report.after < report.before
        assert_holds(store, *keep)
        size = store.size()
        assert (size.vectors, size.dead, size.shards) == (15, 0, 2)
        assert verify(store).findings == []
        fill(store, 1, 2)
    with opened(tmp_path) as store:
        assert_holds(store, *keep, 1, 2)


def test_compacting_a_dense_store_moves_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, *range(25))
        before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")}
        assert compact(store).dropped == 0
        assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")} == before


def test_a_compaction_that_is_killed_in_the_middle_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    for at in range(6):
        directory = tmp_path / str(at)
        with opened(directory) as store:
            fill(store, *range(30))
            store.remove(contents(*range(0, 30, 2)))
            steps = iter(range(at))

            def dying(step: Callable[..., None], steps: Iterator[int] = steps) -> Callable[..., None]:
                def run(*arguments: object) -> None:
                    if next(steps, None) is None:
                        raise Killed
                    step(*arguments)

                return run

            with monkeypatch.context() as patch:
                # Before each write of rows, and before each removal of an old shard.
                patch.setattr(store.files, "write", dying(store.files.write))
                patch.setattr(store.files, "remove", dying(store.files.remove))
                with pytest.raises(Killed):
                    compact(store)
        with opened(directory) as store:
            assert len(store) == 15
            assert_holds(store, *range(1, 30, 2))
            compact(store)
            assert_holds(store, *range(1, 30, 2))
            assert store.size().dead == 0
            assert verify(store).findings == []


def test_a_reader_that_is_open_finds_its_vectors_after_a_compaction(tmp_path: Path) -> None:
    with opened(tmp_path) as store, opened(tmp_path, read_only=True) as reader:
        fill(store, *range(30))
        assert_holds(reader, *range(30))
        store.remove(contents(*range(0, 30, 2)))
        compact(store)
        assert_holds(reader, *range(1, 30, 2))
        fill(store, *range(100, 130))
        assert_holds(reader, *range(1, 30, 2), *range(100, 130))
        assert content(0) not in reader
