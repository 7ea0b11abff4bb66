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
_KEPT = 400_000
# Questions of programs, and what a terminal answers at once to those that it understands.
_QUESTIONS = re.compile(rb"\x1b\[(?:0?c|16t|14t|6n|\?2026\$p)|\x1b_G[^\x1b;]*i=(\d+)[^\x1b;]*a=q[^\x1b]*\x1b\\")
_ANSWERS = {
    b"\x1b[16t": b"\x1b[6;%d;%dt" % (_CELL[1], _CELL[0]),
    b"\x1b[14t": b"\x1b[4;%d;%dt" % (ROWS * _CELL[1], COLUMNS * _CELL[0]),
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
}
_ATTRIBUTES = {"sixel": b"\x1b[?62;4;22c"}
# A kitty picture, or a later piece of one: sent before it is wanted, so it belongs to no frame.
_AHEAD = re.compile(rb"\x1b_G(?:a=t|a=T|m=)[^\x1b]*\x1b\\")
# The data of a Sixel picture, or a picture that was sent before and is put somewhere now.
_PICTURE = re.compile(rb"\x1bP[0-9;]*q[^\x1b]*\x1b\\|\x1b_Ga=p[^\x1b]*\x1b\\")
_PICTURE_BEGINS = re.compile(rb"\x1b(?:$|P[0-9;]*(?:$|q)|_(?:$|G(?:$|a(?:$|=(?:$|p)))))")
# Device control strings (Sixel), application commands (kitty graphics), titles, and all other escape sequences.
_ESCAPES = re.compile(
    rb"\x1b(?:[P_][^\x1b]*(?:\x1b\\|$)|\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\[[0-9;?<>=]*[ -/]*[@-~]?|.)", re.S
)


class PtyProgram:
    """A child process on a pseudo-terminal. Use as a context manager; it ends the child.

    Args:
        command: what runs in it.
        environment: all of its variables.
        graphics: what the terminal says that it draws: `sixel`, `tgp`, or anything else for nothing.
        size: columns and rows.

    Attributes:
        recorded: (seconds since the start, bytes) of all that was printed; None, as at first, to keep nothing.
        pictures: (seconds since the start when its last byte came, bytes) of each Sixel picture and each kitty placement.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        graphics: str = "sixel",
        size: tuple[int, int] = (COLUMNS, ROWS),
    ) -> None:
        self._graphics = graphics
        self.started = time.perf_counter()
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environment))
        columns, rows = size
        window = struct.pack("HHHH", rows, columns, columns * _CELL[0], rows * _CELL[1])
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, window)
        self.recorded: list[tuple[float, bytes]] | None = None
        self._written = b""
        self._rest = b""
        self._picture = b""
        self.pictures: list[tuple[float, int]] = []
        self.framed = 0
        self.ahead = 0

    def send(self, data: bytes) -> None:
        """Press keys."""
        os.write(self._descriptor, data)

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
        if answers := b"".join(self._answer(question) for question in _QUESTIONS.finditer(piece)):
            os.write(self._descriptor, answers)
        if self.recorded is not None:
            self.recorded.append((at, piece))
        self._count(piece)
        self._look_for_pictures(piece, at)
        self._written = (self._written + piece)[-_KEPT:]
        return at

    def _answer(self, question: re.Match[bytes]) -> bytes:
        """Return the answer to one question; they are given in the order of the questions, as terminals do."""
        if question[0].endswith(b"c"):
            return _ATTRIBUTES.get(self._graphics, b"\x1b[?62;22c")
        if question[1] is not None:
            return b"\x1b_Gi=" + question[1] + b";OK\x1b\\" if self._graphics == "tgp" else b""
        return _ANSWERS[question[0]]

    def _count(self, piece: bytes) -> None:
        """Tell bytes of frames from kitty pictures that are sent ahead; an unfinished command is counted later."""
        data = self._rest + piece
        begun = data.rfind(b"\x1b_G")
        self._rest = data[begun:] if begun >= 0 and b"\x1b\\" not in data[begun:] else b""
        data = data[: len(data) - len(self._rest)]
        ahead = sum(len(found) for found in _AHEAD.findall(data))
        self.ahead += ahead
        self.framed += len(data) - ahead

    def _look_for_pictures(self, piece: bytes, at: float) -> None:
        """Note the pictures that this piece completes; one that is not whole yet is kept until it is."""
        data, end = self._picture + piece, 0
        for found in _PICTURE.finditer(data):
            self.pictures.append((at, len(found[0])))
            end = found.end()
        begun = _PICTURE_BEGINS.search(data, end)
        self._picture = data[begun.start() :] if begun is not None else b""

    def forget(self) -> None:
        """Leave what was printed until now out of `text`."""
        self._written = b""

    def text(self, last: int = _KEPT) -> str:
        """Return what was printed so far (or in the last bytes), without escape sequences and blanks."""
        return "".join(_ESCAPES.sub(b"", self._written[-last:]).decode("utf-8", "ignore").split())

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
