"""Locks of jobs: flocks on open files, held by the process that works and gone with it, however it ends.

The process that starts a job takes its locks without waiting, lets the worker inherit the open files (a flock belongs
to the open file description, so parent and worker share it), and closes its own copies: at no moment is the lock free.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Held(Exception):
    """Another process holds the lock.

    Args:
        owner: what the holder wrote into the lock file, such as the id of its job; empty if not yet written.
    """

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


class Lock:
    """A lock that this process holds until it is closed here and in every process that inherited it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def take(cls, path: Path, owner: str = "") -> Lock:
        """Take the lock without waiting, and write who owns it.

        Raises:
            Held: if another process, or another open file of this one, holds it.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, owner.encode(), 0)
        except BlockingIOError:
            owner = os.pread(descriptor, 200, 0).decode("utf-8", "replace")
            os.close(descriptor)
            raise Held(owner) from None
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def close(self) -> None:
        """Close this process's copy; the lock is free once no copy is left."""
        os.close(self.descriptor)


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock at `path`. Takes it shared for a moment to find out."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def locks(directory: Path, names: tuple[str, ...], owner: str) -> Iterator[list[Lock]]:
    """Take all the named locks or none; close this process's copies at the end.

    Raises:
        Held: with the owner of the first lock that is not free.
    """
    taken: list[Lock] = []
    try:
        for name in sorted(names):
            taken.append(Lock.take(directory / f"job-{name}.lock", owner))  # noqa: PERF401 - those taken are closed
        yield taken
    finally:
        for lock in taken:
            lock.close()
