"""Textual's Linux driver with the answer filter on its input line."""

from __future__ import annotations

import os
import selectors
import time
from codecs import getincrementaldecoder

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from hyai_tui.tui.answers import AnswerFilter

_TICK_SECONDS = 0.05


class DiscreetDriver(LinuxDriver):
    """Reads keys as Textual does, after answers have been taken out; the window's title is `hyai` and never a name."""

    def start_application_mode(self) -> None:
        """Start as Textual does, with a title that names no workspace; the one before comes back at the end."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write("\x1b[22;0t\x1b]0;hyai\x07")
        self.flush()

    def stop_application_mode(self) -> None:
        """Stop as Textual does, and give the title back."""
        self.write("\x1b[23;0t")
        super().stop_application_mode()

    @property
    def drained(self) -> bool:
        """True while the terminal has taken all that was written so far."""
        return self._writer_thread is None or self._writer_thread._queue.empty()

    def run_input_thread(self) -> None:
        """Wait for input and send it on: bytes, text, filter, parser, messages."""
        selector = selectors.SelectSelector()
        selector.register(self.fileno, selectors.EVENT_READ)
        answers = AnswerFilter()
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode

        def take(text: str) -> None:
            if text:
                for event in parser.feed(text):
                    self.process_message(event)

        try:
            while not self.exit_event.is_set():
                ready = selector.select(_TICK_SECONDS)
                now = time.monotonic()
                if ready:
                    take(answers.feed(decode(os.read(self.fileno, 4096)), now))
                take(answers.tick(now))
                for event in parser.tick():
                    self.process_message(event)
        finally:
            selector.close()
            try:
                for _ in parser.feed(""):
                    pass
            except (EOFError, ParseError):
                # The parser says so at its end; there is nothing left to read.
                pass
