"""Workers in this process: tasks come back out of order, workers are lost in the middle, and what they wrote stays behind."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hyai_tui.jobs.cluster.executor import Job


@dataclass
class InProcess:
    """An executor without machines.

    Attributes:
        workers: how many take turns.
        lost: numbers of tasks whose first worker is lost after it has done them and before it says so.
        before: called with the number of each task before it is done.
        change: what becomes of each result on its way.
        ended: how many runs have let their workers go.
    """

    workers: int = 2
    lost: frozenset[int] = frozenset()
    before: Callable[[int], None] = lambda number: None
    change: Callable[[bytes], bytes] = lambda result: result
    ended: int = 0
    done: list[int] = field(default_factory=list)

    def run(self, job: Job, tasks: Sequence[bytes], lender: object) -> Generator[bytes | None]:
        """Do all tasks, those of a few workers mixed up."""
        # As it would travel to another machine.
        job = pickle.loads(pickle.dumps(job))

        def begin() -> Callable[[bytes], bytes]:
            return job.begin(lambda name, *values: getattr(lender, name)(*values), 1)

        workers = [begin() for _ in range(self.workers)]
        order = list(range(len(tasks)))
        # Neighbours change places, as they do where workers differ in pace.
        mixed = random.Random(5)
        for start in range(0, len(order), 4):
            part = order[start : start + 4]
            mixed.shuffle(part)
            order[start : start + 4] = part
        try:
            for number in order:
                self.before(number)
                who = number % self.workers
                if number in self.lost:
                    workers[who](tasks[number])
                    workers[who] = begin()
                    yield None
                self.done.append(number)
                yield self.change(workers[who](tasks[number]))
        finally:
            self.ended += 1


@contextmanager
def engines_of(executor: InProcess, context: Any) -> Iterator[Any]:
    """Stand in for `hyai_tui.jobs.engines.engines` with workers in this process."""
    from hyai_tui.jobs.engines import Together

    yield Together(context, executor)
