"""How long work takes on this machine: told as soon as there is something to go by.

A build measures itself by its first batches. A training cannot, so that of the last one is remembered in `.hyai/pace.json`: the
seconds before the first item, the seconds of each, and how slow the machine was at that moment; until there is one, the pace of an
idle machine with two cores. Deleting the file costs a guess.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from hyai_tui.text import duration, megabytes
from hyai_tui.workspace import Workspace

FILE: Final = "pace.json"
# Fewer items say more of the moment than of the machine.
LEAST_ITEMS: Final = 32
# Seconds of the command around its job.
_COMMAND: Final = 0.5
# Bytes of a stored vector besides its halves: content, place, shares of tables.
_BESIDES: Final = 90
# Seconds after the first batch at which a build is foretold, and the factor from look to look.
_FIRST_LOOK: Final = 0.4
_LATER: Final = 3.0
# Who was told so many times too little or too much is told again.
_OFF: Final = 1.5
# Products of matrices that take a tenth of a second on an idle machine with two cores.
_PRODUCTS, _SIDE, _IDLE_SECONDS = 60, 384, 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds before the first item, seconds of each, and how slow the machine was, see `slowness`."""

    start: float
    each: float
    slowness: float = 1.0

    def seconds(self, items: int, slowness: float | None = None) -> float:
        """Return how long so many items take on a machine that is so slow, as slow as then without; nothing for none."""
        factor = 1.0 if slowness is None else slowness / self.slowness
        return factor * (self.start + self.each * items) if items else 0.0


_USUAL: Final = {
    "encode small": Pace(0.3, 0.009),
    "encode hog": Pace(0.3, 0.006),
    "train mlp": Pace(1.0, 0.003),
    "train linear": Pace(1.5, 0.002),
}
# A network is loaded first, and takes a hundredth of a second a picture.
_NETWORK: Final = Pace(9.0, 0.014)


class Foreteller:
    """Says how long a build takes by the pace of its first batches, and again where that turns out otherwise.

    Nothing is said of a build that ends before there is a pace.

    Args:
        total: pictures to encode.
        say: told the seconds of those that are left, and of one.
    """

    def __init__(self, total: int, say: Callable[[float, float], object]) -> None:
        self._total = total
        self._say = say
        self._first: tuple[float, int] | None = None
        self._next = _FIRST_LOOK
        self._told: float | None = None

    def mark(self, at: float, done: int) -> None:
        """Note that so many pictures were done so many seconds after the build began."""
        if self._first is None:
            # Threads have decoded ahead of the first batch, and what a network prepares for it is done once.
            self._first = at, done
            return
        began, before = self._first
        if at - began < self._next or not before < done < self._total:
            return
        each = (at - began) / (done - before)
        left = each * (self._total - done)
        whole = at + left
        if self._told is None or not whole / _OFF <= self._told <= whole * _OFF:
            self._say(left, each)
            self._told = whole
        self._next = _LATER * (at - began)


def slowness() -> float:
    """Return how slow this machine is at this moment: 1 for an idle one with two cores, 3 if all takes three times as long."""
    matrix = np.random.default_rng(0).random((_SIDE, _SIDE), np.float32)
    cores = os.cpu_count() or 1
    with threadpool_limits(1), ThreadPoolExecutor(cores, "slowness") as pool:
        began = time.perf_counter()
        for done in [pool.submit(np.matmul, matrix, matrix) for _ in range(_PRODUCTS)]:
            done.result()
        return (time.perf_counter() - began) / _IDLE_SECONDS


def known(workspace: Workspace, work: str) -> Pace:
    """Return the pace of some work as it was measured, such as `encode mobilenetv2` or `train mlp`."""
    kept = _read(workspace.cache / FILE).get(work)
    return kept or _USUAL.get(work, _NETWORK)


def note(workspace: Workspace, work: str, pace: Pace) -> None:
    """Remember the pace of some work for the next time."""
    path = workspace.cache / FILE
    paces = {**_read(path), work: pace}
    fields = {name: [round(one, 6) for one in astuple(pace)] for name, pace in paces.items()}
    temporary = path.with_name(f"{FILE}.{os.getpid()}")
    temporary.write_text(json.dumps(fields, indent=1, sort_keys=True) + "\n", "utf-8")
    temporary.replace(path)


def vector_bytes(count: int, dimension: int) -> int:
    """Return how much so many vectors take on disk, about."""
    return count * (2 * dimension + _BESIDES)


def sentence(began: float, seconds: float, size: int, what: str) -> str:
    """Return what is told of work, such as `about 40 s, 12 MB: 300 pictures to encode`.

    Args:
        began: when somebody asked for it, seconds since the epoch: what has passed since then counts too.
        seconds: that are left.
        size: bytes that it adds.
        what: the work.
    """
    passed = max(0.0, time.time() - began)
    return f"about {duration(_COMMAND + passed + seconds)}, {megabytes(size)}: {what}"


def _read(path: Path) -> dict[str, Pace]:
    try:
        fields = json.loads(path.read_text("utf-8"))
        found = {str(name): Pace(*(float(one) for one in numbers)) for name, numbers in fields.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        # A guess that is damaged is no guess: the usual pace stands in until the next job has measured one.
        return {}
    return {name: pace for name, pace in found.items() if pace.slowness > 0}
