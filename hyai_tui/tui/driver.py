"""Textual's Linux driver with the answer filter on its input line."""

from __future__ import annotations

import asyncio
import os
import selectors
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from hyai_tui.tui.answers import AnswerFilter

_TICK_SECONDS = 0.05
T = TypeVar("T")


class DiscreetDriver(LinuxDriver):
    """Reads keys as Textual does, after answers have been taken out; the window's title is `hyai` and never a name."""

    # Called before the terminal is given to the shell, and before it is taken back.
    before_leaving: Callable[[], object] = staticmethod(lambda: None)
    before_returning: Callable[[], object] = staticmethod(lambda: None)

    def start_application_mode(self) -> None:
        """Start as Textual does, with a title that names no workspace; the one before comes back at the end."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write("\x1b[22;0t\x1b]0;hyai\x07")
        self.flush()

    def stop_application_mode(self) -> None:
        """Stop as Textual does, and give the title back."""
        self.write("\x1b[23;0t")
        super().stop_application_mode()

    def _sigtstp_application(self, *arguments: object) -> None:
        """Suspend between two turns of the loop: a handler that writes could wait for a lock that the loop holds."""
        suspend = super()._sigtstp_application
        asyncio.get_running_loop().call_soon_threadsafe(lambda: suspend(*arguments))

    def suspend_application_mode(self) -> None:
        """Give the terminal to the shell, after what is ours has been taken out of it."""
        self.before_leaving()
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal back, if it is ours to have; nothing where it was never given away."""
        if self._reads:
            return
        if os.tcgetpgrp(self.fileno) == os.getpgrp():
            self.before_returning()
        super().resume_application_mode()

    def between_keys(self, ask: Callable[[], T]) -> T:
        """Call this while nobody else reads the terminal."""
        self.flush()
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join()
        self.exit_event.clear()
        try:
            return ask()
        finally:
            self._key_thread = Thread(target=self._run_input_thread, name="textual-input")
            self._key_thread.start()

    @property
    def _reads(self) -> bool:
        return self._key_thread is not None and self._key_thread.is_alive()

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
