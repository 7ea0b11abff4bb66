"""Checking and shrinking a feature store."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np

from hyai_tui.errors import HyaiError
from hyai_tui.features.index import readable_errors, require_whole
from hyai_tui.features.keys import packed
from hyai_tui.features.lookup import Table, merged, table_of
from hyai_tui.features.places import Shard
from hyai_tui.features.store import FeatureStore
from hyai_tui.text import count

# All exponent bits set: an infinity or not a number, which no append ever wrote.
_NOT_FINITE = 0x7C00
# A content as one value that numpy can sort.
_WHOLE = np.dtype("V32")


@dataclass(slots=True)
class VerifyReport:
    """What a check found and mended.

    Attributes:
        vectors: contents with a good vector, after mending.
        lost: vectors forgotten because their rows were damaged or gone; the next build makes them again.
        findings: one sentence each, empty if all was well.
    """

    vectors: int = 0
    lost: int = 0
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What compaction did: vectors dropped because nobody wants them, and bytes before and after."""

    dropped: int
    before: int
    after: int


@readable_errors()
def incomplete(store: FeatureStore) -> list[int]:
    """Return the shards whose files are gone or too short for the index. Reads no row: what stands in them `verify` sees."""
    with store.places.moment():
        shards = store.places.shards().values()
    return [
        one.id
        for one in shards
        if store.files.rows_on_disk(one.id) < one.rows or (one.closed and not store.files.keys_path(one.id).exists())
    ]


@readable_errors()
def verify(store: FeatureStore, progress: Callable[[int, int], None] = lambda done, total: None) -> VerifyReport:
    """Read every row, compare every closed shard with its checksum, and mend the index by forgetting what is damaged.

    Nothing is lost for good: a forgotten vector is encoded again by the next build.

    Raises:
        ModelError: the index itself is damaged; nothing was changed.
    """
    require_whole(store.index)
    report = VerifyReport(lost=store.lost_at_opening)
    if store.lost_at_opening:
        report.findings.append(
            f"the open shard's file ended too early: {count(store.lost_at_opening, 'vector')} forgotten"
        )
        store.lost_at_opening = 0
    _remove_orphans(store, report)
    shards = list(store.places.shards())
    for done, shard in enumerate(shards):
        progress(done, len(shards))
        with store.transaction():
            # Looked at again under the lock: a writer may have closed it since.
            now = store.places.shards().get(shard)
            if now is not None:
                _verify_shard(store, now, report)
    progress(len(shards), len(shards))
    _verify_lookups(store, report)
    report.vectors = len(store)
    return report


def _remove_orphans(store: FeatureStore, report: VerifyReport) -> None:
    """Delete files that no index names; under the write lock, where it is certain that no writer has just made them."""
    with store.transaction():
        for orphan in sorted(store.files.numbers() - store.places.shards().keys()):
            store.files.remove(orphan)
            report.findings.append(f"shard {orphan} was named by no index: removed")
        for orphan in sorted(store.lookups.numbers() - store.tables.numbers()):
            store.lookups.remove(orphan)
            report.findings.append(f"table {orphan} was named by no index: removed")


def _verify_shard(store: FeatureStore, shard: Shard, report: VerifyReport) -> None:
    checksum, keys_checksum = store.index.execute(
        "SELECT sha256, keys_sha256 FROM shards WHERE id = ?", (shard.id,)
    ).fetchone()
    available = store.files.rows_on_disk(shard.id)
    reason, kept = "", shard.rows
    if shard.closed and store.files.keys_checksum(shard.id) != keys_checksum:
        reason, kept = "has lost the names of its rows", 0
    elif available < shard.rows:
        reason, kept = f"holds {available} of {shard.rows} rows", available
    elif shard.closed and store.files.checksum(shard.id, shard.rows) != checksum:
        reason, kept = "does not match its checksum", 0
    if reason:
        lost = store.keep_only(shard, kept)
        report.lost += lost
        report.findings.append(f"shard {shard.id} {reason}: {lost} vectors forgotten")
    if kept == 0:
        store.index.execute("DELETE FROM shards WHERE id = ?", (shard.id,))
        store.files.remove(shard.id)
        return
    if shard.closed and kept < shard.rows:
        # It stays closed with what is left of it, and what is left gets a checksum of its own.
        left = store.files.checksum(shard.id, kept)
        store.index.execute("UPDATE shards SET sha256 = ? WHERE id = ?", (left, shard.id))
    bits = store.files.rows(shard.id, kept, passing=True)
    if bits is not None:
        bad = np.flatnonzero(((bits & _NOT_FINITE) == _NOT_FINITE).any(axis=1))
        lost = store.bury(store.places.shards()[shard.id], bad) if len(bad) else 0
        if lost:
            report.lost += lost
            report.findings.append(f"shard {shard.id} has {lost} rows that are no numbers: forgotten")


def _verify_lookups(store: FeatureStore, report: VerifyReport) -> None:
    """Compare every table with the keys of its shards, and make all of them again if one is wrong."""
    with store.transaction():
        wanted: dict[int, list[Shard]] = {number: [] for number in store.tables.numbers()}
        wrong = False
        for shard in store.places.shards().values():
            if shard.closed:
                wrong |= shard.lookup not in wanted
                wanted.setdefault(shard.lookup or 0, []).append(shard)
        for number, shards in wanted.items():
            wrong = wrong or not _is_right(store, number, shards)
        if wrong:
            _make_lookups(store)
            report.findings.append("the tables of contents did not fit the shards: made again")


def _is_right(store: FeatureStore, number: int, shards: list[Shard]) -> bool:
    try:
        found = store.lookups.read(number)
    except (FileNotFoundError, ValueError, EOFError):
        return False
    alive = np.isin(found[1] >> np.uint64(32), np.array([one.id for one in shards], np.uint64))
    expected = merged((_table(store, one) for one in shards), (one.id for one in shards))
    found = found[:, alive]
    if found.shape != expected.shape:
        return False
    # Rows with the same beginning may stand in any order.
    return all(
        np.array_equal(a, b)
        for a, b in zip(found[:, np.lexsort(found[::-1])], expected[:, np.lexsort(expected[::-1])], strict=True)
    )


def _table(store: FeatureStore, shard: Shard) -> Table:
    return table_of(shard.id, store.files.keys(shard.id))  # type: ignore[arg-type]


def _make_lookups(store: FeatureStore) -> None:
    """Make one table of all closed shards in the place of all tables; only inside a transaction."""
    try:
        store.tables.make_again(one for one in store.places.shards().values() if one.closed)
    except OSError as error:
        raise HyaiError(f"Features cannot be written: {error.strerror}", "Free some space, then try again") from error


@readable_errors()
def compact(
    store: FeatureStore,
    keep: Collection[str] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CompactReport:
    """Rewrite the shards that hold rows nobody points to, one transaction a shard, so that readers and a kill do no harm.

    Args:
        store: opened for writing.
        keep: contents that are still wanted; all others are dropped first. None keeps every content.
        progress: called with (shards done, shards in all).
    """
    before = store.size().bytes
    dropped = _drop_others(store, keep) if keep is not None else 0
    sparse = [one.id for one in store.places.shards().values() if one.live < one.rows]
    for done, shard in enumerate(sparse):
        progress(done, len(sparse))
        _rewrite(store, shard)
    if sparse:
        with store.transaction():
            _make_lookups(store)
    progress(len(sparse), len(sparse))
    store.index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return CompactReport(dropped, before, store.size().bytes)


def _drop_others(store: FeatureStore, keep: Collection[str]) -> int:
    """Forget all contents but these, shard by shard; return how many."""
    wanted = np.sort(packed(list(keep)).view(_WHOLE)[:, 0])
    dropped = 0
    for number in list(store.places.shards()):
        with store.transaction():
            shard = store.places.shards().get(number)
            if shard is not None:
                rows, keys = store.places.keys_of(shard)
                others = ~np.isin(np.ascontiguousarray(keys).view(_WHOLE)[:, 0], wanted)
                dropped += store.bury(shard, rows[others]) if others.any() else 0
    return dropped


def _rewrite(store: FeatureStore, number: int) -> None:
    """Copy the live rows of a shard to the open one, then delete it."""
    with store.transaction():
        shard = store.places.shards()[number]
        rows, keys = store.places.keys_of(shard)
        # Closing it first keeps it from being the shard that the rows are copied to.
        store.index.execute("UPDATE shards SET closed = 1 WHERE id = ?", (number,))
        store.index.execute("DELETE FROM recent WHERE shard = ?", (number,))
        bits = store.files.rows(number, int(rows[-1]) + 1) if len(rows) else None
        if bits is not None:
            store.put_rows([key.tobytes() for key in keys], bits[rows].view(np.float16))
        store.index.execute("DELETE FROM shards WHERE id = ?", (number,))
    # After the commit: a kill before it leaves the old shard in charge, a kill after it an orphan that the next open removes.
    store.files.remove(number)
