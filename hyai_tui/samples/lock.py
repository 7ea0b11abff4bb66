"""One process at a time brings samples, tags and states about, or compares the folders with the journal.

An flock on a file in the workspace's runtime directory: it goes with the process that holds it, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = "effects.lock"
_POLL_SECONDS = 0.02


@contextmanager
def runner_lock(runtime: Path, seconds: float) -> Iterator[bool]:
    """Hold the lock for the body; yields False if another process kept it for `seconds`."""
    descriptor = os.open(runtime / LOCK_FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield _acquire(descriptor, time.monotonic() + seconds)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True
