"""Checking and shrinking a feature store."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np

from hyai_tui.features.index import readable_errors, require_whole
from hyai_tui.features.store import FeatureStore

# All exponent bits set: an infinity or not a number, which no append ever wrote.
_NOT_FINITE = 0x7C00


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
def verify(store: FeatureStore, progress: Callable[[int, int], None] = lambda done, total: None) -> VerifyReport:
    """Read every row, compare every closed shard with its checksum, and mend the index by forgetting what is damaged.

    Nothing is lost for good: a forgotten vector is encoded again by the next build.

    Raises:
        ModelError: the index itself is damaged; nothing was changed.
    """
    require_whole(store.index)
    report = VerifyReport()
    shards = store.index.execute("SELECT id, rows, closed, sha256 FROM shards ORDER BY id").fetchall()
    known = {int(shard) for shard, *_ in shards}
    for orphan in sorted(store.files.numbers() - known):
        with store.transaction():
            # Only under the write lock is it certain that no writer has just made it.
            if store.index.execute("SELECT 1 FROM shards WHERE id = ?", (orphan,)).fetchone() is None:
                store.files.remove(orphan)
                report.findings.append(f"shard {orphan} was named by no index: removed")
    for done, (shard, rows, closed, checksum) in enumerate(shards):
        progress(done, len(shards))
        with store.transaction():
            _verify_shard(store, shard, rows, checksum if closed else None, report)
    progress(len(shards), len(shards))
    report.vectors = len(store)
    return report


def _verify_shard(store: FeatureStore, shard: int, rows: int, checksum: bytes | None, report: VerifyReport) -> None:
    available = store.files.rows_on_disk(shard)
    if available < rows:
        lost = store.keep_only(shard, available)
        report.lost += lost
        report.findings.append(f"shard {shard} holds {available} of {rows} rows: {lost} vectors forgotten")
        rows = available
    elif checksum is not None and store.files.checksum(shard, rows) != checksum:
        lost = store.keep_only(shard, 0)
        report.lost += lost
        report.findings.append(f"shard {shard} does not match its checksum: {lost} vectors forgotten")
        rows = 0
    if rows == 0:
        store.index.execute("DELETE FROM shards WHERE id = ?", (shard,))
        store.files.remove(shard)
        return
    if checksum is not None and rows < store.shard_rows:
        # It stays closed with what is left of it, and what is left gets a checksum of its own.
        left = store.files.checksum(shard, rows)
        store.index.execute("UPDATE shards SET sha256 = ? WHERE id = ?", (left, shard))
    bits = store.files.rows(shard, rows) if rows else None
    if bits is not None:
        bad = np.flatnonzero(((bits & _NOT_FINITE) == _NOT_FINITE).any(axis=1))
        if len(bad):
            store.index.executemany(
                "DELETE FROM vectors WHERE shard = ? AND row = ?", [(shard, int(row)) for row in bad]
            )
            report.lost += len(bad)
            report.findings.append(f"shard {shard} has {len(bad)} rows that are no numbers: forgotten")


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
    dropped = 0
    if keep is not None:
        wanted = set(keep)
        dropped = store.remove([content for content in store.contents() if content not in wanted])
    sparse = [
        int(shard)
        for shard, rows in store.index.execute("SELECT id, rows FROM shards").fetchall()
        if rows > store.index.execute("SELECT count(*) FROM vectors WHERE shard = ?", (shard,)).fetchone()[0]
    ]
    for done, shard in enumerate(sparse):
        progress(done, len(sparse))
        _rewrite(store, shard)
    progress(len(sparse), len(sparse))
    store.index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return CompactReport(dropped, before, store.size().bytes)


def _rewrite(store: FeatureStore, shard: int) -> None:
    """Copy the live rows of a shard to the open one, then delete it."""
    with store.transaction():
        # Closing it first keeps it from being the shard that the rows are copied to.
        store.index.execute("UPDATE shards SET closed = 1 WHERE id = ?", (shard,))
        places = store.index.execute(
            "SELECT content, row FROM vectors WHERE shard = ? ORDER BY row", (shard,)
        ).fetchall()
        bits = store.files.rows(shard, places[-1][1] + 1) if places else None
        if bits is not None:
            rows = bits[[row for _, row in places]].view(np.float16)
            store.put_rows([content for content, _ in places], rows)
        else:
            store.index.execute("DELETE FROM vectors WHERE shard = ?", (shard,))
        store.index.execute("DELETE FROM shards WHERE id = ?", (shard,))
    # After the commit: a kill before it leaves the old shard in charge, a kill after it an orphan that the next open removes.
    store.files.remove(shard)
