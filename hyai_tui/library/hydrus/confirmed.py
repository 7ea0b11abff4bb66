"""Hashes that the client has told us it knows.

Asking a client for a thumbnail of a hash that it never saw makes it invent a file and frighten its user; adding a tag
to one makes a ghost. So only hashes from this memory are ever sent to those endpoints.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

CAPACITY = 200_000
"""Hashes remembered (about 25 MB); an older one is asked about again."""


class ConfirmedHashes:
    """A bounded set of hashes for many threads; the oldest go first."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._hashes: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, hashes: Iterable[str]) -> None:
        """Remember hashes that the client has just listed."""
        with self._lock:
            for one in hashes:
                key = bytes.fromhex(one)
                self._hashes[key] = None
                self._hashes.move_to_end(key)
            while len(self._hashes) > self._capacity:
                self._hashes.popitem(last=False)

    def missing(self, hashes: Iterable[str]) -> list[str]:
        """Return those not remembered, each once, in order."""
        with self._lock:
            return [one for one in dict.fromkeys(hashes) if bytes.fromhex(one) not in self._hashes]

    def __len__(self) -> int:
        return len(self._hashes)
