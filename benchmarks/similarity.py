"""Neighbours in a large store: how many of the nearest an index finds, and how long it takes, against an exact search.

Makes a store of vectors like those of photographs in a temporary directory (`--features FILE`: those of real pictures, mixed
two by two; without it clusters of low rank), 2.7 kB a row, then the index as the job does. Copies of some rows, a little changed,
are planted, and it is counted how many of them the likely near duplicates hold. Recall is that on questions that
were not asked when the index was made; the yardstick is the exact search of the same questions in the same run, one
question at a time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.room import ROW_BYTES, room
from benchmarks.scoring import PeakMemory
from benchmarks.store import names
from hyai_tui.checks.twins import COSINE
from hyai_tui.features import inverted, inverting
from hyai_tui.features.keys import hexed
from hyai_tui.features.pairing import likely_pairs
from hyai_tui.features.picking import some_vectors, spread
from hyai_tui.features.shards import widen
from hyai_tui.features.similar import top_k, unit_rows
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import SilentReporter

DIMENSION = 1280
LEAST_RECALL = 0.95
LEAST_TIMES = 20.0
LEAST_COPIES = 0.9
NEIGHBOURS = 20
_BLOCK = 8_192
_ASKED, _TIMED = 200, 5
_PLANTED = 500

Floats = NDArray[np.float32]


def photographs(file: Path | None) -> Callable[[np.random.Generator, int], Floats]:
    """Return what draws so many vectors."""
    if file is not None:
        with np.load(file) as kept:
            real = kept["mobilenetv2"].astype(np.float32)

        def mixed(random: np.random.Generator, count: int) -> Floats:
            one, other = random.integers(0, len(real), (2, count))
            share = random.uniform(0.1, 0.9, (count, 1)).astype(np.float32)
            spread = random.normal(0, 0.25, (count, 1)).astype(np.float32)
            rows = share * real[one] + (1 - share) * real[other]
            return np.maximum(rows * (1 + spread) + random.normal(0, 0.05, rows.shape).astype(np.float32), 0)

        return mixed
    fixed = np.random.default_rng(3)
    directions = (
        fixed.normal(0, 1, (96, DIMENSION)).astype(np.float32) / np.sqrt(np.arange(1, 97, dtype=np.float32))[:, None]
    )
    middles = fixed.normal(0, 1.5, (3_000, 96)).astype(np.float32)

    def clustered(random: np.random.Generator, count: int) -> Floats:
        at = middles[random.integers(0, len(middles), count)] + random.normal(0, 1, (count, 96)).astype(np.float32)
        return np.maximum(at @ directions + random.normal(0, 0.3, (count, DIMENSION)).astype(np.float32), 0)

    return clustered


def plant(store: FeatureStore, random: np.random.Generator) -> list[tuple[bytes, bytes]]:
    """Add changed copies of rows of the store; return (original, copy) of those that are near duplicates by their cosine."""
    keys, rows = zip(*((keys, widen(bits)) for keys, bits in spread(store, _PLANTED)), strict=True)
    originals, vectors = np.concatenate(keys), np.concatenate(rows)
    noise = 0.4 * vectors.std(axis=0) * random.normal(0, 1, vectors.shape).astype(np.float32)
    copies, changed = names(random, len(vectors)), np.maximum(vectors + noise, 0)
    store.append(copies, changed)
    mean = vectors.mean(axis=0)
    cosine = np.einsum("nd,nd->n", unit_rows(vectors, mean), unit_rows(changed, mean))
    whole = zip(
        hexed(originals).tolist(), [one.encode("ascii") for one in copies], (cosine >= COSINE).tolist(), strict=True
    )
    return [(one, other) for one, other, near in whole if near]


def main() -> int:
    parser = argparse.ArgumentParser(prog="similarity", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_050_000, help="rows of the store")
    parser.add_argument("--features", type=Path, help="an .npz with the array `mobilenetv2`")
    parser.add_argument("--directory", type=Path, help="where to make it; the system's temporary directory without")
    options = parser.parse_args()
    if not inverted.can_be_made():
        print(json.dumps({"benchmark": "similarity", "skipped": "needs the extra faiss"}))
        return 0
    draw, random = photographs(options.features), np.random.default_rng(1)
    with (
        room("similarity", options.directory, options.rows * (ROW_BYTES + DIMENSION // 10)) as made,
        FeatureStore.open(made / "store", DIMENSION) as store,
    ):
        for start in range(0, options.rows, _BLOCK):
            count = min(_BLOCK, options.rows - start)
            store.append(names(random, count), draw(random, count))
        planted = plant(store, random)
        memory = PeakMemory()
        memory.start()
        began = time.perf_counter()
        record = inverting.make(store, SilentReporter(), lambda: None, least_rows=1)
        making, peak = time.perf_counter() - began, memory.end()
        found = measure(store, record)
        began = time.perf_counter()
        index = inverted.opened(store)
        assert index is not None
        first, second = likely_pairs(index, COSINE)
        said = set(zip(hexed(first).tolist(), hexed(second).tolist(), strict=True))
        hits = sum((one, other) in said or (other, one) in said for one, other in planted)
        found |= {"pairs_seconds": round(time.perf_counter() - began, 1), "likely_pairs": len(said)}
        found["copies_found"] = round(hits / len(planted), 3)
        size = sum(one.stat().st_size for one in (store.directory / inverted.DIRECTORY).iterdir())
        bytes_each = (store.size().bytes + size) / len(store)
    found |= {
        "making_seconds": round(making, 1),
        "making_peak_mib": round(peak),
        "index_bytes_per_row": round(size / max(1, record.rows), 1),
        "bytes_per_row": round(bytes_each),
    }
    found["ok"] = (
        found["recall"] >= LEAST_RECALL
        and found["times_faster"] >= LEAST_TIMES
        and found["copies_found"] >= LEAST_COPIES
        and bytes_each <= 2_700
    )
    print(json.dumps({"benchmark": "similarity", **found}))
    return 0 if found["ok"] else 1


def measure(store: FeatureStore, record: inverted.Record) -> dict[str, float]:
    """Ask index and store the same."""
    # Between the rows that the job has asked about.
    questions = some_vectors(store, _ASKED + 7)[3:-4]
    index = inverted.opened(store)
    assert index is not None
    centre = np.asarray(index.lists.mean)
    exact = top_k(store, questions, NEIGHBOURS + 1, centre=centre)
    index.top_k(questions, NEIGHBOURS + 1)
    took = []
    answers = []
    for one in questions:
        began = time.perf_counter()
        answers.append(index.top_k(one[None], NEIGHBOURS + 1).contents)
        took.append(time.perf_counter() - began)
    recall = inverting.recall(exact.contents[:, 1:], np.concatenate(answers))
    alone = []
    for one in questions[:_TIMED]:
        began = time.perf_counter()
        top_k(store, one[None], NEIGHBOURS + 1, centre=centre)
        alone.append(time.perf_counter() - began)
    return {
        "rows": len(store),
        "lists": record.lists,
        "probes": record.probes,
        "recall_said": round(record.recall, 4),
        "recall": round(recall, 4),
        "question_ms": round(1000 * float(np.median(took)), 1),
        "exact_ms": round(1000 * min(alone)),
        "times_faster": round(min(alone) / float(np.median(took)), 1),
    }


if __name__ == "__main__":
    raise SystemExit(main())
