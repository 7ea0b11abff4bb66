"""Scoring by workers: each reads rows of a shard where it stands, and returns the model's probabilities of them.

Workers need no index: the coordinator looks contents up, names shard and rows, and puts the answers into its one table.
Rows are taken in the same blocks as on one machine, so the sums are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hyai_tui import __version__
from hyai_tui.errors import HyaiError, ModelError, WrongUse
from hyai_tui.features.keys import Keys
from hyai_tui.features.shards import ShardFiles
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.cluster.executor import Ask, Executor, raise_told, told
from hyai_tui.jobs.scoring import BLOCK
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.scoring import HalfScorer


@dataclass(frozen=True)
class ScoringJob:
    """What a worker needs to score.

    Attributes:
        bundle: the model.
        directory: of the feature store; every machine sees it under this path.
        dimension: numbers in a vector.
        capacity: rows of a full shard.
        program: version of the program that gives the tasks.
    """

    bundle: Bundle
    directory: Path
    dimension: int
    capacity: int
    program: str = __version__

    def begin(self, ask: Ask, threads: int) -> Callable[[bytes], bytes]:
        """Return a worker."""
        return _Worker(self)


class _Worker:
    """Scores one list of rows after the other, on one core."""

    def __init__(self, job: ScoringJob) -> None:
        self._job = job
        self._files = ShardFiles(job.directory, job.dimension, job.capacity)
        self._scorer: HalfScorer | None = None

    def __call__(self, task: bytes) -> bytes:
        """Return the result of a task: its number, and probabilities float32[m, K], or what went wrong."""
        number, shard = np.frombuffer(task, np.int64, 2).tolist()
        rows = np.frombuffer(task, np.int64, offset=16)
        kind, found, more = told(lambda: self._score(shard, rows))
        return _answer(number, np.empty((0, 0), np.float32), [kind, found, more]) if kind else _answer(number, found)

    def _score(self, shard: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        if self._scorer is None:
            if self._job.program != __version__:
                raise WrongUse(
                    f"A worker's machine has hyai {__version__}, and this one {self._job.program}",
                    "Install the same version on every machine",
                )
            self._scorer = HalfScorer(self._job.bundle)
        bits = self._files.rows(shard, int(rows[-1]) + 1, passing=True)
        if bits is None:
            raise ModelError(
                f"A worker's machine does not see the features in {self._job.directory}",
                "Put the workspace into a directory that every machine sees under the same path",
            )
        found = np.empty((len(rows), len(self._job.bundle.labels)), np.float32)
        with threadpool_limits(1):
            for start in range(0, len(rows), BLOCK):
                block = rows[start : start + BLOCK]
                close = block[-1] - block[0] == len(block) - 1 and (np.diff(block) == 1).all()
                some = bits[block[0] : block[-1] + 1] if close else bits[block]
                found[start : start + BLOCK] = self._scorer.probabilities(some)
        return found


class SharedScoring:
    """Gives the rows of shards to workers.

    Args:
        executor: the workers.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def score(
        self,
        store: FeatureStore,
        contents: Keys,
        bundle: Bundle,
        found: NDArray[np.float32],
        done: Callable[[int], None],
    ) -> None:
        """See `hyai_tui.jobs.scoring.Scoring`."""
        shards, places = store.places.locate(contents)
        there = np.flatnonzero(shards >= 0)
        order = there[np.lexsort((places[there], shards[there]))]
        starts = np.flatnonzero(np.diff(shards[order], prepend=-1))
        parts = np.split(order, starts[1:]) if len(order) else []
        tasks = [
            np.concatenate([[number, shards[part[0]]], places[part]]).astype(np.int64).tobytes()
            for number, part in enumerate(parts)
        ]
        if not tasks:
            return
        job = ScoringJob(bundle, store.directory, store.dimension, store.shard_rows)
        with closing(self._executor.run(job, tasks, None)) as results:
            for result in results:
                done(0 if result is None else self._put(result, parts, found))

    def _put(self, result: bytes, parts: Sequence[NDArray[np.int64]], found: NDArray[np.float32]) -> int:
        """Put one result into the table; return how many rows it has."""
        number, probabilities = _answered(result)
        part = parts[number]
        if probabilities.shape != (len(part), found.shape[1]):
            raise HyaiError("A worker has scored other rows than it was asked for", "Start again")
        found[part] = probabilities
        return len(part)


def _answer(number: int, probabilities: NDArray[np.float32], failed: Sequence[Any] = ()) -> bytes:
    """Return a result as bytes: a line of JSON, then the numbers."""
    head = {"number": number, "shape": probabilities.shape, "failed": list(failed)}
    return json.dumps(head).encode("ascii") + b"\n" + probabilities.tobytes()


def _answered(result: bytes) -> tuple[int, NDArray[np.float32]]:
    """Return (number of the task, probabilities float32[m, K]). Raises what the worker met."""
    line, _, numbers = result.partition(b"\n")
    head = json.loads(line)
    if head["failed"]:
        raise_told(*head["failed"])
    return head["number"], np.frombuffer(numbers, np.float32).reshape(head["shape"])
