"""How long work takes on this machine: measured by each job, told before the next one.

A pace is the seconds before the first item and the seconds of each; the last measured one stands in `.hyai/pace.json`, and
until there is one, that of a machine with two cores and no GPU. Deleting the file costs a guess.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hyai_tui.text import duration, megabytes
from hyai_tui.workspace import Workspace

FILE: Final = "pace.json"
# Fewer items say more of the moment than of the machine.
LEAST_ITEMS: Final = 32
# Seconds of the command around its job.
_COMMAND: Final = 0.5
# Bytes of a stored vector besides its halves: content, place, shares of tables.
_BESIDES: Final = 90


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds before the first item, and seconds of each."""

    start: float
    each: float

    def seconds(self, items: int) -> float:
        """Return how long so many items take; nothing for none."""
        return self.start + self.each * items if items else 0.0


_USUAL: Final = {
    "encode hog": Pace(0.3, 0.006),
    "train mlp": Pace(1.0, 0.003),
    "train linear": Pace(1.5, 0.002),
}
# A network is loaded first, and takes a hundredth of a second a picture.
_NETWORK: Final = Pace(9.0, 0.014)


def known(workspace: Workspace, work: str) -> Pace:
    """Return the pace of some work, such as `encode mobilenetv2` or `train mlp`."""
    kept = _read(workspace.cache / FILE).get(work)
    return kept or _USUAL.get(work, _NETWORK)


def note(workspace: Workspace, work: str, pace: Pace) -> None:
    """Remember the pace of some work for the next time."""
    path = workspace.cache / FILE
    paces = {**_read(path), work: pace}
    fields = {name: [round(one.start, 4), round(one.each, 6)] for name, one in paces.items()}
    temporary = path.with_name(f"{FILE}.{os.getpid()}")
    temporary.write_text(json.dumps(fields, indent=1, sort_keys=True) + "\n", "utf-8")
    temporary.replace(path)


def vector_bytes(count: int, dimension: int) -> int:
    """Return how much so many vectors take on disk, about."""
    return count * (2 * dimension + _BESIDES)


def sentence(began: float, seconds: float, size: int, what: str) -> str:
    """Return what is told before the work begins, such as `about 40 s, 12 MB: 300 pictures to encode`.

    Args:
        began: when somebody asked for it, seconds since the epoch: what has passed since then counts too.
        seconds: of the work.
        size: bytes that it adds.
        what: the work.
    """
    passed = max(0.0, time.time() - began)
    return f"about {duration(_COMMAND + passed + seconds)}, {megabytes(size)}: {what}"


def _read(path: Path) -> dict[str, Pace]:
    try:
        fields = json.loads(path.read_text("utf-8"))
        return {str(name): Pace(float(start), float(each)) for name, (start, each) in fields.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        # A guess that is damaged is no guess: the usual pace stands in until the next job has measured one.
        return {}
