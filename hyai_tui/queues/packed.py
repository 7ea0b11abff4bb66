"""A context that is only read from now on, in less memory: hashes as their 32 bytes instead of 64 digits."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.matching import Finds, PackedPositions, packed_digests, unpacked_digests
from hyai_tui.queues.queue import Queue

_BLOCK = 65536


@dataclass(frozen=True)
class PackedContext(QueueContext):
    """What a queue needs to make its rows. Its `sha256` is empty: no other queue can be built from it.

    Attributes:
        digests: uint8[n, 32], the SHA-256 of each file.
    """

    digests: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 32), np.uint8))

    def file(self, position: int) -> str:
        """Return the SHA-256 of the file at a position."""
        return bytes(self.digests[position]).hex()

    def hashes(self) -> NDArray[np.bytes_]:
        """S64[n]: the SHA-256 of each file, made anew each time."""
        return unpacked_digests(self.digests)

    @cached_property
    def positions(self) -> Finds:
        """Finds files by their SHA-256."""
        return PackedPositions(self.digests)


def packed(context: QueueContext) -> QueueContext:
    """Return the context with its hashes packed: 32 MB less for a million files. Hashes that are mapped take none."""
    if context.index is not None and len(context.index.keys) == len(context):
        return context
    digests = np.empty((len(context), 32), np.uint8)
    for start in range(0, len(context), _BLOCK):
        digests[start : start + _BLOCK] = packed_digests(context.sha256[start : start + _BLOCK])
    known = {one.name: getattr(context, one.name) for one in fields(context)}
    return PackedContext(**{**known, "sha256": np.empty(0, "S64"), "index": None}, digests=digests)


def repacked(queue: Queue, context: QueueContext, instead: QueueContext) -> Queue:
    """Return a queue that was built from the context, with the packed one instead; any other as it is."""
    return replace(queue, context=instead) if queue.context is context else queue
