"""A pretended terminal around the real program: draws what it writes, answers what it asks, as late as a test wants."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte

_QUESTIONS = re.compile(rb"\x1b\[c|\x1b\[16t|\x1b\[6n|\x1b_Gi=(\d+)[^\x1b]*a=q[^\x1b]*\x1b\\")


class Terminal:
    """Runs `hyai` in a pseudo-terminal.

    Args:
        directory: where it runs.
        environment: variables on top of the test's own.
        answers: question to answer: `da1`, `cell`, `cursor`, `graphics`; a missing one is never answered.
        size: columns and rows.
        term: the kind of terminal that it says it is.
    """

    ANSWERS = {"da1": b"\x1b[?62;22c", "cell": b"\x1b[6;20;10t", "cursor": b"\x1b[1;1R"}

    def __init__(
        self,
        directory: Path,
        environment: dict[str, str],
        answers: dict[str, bytes] | None = None,
        size: tuple[int, int] = (120, 40),
        term: str = "xterm-256color",
    ) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.answers = dict(self.ANSWERS if answers is None else answers)
        self.written = b""
        self._searched = 0
        self._confirmed = False
        kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "hyai_tui"],
            cwd=str(directory),
            env={**kept, **environment, "TERM": term, "COLORTERM": "truecolor"},
            dimensions=(size[1], size[0]),
            timeout=1,
        )
        self.child.delaybeforesend = None

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return int(self.child.pid)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def send(self, data: bytes | str) -> None:
        """Send keys, or the bytes of an answer."""
        self.child.send(data)

    def resize_cells(self, width: int, height: int) -> None:
        """Give each cell another size in pixels, as a larger font does; columns and rows stay."""
        rows, columns = self.screen.lines, self.screen.columns
        size = struct.pack("HHHH", rows, columns, columns * width, rows * height)
        fcntl.ioctl(self.child.fileno(), termios.TIOCSWINSZ, size)

    def look(self, seconds: float = 0.2) -> None:
        """Read for a while what the program writes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._read()

    def until_calm(self, seconds: float = 1.5) -> None:
        """Read until the program has written nothing for a while: what it draws once somebody rests is there too."""
        written, since = len(self.written), time.monotonic()
        while time.monotonic() - since < seconds:
            self._read()
            if len(self.written) != written:
                written, since = len(self.written), time.monotonic()

    def until(self, true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Read until something is true."""
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                raise AssertionError(f"never happened: {what}\n{self.text}")
            self._read()

    def until_text(self, text: str) -> None:
        """Read until a text stands on the screen."""
        self.until(lambda: text in self.text, repr(text))

    def until_ready(self) -> None:
        """Read until the first picture and what is known of it are shown."""
        self.until(lambda: "t learn trash" in self.text or "t stays trash" in self.text, "the first picture")
        self.until(lambda: self._confirmed, "the confirmation of the first picture")
        self.look(0.15)

    def decide(self, key: str, told: str) -> None:
        """Press a decision key until it is taken: as a person does where it came before the picture was shown."""
        self.send(key)
        sent = time.monotonic()

        def taken() -> bool:
            nonlocal sent
            if "not shown yet" in self.text and time.monotonic() - sent > 0.5:
                self.send(key)
                sent = time.monotonic()
            return told in self.text

        self.until(taken, told)

    def leave(self) -> int:
        """Leave with q, and once more where the program asks; returns its exit status."""
        self.send("q")
        self.until(lambda: not self.child.isalive() or "Leave hyai?" in self.text, "the end, or the question")
        if self.child.isalive():
            self.send("q")
        return self.until_gone()

    def until_gone(self) -> int:
        """Read until the program has ended; returns its exit status, or minus the signal."""
        self.until(lambda: not self.child.isalive(), "the end")
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    def close(self) -> None:
        """End the program if it still runs."""
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            # pexpect's own patience for this is a tenth of a second, which a busy machine may need.
            self.until(lambda: not self.child.isalive(), "the end")
        self.child.close()

    def _read(self) -> None:
        try:
            data = self.child.read_nonblocking(65536, timeout=0.05)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            self.child.isalive()
            return
        self.written += data
        self._stream.feed(re.sub(rb"\x1b[_P][^\x1b]*\x1b\\", b"", data))
        self._answer()

    def _answer(self) -> None:
        for question in _QUESTIONS.finditer(self.written, self._searched):
            self._searched = question.end()
            kind = {b"\x1b[c": "da1", b"\x1b[16t": "cell", b"\x1b[6n": "cursor"}.get(question[0], "graphics")
            if kind in self.answers:
                self.child.send(self.answers[kind])
                self._confirmed = self._confirmed or kind == "cursor"
