"""Questions to a terminal and its answers, on a line of their own, with the echo off."""

from __future__ import annotations

import os
import re
import select
import termios
import time
import tty
from types import TracebackType


class Conversation:
    """Writes questions to the controlling terminal and reads what comes back; use it in a `with` block.

    Whatever is typed meanwhile is read with the answers and dropped. At the end the line is as it was before.

    Args:
        path: of the terminal.

    Raises:
        OSError: there is no such terminal.
    """

    def __init__(self, path: str = "/dev/tty") -> None:
        # A description of our own, so that no other reader of this terminal becomes non-blocking.
        self._line = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._before = termios.tcgetattr(self._line)

    def __enter__(self) -> Conversation:
        tty.setcbreak(self._line, termios.TCSANOW)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        # Answers that come after the end are thrown away: the shell must not take them for a command.
        termios.tcsetattr(self._line, termios.TCSAFLUSH, self._before)
        os.close(self._line)

    def fileno(self) -> int:
        """Return the descriptor of the line."""
        return self._line

    def ask(self, question: bytes, end: re.Pattern[bytes], patience: float) -> bytes:
        """Write a question and return all that was read until `end` is found, or until the patience is over."""
        until = time.monotonic() + patience
        self.write(question, patience)
        answer = b""
        while (left := until - time.monotonic()) > 0 and not end.search(answer):
            if not select.select([self._line], [], [], left)[0]:
                break
            piece = os.read(self._line, 65536)
            if not piece:
                break
            answer += piece
        return answer

    def write(self, data: bytes, patience: float) -> None:
        """Write all of the data, or as much as the terminal takes before the patience is over."""
        until = time.monotonic() + patience
        rest = memoryview(data)
        while len(rest) and (left := until - time.monotonic()) > 0:
            if select.select([], [self._line], [], left)[1]:
                try:
                    rest = rest[os.write(self._line, rest[:65536]) :]
                except BlockingIOError:
                    continue
