"""Makes the index of a large store (`inverted.py`): centres by k-means, codes, and how much it finds against an exact search.

k-means and the search for the nearest centre are faiss' (Douze et al., "The Faiss library", 2024), the optional extra
`faiss`. Heavy: only jobs import this.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import HyaiError, ModelError, NotNow
from hyai_tui.features.inverted import DIRECTORY, LEAST_ROWS, InvertedFile, Lists, Record, rows_outside
from hyai_tui.features.picking import some_vectors, spread
from hyai_tui.features.places import Moved, Shard
from hyai_tui.features.principal import principal
from hyai_tui.features.shards import sync_directory, widen
from hyai_tui.features.similar import Floats, top_k, unit_rows
from hyai_tui.features.store import FeatureStore
from hyai_tui.installing import how_to_add
from hyai_tui.text import count

DIRECTIONS: Final = 128
_SAMPLE: Final = 20_480
_TRAINED_EACH: Final = 48
_BLOCK: Final = 8_192
_EXACT_ROWS: Final = 8_192
_GROUPED: Final = 262_144
# Of how many stored vectors so many neighbours are looked for, to say what the index finds.
_ASKED, _NEIGHBOURS = 200, 20
_PROBES: Final = (8, 16, 32, 64, 128, 256)
_WANTED_RECALL: Final = 0.98
# Where that is out of reach, twice the lists for less than this are not worth their time, as long as so much is found.
_WORTH_DOUBLING, _GOOD_RECALL = 0.005, 0.95
# The best width of 16 equal steps for a normal distribution, in standard deviations (Max, "Quantizing for Minimum
# Distortion", 1960).
_STEP: Final = 0.3352


class Reporter(Protocol):
    """Where it is told how far it is; a job's reporter fits."""

    def stage(self, name: str, about: str = "") -> None:
        """Begin a stage."""
        ...

    def progress(self, done: int, total: int | None = None, unit: str = "files") -> None:
        """Say how far the stage is."""
        ...


class Centres(Protocol):
    """Centres of lists."""

    centres: Floats

    def nearest(self, rows: Floats) -> NDArray[np.int64]:
        """Return int64[n]: the nearest centre of each row float32[n, c]."""
        ...


class FaissCentres:
    """Centres by faiss' k-means.

    Args:
        rows: float32[n, c] to find them in.
        lists: how many.

    Raises:
        ModelError: faiss is not installed.
    """

    def __init__(self, rows: Floats, lists: int) -> None:
        try:
            import faiss
        except ImportError as error:
            raise ModelError(
                "An index of the features needs faiss, which is not installed",
                f"{how_to_add('hyai-tui[faiss]')}; without it every search compares all vectors, which is exact and slower",
            ) from error
        means = faiss.Kmeans(
            rows.shape[1], lists, niter=10, seed=1, min_points_per_centroid=1, max_points_per_centroid=_TRAINED_EACH
        )
        means.train(np.ascontiguousarray(rows))
        self.centres: Floats = np.asarray(means.centroids, np.float32).reshape(lists, rows.shape[1])
        self._search = faiss.IndexFlatL2(rows.shape[1])
        self._search.add(self.centres)

    def nearest(self, rows: Floats) -> NDArray[np.int64]:
        """Return int64[n]: the nearest centre of each row float32[n, c]."""
        _, found = self._search.search(np.ascontiguousarray(rows), 1)
        return np.asarray(found[:, 0], np.int64)


def make(
    store: FeatureStore,
    report: Reporter,
    check: Callable[[], None],
    *,
    least_rows: int = LEAST_ROWS,
    centres_of: Callable[[Floats, int], Centres] = FaissCentres,
) -> Record:
    """Make the index of a store's closed shards in the place of the one that there is; return what it is.

    Args:
        store: opened for reading; rows that come meanwhile are not in the index.
        report: where progress goes.
        check: called between blocks; may raise to stop, and nothing has changed then.
        least_rows: of a store that is worth an index.
        centres_of: how centres are found.

    Raises:
        NotNow: the store is so small that an exact search is quick.
        ModelError: faiss is not installed, or a shard is not there.
        HyaiError: the disk refuses.
    """
    shards = [one for one in store.places.shards().values() if one.closed and one.live]
    total = sum(one.rows for one in shards)
    if total < least_rows <= store.shard_rows:
        raise NotNow(
            f"No shard is full yet: {len(store):,} vectors, and a shard holds {store.shard_rows:,}",
            "Nothing needs an index here: every search compares all vectors, exactly",
        )
    if total < least_rows:
        raise NotNow(
            f"An index pays from {least_rows:,} vectors on; here are {len(store):,}",
            "Nothing needs it: every search compares all of them, exactly, in a second or two",
        )
    directory = store.directory / DIRECTORY
    new = directory.with_name(f"{DIRECTORY}.new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir(mode=0o700)
        lists = _lists(store, shards, total, new, report, check, centres_of)
        for name, array in lists.arrays.items():
            if name != "codes":
                np.save(new / f"{name}.npy", array, allow_pickle=False)
        record = _measured(store, shards, Lists.read(new), report, check)
        record.write(new)
        _sync(new)
        shutil.rmtree(directory, ignore_errors=True)
        new.rename(directory)
    except Moved as error:
        raise ModelError(f"The features are damaged: {error} is not there", "'hyai cache verify' mends that") from error
    except OSError as error:
        raise HyaiError(f"The index cannot be written: {error.strerror}", "Free some space, then try again") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return record


def _lists(
    store: FeatureStore,
    shards: list[Shard],
    total: int,
    room: Path,
    report: Reporter,
    check: Callable[[], None],
    centres_of: Callable[[Floats, int], Centres],
) -> Lists:
    """Return the arrays; the codes stand in the file of that name by then."""
    amount = max(1, min(2 ** round(np.log2(4 * np.sqrt(total))), total // 8))
    report.stage("index", f"looking for {amount:,} middles among {count(total, 'vector')}")
    sample = some_vectors(store, _SAMPLE)
    mean = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    axes = principal(unit_rows(sample, mean), DIRECTIONS).axes
    # Two codes stand in a byte.
    axes = np.ascontiguousarray(axes[:, : axes.shape[1] // 2 * 2])
    parts = []
    for _, bits in spread(store, max(_SAMPLE, _TRAINED_EACH * amount)):
        check()
        parts.append(unit_rows(widen(bits), mean) @ axes)
    reduced = np.concatenate(parts)
    del sample, parts
    centres = centres_of(reduced, amount)
    check()
    step = np.asarray(np.maximum(_STEP * reduced.std(axis=0), 1e-9), np.float32)
    low = np.asarray(reduced.mean(axis=0) - 7.5 * step, np.float32)
    del reduced
    report.stage("index", f"putting {count(total, 'vector')} into {amount:,} lists")
    begins = np.cumsum([0, *(one.rows for one in shards)])
    listed = np.full(total, amount, np.int32)
    stored = np.lib.format.open_memmap(room / "by-row.npy", "w+", np.uint8, (total, axes.shape[1] // 2))
    for shard, begin in zip(shards, begins[:-1].tolist(), strict=True):
        check()
        at, _ = store.places.keys_of(shard)
        there = store.files.rows(shard.id, int(at[-1]) + 1, passing=True)
        if there is None:
            raise Moved(store.files.path(shard.id).name)
        for start in range(0, len(at), _BLOCK):
            some = at[start : start + _BLOCK]
            near = unit_rows(widen(there[some]), mean) @ axes
            listed[begin + some] = centres.nearest(near)
            codes = np.clip(np.rint((near - low) / step), 0, 15).astype(np.uint8)
            stored[begin + some] = codes[:, 0::2] | (codes[:, 1::2] << 4)
        report.progress(begin + shard.rows, total, "vectors")
    # Dead rows stand behind the last list.
    order = np.argsort(listed, kind="stable")[: int(np.count_nonzero(listed < amount))]
    starts = np.searchsorted(listed[order], np.arange(amount + 1))
    grouped = np.lib.format.open_memmap(room / "codes.npy", "w+", np.uint8, (len(order), stored.shape[1]))
    for start in range(0, len(order), _GROUPED):
        check()
        grouped[start : start + _GROUPED] = stored[order[start : start + _GROUPED]]
    grouped.flush()
    (room / "by-row.npy").unlink()
    numbers = np.array([one.id for one in shards], np.int64)
    rows = order.astype(np.uint32)
    return Lists(mean, axes, centres.centres, starts.astype(np.int64), grouped, rows, low, step, numbers, begins)


def _measured(
    store: FeatureStore, shards: list[Shard], lists: Lists, report: Reporter, check: Callable[[], None]
) -> Record:
    """Return the record of an index, with the fewest lists to look through that find enough, see `fewest`."""
    checksums = dict(store.index.execute("SELECT id, keys_sha256 FROM shards WHERE closed = 1").fetchall())
    covered = {one.id: bytes(checksums[one.id]).hex() for one in shards if one.id in checksums}
    record = Record(covered, len(lists.rows), len(lists.centres), 1, 0.0, _NEIGHBOURS, 0)
    report.stage("index", "comparing what it finds with an exact search")
    questions = some_vectors(store, _ASKED)
    done = 0

    def passing() -> None:
        nonlocal done
        check()
        done += 1
        report.progress(min(done * _EXACT_ROWS, len(lists.rows)), len(lists.rows), "vectors")

    centre = np.asarray(lists.mean)
    # Each question is in the store, and its own nearest: that it finds itself says nothing.
    exact = top_k(store, questions, _NEIGHBOURS + 1, centre=centre, block_rows=_EXACT_ROWS, check=passing)
    index = InvertedFile(store, record, lists, rows_outside(store, record) or 0)
    tried = []
    for probes in (one for one in _PROBES if one < 2 * len(lists.centres)):
        found = index.top_k(questions, _NEIGHBOURS + 1, probes=probes, check=check)
        share = recall(exact.contents[:, 1:], found.contents)
        tried.append(Record(covered, len(lists.rows), len(lists.centres), probes, share, _NEIGHBOURS, len(questions)))
        if share >= _WANTED_RECALL:
            break
    return tried[fewest([one.recall for one in tried])]


def fewest(recalls: Sequence[float]) -> int:
    """Return which of these shares to take: the first that is enough, or that all further ones better by next to nothing.

    What lists cannot mend, because codes are short, would else cost each question the most lists of all.

    Args:
        recalls: of ever more lists, at least one.
    """
    best = max(recalls)
    least = min(_WANTED_RECALL, max(best - _WORTH_DOUBLING, min(best, _GOOD_RECALL)))
    return next(place for place, share in enumerate(recalls) if share >= least)


def recall(wanted: NDArray[np.bytes_], found: NDArray[np.bytes_]) -> float:
    """Return the share of wanted contents S64[q, k] that stand in the same row of those found, 0 … 1."""
    real = wanted != b""
    hits = sum(int(np.isin(one[there], other).sum()) for one, other, there in zip(wanted, found, real, strict=True))
    return hits / max(1, int(real.sum()))


def _sync(directory: Path) -> None:
    """Wait until the disk has all files of a directory."""
    for path in directory.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_directory(directory)
