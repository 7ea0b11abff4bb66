"""Gives memory back to the system: queues of a million files are built from arrays that are needed for a second."""

from __future__ import annotations

import ctypes
import sys

# mallopt's number of the size from which a block has pages of its own, which go back when it is freed (malloc.h).
_M_MMAP_THRESHOLD = -3
_THRESHOLD_BYTES = 1 << 18


def give_back_large_blocks() -> None:
    """Keep glibc from raising that size by itself after the first large block is freed; elsewhere nothing is done."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_MMAP_THRESHOLD, _THRESHOLD_BYTES)
