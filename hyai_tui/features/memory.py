"""How many pictures an encoder takes at a step: as many as help, and no more than a part of the free memory bears."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError

# Measured with MobileNetV2 on a processor: larger steps gain nothing, and each picture of one takes about 16 MiB.
MOST: Final = 16
_PICTURE_BYTES: Final = 16 * 2**20
_SHARE: Final = 0.25

_MEMINFO: Final = Path("/proc/meminfo")
_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")
_USED: Final = Path("/sys/fs/cgroup/memory.current")


def free_bytes() -> int | None:
    """Return the memory that this process may still take, by the system and by its container; None if nobody says."""
    found = [_meminfo(), _container()]
    known = [one for one in found if one is not None]
    return min(known) if known else None


def pictures_a_step(setting: int) -> int:
    """Return the batch size: the setting, or where it is 0 what a quarter of the free memory bears, 1 to 16."""
    if setting:
        return setting
    free = free_bytes()
    return MOST if free is None else max(1, min(MOST, int(free * _SHARE) // _PICTURE_BYTES))


class Steps:
    """Runs a forward pass over pictures in steps, and halves the step when memory does not suffice.

    Args:
        size: pictures a step at first.
        warn: shows a sentence to the user.
        exhausted: what the runtime raises when there is too little memory, besides MemoryError.
    """

    def __init__(self, size: int, warn: Callable[[str], None], exhausted: tuple[type[BaseException], ...] = ()) -> None:
        self.size = size
        self._warn = warn
        self._exhausted: tuple[type[BaseException], ...] = (MemoryError, *exhausted)

    def run(
        self, pixels: NDArray[np.uint8], dimension: int, forward: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Return float32[n, dimension], `forward` of uint8[n, h, w, 3] step by step.

        Raises:
            ModelError: if not even one picture fits into memory.
        """
        vectors = np.empty((len(pixels), dimension), np.float32)
        done = 0
        while done < len(pixels):
            step = pixels[done : done + self.size]
            try:
                vectors[done : done + len(step)] = forward(step)
            except self._exhausted as error:
                self._halve(error)
                continue
            done += len(step)
        return vectors

    def _halve(self, error: BaseException) -> None:
        if self.size == 1:
            raise ModelError(
                "There is not enough memory to encode even one picture",
                "Close other programs, or use the small encoder",
            ) from error
        self.size //= 2
        self._warn(f"Not enough memory: encoding {self.size} pictures a step from now on")


def _meminfo() -> int | None:
    try:
        for line in _MEMINFO.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        # Not Linux: half of what there is.
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return None


def _container() -> int | None:
    try:
        return max(0, int(_LIMIT.read_text("ascii")) - int(_USED.read_text("ascii")))
    except (OSError, ValueError):
        # No container, or one without a limit ("max").
        return None
