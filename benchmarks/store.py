"""The feature store at any size: durable appends, a scan against a plain read, opening, and rows at random.

Makes a store of synthetic vectors in a temporary directory, 2.6 kB a row. Yardsticks from the same run: the same bytes
appended to one plain file with a sync after each batch, and read from plain files. `--rows 5800000` needs 16 GB of disk and
1.5 GB of memory while it is filled.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

from benchmarks.room import ROW_BYTES, room
from benchmarks.scoring import PeakMemory
from hyai_tui.features.keys import unpacked
from hyai_tui.features.store import FeatureStore

DIMENSION = 1280
BATCH = 256
APPEND_BUDGET = 25_000
SCAN_BUDGET = 0.8
BYTES_BUDGET = 2_700


def names(random: np.random.Generator, count: int) -> list[str]:
    return unpacked(np.frombuffer(random.bytes(32 * count), np.uint8).reshape(-1, 32))


def append(store: FeatureStore, random: np.random.Generator, rows: int, batch: int) -> float:
    """Return rows a second, each batch on disk before the next."""
    vectors = random.random((batch, DIMENSION), dtype=np.float32)
    batches = [names(random, batch) for _ in range(rows // batch)]
    began = time.perf_counter()
    for one in batches:
        store.append(one, vectors)
    return len(batches) * batch / (time.perf_counter() - began)


def append_plainly(directory: Path, rows: int) -> float:
    """Return rows a second of the same bytes in one file, each batch synced."""
    halves = np.random.default_rng(2).random((BATCH, DIMENSION)).astype(np.float16).tobytes()
    began = time.perf_counter()
    with (directory / "plain").open("wb", buffering=0) as file:
        for _ in range(rows // BATCH):
            file.write(halves)
            os.fdatasync(file.fileno())
    spent = time.perf_counter() - began
    (directory / "plain").unlink()
    return rows // BATCH * BATCH / spent


def scan(store: FeatureStore, most: int) -> float:
    """Return bytes a second of the vectors through the store, each copied to the same place."""
    room = np.empty((8192, DIMENSION), np.uint16)
    done, began = 0, time.perf_counter()
    for _, bits in store.scan(len(room)):
        np.copyto(room[: len(bits)], bits)
        done += bits.nbytes
        if done > most:
            break
    return done / (time.perf_counter() - began)


def read_plainly(store: FeatureStore, most: int) -> float:
    """Return bytes a second of the same files, read into the same place."""
    room = memoryview(bytearray(8192 * DIMENSION * 2))
    done, began = 0, time.perf_counter()
    for number in sorted(store.files.numbers()):
        with store.files.path(number).open("rb", buffering=0) as file:
            while read := file.readinto(room):
                done += read
        if done > most:
            break
    return done / (time.perf_counter() - began)


def main() -> int:
    parser = argparse.ArgumentParser(prog="store", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the store")
    parser.add_argument("--directory", type=Path, help="where to make it; the system's temporary directory without")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    some = 100 * BATCH
    with room("store", options.directory, options.rows * ROW_BYTES) as made:
        place = made / "store"
        with FeatureStore.open(place, DIMENSION) as store:
            first = append(store, random, some, BATCH)
            append(store, random, max(0, options.rows - 2 * some), 8192)
            plain = append_plainly(made, some)
            last = append(store, random, some, BATCH)
        memory = PeakMemory()
        memory.start()
        began = time.perf_counter()
        store = FeatureStore.open(place, DIMENSION, read_only=True)
        rows = len(store)
        opening = time.perf_counter() - began
        with store:
            picked = [contents[0] for contents, _ in store.blocks(max(1, rows // 1000))]
            sample = (picked * 1000)[:1000]
            store.get(sample)
            began = time.perf_counter()
            store.get(sample)
            at_random = time.perf_counter() - began
            peak = memory.end()
            warm = min(rows * DIMENSION * 2, 2 * 10**9)
            read_plainly(store, warm)
            rates = [(scan(store, warm), read_plainly(store, warm)) for _ in range(3)]
            bytes_each = store.size().bytes / rows
    share = max(one for one, _ in rates) / max(one for _, one in rates)
    found = {
        "rows": rows,
        "append_rows_per_second": round(first),
        "append_rows_per_second_at_full_size": round(last),
        "plain_append_rows_per_second": round(plain),
        "open_seconds": round(opening, 4),
        "thousand_rows_seconds": round(at_random, 3),
        "scan_gb_per_second": round(max(one for one, _ in rates) / 1e9, 2),
        "plain_read_gb_per_second": round(max(one for _, one in rates) / 1e9, 2),
        "scan_share": round(share, 2),
        "bytes_per_row": round(bytes_each),
        "peak_mib": round(peak),
    }
    found["ok"] = (
        min(first, last) >= APPEND_BUDGET
        and share >= SCAN_BUDGET
        and opening < 1
        and at_random < 1
        and bytes_each <= BYTES_BUDGET
    )
    print(json.dumps({"benchmark": "store", **found}))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
