"""A program in a pseudo-terminal that answers questions as a terminal would, and what the program prints."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

COLUMNS, ROWS = 120, 40
_CELL = (10, 20)
# What a Sixel terminal answers at once to the questions that programs ask before they draw.
_ANSWERS = {
    re.compile(rb"\x1b\[0?c"): b"\x1b[?62;4;22c",
    re.compile(rb"\x1b\[16t"): b"\x1b[6;%d;%dt" % (_CELL[1], _CELL[0]),
    re.compile(rb"\x1b\[14t"): b"\x1b[4;%d;%dt" % (ROWS * _CELL[1], COLUMNS * _CELL[0]),
    re.compile(rb"\x1b\[6n"): b"\x1b[1;1R",
    re.compile(rb"\x1b\[\?2026\$p"): b"\x1b[?2026;2$y",
}
# Device control strings (Sixel), application commands (kitty graphics), titles, and all other escape sequences.
_ESCAPES = re.compile(
    rb"\x1b(?:[P_][^\x1b]*(?:\x1b\\|$)|\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\[[0-9;?<>=]*[ -/]*[@-~]?|.)", re.S
)


class PtyProgram:
    """A child process on a pseudo-terminal of 120×40 cells. Use as a context manager; it ends the child."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.started = time.perf_counter()
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environment))
        size = struct.pack("HHHH", ROWS, COLUMNS, COLUMNS * _CELL[0], ROWS * _CELL[1])
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, size)
        self._written = b""

    def read(self, patience: float) -> float | None:
        """Take in what comes next and return when it came (seconds since the start); None for silence or the end."""
        if not select.select([self._descriptor], [], [], patience)[0]:
            return None
        try:
            piece = os.read(self._descriptor, 65536)
        except OSError:
            return None
        if not piece:
            return None
        at = time.perf_counter() - self.started
        for question, answer in _ANSWERS.items():
            if question.search(piece):
                os.write(self._descriptor, answer)
        self._written += piece
        return at

    def text(self) -> str:
        """Return what was printed so far, without escape sequences and blanks."""
        return "".join(_ESCAPES.sub(b"", self._written).decode("utf-8", "ignore").split())

    def __enter__(self) -> PtyProgram:
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
            # An app that is ending writes its farewell; unread, it could not end.
            self.read(0.05)
        os.close(self._descriptor)
