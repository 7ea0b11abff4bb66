"""A worker that stays warm: loading libraries and an encoder can take longer than a retrain, so an app's worker may take the next job too.

It waits on a socket in the workspace's runtime directory while an app holds its lease, for five minutes at most, and
leaves when the environment or the program's code is no longer what it was started with. A job is handed over with the
open files of its locks, so that at no moment is a lock free. Whoever finds no warm worker starts a process as ever.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import hyai_tui
from hyai_tui import __version__

SOCKET = "warm.sock"
IDLE_SECONDS = 300.0
_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 2.0
_MOST_LOCKS = 16
_LONGEST = 4096
_LONGEST_NAME = 100
# What a job reads from its environment, by name or by how the name begins.
_VARIABLES = (
    "HYAI_",
    "KERAS_",
    "TF_",
    "OMP_",
    "OPENBLAS_",
    "CUDA_",
    "XDG_",
    "PYTHON",
    "HOME",
    "PATH",
    "LANG",
    "LC_",
    "TZ",
)


def fingerprint() -> str:
    """Return a hash of what a worker started now would run: the code on the disk, the interpreter, the environment."""
    root = Path(hyai_tui.__file__).parent
    digest = hashlib.sha256(f"{__version__}\0{sys.executable}\0{sys.version}".encode())
    for file in sorted(root.rglob("*.py")):
        stat = file.stat()
        digest.update(f"{file}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode("utf-8", "surrogateescape"))
    for name, value in sorted(os.environ.items()):
        # A worker's own quiet settings differ from those of whoever starts it.
        if name.startswith(_VARIABLES) and name != "TF_CPP_MIN_LOG_LEVEL":
            digest.update(f"{name}={value}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def hand_over(runtime: Path, directory: Path, descriptors: Sequence[int]) -> bool:
    """Give a job to the warm worker; False if there is none that would run it as a new process would.

    Args:
        runtime: the workspace's runtime directory.
        directory: the job's.
        descriptors: open files of the job's locks; the caller closes its own copies afterwards.
    """
    path = runtime / SOCKET
    if not path.exists():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_ANSWER_SECONDS)
        try:
            with _named(path) as name:
                line.connect(name)
            # It speaks first, so that nothing is handed to one that is on its way out.
            if line.recv(_LONGEST).decode("ascii", "replace") != fingerprint():
                line.sendall(b"leave\n")
                return False
            socket.send_fds(line, [b"job " + os.fsencode(directory)], list(descriptors))
        except OSError:
            return False
        with contextlib.suppress(OSError):
            # From here on the job is the worker's, whether its answer reaches us or not.
            line.recv(_LONGEST)
    return True


class Waiting:
    """The warm worker's end: waits for jobs.

    Args:
        listener: the bound socket.
        own: `fingerprint` of this process when it began.
    """

    def __init__(self, listener: socket.socket, own: str) -> None:
        self._listener = listener
        self._own = own

    def next(self, stays: Callable[[], bool], idle_seconds: float = IDLE_SECONDS) -> tuple[Path, list[int]] | None:
        """Return the next job's directory and the open files of its locks; None when it is time to leave.

        Args:
            stays: asked every second; False ends the wait.
            idle_seconds: longest wait.
        """
        until = time.monotonic() + idle_seconds
        self._listener.settimeout(_LOOK_SECONDS)
        while time.monotonic() < until and stays():
            try:
                line, _ = self._listener.accept()
            except TimeoutError:
                continue
            with line:
                found = self._hear(line)
            if found is None or found[1]:
                return found
        return None

    def _hear(self, line: socket.socket) -> tuple[Path, list[int]] | None:
        """Return what a starter hands over: a job, no open files for a caller that hung up, or None to leave."""
        line.settimeout(_ANSWER_SECONDS)
        nothing: tuple[Path, list[int]] = (Path(), [])
        try:
            # Of what it was started with: whoever sees other code or another environment sends it away.
            line.sendall(self._own.encode("ascii"))
            message, descriptors, _, _ = socket.recv_fds(line, _LONGEST, _MOST_LOCKS)
        except OSError:
            return nothing
        if message.startswith(b"leave"):
            return None
        if not message.startswith(b"job ") or not descriptors:
            for one in descriptors:
                os.close(one)
            return nothing
        with contextlib.suppress(OSError):
            line.sendall(b"taken")
        return Path(os.fsdecode(message[4:])), list(descriptors)


@contextmanager
def waiting(runtime: Path, own: str) -> Iterator[Waiting | None]:
    """Listen for the body; yields None where another warm worker listens already."""
    path = runtime / SOCKET
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        if somebody_listens(path):
            yield None
            return
        path.unlink(missing_ok=True)
        try:
            with _named(path) as name:
                listener.bind(name)
        except OSError:
            # No socket can be there: the next job gets a process of its own.
            yield None
            return
        path.chmod(0o600)
        listener.listen(4)
        inode = path.stat().st_ino
        try:
            yield Waiting(listener, own)
        finally:
            # Only our own: another worker may have taken the place.
            if path.exists() and path.stat().st_ino == inode:
                path.unlink(missing_ok=True)


def somebody_listens(path: Path) -> bool:
    """Return whether a process answers on a socket; one that a killed process left does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_ANSWER_SECONDS)
        try:
            with _named(path) as name:
                line.connect(name)
        except OSError:
            return False
    return True


@contextmanager
def _named(path: Path) -> Iterator[str]:
    """Give a socket's name; the address of a socket is 107 bytes at most, so that a long one goes by its open directory."""
    if len(os.fsencode(path)) < _LONGEST_NAME:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
